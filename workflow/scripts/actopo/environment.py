"""Where a process runs, and surroundings in which no job can work; only the standard library is imported."""

import os
import re
import resource

# Variables that libraries read when they are imported, before a job can say anything of them.
THREADS = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
# PyTorch for CUDA could be imported within 4 GB of addresses, and not within 3 GB.
ADDRESSES = 4 * 2**30


def this_process():
    """What this process is called where others wait for it."""
    return f"process {os.getpid()} on {os.uname().nodename}"


def environment_problems():
    """
    What in the surroundings of this process keeps jobs from working.

    Yields
    ------
    str
        A sentence that says what to change.
    """
    for name in THREADS:
        value = os.environ.get(name)
        # OMP_NUM_THREADS may be a list, with a number for each level of nesting.
        if value and not re.fullmatch(r"\s*[1-9]\d*\s*(,\s*[1-9]\d*\s*)*", value):
            yield f"the environment variable {name} is {value!r}; unset it, or set it to a whole number of 1 or more"
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit < ADDRESSES:
        yield (
            f"processes may use {limit / 2**30:.1f} GiB of addresses here, too few for PyTorch's libraries to be "
            f"loaded; raise that to {ADDRESSES // 2**30} GiB or more (ulimit -v unlimited)"
        )
