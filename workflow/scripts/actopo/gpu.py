"""
Choice of a GPU if several jobs share several GPUs.

A job takes the first GPU that no other job holds, by an exclusive lock on a file that stands for the GPU. The
lock lasts as long as the process, so the kernel releases the GPU however the job ends, `kill -9` included,
and no daemon or clean-up is needed. Locks are per user: jobs of other users are ignored.

Only visible GPUs are assigned, so `CUDA_VISIBLE_DEVICES`, set by a scheduler or the user, is respected. A lock has
the name of the GPU in that variable (number, UUID or MIG instance). SLURM may number the GPUs of every job from 0,
so under SLURM each job has locks of its own.
"""

import fcntl
import logging
import os
import tempfile
import time
from pathlib import Path

from actopo.errors import InputError

ALLOCATIONS = ("SLURM_JOB_GPUS", "SLURM_STEP_GPUS", "CUDA_VISIBLE_DEVICES")
# What CUDA_VISIBLE_DEVICES holds where there is no GPU; SLURM writes the last.
NO_GPU = ("", "-1", "NoDevFiles")
log = logging.getLogger(__name__)
_held = {}


def claim_gpu(n_gpus=None, folder=None, pause=1.0):
    """
    Take a GPU for the rest of this process, waiting until one is free.

    Parameters
    ----------
    n_gpus : int, optional
        Number of GPUs that this process sees; by default PyTorch's count.
    folder : str or Path, optional
        Folder of the locks, on a local disk; by default a folder of the user's in the temporary directory.
    pause : float, default 1.0
        Seconds between two attempts if all GPUs are taken.

    Returns
    -------
    int
        PyTorch's index of the GPU. A second call returns the same. If there is only one GPU, it is returned
        without a lock: there is nothing to choose, and SLURM or `CUDA_VISIBLE_DEVICES` may have chosen it.

    Raises
    ------
    InputError
        If there is no GPU.
    """
    if n_gpus is None:
        import torch

        n_gpus = torch.cuda.device_count()
    if n_gpus < 1:
        raise InputError("this process sees no GPU; set device to auto or cpu, or look at CUDA_VISIBLE_DEVICES")
    if n_gpus == 1:
        return 0
    folder = lock_folder() if folder is None else Path(folder)
    if folder not in _held:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        files = [folder / f"gpu{name}.lock" for name in visible_names(n_gpus)]
        claim = _first_free(files)
        if claim is None:
            log.info("all %d GPUs are taken by other jobs; waiting for one", n_gpus)
        while claim is None:
            time.sleep(pause)
            claim = _first_free(files)
        _held[folder] = claim
        log.info("this job has GPU %d of %d", claim[0], n_gpus)
    return _held[folder][0]


def allocated_gpu():
    """
    Setting of the environment by which a scheduler, or the user, has given this process a GPU.

    SLURM names the GPUs of a job, and it and other schedulers set `CUDA_VISIBLE_DEVICES`. On a workstation none of
    these is set, or `CUDA_VISIBLE_DEVICES` is empty or -1, which hides all GPUs.

    Returns
    -------
    str or None
        Such as "SLURM_JOB_GPUS=0"; None if no GPU was given.
    """
    for name in ALLOCATIONS:
        value = os.environ.get(name, "").strip()
        if value not in NO_GPU:
            return f"{name}={value}"
    return None


def lock_folder():
    """Folder of the locks: one for each user and, under SLURM, for each of the user's jobs."""
    job = os.environ.get("SLURM_JOB_ID")
    return Path(tempfile.gettempdir()) / f"actopo-gpu-{os.getuid()}{f'-slurm-{job}' if job else ''}"


def visible_names(n_gpus):
    """Names in `CUDA_VISIBLE_DEVICES` of the first `n_gpus` GPUs, PyTorch's 0, 1, ...; else their indices."""
    names = [name.strip().replace("/", "-") for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")]
    return names[:n_gpus] if len(names) >= n_gpus else [str(index) for index in range(n_gpus)]


def _first_free(files):
    """Index of the first file that could be locked, and its open descriptor, which holds the lock; else None."""
    for index, file in enumerate(files):
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
        else:
            return index, descriptor
    return None
