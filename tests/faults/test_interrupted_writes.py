"""Files are whole or absent, and agree with their check sums, however the writing of them ends."""

import os
import subprocess

import pytest
from actopo.checksums import sum_file

# What each kind of file is written with and read with; `n` is how much of it there is.
KINDS = {
    "a.npy": ("save_array(path, np.arange(n))", "load_array(path).tolist()"),
    "a.npz": ("save_arrays(path, x=np.arange(n), y=np.arange(n))", "load_arrays(path)['y'].tolist()"),
    "a.json": ("save_json(path, list(range(n)))", "load_json(path)"),
    "a.csv": ("save_table(path, pd.DataFrame({'x': range(n)}))", "load_table(path).x.tolist()"),
    "a.safetensors": (
        "save_tensors(path, {'x': torch.arange(n)})",
        "load_tensors(path)[0]['x'].tolist()",
    ),
}
HEAD = """
import os, signal, sys
import numpy as np, pandas as pd, torch
from types import SimpleNamespace
from actopo import checksums
from actopo.files import *
from actopo.files import save_array
from actopo.job import start_logging
from actopo.networks.weights import load_tensors, save_tensors
start_logging(SimpleNamespace(rule="make_it", log=[]))
path = {path!r}
n = {n}
"""
# The child kills itself at one of the steps in which a file comes to its place.
KILLED = """
def dying(step):
    def stop(*arguments, **kwargs):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return step(*arguments, **kwargs)
    return stop
left = {step}
checksums._sha256 = dying(checksums._sha256)
checksums._write = dying(checksums._write)
checksums.Path.unlink = dying(checksums.Path.unlink)
os.replace = dying(os.replace)
"""
N_STEPS = 5


def code(path, kind, n, write=True, extra=""):
    return (
        HEAD.format(path=str(path), n=n)
        + extra
        + (KINDS[kind][0] if write else f"print({KINDS[kind][1]} == list(range(n)))")
    )


def write(forked, path, n, extra="", **surroundings):
    return forked(path.parent, code=code(path, path.name, n, extra=extra), **surroundings)


def reads(forked, path, n):
    done = forked(path.parent, code=code(path, path.name, n, write=False))
    return done.stdout.strip() == "True"


@pytest.mark.parametrize("step", range(N_STEPS))
@pytest.mark.parametrize("kind", KINDS)
def test_a_kill_leaves_the_old_file_or_the_new_one(forked, tmp_path, kind, step):
    path = tmp_path / kind
    assert write(forked, path, 10).returncode == 0
    killed = write(forked, path, 20, KILLED.format(step=step))
    assert killed.returncode == -9
    assert reads(forked, path, 10) or reads(forked, path, 20)
    # The next run removes what is left over.
    assert write(forked, path, 20).returncode == 0
    assert reads(forked, path, 20)
    assert sorted(file.name for file in tmp_path.iterdir()) == [sum_file(path).name, path.name]


@pytest.mark.parametrize("kind", KINDS)
def test_a_limit_on_files_is_told_and_leaves_the_old_file(forked, tmp_path, kind):
    path = tmp_path / kind
    assert write(forked, path, 10).returncode == 0
    done = write(forked, path, 100_000, limits={"RLIMIT_FSIZE": 30_000})
    assert done.returncode == 1
    assert "error in make_it: a limit on the size of files is reached (ulimit -f)" in done.stderr
    assert "Traceback" not in done.stderr
    assert reads(forked, path, 10)
    assert sorted(file.name for file in tmp_path.iterdir()) == [sum_file(path).name, path.name]


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 100 KB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can make a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_disk_is_told_and_leaves_the_old_file(forked, small_disk, kind):
    path = small_disk / kind
    assert write(forked, path, 10).returncode == 0
    done = write(forked, path, 100_000)
    assert done.returncode == 1
    assert "error in make_it: the disk is full (" in done.stderr
    assert "Traceback" not in done.stderr
    assert reads(forked, path, 10)
    assert sorted(file.name for file in small_disk.iterdir()) == [sum_file(path).name, path.name]


def test_a_full_disk_is_told_where_numpy_does_not_say_why(forked, small_disk):
    done = write(forked, small_disk / "a.npy", 10, "np.save(path, np.zeros(100_000))\n")
    assert done.returncode == 1
    assert "error in make_it: the disk is full (100000 requested and " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_log_on_the_full_disk_does_not_hide_the_message(forked, small_disk):
    extra = """
start_logging(SimpleNamespace(rule="make_it", log=[path + ".log"]))
try:
    open(path + ".filler", "wb", buffering=0).write(bytes(200_000))
except OSError:
    pass
"""
    done = write(forked, small_disk / "a.npy", 100_000, extra)
    assert done.returncode == 1
    assert "error in make_it: the disk is full (" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_results_that_may_not_be_written_are_told(forked, tmp_path, kind):
    folder = tmp_path / "results"
    folder.mkdir()
    for parent in [tmp_path, *tmp_path.parents][:3]:
        parent.chmod(0o755)
    assert write(forked, folder / kind, 10).returncode == 0
    folder.chmod(0o555)
    user = None if os.geteuid() else 65534
    done = write(forked, folder / kind, 20, user=user)
    folder.chmod(0o755)
    assert done.returncode == 1
    assert f"error in make_it: {folder / kind} cannot be written (Permission denied)" in done.stderr
    assert "Traceback" not in done.stderr
    assert reads(forked, folder / kind, 10)


@pytest.mark.parametrize("kind", KINDS)
def test_results_that_may_not_be_read_are_told(forked, tmp_path, kind):
    for parent in [tmp_path, *tmp_path.parents][:3]:
        parent.chmod(0o755)
    path = tmp_path / kind
    assert write(forked, path, 10).returncode == 0
    path.chmod(0)
    done = forked(tmp_path, code=code(path, kind, 10, write=False), user=None if os.geteuid() else 65534)
    path.chmod(0o644)
    assert done.returncode == 1
    assert f"error in make_it: {path} cannot be read (Permission denied)" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_too_little_memory_is_told(forked, tmp_path, kind):
    extra = "n = 10 ** 13\nrange = np.arange\n"
    done = write(forked, tmp_path / kind, 10, extra)
    assert done.returncode == 1
    assert "error in make_it: there is too little memory" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_an_interruption_is_told(forked, tmp_path):
    done = write(forked, tmp_path / "a.npy", 10, "os.kill(os.getpid(), signal.SIGINT)\n")
    assert done.stderr == "make_it was interrupted; what is finished is kept, nothing half written is\n"
    assert not list(tmp_path.iterdir())
