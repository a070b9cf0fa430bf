"""What lies in a folder or .zip of class folders, as far as results depend on it, before any image is decoded."""

import hashlib
import logging
import os
import stat
import zipfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from actopo.digests import file_digest, kept_digest, times_of
from actopo.errors import InputError
from actopo.images.class_folders import class_files, image_names, open_source

# Bytes of a folder that are read to know its images: about a minute from a disk, once.
MAX_READ = 10_000_000_000
# Images from which on reading takes long enough to be told.
MANY = 10_000

log = logging.getLogger(__name__)


def image_listing(root, cache=None):
    """
    Digest of the images of a folder or .zip, without decoding them.

    It covers the names and contents of the image files; those of a .zip by its check sums. Another place or name of the
    whole, a copy, a `touch` or a file that is no image does not change it. An added or removed image does, and so does
    an edited one; in a folder of more than `MAX_READ` bytes only if its size changes.

    Parameters
    ----------
    root : str or Path
    cache : Path, optional
        Folder that keeps the digest of a folder until an image has another name, size or time.

    Returns
    -------
    str
        16 hexadecimal digits; empty if there is nothing, or a folder or .zip cannot be listed, which the job that
        reads it reports.
    """
    root = Path(root).expanduser()
    if root.is_dir():
        return _folder_digest(root, cache)
    if not root.is_file():
        return ""
    try:
        with zipfile.ZipFile(root) as archive:
            sums = {member.filename: member.CRC for member in archive.infolist()}
    except (OSError, zipfile.BadZipFile):
        return ""
    return _digest(f"{name} {sums[name]}" for name in image_names(sums))


def _folder_digest(root, cache):
    try:
        with open_source(root) as (names, _):
            files = {name: os.path.join(root, name) for name in image_names(names)}
    except InputError:
        return ""
    states = {name: _state(file) for name, file in files.items()}
    if sum(state.st_size for state in states.values() if state) > MAX_READ:
        return _digest(f"{name} {state and state.st_size}" for name, state in states.items())
    times = (f"{name} {state and times_of(state)}" for name, state in states.items())
    return kept_digest(cache and cache / f"images.{_digest([str(root.resolve()), *times])}", partial(_read_all, files))


def _state(file):
    """Size and times of a file; None for a broken link or a pipe, which the job that reads it reports."""
    try:
        state = os.stat(file)
    except OSError:
        return None
    return state if stat.S_ISREG(state.st_mode) else None


def _read_all(files):
    """Digest of the names and contents of files, several of which are read at a time."""
    if len(files) > MANY:
        log.warning("reading %d images once, to know when one of them changes", len(files))
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(_file_sum, files.values()))
    return _digest(f"{name} {one}" for name, one in zip(files, found, strict=True))


def _file_sum(file):
    """Digest of a file; None for one that cannot be read, which the job reports."""
    try:
        return file_digest(file)
    except OSError:
        return None


def _digest(lines):
    return hashlib.sha256("\n".join(sorted(lines)).encode(errors="surrogateescape")).hexdigest()[:16]


def parts_and_classes(root, labelled=True):
    """
    Whether a folder or .zip has a training and a test part, and the names of its classes.

    Parameters
    ----------
    root : str or Path
    labelled : bool, default True
        As in `actopo.images.class_folders.find_classes`.

    Returns
    -------
    has_parts : bool
    class_names : list of str or None
        Sorted; None if the folder or .zip cannot be listed, which the job that reads it reports.
    """
    root = Path(root).expanduser()
    try:
        layout = class_files(root, labelled)
    except (InputError, OSError):
        return False, None
    return len(layout) > 1, sorted(layout[0])
