"""Networks on their way from the job that trained them to the job that delivers them."""

import errno
import fcntl
import os
import subprocess
import sys
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from actopo.errors import InputError
from actopo.files import replacing, save_json
from actopo.networks import seeds_per_job
from actopo.networks.seeds_per_job import (
    TrainingFolder,
    forget_delivered,
    is_of_another_run,
    require_trainings,
    run_of,
    train_or_take,
)

RUN = ["network", {"epochs": 3}]


def fill(folder, device="cpu", seed=0):
    save_json(folder.metrics, {"seed": seed, "device": device, "run": folder.run})
    folder.weights.write_bytes(b"weights")


@pytest.fixture
def folder(tmp_path):
    return TrainingFolder(tmp_path / "models/seed0.safetensors", RUN, "auto")


@pytest.mark.parametrize("links", [True, False])
def test_a_network_is_delivered_and_takes_its_space_once(folder, monkeypatch, links):
    if not links:
        monkeypatch.setattr(os, "link", lambda *_: os.stat("/no/links/here"))
    assert not folder.is_trained()
    assert not folder.is_done()
    fill(folder)
    os.utime(folder.weights, (0, 0))
    assert folder.is_trained()
    folder.deliver()
    forget_delivered(folder.folder.parents[1])
    there = sorted(path.name for path in folder.folder.parent.iterdir())
    delivered = [".locks", ".seed0.json.sha256", ".seed0.safetensors.sha256", "seed0.json", "seed0.safetensors"]
    assert there == delivered + ["seed0.training"] * links
    assert all(path.stat().st_mtime > 0 for path in folder.delivered)
    assert folder.is_trained() == links
    # As in a folder that goes to another machine.
    forget_delivered(folder.folder.parents[1], keep_links=False)
    assert not folder.is_trained()
    assert folder.is_done()


def test_a_job_that_has_to_trains_anew(jobs):
    """Its network stays until then, and is taken again once the training is not required any more."""
    for seed in (0, 1, 2):
        jobs.run(seed)
    weights = [jobs.folder_of(seed).delivered[0] for seed in (0, 1, 2)]
    require_trainings(jobs.root.parent, weights[:2])
    assert [jobs.folder_of(seed).is_done() for seed in (0, 1, 2)] == [False, False, True]
    jobs.folder_of(0).checkpoint.write_bytes(b"of before")
    assert jobs.folder_of(0).is_trained()
    jobs.run(0)
    assert (jobs.trained, jobs.folder_of(0).is_done()) == ([0, 1, 2, 0], True)
    assert not jobs.folder_of(0).checkpoint.exists()
    # As at the start of the next run, after this one was killed.
    require_trainings(jobs.root.parent, [])
    for seed in (0, 1, 2):
        jobs.run(seed)
    assert jobs.trained == [0, 1, 2, 0]


def test_a_network_that_is_trained_anew_has_epochs_of_that_training(jobs):
    for name in ("seed1", "seed1.epoch2", "seed10", "seed10.epoch2"):
        (jobs.root / f"{name}.training").mkdir(parents=True)
    require_trainings(jobs.root.parent, [jobs.folder_of(1).delivered[0]])
    required = {path.parent.name for path in jobs.root.parent.glob("*/*/train_anew")}
    assert required == {"seed1.training", "seed1.epoch2.training"}


@pytest.mark.parametrize("links", [True, False])
def test_a_delivered_network_survives_that_snakemake_removes_it(jobs, monkeypatch, links):
    """As it does with the output of jobs that were submitted together and cancelled."""
    if not links:
        monkeypatch.setattr(os, "link", lambda *_: os.stat("/no/links/here"))
    jobs.run(1)
    made = [path.read_bytes() for path in jobs.folder_of(1).delivered]
    for path in jobs.folder_of(1).delivered:
        path.unlink()
    forget_delivered(jobs.root.parent)
    jobs.run(1)
    assert [path.read_bytes() for path in jobs.folder_of(1).delivered] == made
    assert jobs.trained == [1]
    # A copy is forgotten at the end of the run, and trained again if it is asked for.
    forget_delivered(jobs.root.parent)
    for path in jobs.folder_of(1).delivered:
        path.unlink()
    jobs.run(1)
    assert jobs.trained == ([1] if links else [1, 1])


