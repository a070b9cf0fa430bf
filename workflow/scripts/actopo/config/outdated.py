"""Files of a run that its configuration no longer asks for: which they are, and their removal."""

import os
from pathlib import Path

from actopo.checksums import sum_file
from actopo.errors import InputError

# Folders of a run in which rules write. Whatever else lies in the run's folder is the user's.
FOLDERS = (
    "activations",
    "benchmarks",
    "captions",
    "data",
    "diagrams",
    "figures",
    "logs",
    "mapper",
    "models",
    "points",
    "predictions",
    "similarity",
)


def outdated_files(folder, wanted):
    """
    Files of a run that are not among those that are wanted.

    Links are left alone, and nothing is looked for behind them. So are hidden files and folders, but for what a killed
    job left half written; the check sum of a file goes with the file.

    Parameters
    ----------
    folder : str or Path
        Folder of the run.
    wanted : iterable of str or Path
        Files, and folders as wholes, that the configuration asks for.

    Returns
    -------
    dict of Path to int
        Size in bytes of each, sorted by path; 0 for another name of a file that is listed too.

    Raises
    ------
    InputError
        If the folder of the run is a link.
    """
    folder = Path(folder)
    if folder.is_symlink():
        raise InputError(f"{folder} is a link; nothing is removed behind links, so remove it where it leads to")
    wanted, found, seen = {Path(os.path.normpath(path)) for path in wanted}, {}, set()
    for name in FOLDERS:
        if (folder / name).is_symlink():
            continue
        for place, folders, files in os.walk(folder / name):
            here = Path(place)
            # A network's training folder is wanted with the network; locks of trainings lie in a hidden folder.
            folders[:] = [
                each
                for each in folders
                if here / each not in wanted
                and not (here / each).is_symlink()
                and not (each.endswith(".training") and (here / each).with_suffix(".safetensors") in wanted)
                and not _is_hidden(each)
            ]
            for file in files:
                path = here / file
                if not _is_hidden(file) and path not in wanted and not path.is_symlink():
                    state = path.stat()
                    found[path] = 0 if (state.st_dev, state.st_ino) in seen else state.st_size
                    seen.add((state.st_dev, state.st_ino))
    return dict(sorted(found.items()))


def _is_hidden(name):
    """Whether a name is hidden, and not that of a file or folder that was never finished."""
    return name.startswith(".") and not name.endswith(".part")


def is_network(folder, path):
    """Whether a file of a run is a trained network, or of its training."""
    parts = path.relative_to(folder).parts
    return len(parts) > 2 and parts[0] == "models" and parts[2].startswith("seed")


def remove_files(folder, paths):
    """
    Remove files of a run with their check sums, and the folders that are empty then.

    Parameters
    ----------
    folder : str or Path
    paths : iterable of Path
        As `outdated_files` returns them.
    """
    folder, emptied = Path(folder), set()
    for path in paths:
        for file in (path, sum_file(path)):
            file.unlink(missing_ok=True)
        emptied |= {parent for parent in path.parents if folder in parent.parents}
    # The deepest first. What is left in a folder of activations is a file of Snakemake's.
    for place in sorted(emptied, key=lambda path: -len(path.parts)):
        left = list(place.iterdir()) if place.is_dir() else [place]
        if all(file.name == ".snakemake_timestamp" and not file.is_symlink() for file in left):
            for file in left:
                file.unlink()
            place.rmdir()
