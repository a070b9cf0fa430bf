"""
Images from a folder or a .zip of class folders, decoded by OpenCV in threads.

The layout is ``<class>/<image>``, or ``train/<class>/<image>`` with ``test/<class>/<image>``, with or
without one folder around everything. Hidden files, ``__MACOSX`` and files that are not images are
skipped; any other layout is an error, because a guess could silently give wrong labels.

Files are decoded to 8 bits: 16-bit channels are reduced to their upper byte, transparency is dropped without
blending, CMYK becomes RGB, and the orientation that a camera recorded (EXIF) is applied.
"""

import logging
import os
import struct
import zipfile
import zlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import cv2
import numpy as np

from actopo.errors import InputError
from actopo.images.choices import PARTS

IMAGE_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".jfif"}
LAYOUT = "it must hold one folder per class, or train/ and test/ with one folder per class in each"
MAX_DEPTH = 5
MAX_LISTED = 10
BLOCK = 512
# Length of the end record and the longest comment after it.
MAX_ZIP_END = 22 + 0xFFFF
log = logging.getLogger(__name__)


def read_image_folder(root, size, channels, choose, resize=None, n_workers=1):
    """
    Read the images of a folder or .zip, sorted by part (train first), class and name.

    Parameters
    ----------
    root : Path
        Folder or .zip file.
    size : int
        Height and width, see `fit_square`.
    channels : {1, 3}
        Grey or RGB.
    choose : callable
        Maps the class names and the list of the parts' labels to the class names, the list of the parts' image
        indices and the list of their new labels. Only the chosen images are decoded.
    resize : int, None or False
        See `fit_square`.
    n_workers : int, default 1
        Number of threads that decode images; no effect on the result.

    Returns
    -------
    images : ndarray of uint8, shape (N, size, size, channels)
    labels : ndarray of int64, shape (N,)
        Indices into `class_names`.
    files : list of str
        Names inside `root`.
    n_train : int or None
        The first `n_train` images are the training part; None if `root` has no parts.
    class_names : list of str
        Sorted.

    Raises
    ------
    InputError
        If `root` is missing or damaged, has another layout, or holds images that cannot be decoded, or that are
        too small although `resize` is False.
    """
    with _open_source(root) as (names, read):
        layout = _layout(names, f"data.root '{root}'")
        names = sorted(layout[0])
        files = [[file for name in names for file in sorted(classes[name])] for classes in layout]
        labels = [np.repeat(np.arange(len(names)), [len(classes[name]) for name in names]) for classes in layout]
        names, indices, labels = choose(names, labels)
        files = [part[i] for part, index in zip(files, indices, strict=True) for i in index]
        # All parts in one pass, so that broken files are reported together.
        images = _decode_all(files, read, size, channels, resize, n_workers, root)
    return images, np.concatenate(labels), files, len(labels[0]) if len(labels) > 1 else None, names


def fit_square(image, size, resize=None):
    """
    Resize the shorter side, keeping the aspect ratio, and cut out the centre square.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w) or (h, w, c)
        Grey or with channels last.
    size : int
        Height and width of the result, in pixels.
    resize : int, None or False
        Length of the shorter side before the cut, `size` or more; None for `size`, False for no scaling, which
        requires a shorter side of `size` or more.

    Returns
    -------
    ndarray of uint8
        Shape (size, size) or (size, size, c); OpenCV drops a last axis of length 1 when it resizes.
    """
    height, width = image.shape[:2]
    shorter = min(height, width)
    wanted = shorter if resize is False else resize or size
    if shorter != wanted:
        height, width = (max(wanted, round(side * wanted / shorter)) for side in (height, width))
        how = cv2.INTER_AREA if shorter > wanted else cv2.INTER_CUBIC
        image = cv2.resize(image, (width, height), interpolation=how)
    top, left = (height - size) // 2, (width - size) // 2
    return image[top : top + size, left : left + size]


def fit_all(images, size, channels, resize=None):
    """
    Convert images of one common size to another size and to grey or RGB.

    Parameters
    ----------
    images : ndarray of uint8, shape (N, h, w, c)
        RGB where ``c`` is 3; a single channel becomes three equal ones.
    size, resize
        See `fit_square`.
    channels : {1, 3}

    Returns
    -------
    ndarray of uint8, shape (N, size, size, channels)

    Raises
    ------
    InputError
        If they are smaller than `size` and `resize` is False.
    """
    height, width = images.shape[1:3]
    if min(height, width) < (resize or size):
        if resize is False:
            raise InputError(
                f"the images are {width} x {height} pixels, smaller than data.size {size}; lower data.size, or set "
                "data.resize to null so that they are enlarged."
            )
        log.warning("%d images are %d x %d pixels and enlarged to %d", len(images), width, height, resize or size)
    fitted = np.empty((len(images), size, size, channels), np.uint8)
    for target, image in zip(fitted, images, strict=True):
        if channels == 1 and image.shape[-1] == 3:
            image = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)
        # A single channel broadcasts to three equal ones.
        target[:] = fit_square(image, size, resize).reshape(size, size, -1)
    return fitted


