"""
Training of several networks in one job, and the folders that hold a network until its own job delivers it.

A job may also train the networks of other jobs, so that start-up and compilation happen once. Every network has a
training folder beside its weights, which holds its checkpoint and, when it is trained, its files. The network's own
job delivers them, at once if they are there. Files are valid only for the run that made them: network, recipe, code,
versions of libraries, and images. So a killed job loses only what it trained since its last checkpoint
(`actopo.networks.checkpoints`), and no folder is ever mistaken for that of another recipe.

A network at an epoch of its training that is kept has a folder too, which the training fills on its way.

Jobs that run at the same time divide the networks among them by one lock per network. The kernel releases a lock when
its process ends, `kill -9` included.
"""

import fcntl
import hashlib
import json
import logging
import os
import shutil
import time
from contextlib import contextmanager
from pathlib import Path

from actopo.checksums import DamagedFile, check, publish, recorded_sum, remove
from actopo.environment import this_process
from actopo.errors import InputError
from actopo.files import link_or_copy, load_json

log = logging.getLogger(__name__)
# File in a training folder while its network is to be trained anew.
REQUIREMENT = "train_anew"


def run_of(params, meta):
    """
    What determines a network, except the device.

    Parameters
    ----------
    params : object with attributes
        Params of the rule `train_model`.
    meta : dict
        Of the images.

    Returns
    -------
    tuple
        JSON-ready.
    """
    return (*(getattr(params, name) for name in ("structure", "recipe", "code", "env")), meta["provenance"])


def train_or_take(own, others, folder_of, train):
    """
    Deliver the network of a job's own seed, and train those of other seeds besides.

    If another job has trained the network, it is used; if another process is training it, the job waits. A killed job
    leaves it in its folder, where the next job finds it; see `forget_delivered`.

    Parameters
    ----------
    own : int
        The job's own seed.
    others : sequence of int
        Seeds whose networks the job trains after its own, unless somebody else has trained or is training them.
    folder_of : callable
        Returns the `TrainingFolder` of a seed.
    train : callable (folder, seed)
        Trains a network and writes its `weights` and `metrics` into the folder.

    Raises
    ------
    InputError
        If the job's own network cannot be trained. Errors of other networks are logged; their own jobs raise them.
    """
    waiting = False
    while True:
        folder = folder_of(own)
        with folder.claim(shared=bool(others)) as mine:
            if mine:
                if folder.is_done():
                    log.info("seed %d is trained already; to train it again, remove %s", own, folder.folder)
                else:
                    folder.begin()
                    train(folder, own)
                    _train_others(others, folder_of, train)
                if folder.is_trained():
                    folder.deliver()
                return
        if not waiting:
            whose = folder.signature() or "another process"
            log.info("seed %d is being trained by %s, maybe by another recipe; this job waits for it", own, whose)
        waiting = True
        time.sleep(1)


def _train_others(seeds, folder_of, train):
    for seed in seeds:
        folder = folder_of(seed)
        with folder.claim() as mine:
            if not mine or folder.is_done():
                continue
            folder.begin()
            try:
                train(folder, seed)
            except InputError as error:
                log.warning("seed %d: %s", seed, error)


def is_of_another_run(weights, params, meta, epoch=None):
    """
    Whether the network in its place is another than its job would make.

    Parameters
    ----------
    weights : str or Path
        Path to which the network is delivered.
    params
        As in `run_of`.
    meta : str or Path
        File of what `run_of` takes of the images.
    epoch : int, optional
        Of its training, for a network that is not whole.

    Returns
    -------
    bool
        False where there is no network, or a file is damaged, which those who read it say.
    """
    try:
        run = run_of(params, load_json(meta))
        folder = TrainingFolder(weights, run if epoch is None else (*run, epoch), "auto")
        found = load_json(folder.delivered[1])
    except DamagedFile:
        return False
    return not isinstance(found, dict) or found.get("run") != folder.run


def require_trainings(models, weights):
    """
    Say of which networks a job is to train anew, and not to take what is there; of all others it need not.

    A network that is there stays until its training begins. Its epochs that are kept are those of its new training.

    Parameters
    ----------
    models : str or Path
        Folder with a folder for each model.
    weights : iterable of str or Path
        Paths to which these networks are delivered.
    """
    for old in Path(models).glob(f"*/*.training/{REQUIREMENT}"):
        old.unlink()
    for path in map(Path, weights):
        for folder in (path.with_suffix(".training"), *path.parent.glob(f"{path.stem}.epoch*.training")):
            if folder.is_dir():
                (folder / REQUIREMENT).touch()


