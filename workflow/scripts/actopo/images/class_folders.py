"""
Class folders of images, in a folder or a .zip, and the names of their images; no image is read.

The layout is ``<class>/<image>``, or ``train/<class>/<image>`` with ``test/<class>/<image>``, with or
without one folder around everything. Hidden files, ``__MACOSX`` and files that are not images are
skipped; any other layout is an error, because a guess could silently give wrong labels. Images without labels may lie
in any folders.

Only the standard library is imported, so that a configuration can be checked where nothing else is installed.
"""

import errno
import os
import struct
import zipfile
import zlib
from collections import Counter
from contextlib import contextmanager
from pathlib import PurePosixPath

from actopo.errors import UNPRINTABLE, InputError, shown
from actopo.images.choices import PARTS, UNLABELLED

IMAGE_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".jfif"}
LAYOUT = "it must hold one folder per class, or train/ and test/ with one folder per class in each"
MAX_DEPTH = 5
MAX_LISTED = 10
# A folder that has so many other files, and ten times as many as images, is no folder of images.
MAX_OTHERS = 100_000
# Length of the end record and the longest comment after it.
MAX_ZIP_END = 22 + 0xFFFF


def class_files(root, labelled=True):
    """
    Names of the images of a folder or .zip by class, without reading one.

    Parameters
    ----------
    root : Path
    labelled : bool, default True
        As in `find_classes`.

    Returns
    -------
    list of dict
        ``{class: [name]}``: one, or one for train and one for test.

    Raises
    ------
    InputError
        As `actopo.images.image_folder.read_image_folder`, but for images that cannot be decoded.
    """
    with open_source(root) as (names, _):
        return find_classes(names, f"data.root '{root}'", labelled)


@contextmanager
def open_source(root, key="data.root", largest=None):
    """
    Open a folder or .zip, which messages call by its `key` in the configuration.

    Parameters
    ----------
    root : Path
    key : str, default "data.root"
    largest : int, optional
        Bytes that a file may have to be read; by default any number.

    Yields
    ------
    names : list of str
        Names of all entries; those of folders end in ``/``.
    read : callable
        Maps a name to the bytes of the file.
    """
    if root.is_dir():
        names = _walk(root, f"{key} '{root}'")

        def read_file(name):
            # Of a pipe or a device the bytes have no end.
            if not (root / name).is_file():
                raise OSError(f"{name} is no file")
            _check_bytes(f"{key} '{root}'", name, (root / name).stat().st_size, largest)
            return (root / name).read_bytes()

        yield names, read_file
        return
    if not root.exists():
        raise InputError(f"data.root '{root}' does not exist; give an existing folder or .zip of class folders.")
    if not root.is_file():
        raise InputError(f"data.root '{root}' is neither a folder nor a file; give a folder or .zip of class folders.")
    with _zip_errors(root):
        archive = zipfile.ZipFile(root)
        _check_directory(archive, root)

    def read(name):
        _check_bytes(f"{key} '{root}'", name, members[name].file_size, largest)
        # As many bytes as the archive says: a member that has more is not unpacked any further.
        with _zip_errors(root), archive.open(members[name]) as member:
            return member.read(members[name].file_size)

    with archive:
        names = [member.filename.replace("\\", "/") for member in archive.infolist()]
        members = dict(zip(names, archive.infolist(), strict=True))
        yield names, read


def _check_bytes(where, name, size, largest):
    if largest is not None and size > largest:
        raise InputError(
            f"{where}: {name} has {size} bytes, more than data.limits.bytes {largest}; make it smaller, or raise that "
            "limit."
        )


