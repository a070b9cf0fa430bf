"""
Figures and pages as they were before a run, for those that it cannot make again.

Snakemake removes the files of a job before it starts, so that a job that fails would leave none. Before the first job
links to them are made in a hidden folder of the run; at its end the missing ones come back, and the folder goes. A run
that is killed leaves the folder for the next one.
"""

import os
from pathlib import Path

from actopo.files import link_or_copy, remove_folder

FOLDER = ".before"
# Before all inputs, so that what came back is made again; archives know no earlier time than 1980.
OLD = 315_619_200


def keep(run, jobs):
    """
    Keep what some jobs are going to make again.

    Parameters
    ----------
    run : Path
        Folder of the run's results.
    jobs : iterable of snakemake.jobs.Job
        Only figures and pages of jobs that read something are kept: what comes back is made again since its inputs are
        newer.

    Raises
    ------
    OSError
        If a file can neither be linked nor copied.
    """
    for file in (Path(path) for job in jobs if job.input for path in job.output):
        is_shown = file.is_relative_to(run / "figures") or file == run / "explorer.html"
        if not (is_shown and file.exists()):
            continue
        kept = run / FOLDER / file.relative_to(run)
        kept.parent.mkdir(parents=True, exist_ok=True)
        link_or_copy(file, kept)


def put_back(run):
    """
    Put back what is missing of the kept files, and forget the others.

    Parameters
    ----------
    run : Path

    Returns
    -------
    list of Path
        Files that came back, older than all others.
    """
    folder = run / FOLDER
    missing = []
    for kept in sorted(path for path in folder.rglob("*") if path.is_file()):
        file = run / kept.relative_to(folder)
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            os.replace(kept, file)
            os.utime(file, (OLD, OLD))
            missing.append(file)
    remove_folder(folder)
    return missing
