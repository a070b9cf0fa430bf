"""Workflow folders that the tests share, and the explorer's page of one."""

import fcntl
import shutil

import pytest
from tiny import Workflow


def copy_of(finished, folder):
    """A copy of a finished run, time stamps included."""
    workflow = Workflow(folder)
    for name in ("results", ".snakemake"):
        shutil.copytree(finished / name, folder / name, copy_function=shutil.copy2)
    return workflow


@pytest.fixture(scope="session")
def workflow(tmp_path_factory):
    """A workflow folder with nothing computed."""
    return Workflow(tmp_path_factory.mktemp("fresh"))


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory, worker_id):
    """Folder of the tiny run, complete. Processes that run tests side by side share it; the first makes it."""
    shared = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        shared = shared.parent
    folder, done = shared / "tiny", shared / "tiny.done"
    with open(shared / "tiny.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            made = Workflow(folder).run()
            assert made.returncode == 0, made.stdout + made.stderr
            done.touch()
    return folder


@pytest.fixture(scope="session")
def finished(tiny_run, tmp_path_factory):
    """The tiny run, to look at and to plan changes of; tests that run something in it use `spoilable`."""
    return copy_of(tiny_run, tmp_path_factory.mktemp("finished") / "tiny")


@pytest.fixture
def spoilable(tiny_run, tmp_path):
    """A copy of the finished run, for tests that change results."""
    return copy_of(tiny_run, tmp_path / "copy")


@pytest.fixture(scope="module")
def results(finished):
    return finished.folder / "results/tiny"


@pytest.fixture
def page(open_page, results):
    return open_page(results / "explorer.html")
