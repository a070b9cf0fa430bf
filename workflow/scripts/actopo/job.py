"""Settings, log, progress bar, threads and device of a job of the workflow."""

import atexit
import errno
import gc
import json
import logging
import os
import re
import sys
import traceback
from concurrent.futures import BrokenExecutor
from contextlib import suppress
from types import SimpleNamespace

from actopo.checksums import written_by
from actopo.errors import InputError

ROOM = "make room, or keep results elsewhere by Snakemake's --directory"
# What the system lacks, and what to do.
LACKS = {
    errno.ENOSPC: ("the disk is full", ROOM),
    errno.EDQUOT: ("your quota of the disk is used up", ROOM),
    errno.EFBIG: ("a limit on the size of files is reached (ulimit -f)", "raise it"),
    errno.EMFILE: ("a limit on open files is reached (ulimit -n)", "raise it"),
    errno.ENFILE: ("the machine has too many open files", "end other programs"),
    errno.EIO: ("the disk cannot be read or written", "look at the disk"),
    errno.EROFS: ("the disk is read-only", "keep results elsewhere by Snakemake's --directory"),
    errno.EACCES: ("a file or folder may not be used", "look at its rights"),
}
# NumPy does not say why it could not write all of an array.
CUT_OFF = re.compile(r"\d+ requested and \d+ written")
# How libraries that raise no MemoryError say that memory is not enough, first that of a GPU.
GPU_FULL = re.compile("(CUDA|HIP)( driver)?( error:)? out of memory|CU[A-Z]+_(STATUS_ALLOC_FAILED|ERROR_OUT_OF_MEMORY)")
# What PyTorch says where a network makes tensors of a type of its own under autocast.
MIXED_TYPES = re.compile("dtype|BFloat16|Half")
TOO_LARGE = re.compile("can't allocate memory|cannot allocate memory|out of memory|Failed to allocate|bad_alloc", re.I)

log = logging.getLogger(__name__)


def start_logging(job):
    """
    Send everything that the script prints to the job's log, and errors to the terminal too.

    An `InputError` is printed as one message, and so are a full disk, too little memory and an interruption; any other
    exception keeps its traceback. The rule is noted beside the files that the job writes.

    Parameters
    ----------
    job : the `snakemake` object of a script
        Without a log everything stays on the terminal.
    """
    terminal = sys.stderr

    def report(kind, error, trace):
        if isinstance(error, AttributeError) and error.obj is job.resources:
            error = InputError(
                f"the rule has no resource {error.name}: `use rule ... with: resources:` replaces all that it has; "
                "give device and gpu there too, as the rule has them, or change the others by --set-resources"
            )
        message = _message(job.rule, error) or "".join(traceback.format_exception(kind, error, trace))
        for stream in {sys.stderr, terminal}:
            # The log may lie on the disk that is full.
            with suppress(OSError):
                stream.write(message)
                stream.flush()

    sys.excepthook = report
    # Imports make hundreds of thousands of objects, and few cycles: searches for cycles after every 700 of them are a
    # tenth of their time. A process that ends searches all that are left: after PyTorch, a third of a second.
    gc.set_threshold(50_000, 20, 20)
    atexit.register(gc.freeze)
    if job.log:
        terminal = os.fdopen(os.dup(2), "w", encoding="utf-8")
        log = open(job.log[0], "w", encoding="utf-8", buffering=1)  # noqa: SIM115 - open until the script ends
        # File descriptors are redirected, so that the output of C libraries is logged as well.
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    handlers = [_LogHandler(sys.stderr)]
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", handlers=handlers, force=True)
    written_by(job.rule)


class _LogHandler(logging.StreamHandler):
    """Gives each message a line of its own, also while a progress bar is drawn."""

    def emit(self, record):
        bars = sys.modules.get("tqdm")
        if bars is None:
            super().emit(record)
            return
        try:
            bars.tqdm.write(self.format(record), file=self.stream)
        except Exception:  # As any handler of logging does: a message that is lost ends no job.
            self.handleError(record)


