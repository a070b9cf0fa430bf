"""
A lock on a run, held by the process of Snakemake that works on it.

Snakemake's own locks are files, and every instance that ends in a folder deletes those of all others there. This one is
a lock on an open file: the kernel releases it however the process ends, `kill -9` included, so that none is ever left
behind.
"""

import errno
import fcntl
import logging
from pathlib import Path

from actopo.environment import this_process
from actopo.errors import InputError

log = logging.getLogger(__name__)
UNSUPPORTED = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP}
# Open files of the locks that this process holds.
_held = {}


def lock_run(run, folder):
    """
    Take the lock of a run until this process ends.

    Parameters
    ----------
    run : str
        Name of the run.
    folder : str or Path
        Where the file of the lock is kept; processes that use the same folder exclude each other. On a network file
        system this includes processes on other machines.

    Raises
    ------
    InputError
        If another process holds it. Where the file system has no locks, the run goes on without one, with a warning.
    """
    path = Path(folder) / f"{run}.lock"
    if path in _held:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # Closed with the process, and not passed on to jobs.
    file = open(path, "a+", encoding="utf-8")  # noqa: SIM115 - open as long as the lock is held
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        with file:
            holder = file.read().strip() or "an unknown process"
        raise InputError(
            f"run {run!r} is being worked on in this folder by {holder}; wait until it ends, or stop it. Another run "
            "takes a name of its own (`run` in the config) and, at the same time, a folder of its own (--directory)"
        ) from None
    except OSError as error:
        if error.errno not in UNSUPPORTED:
            file.close()
            raise
        log.warning("%s cannot be locked (%s): do not start the same run twice at once", path, error.strerror)
    file.truncate(0)
    file.write(f"{this_process()}\n")
    file.flush()
    _held[path] = file
