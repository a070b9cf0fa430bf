"""Locks of runs: real processes and files."""

import errno
import fcntl
import signal
import subprocess
import sys
from contextlib import ExitStack, nullcontext
from pathlib import Path

import pytest
from actopo.config import run_lock
from actopo.config.run_lock import lock_run, require_own_results
from actopo.errors import InputError

PACKAGE = str(Path(run_lock.__file__).parents[2])
HOLD = """
import subprocess, sys
from actopo.config.run_lock import lock_run
lock_run(sys.argv[1], sys.argv[2])
# A job that outlives the process that started it.
job = subprocess.Popen(["sleep", "30"], close_fds=False, stdout=subprocess.DEVNULL)
print(job.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def hold(tmp_path):
    """Start a process that locks a run and has a job of its own."""
    with ExitStack() as stack:

        def hold(run):
            command = [sys.executable, "-c", HOLD, run, str(tmp_path)]
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"PYTHONPATH": PACKAGE}, text=True
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            job = int(process.stdout.readline())
            stack.callback(subprocess.run, ["kill", str(job)], check=False, stderr=subprocess.DEVNULL)
            return process

        yield hold


@pytest.fixture(autouse=True)
def nothing_held(monkeypatch):
    monkeypatch.setattr(run_lock, "_held", {})


def test_a_second_process_is_refused_with_the_name_of_the_first(hold, tmp_path):
    process = hold("paper")
    with pytest.raises(InputError, match=rf"run 'paper' .* by process {process.pid} on .*--directory"):
        lock_run("paper", tmp_path)


def test_other_runs_and_other_folders_are_free(hold, tmp_path):
    hold("paper")
    lock_run("demo", tmp_path)
    lock_run("paper", tmp_path / "other")


@pytest.mark.parametrize("end", [lambda p: p.stdin.close(), lambda p: p.send_signal(signal.SIGKILL)])
def test_a_lock_ends_with_its_process_although_a_job_of_it_goes_on(hold, tmp_path, end):
    process = hold("paper")
    end(process)
    process.wait()
    lock_run("paper", tmp_path)
    lock_run("paper", tmp_path)


def test_a_file_system_without_locks(tmp_path, monkeypatch, caplog):
    def no_locks(file, operation):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    lock_run("paper", tmp_path)
    assert "cannot be locked" in caplog.text


def test_results_of_another_run_are_refused(tmp_path):
    require_own_results("second", tmp_path)
    for text, is_refused in {"": False, "[]": False, '{"run": "second"}': False, '{"run": "first"}': True}.items():
        (tmp_path / "summary.json").write_text(text)
        with pytest.raises(InputError, match="holds the results of run 'first'") if is_refused else nullcontext():
            require_own_results("second", tmp_path)


def test_the_last_process_alone_is_named(hold, tmp_path):
    first = hold("paper")
    first.stdin.close()
    first.wait()
    second = hold("paper")
    with pytest.raises(InputError, match=f"by process {second.pid} on ") as caught:
        lock_run("paper", tmp_path)
    assert str(caught.value).count("process") == 1


def test_a_disk_that_fails_is_no_file_system_without_locks(tmp_path, monkeypatch):
    def fail(file, operation):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(fcntl, "flock", fail)
    with pytest.raises(OSError, match="Input/output error"):
        lock_run("paper", tmp_path)
    assert run_lock._held == {}


def test_a_run_of_another_name_is_told_with_both(tmp_path):
    (tmp_path / "summary.json").write_text('{"run": "paper"}')
    with pytest.raises(InputError) as caught:
        require_own_results("mine", tmp_path)
    assert str(caught.value).startswith(f"{tmp_path} holds the results of run 'paper': Snakemake has no record of them")
    assert "Call the folder results/paper again" in str(caught.value)