def find_classes(names, where, labelled=True):
    """
    Names of the images by class.

    Parameters
    ----------
    names : iterable of str
        As `open_source` gives them.
    where : str
        What messages call the folder or .zip.
    labelled : bool, default True
        Whether folders are classes. Otherwise all images are of the class `UNLABELLED`, in whatever folders; ``train/``
        and ``test/`` around all of them are parts.

    Returns
    -------
    list of dict
        ``{class: [name]}``: one, or one for train and one for test.

    Raises
    ------
    InputError
        If the layout is another.
    """
    images, folders, doubled = {}, set(), []
    for path, name, is_folder in _visible(names):
        folders.update(path[:depth] for depth in range(1, len(path) + is_folder))
        if not is_folder and _is_image(name):
            if path in images:
                doubled.append(name)
            images[path] = name
    if doubled:
        raise InputError(
            f"{where} holds {len(doubled)} images a second time, by names that are the same or differ in slashes "
            f"alone: {listed(doubled)}; keep one of each."
        )
    if not images:
        raise InputError(f"{where} holds no image ({', '.join(sorted(IMAGE_SUFFIXES))}); {LAYOUT}.")
    if labelled and all(len(path) == 1 for path in images):
        raise InputError(
            f"{where} holds {len(images)} images but no class folders; {LAYOUT}. For images without labels, set "
            "data.labelled to false."
        )

    tops = {path[0] for path in images}
    if len(tops) == 1 and not tops & set(PARTS) and min(map(len, images)) > 2:
        images = {path[1:]: name for path, name in images.items()}
        folders = {path[1:] for path in folders if path[0] in tops and len(path) > 1}
        tops = {path[0] for path in images}
    if not labelled:
        return _parts(images, where)
    # A folder named train that directly contains images is a class, such as trains.
    has_parts = bool(tops & set(PARTS)) and not any(len(path) == 2 and path[0] in PARTS for path in images)
    if has_parts and tops != set(PARTS):
        raise InputError(
            f"{where} must hold images in both train/ and test/ and nowhere else, but has them in "
            f"{listed(tops)}; or leave out that level and let data.test_share split the class folders."
        )
    loose = [name for path, name in images.items() if len(path) == 2]
    if tops == set(PARTS) and loose and 2 * len(loose) < len(images):
        raise InputError(
            f"{where}: {len(loose)} images lie right in train/ or test/ and in no class folder: {listed(loose)}; move "
            "or remove them."
        )
    depth = 3 if has_parts else 2
    if misplaced := [name for path, name in images.items() if len(path) != depth]:
        raise InputError(
            f"{where}: {len(misplaced)} images do not lie right inside a class folder: {listed(misplaced)}; {LAYOUT}."
        )
    if empty := {path for path in folders if len(path) == depth - 1} - {path[:-1] for path in images}:
        raise InputError(f"{where}: no image in class folder {listed(map('/'.join, empty))}; add images or remove it.")
    layout = {}
    for path, name in images.items():
        layout.setdefault(path[:-2], {}).setdefault(path[-2], []).append(name)
    layout = [layout["train",], layout["test",]] if has_parts else [layout[()]]
    if lonely := layout[0].keys() ^ layout[-1].keys():
        raise InputError(
            f"{where}: train/ and test/ must hold the same class folders, but only one of them has "
            f"{listed(lonely)}; add the missing folders or remove these."
        )
    _check_names(layout, where)
    if len(layout[0]) == 1:
        raise InputError(f"{where} holds the single class {listed(layout[0])}; give at least two class folders.")
    return layout


def _parts(images, where):
    """Images without labels, by part if there are parts; `images` are names by the pieces of their paths."""
    has_parts = {path[0] for path in images} == set(PARTS) and min(map(len, images)) > 1
    layout = [
        {UNLABELLED: [name for path, name in images.items() if not has_parts or path[0] == part]}
        for part in (PARTS if has_parts else PARTS[:1])
    ]
    _check_names(layout, where)
    return layout


def _check_names(layout, where):
    """Raise an error if a name is one that tables and figures cannot hold."""
    names = [name for classes in layout for files in classes.values() for name in files]
    if odd := [name for name in names if UNPRINTABLE.search(name)]:
        raise InputError(
            f"{where}: names of {len(odd)} images or of their folders have control characters or are no UTF-8: "
            f"{listed(odd)}; rename them."
        )


