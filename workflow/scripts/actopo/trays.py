"""
Networks between training and delivery.

A job may train the networks of other jobs, too, so that start-up and compilation are paid once. Every network
has a tray: a folder beside its weights, with its checkpoint and, when it is trained, its files. The job of the
network delivers them, at once if another job has filled the tray. Files count only for the run that made them:
network, recipe, code and images. So a kill loses the epoch under way and nothing else, and no tray is ever
mistaken for that of another recipe.

Jobs that run at the same time share out the networks by locks, one for each. The kernel frees a lock when
its process ends, `kill -9` included.
"""

import fcntl
import hashlib
import json
import os
import shutil
from contextlib import contextmanager
from pathlib import Path

from actopo.errors import InputError


class Tray:
    """
    Where one network is made.

    Parameters
    ----------
    weights : str or Path
        Where the network's weights are delivered; its metrics go beside them, as .json.
    run : JSON-ready value
        What decides the network, device apart.
    device : {"auto", "cpu", "cuda"}
        As the config says; `auto` takes networks of any device.
    """

    def __init__(self, weights, run, device):
        self.delivered = [Path(weights), Path(weights).with_suffix(".json")]
        self.folder = Path(weights).with_suffix(".training")
        self.weights, self.metrics = self.folder / "weights.safetensors", self.folder / "metrics.json"
        self.checkpoint = self.folder / "checkpoint.safetensors"
        # Outside of the folder, which does not outlive the delivery.
        self.lock_file = self.folder.parent / ".locks" / self.folder.stem
        self.run = hashlib.sha256(json.dumps(run, sort_keys=True).encode()).hexdigest()
        self.device = device

    def is_full(self):
        """Whether the network of this run is trained and not delivered."""
        return self._is_there(self.weights, self.metrics)

    def is_done(self):
        """Whether the network of this run is trained, delivered or not."""
        return self.is_full() or self._is_there(*self.delivered)

    def _is_there(self, weights, metrics):
        if not (weights.exists() and metrics.exists()):
            return False
        found = json.loads(metrics.read_text(encoding="utf-8"))
        return found.get("run") == self.run and self.device in ("auto", found["device"])

    def deliver(self):
        """Move weights and metrics to their places, and remove the tray."""
        for made, place in zip((self.weights, self.metrics), self.delivered, strict=True):
            # The images may have been prepared anew since, with the same content.
            os.utime(made)
            os.replace(made, place)
        shutil.rmtree(self.folder)

    @contextmanager
    def claim(self, shared=True):
        """
        Yield whether this process has the tray to itself, until the block ends.

        Parameters
        ----------
        shared : bool, default True
            Whether jobs share the work, so that it cannot go without locks.

        Raises
        ------
        InputError
            If the file system has no locks, where they are needed.
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
