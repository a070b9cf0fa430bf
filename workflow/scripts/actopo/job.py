"""Settings, log, progress bar, threads and device of a job of the workflow."""

import errno
import json
import logging
import os
import sys
import traceback
from types import SimpleNamespace

from tqdm import tqdm

from actopo.errors import InputError

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def start_logging(job):
    """
    Send everything that the script prints to the job's log, and errors to the terminal too.

    An `InputError` is printed as one message, any other exception with its traceback.

    Parameters
    ----------
    job : the `snakemake` object of a script
        Without a log everything stays on the terminal.
    """
    terminal = sys.stderr
    if job.log:
        terminal = os.fdopen(os.dup(2), "w", encoding="utf-8")
        log = open(job.log[0], "w", encoding="utf-8", buffering=1)  # noqa: SIM115 - open until the script ends
        # File descriptors are redirected, so that the output of C libraries is logged as well.
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr, force=True)

    def report(kind, error, trace):
        if issubclass(kind, InputError):
            message = f"error in {job.rule}: {error}\n"
        elif issubclass(kind, OSError) and error.errno in FULL:
            message = (
                f"error in {job.rule}: the disk is full ({error}); free some of it, or keep results elsewhere by "
                "Snakemake's --directory, and run again: what is finished is kept, nothing half written is\n"
            )
        else:
            message = "".join(traceback.format_exception(kind, error, trace))
        for stream in {sys.stderr, terminal}:
            stream.write(message)
            stream.flush()

    sys.excepthook = report


def settings(job):
    """
    Params of a job by name; those that a rule packed into one JSON text (`as_json`) are unpacked.

    Parameters
    ----------
    job : the `snakemake` object of a script

    Returns
    -------
    types.SimpleNamespace
    """

    def unpacked(value):
        packed = isinstance(value, str) and (value == "{}" or value.startswith('{"'))
        return json.loads(value) if packed else value

    return SimpleNamespace(**{name: unpacked(value) for name, value in job.params.items()})


def progress(steps, unit, description=None):
    """
    Progress bar for the log, which adds a line every few seconds, not at every step.

    Parameters
    ----------
    steps : int or iterable
        Number of steps, reported by `update`, or an iterable to wrap.
    unit : str
    description : str, optional
    """
    what = {"total": steps} if isinstance(steps, int) else {"iterable": steps}
    return tqdm(**what, unit=unit, desc=description, mininterval=5, ascii=True, file=sys.stderr)


def limit_threads(n_threads):
    """Limit PyTorch and numba to the threads of the job; Snakemake limits BLAS and OpenMP."""
    import numba
    import torch

    torch.set_num_threads(n_threads)
    numba.set_num_threads(min(n_threads, numba.config.NUMBA_NUM_THREADS))


def choose_device(name):
    """
    Resolve `auto`, and refuse a device that is not available. If there are several GPUs, the job claims one.

    Parameters
    ----------
    name : {"auto", "cpu", "cuda"}

    Returns
    -------
    str
        "cpu" or "cuda", which is then the GPU of this job.

    Raises
    ------
    InputError
        If `name` is "cuda", but this machine or this build of PyTorch does not have it.
    """
    import torch

    from actopo.gpu import claim_gpu

    if name == "cpu" or (name == "auto" and not torch.cuda.is_available()):
        return "cpu"
    if not torch.cuda.is_available():
        raise InputError("device is cuda, but PyTorch finds no GPU here; set device to auto or cpu")
    torch.cuda.set_device(claim_gpu())
    return "cuda"
