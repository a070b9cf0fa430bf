"""
That the folder of a run is its own: a lock on it, held by the process of Snakemake that works on it, and its name.

Snakemake's own locks are files, and every instance that ends in a folder deletes those of all others there. This one is
a lock on an open file: the kernel releases it however the process ends, `kill -9` included, so that none is ever left
behind.
"""

import errno
import fcntl
import json
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


def require_own_results(run, folder):
    """
    Refuse the results of a finished run under the name of another, where Snakemake knows nothing of them.

    Parameters
    ----------
    run : str
        Name of the run.
    folder : Path
        Folder of its results, if there are any.

    Raises
    ------
    InputError
        If they are those of another run: no change of the configuration since then would be seen.
    """
    try:
        own = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["run"]
    except (OSError, ValueError, LookupError, TypeError):
        # There are none, or the job that writes them has not come so far.
        return
    if own != run:
        raise InputError(
            f"{folder} holds the results of run {own!r}: Snakemake has no record of them under another name, and would "
            f"take them as they are, whatever the configuration. Call the folder results/{own} again; to go on from a "
            "copy, copy results and .snakemake to a folder of its own (--directory) and keep the name of the run"
        )
