"""What lies in a folder or .zip of class folders, as far as results depend on it, before any image is read."""

import hashlib
import zipfile
from pathlib import Path

from actopo.errors import InputError
from actopo.images.class_folders import class_files, image_names, open_source


def image_listing(root):
    """
    Digest of the images of a folder or .zip, without reading them.

    It covers the names and sizes of the image files of a folder, and the names and check sums of those of a .zip.
    Another place or name of the whole, a copy, a `touch` or a file that is no image does not change it. An added or
    removed image does, and so does an edited one, unless it lies in a folder and its size stays the same.

    Parameters
    ----------
    root : str or Path

    Returns
    -------
    str
        16 hexadecimal digits; empty if there is nothing, or a folder or .zip cannot be listed, which the job that
        reads it reports.
    """
    root = Path(root).expanduser()
    if root.is_dir():
        try:
            with open_source(root) as (names, _):
                files = {name: root / name for name in image_names(names)}
        except InputError:
            return ""
        # A broken link is listed too; the job that reads it reports it.
        entries = [f"{name} {file.stat().st_size if file.exists() else None}" for name, file in files.items()]
    elif not root.is_file():
        return ""
    else:
        try:
            with zipfile.ZipFile(root) as archive:
                sums = {member.filename: member.CRC for member in archive.infolist()}
        except (OSError, zipfile.BadZipFile):
            return ""
        entries = [f"{name} {sums[name]}" for name in image_names(sums)]
    return hashlib.sha256("\n".join(sorted(entries)).encode(errors="surrogateescape")).hexdigest()[:16]


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