def _message(rule, error):
    """One sentence for an error that is no defect of the code; None for a defect."""
    if isinstance(error, InputError):
        return f"error in {rule}: {error}\n"
    if isinstance(error, KeyboardInterrupt):
        return f"{rule} was interrupted; what is finished is kept, nothing half written is\n"
    cause = errno.ENOSPC if CUT_OFF.fullmatch(str(error)) else getattr(error, "errno", None)
    if isinstance(error, OSError) and cause in LACKS:
        what, remedy = LACKS[cause]
        kept = "what is finished is kept, nothing half written is"
        return f"error in {rule}: {what} ({error}); {remedy}, and run again: {kept}\n"
    said = " ".join(str(error).split())[:200]
    if GPU_FULL.search(said):
        return (
            f"error in {rule}: the memory of the GPU is not enough ({said}); end what else uses it, or take a GPU that "
            "has more, smaller batches in training, mapper.device: cpu for clusters, or device: cpu\n"
        )
    if isinstance(error, MemoryError) or TOO_LARGE.search(str(error)):
        what = f" ({said})" if said else ""
        return f"error in {rule}: there is too little memory{what}; give the job more, or make the study smaller\n"
    if isinstance(error, BrokenExecutor):
        return (
            f"error in {rule}: one of its worker processes was killed, as systems do where memory runs out; give the "
            "job more memory or fewer threads, and run again\n"
        )
    if rule.startswith("train_") and isinstance(error, RuntimeError) and MIXED_TYPES.search(said):
        trace = "".join(traceback.format_exception(error))
        return f"{trace}error in {rule}: if the network does not run in mixed precision, set training.precision: fp32\n"
    return None


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
    from tqdm import tqdm

    what = {"total": steps} if isinstance(steps, int) else {"iterable": steps}
    return tqdm(**what, unit=unit, desc=description, mininterval=5, ascii=True, file=sys.stderr)


def limit_threads(n_threads):
    """Limit numba to the threads of the job; Snakemake limits BLAS and OpenMP, which PyTorch obeys as well."""
    import numba

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
        If PyTorch finds no GPU, although `name` is "cuda", or `name` is "auto" and a scheduler gave this job a GPU. If
        it cannot compute on the GPU that it finds.
    """
    if name == "cpu":
        return "cpu"
    # It takes seconds, which jobs that need no GPU do not spend.
    import torch

    from actopo.gpu import allocated_gpu, claim_gpu

    if torch.cuda.is_available():
        torch.cuda.set_device(claim_gpu())
        try:
            _run_a_kernel()
        except RuntimeError as error:
            if GPU_FULL.search(str(error)):
                raise
            raise InputError(
                f"PyTorch {torch.__version__} cannot compute on this GPU ({str(error).splitlines()[0]}); see what "
                f"nvidia-smi says. It has kernels for {', '.join(torch.cuda.get_arch_list())}: an older GPU needs a "
                "build for an older CUDA; or set device to cpu"
            ) from error
        return "cuda"
    if name == "cuda":
        raise InputError("device is cuda, but PyTorch finds no GPU here; set device to auto or cpu")
    # Hours on a CPU would hold the GPU all the while.
    if given := allocated_gpu():
        raise InputError(
            f"this job was given a GPU ({given} on {os.uname().nodename}), but PyTorch {torch.__version__} finds none; "
            f"see what nvidia-smi says there. This PyTorch is built for CUDA {torch.version.cuda} (None: for no GPU), "
            "which an older driver does not run; or set device to cpu, which asks for no GPU"
        )
    return "cpu"


def _run_a_kernel():
    """PyTorch counts GPUs without looking whether they are free, sound and of a kind that it has kernels for."""
    import torch

    torch.zeros(1, device="cuda").add_(1).item()


def log_device(device, n_threads, precision="fp32"):
    """
    Log where, and in which precision, a job computes.

    Parameters
    ----------
    device : {"cpu", "cuda"}
    n_threads : int
    precision : {"fp32", "bf16", "fp16"}
    """
    name = ""
    if device == "cuda":
        import torch

        name = f" ({torch.cuda.get_device_name()})"
    log.info("device: %s%s, precision: %s, threads: %d", device, name, precision, n_threads)
