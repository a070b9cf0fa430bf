"""GPUs: who gets which, and when they come back. The GPUs are made up, the processes and locks are real."""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from actopo import gpu
from actopo.errors import InputError

PACKAGE = str(Path(gpu.__file__).parents[1])


CLAIM = """
import logging, sys
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
from actopo.gpu import claim_gpu
assert "torch" not in sys.modules
print("claimed", claim_gpu(int(sys.argv[1]), pause=0.02), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def start(tmp_path):
    """Start a process that claims one of `n_gpus` and keeps it; its lines come from `stdout`."""
    with ExitStack() as stack:

        def start(n_gpus, **environment):
            inherited = {key: os.environ[key] for key in ("PATH", "LD_LIBRARY_PATH") if key in os.environ}
            environment = inherited | {"TMPDIR": str(tmp_path), "PYTHONPATH": PACKAGE} | environment
            process = subprocess.Popen(
                [sys.executable, "-c", CLAIM, str(n_gpus)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=environment,
                text=True,
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        yield start


def claimed(process):
    """Index that the process gets, and whether it had to wait."""
    lines = []
    while not lines or not lines[-1].startswith("claimed"):
        lines.append(process.stdout.readline())
        assert lines[-1], "the process ended without a GPU"
    return int(lines[-1].split()[1]), any("waiting" in line for line in lines)


def test_every_job_has_a_gpu_of_its_own(start):
    assert [claimed(start(3)) for _ in range(3)] == [(0, False), (1, False), (2, False)]


@pytest.mark.parametrize("end", [lambda p: p.stdin.close(), lambda p: p.send_signal(signal.SIGKILL)])
def test_a_job_waits_for_the_gpu_of_one_that_ends_or_is_killed(start, end):
    jobs = [start(2)]
    claimed(jobs[0])
    jobs.append(start(2))
    claimed(jobs[1])
    waiting = start(2)
    assert "all 2 GPUs are taken" in waiting.stdout.readline()
    assert waiting.poll() is None
    end(jobs[1])
    assert claimed(waiting)[0] == 1


def test_an_only_gpu_is_taken_without_a_lock(start, tmp_path):
    assert [claimed(start(1, SLURM_JOB_ID="7", CUDA_VISIBLE_DEVICES="3")) for _ in range(2)] == [(0, False)] * 2
    assert not list(tmp_path.iterdir())


def test_lists_of_visible_gpus_that_overlap(start):
    """Locks go by the GPU, indices by the list of the process."""
    assert claimed(start(2, CUDA_VISIBLE_DEVICES="2,0")) == (0, False)
    assert claimed(start(4)) == (0, False)
    assert claimed(start(4)) == (1, False)
    assert claimed(start(4)) == (3, False)
    assert claimed(start(2, CUDA_VISIBLE_DEVICES="GPU-8a5c, MIG-GPU-8a5c/1/0")) == (0, False)
    assert claimed(start(2, CUDA_VISIBLE_DEVICES="GPU-8a5c,MIG-GPU-8a5c/1/0")) == (1, False)


def test_jobs_of_slurm_do_not_wait_for_each_other(start):
    """With cgroups SLURM calls the GPUs of every job 0, 1, ..."""
    for job in ("7", "8"):
        environment = {"SLURM_JOB_ID": job, "CUDA_VISIBLE_DEVICES": "0,1"}
        assert [claimed(start(2, **environment)) for _ in range(2)] == [(0, False), (1, False)]


def test_a_process_has_one_gpu(tmp_path):
    assert [gpu.claim_gpu(2, tmp_path) for _ in range(2)] == [0, 0]


def test_no_gpu(tmp_path):
    with pytest.raises(InputError, match="no GPU"):
        gpu.claim_gpu(0, tmp_path)