@contextmanager
def _open_source(root):
    """Names of all entries (names of folders end in ``/``) and a function from name to bytes."""
    if root.is_dir():
        names = []
        for folder, subfolders, files in os.walk(root, followlinks=True):
            relative = PurePosixPath(Path(folder).relative_to(root))
            names += [f"{relative / name}/" for name in subfolders] + [str(relative / name) for name in files]
            # Links to folders are followed; the limit ends the recursion of a link to its own parent.
            if len(relative.parts) >= MAX_DEPTH:
                subfolders.clear()
        yield names, lambda name: (root / name).read_bytes()
        return
    if not root.exists():
        raise InputError(f"data.root '{root}' does not exist; give an existing folder or .zip of class folders.")
    with _zip_errors(root):
        archive = zipfile.ZipFile(root)
        _check_directory(archive, root)

    def read(name):
        with _zip_errors(root):
            return archive.read(members[name])

    with archive:
        members = {member.filename.replace("\\", "/"): member for member in archive.infolist()}
        yield list(members), read


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


def _layout(names, where):
    """Names of the images by class, ``{class: [name]}``: one dict, or one for train and one for test."""
    images, folders, others = {}, set(), Counter()
    for name in names:
        path = tuple(piece for piece in name.split("/") if piece not in ("", "."))
        if any(piece.startswith(".") or piece == "__MACOSX" for piece in path):
            continue
        is_folder = name.endswith("/")
        folders.update(path[:depth] for depth in range(1, len(path) + is_folder))
        if not is_folder and _is_image(name):
            images[path] = name
        elif not is_folder:
            others[PurePosixPath(name).suffix or "no ending"] += 1
    if others:
        known = ", ".join(f"{count} with {ending}" for ending, count in sorted(others.items()))
        log.warning("%d files are passed over, for their ending is none of an image: %s", others.total(), known)
    if not images:
        raise InputError(f"{where} holds no image ({', '.join(sorted(IMAGE_SUFFIXES))}); {LAYOUT}.")
    if all(len(path) == 1 for path in images):
        raise InputError(f"{where} holds {len(images)} images but no class folders; {LAYOUT}.")

    tops = {path[0] for path in images}
    if len(tops) == 1 and not tops & set(PARTS) and min(map(len, images)) > 2:
        images = {path[1:]: name for path, name in images.items()}
        folders = {path[1:] for path in folders if path[0] in tops and len(path) > 1}
        tops = {path[0] for path in images}
    # A folder named train that directly contains images is a class, such as trains.
    has_parts = bool(tops & set(PARTS)) and not any(len(path) == 2 and path[0] in PARTS for path in images)
    if has_parts and tops != set(PARTS):
        raise InputError(
            f"{where} must hold images in both train/ and test/ and nowhere else, but has them in "
            f"{_listed(tops)}; or leave out that level and let data.test_share split the class folders."
        )
    depth = 3 if has_parts else 2
    if misplaced := [name for path, name in images.items() if len(path) != depth]:
        raise InputError(
            f"{where}: {len(misplaced)} images do not lie right inside a class folder: {_listed(misplaced)}; {LAYOUT}."
        )
    if empty := {path for path in folders if len(path) == depth - 1} - {path[:-1] for path in images}:
        raise InputError(f"{where}: no image in class folder {_listed(map('/'.join, empty))}; add images or remove it.")
    layout = {}
    for path, name in images.items():
        layout.setdefault(path[:-2], {}).setdefault(path[-2], []).append(name)
    layout = [layout["train",], layout["test",]] if has_parts else [layout[()]]
    if lonely := layout[0].keys() ^ layout[-1].keys():
        raise InputError(
            f"{where}: train/ and test/ must hold the same class folders, but only one of them has "
            f"{_listed(lonely)}; add the missing folders or remove these."
        )
    if len(layout[0]) == 1:
        raise InputError(f"{where} holds the single class {_listed(layout[0])}; give at least two class folders.")
    return layout


def _decode_all(names, read, size, channels, resize, n_workers, root):
    images = np.empty((len(names), size, size, channels), np.uint8)
    broken, small = [], []

    def decode_some(numbered):
        for i, data in numbered:
            image = _decode(data, channels)
            if image is None:
                broken.append(names[i])
                continue
            if min(image.shape[:2]) < (resize or size):
                small.append(f"{names[i]} ({image.shape[1]} x {image.shape[0]})")
                if resize is False:
                    continue
            images[i] = fit_square(image, size, resize).reshape(size, size, channels)

    with ThreadPoolExecutor(n_workers) as pool:
        for start in range(0, len(names), BLOCK):
            # A single thread reads, since threads cannot share a ZipFile; OpenCV decodes without the GIL.
            block = []
            for i in range(start, min(start + BLOCK, len(names))):
                try:
                    block.append((i, read(names[i])))
                except OSError:
                    broken.append(names[i])
            list(pool.map(decode_some, [block[worker::n_workers] for worker in range(n_workers)]))
    if broken:
        raise InputError(
            f"data.root '{root}': {len(broken)} of {len(names)} images cannot be read: {_listed(broken)}; "
            "replace or remove these files."
        )
    if small and resize is False:
        raise InputError(
            f"data.root '{root}': {len(small)} of {len(names)} images are smaller than data.size {size}: "
            f"{_listed(small)}; lower data.size, or set data.resize to null so that they are enlarged."
        )
    if small:
        log.warning("%d of %d images are smaller than %d pixels and enlarged", len(small), len(names), resize or size)
    return images


def _decode(data, channels):
    """RGB or grey image from the bytes of a file, None if they are not a complete image."""
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR if channels == 3 else cv2.IMREAD_GRAYSCALE)
    except cv2.error:
        return None
    if image is None or channels == 1:
        return image
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def _listed(names):
    names = sorted(names)
    rest = len(names) - MAX_LISTED
    return ", ".join(names[:MAX_LISTED]) + (f" and {rest} more" if rest > 0 else "")