def count_others(names):
    """Numbers of files that are no images, by suffix."""
    others = (name for _, name, is_folder in _visible(names) if not is_folder and not _is_image(name))
    return Counter(PurePosixPath(name).suffix or "no suffix" for name in others)


def deep_folders(names):
    """Folders that lie too deep to be looked into, by the names of a folder's entries."""
    return [name for name in names if name.endswith("/") and name.count("/") > MAX_DEPTH]


def image_names(names):
    """Those of the names that `open_source` gives that are images and not hidden."""
    return [name for _, name, is_folder in _visible(names) if not is_folder and _is_image(name)]


def listed(names):
    """Sorted names in one text, cut where they are many."""
    names = sorted(names)
    rest = len(names) - MAX_LISTED
    some = (shown(name) if UNPRINTABLE.search(name) else name for name in names[:MAX_LISTED])
    return ", ".join(some) + (f" and {rest} more" if rest > 0 else "")


def _walk(root, where):
    """Names of files and folders below a folder, those of folders with a slash; links to folders are followed."""
    names, n_images, waiting = [], 0, [(root, "", {_identity(root)})]
    while waiting:
        folder, place, above = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                found = [
                    (entry, _identity(entry.path) if entry.is_dir() else None)
                    for entry in entries
                    if not entry.name.startswith(".")
                ]
        except OSError as error:
            # A link that leads to itself, in a folder that can be listed.
            if error.errno == errno.ELOOP:
                link = f"{place}{os.path.basename(error.filename)}"
                raise InputError(f"{where}: {listed([link])} is a link that leads nowhere; remove it.") from error
            raise InputError(
                f"{where}: the folder {place or '.'} cannot be listed ({error.strerror}); look at its "
                "permissions, or remove it."
            ) from error
        for entry, own in found:
            name = f"{place}{entry.name}"
            names.append(name if own is None else f"{name}/")
            n_images += own is None and _is_image(name)
            if own in above:
                raise InputError(f"{where}: {listed([name])} is a link to a folder around it; remove it.")
            if own is not None and name.count("/") < MAX_DEPTH:
                waiting.append((entry.path, f"{name}/", {*above, own}))
        if len(names) - n_images > MAX_OTHERS + 10 * n_images:
            raise InputError(
                f"{where} is no folder of images: {n_images} of the first {len(names)} files and folders in "
                f"it are images; {LAYOUT}."
            )
    return names


def _identity(folder):
    """Device and number of a folder, the same by whatever path."""
    status = os.stat(folder)
    return status.st_dev, status.st_ino


def _visible(names):
    """Parts of the path, name, and whether it is a folder, of every entry that is not hidden."""
    for name in names:
        path = tuple(piece for piece in name.split("/") if piece not in ("", "."))
        if not any(piece.startswith(".") or piece == "__MACOSX" for piece in path):
            yield path, name, name.endswith("/")


@contextmanager
def _zip_errors(root):
    try:
        yield
    # RuntimeError means a password or an unknown compression; the other errors mean damage.
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError) as error:
        raise InputError(
            f"data.root '{root}' is not a .zip file that can be read, or it is damaged ({error}); copy or "
            "download it again, or unpack it and give the folder."
        ) from error


def _check_directory(archive, root):
    """Raise an error if the archive's list of members is damaged, which could look like fewer images."""
    members = archive.infolist()
    with root.open("rb") as stream:
        stream.seek(max(0, root.stat().st_size - MAX_ZIP_END))
        end = stream.read()
    # zipfile stops at the end of the list and ignores the count; 0xffff means that a larger field has it.
    (expected,) = struct.unpack_from("<H", end, end.rindex(b"PK\x05\x06") + 10)
    if expected not in (len(members), 0xFFFF):
        raise zipfile.BadZipFile(f"it lists {len(members)} members instead of {expected}")
    # Opening a member compares its two names. Images are opened later, except the first of two with one name.
    for member in members:
        if not _is_image(member.filename) or archive.getinfo(member.filename) is not member:
            archive.open(member).close()


def _is_image(name):
    return PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES
