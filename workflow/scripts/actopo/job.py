"""What a job of the workflow needs besides the science: its log, its progress bar, its device."""

import errno
import logging
import os
import sys
import traceback
from pathlib import Path

from tqdm import tqdm

from actopo.errors import InputError
from actopo.io import save_bytes

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def start_logging(job):
    """
    Send everything the script prints to the job's log, and errors to the terminal too.

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
        # Whole descriptors, so that libraries written in C end up in the log as well.
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


def progress(steps, unit, description=None):
    """
    Progress bar for the log: a line is added every few seconds, not every step.

    Parameters
    ----------
    steps : int or iterable
        Number of steps, told by `update`, or what to iterate over.
    unit : str
    description : str, optional
    """
    what = {"total": steps} if isinstance(steps, int) else {"iterable": steps}
    return tqdm(**what, unit=unit, desc=description, mininterval=5, ascii=True, file=sys.stderr)


def limit_threads(n_threads):
    """Keep PyTorch and numba to the threads of the job; BLAS and OpenMP have them from Snakemake."""
    import numba
    import torch

    torch.set_num_threads(n_threads)
    numba.set_num_threads(min(n_threads, numba.config.NUMBA_NUM_THREADS))


def save_figure(paths, figure):
    """Write a figure into every path, in the format of its ending."""
    from actopo.figures.style import figure_bytes

    for path in paths:
        save_bytes(path, figure_bytes(figure, Path(path).suffix[1:]))


def choose_device(name):
    """
    Resolve `auto`, and refuse a device that is not there. Of several GPUs the job claims one for itself.

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
        If CUDA is asked for and this machine or this build of PyTorch has none.
    """
    import torch

    from actopo.gpu import claim_gpu

    if name == "cpu" or (name == "auto" and not torch.cuda.is_available()):
        return "cpu"
    if not torch.cuda.is_available():
        raise InputError("device is cuda, but PyTorch finds no GPU here; set device to auto or cpu")
    torch.cuda.set_device(claim_gpu())
    return "cuda"