def forget_delivered(models, keep_links=True):
    """
    Remove training folders of networks that are delivered, at the end of a run.

    Where a file system has links, a folder takes no space beside its network, and stays: Snakemake removes the output
    of a job before it starts, and that of all jobs that a cluster takes as one when these are cancelled. A job that
    then finds its network here, of the same run, only delivers it.

    Parameters
    ----------
    models : str or Path
        Folder with a folder for each model.
    keep_links : bool, default True
        Without it no folder stays, so that a copy of `models` has each network once.
    """
    for path in Path(models).glob("*/*.training"):
        folder = TrainingFolder(path.with_suffix(".safetensors"), None, "auto")
        with folder.claim(shared=False) as mine:
            if mine and folder.is_delivered() and not (keep_links and folder.link_again()):
                shutil.rmtree(path)


class TrainingFolder:
    """
    The folder in which one network is trained.

    Parameters
    ----------
    weights : str or Path
        Path to which the network's weights are delivered; its metrics go beside them, as .json.
    run : JSON-ready value
        Everything that determines the network, except the device.
    device : {"auto", "cpu", "cuda"}
        Device in the config; `auto` accepts networks trained on any device.
    """

    def __init__(self, weights, run, device):
        self.delivered = [Path(weights), Path(weights).with_suffix(".json")]
        self.folder = Path(weights).with_suffix(".training")
        self.weights, self.metrics = self.folder / "weights.safetensors", self.folder / "metrics.json"
        self.checkpoint = self.folder / "checkpoint.safetensors"
        self.requirement = self.folder / REQUIREMENT
        # Outside of the folder, which is removed in the end; one for a network and its epochs: one training makes all.
        self.lock_file = self.folder.parent / ".locks" / self.folder.stem.partition(".")[0]
        self.run = hashlib.sha256(json.dumps(run, sort_keys=True).encode()).hexdigest()
        self.device = device

    def is_trained(self):
        """Whether the folder holds the network of this run, trained."""
        return self._is_there(self.weights, self.metrics)

    def is_done(self):
        """Whether the network of this run is trained, delivered or not, and needs not be trained anew."""
        return not self.requirement.exists() and (self.is_trained() or self._is_there(*self.delivered))

    def _is_there(self, weights, metrics):
        if not (weights.exists() and metrics.exists()):
            return False
        try:
            check(weights)
            found = load_json(metrics)
        except DamagedFile:
            log.warning("%s or %s is damaged; the network is trained again", weights, metrics)
            return False
        return found.get("run") == self.run and self.device in ("auto", found["device"])

    def is_delivered(self):
        """Whether a network is in its place, of this run or another."""
        return all(path.exists() for path in self.delivered)

    def link_again(self):
        """Make the folder's files, copies in a copied run, those that are delivered, and return whether they are."""
        for made, place in zip((self.weights, self.metrics), self.delivered, strict=True):
            if made.exists() and made.samefile(place):
                continue
            if not made.exists() or recorded_sum(made) != recorded_sum(place):
                return False
            link = made.with_name(f".{made.name}.part")
            link.unlink(missing_ok=True)
            try:
                os.link(place, link)
            except OSError:
                return False
            os.replace(link, made)
        return True

    def deliver(self):
        """Put weights and metrics in their places. The folder keeps them, as links if it can: `forget_delivered`."""
        for made, place in zip((self.weights, self.metrics), self.delivered, strict=True):
            # The images may have been prepared again since, with the same content.
            os.utime(made)
            copy = place.with_name(f".{place.name}.part")
            link_or_copy(made, copy)
            publish(copy, place)

    def begin(self):
        """Say in the lock's file, for those who wait, that this process trains here; from nothing, if it has to."""
        self.lock_file.write_text(this_process(), encoding="utf-8")
        if self.requirement.exists():
            for path in (self.metrics, self.weights, self.checkpoint, self.requirement):
                remove(path)

    def signature(self):
        """Who trains here, or was the last to do so; empty if it is not known."""
        return self.lock_file.read_text(encoding="utf-8", errors="replace")

    @contextmanager
    def claim(self, shared=True):
        """
        Yield whether this process holds the folder's lock, which it keeps until the block ends.

        Parameters
        ----------
        shared : bool, default True
            Whether jobs share the work, so that locks are required.

        Raises
        ------
        InputError
            If the file system has no locks and they are required.
        """
        self.lock_file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.lock_file, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            mine = False
        except OSError as error:
            if shared:
                raise InputError(f"{self.lock_file} cannot be locked ({error}); set seeds_per_job to 1") from None
            mine = True
        else:
            mine = True
        try:
            yield mine
        finally:
            os.close(descriptor)