def rewrite(path, content):
    """A file of its own, with its check sum."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def test_copies_of_a_copied_run_become_links_again(folder):
    fill(folder)
    folder.deliver()
    for made in (folder.weights, folder.metrics):
        rewrite(made, made.read_bytes())
    forget_delivered(folder.folder.parents[1])
    assert folder.is_trained()
    pairs = zip((folder.weights, folder.metrics), folder.delivered, strict=True)
    assert all(made.samefile(place) for made, place in pairs)
    # Another network is not taken for it.
    rewrite(folder.weights, b"other")
    forget_delivered(folder.folder.parents[1])
    assert not folder.folder.exists()


def test_a_network_that_is_not_delivered_is_not_forgotten(jobs):
    jobs.run(1, [0])
    forget_delivered(jobs.root.parent)
    jobs.run(0)
    assert jobs.trained == [1, 0]


def test_a_network_without_metrics_is_not_taken(folder):
    fill(folder)
    folder.metrics.unlink()
    assert not folder.is_done()


@pytest.mark.parametrize("delivered", [False, True])
def test_networks_of_another_run_or_device_are_not_taken(folder, delivered):
    fill(folder)
    if delivered:
        folder.deliver()
    [weights, _] = folder.delivered
    assert TrainingFolder(weights, RUN, "cpu").is_done()
    assert not TrainingFolder(weights, RUN, "cuda").is_done()
    assert not TrainingFolder(weights, ["network", {"epochs": 4}], "auto").is_done()


@pytest.mark.parametrize("delivered", [False, True])
@pytest.mark.parametrize("damaged", ["weights", "metrics"])
def test_a_damaged_network_is_trained_again(folder, damaged, delivered, caplog):
    fill(folder)
    save_json(folder.weights, {"weights": 1})
    if delivered:
        folder.deliver()
    assert folder.is_done()
    [weights, metrics] = folder.delivered if delivered else (folder.weights, folder.metrics)
    {"weights": weights, "metrics": metrics}[damaged].write_bytes(b"{}")
    assert not folder.is_done()
    assert f"{weights} or {metrics} is damaged; the network is trained again" in caplog.text


PARAMS = {"structure": {"width": 2}, "recipe": {"epochs": 3}, "code": "0a", "env": "0b"}
META = {"provenance": {"sha256": {"train": "0c"}}, "class_names": ["a", "b"]}


@pytest.mark.parametrize("epoch", [None, 2])
def test_a_network_is_of_the_run_that_makes_it(tmp_path, epoch):
    meta = {name: tmp_path / f"{name}.json" for name in ("same", "other")}
    save_json(meta["same"], {**META, "class_names": ["a", "c"]})
    save_json(meta["other"], {**META, "provenance": {"sha256": {"train": "0d"}}})
    run = run_of(SimpleNamespace(**PARAMS), META)
    folder = TrainingFolder(tmp_path / "models/seed0.safetensors", run if epoch is None else (*run, epoch), "auto")
    [weights, _] = folder.delivered
    assert not is_of_another_run(weights, SimpleNamespace(**PARAMS), meta["same"], epoch)
    fill(folder)
    folder.deliver()
    assert not is_of_another_run(weights, SimpleNamespace(**PARAMS), meta["same"], epoch)
    assert is_of_another_run(weights, SimpleNamespace(**PARAMS), meta["other"], epoch)
    assert is_of_another_run(weights, SimpleNamespace(**PARAMS), meta["same"], 3 if epoch is None else None)
    for name in PARAMS:
        assert is_of_another_run(weights, SimpleNamespace(**PARAMS | {name: "other"}), meta["same"], epoch), name


def test_what_earlier_versions_delivered_is_not_taken(folder):
    folder.folder.parent.mkdir()
    folder.delivered[0].write_bytes(b"weights")
    save_json(folder.delivered[1], {"seed": 0, "device": "cpu"})
    assert not folder.is_done()


def test_one_process_has_a_folder_at_a_time(folder):
    [weights, _] = folder.delivered
    with folder.claim() as mine:
        assert mine
        with (
            TrainingFolder(weights, RUN, "auto").claim() as again,
            TrainingFolder(weights.with_name("seed1.x"), RUN, "auto").claim() as other,
        ):
            assert not again
            assert other
    with TrainingFolder(weights, RUN, "auto").claim() as mine:
        assert mine


def test_a_network_and_its_epochs_are_trained_by_one_process(folder):
    [weights, _] = folder.delivered
    with folder.claim() as mine, TrainingFolder(weights.with_name("seed0.epoch2.x"), RUN, "auto").claim() as epoch:
        assert (mine, epoch) == (True, False)


def test_a_folder_that_another_process_has_is_not_forgotten(folder):
    fill(folder)
    folder.deliver()
    with folder.claim():
        forget_delivered(folder.folder.parents[1], keep_links=False)
        assert folder.is_trained()


def test_a_file_system_without_locks(folder, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(InputError, match="seeds_per_job to 1"), folder.claim():
        pass


class Jobs:
    """A study of three seeds, and a `train` that keeps a list of what it was asked for."""

    def __init__(self, root, fails=()):
        self.root, self.fails, self.trained = root, fails, []

    def folder_of(self, seed):
        return TrainingFolder(self.root / f"seed{seed}.safetensors", RUN, "auto")

    def train(self, folder, seed):
        with self.folder_of(seed).claim() as free:
            assert not free, "a network is trained by whoever has its folder"
        self.trained.append(seed)
        if seed in self.fails:
            raise InputError(f"the loss of seed {seed} is not finite")
        fill(folder, seed=seed)

    def run(self, own, others=()):
        train_or_take(own, others, self.folder_of, self.train)

    def delivered(self):
        return sorted(int(path.stem.removeprefix("seed")) for path in self.root.glob("*.safetensors"))


@pytest.fixture
def jobs(tmp_path):
    return Jobs(tmp_path / "models")


def test_a_job_trains_its_own_network_and_delivers_it(jobs):
    jobs.run(1)
    assert (jobs.trained, jobs.delivered()) == ([1], [1])


def test_other_networks_are_trained_on_the_way_and_taken_by_their_jobs(jobs, caplog):
    caplog.set_level("INFO")
    jobs.run(1, [0, 2])
    # The own network comes first; the others wait in their folders for the jobs that they belong to.
    assert (jobs.trained, jobs.delivered()) == ([1, 0, 2], [1])
    assert all(jobs.folder_of(seed).is_trained() for seed in (0, 2))
    assert not caplog.text
    jobs.run(2, [0, 1])
    jobs.run(0, [1, 2])
    assert (jobs.trained, jobs.delivered()) == ([1, 0, 2], [0, 1, 2])
    assert caplog.text.count("is trained already") == 2


def test_what_is_delivered_is_not_trained_again(jobs, caplog):
    caplog.set_level("INFO")
    jobs.run(1)
    jobs.run(1, [0])
    assert jobs.trained == [1]
    assert "is trained already" in caplog.text


def test_what_is_delivered_alone_is_neither_trained_nor_delivered_again(jobs):
    jobs.run(1)
    forget_delivered(jobs.root.parent, keep_links=False)
    jobs.run(1)
    jobs.run(0, [1, 2])
    assert (jobs.trained, jobs.delivered()) == ([1, 0, 2], [0, 1])


def test_networks_that_are_trained_elsewhere_or_already_are_passed_over(jobs):
    fill(jobs.folder_of(0), seed=0)
    with jobs.folder_of(2).claim() as mine:
        assert mine
        jobs.run(1, [0, 2, 3])
    assert jobs.trained == [1, 3]


def test_an_error_of_another_seed_is_logged_and_left_to_its_job(jobs, caplog):
    jobs.fails = (0,)
    jobs.run(1, [0, 2])
    assert (jobs.trained, jobs.delivered()) == ([1, 0, 2], [1])
    assert "seed 0: the loss of seed 0 is not finite" in caplog.text
    assert jobs.folder_of(2).is_trained()
    with pytest.raises(InputError, match="seed 0 is not finite"):
        jobs.run(0)
    assert jobs.delivered() == [1]


def test_errors_that_are_nobodys_fault_end_the_job(jobs):
    def train(folder, seed):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        train_or_take(1, [0], jobs.folder_of, train)
    # The lock is free again.
    jobs.run(1)
    assert jobs.delivered() == [1]


def test_a_job_waits_for_the_network_that_another_is_training(jobs, monkeypatch, caplog):
    caplog.set_level("INFO")
    folder, other, waits = jobs.folder_of(1), ExitStack(), []
    assert other.enter_context(folder.claim())
    folder.begin()

    def sleep(_):
        waits.append(jobs.delivered())
        if len(waits) == 3:
            fill(folder, seed=1)
            other.close()

    monkeypatch.setattr(seeds_per_job.time, "sleep", sleep)
    jobs.run(1, [0])
    assert waits == [[], [], []]
    assert (jobs.trained, jobs.delivered()) == ([], [1])
    whose = f"process {os.getpid()} on {os.uname().nodename}"
    assert caplog.text.count(f"seed 1 is being trained by {whose}, maybe by another recipe; this job waits") == 1


def test_a_job_trains_where_the_process_that_it_waited_for_was_killed(jobs, monkeypatch):
    code = "import sys, fcntl, time; file = open(sys.argv[1], 'w'); fcntl.flock(file, fcntl.LOCK_EX); "
    code += "print(flush=True); time.sleep(60)"
    lock = jobs.folder_of(1).lock_file
    lock.parent.mkdir(parents=True)
    with subprocess.Popen([sys.executable, "-c", code, str(lock)], stdout=subprocess.PIPE) as other:
        other.stdout.readline()

        def kill(_):
            assert jobs.trained == []
            other.kill()
            other.wait()

        monkeypatch.setattr(seeds_per_job.time, "sleep", kill)
        jobs.run(1)
        assert other.returncode < 0
    assert (jobs.trained, jobs.delivered()) == ([1], [1])


def test_without_locks_a_job_trains_its_own_network_alone(jobs, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    train_or_take(1, [], jobs.folder_of, lambda folder, seed: fill(folder, seed=seed))
    assert jobs.delivered() == [1]
    with pytest.raises(InputError, match="seeds_per_job to 1"):
        jobs.run(0, [1])
