"""
Images from a folder or a .zip of class folders, decoded by OpenCV in threads.

`actopo.images.class_folders` says how they must lie.

Files are decoded to 8 bits: 16-bit channels are reduced to their upper byte, transparency is dropped without
blending, CMYK becomes RGB, and the orientation that a camera recorded (EXIF) is applied,
but for WebP.
"""

import logging
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

from actopo.errors import InputError
from actopo.images.class_folders import count_others, deep_folders, find_classes, listed, open_source
from actopo.images.limits import Limits, stored_size

# Images, and bytes of their files, that are read before they are decoded.
BLOCK, BLOCK_BYTES = 512, 256 * 2**20
log = logging.getLogger(__name__)


def read_image_folder(root, size, channels, choose, resize=None, n_workers=1, limits=None, labelled=True):
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
    limits : Limits, optional
        What the largest file may have.
    labelled : bool, default True
        As in `actopo.images.class_folders.find_classes`.

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
        If `root` is missing or damaged, has another layout, or holds images that cannot be decoded, that exceed
        `limits`, or that are too small although `resize` is False.
    """
    limits = limits or Limits()
    with open_source(root, largest=limits.bytes) as (names, read):
        if root.is_dir() and (deep := deep_folders(names)):
            log.warning("%d folders lie too deep, and are not looked into: %s", len(deep), listed(deep))
        if others := count_others(names):
            known = ", ".join(f"{count} with {suffix}" for suffix, count in sorted(others.items()))
            log.warning("%d files are skipped, since they are no images: %s", others.total(), known)
        layout = find_classes(names, f"data.root '{root}'", labelled)
        names = sorted(layout[0])
        files = [[file for name in names for file in sorted(classes[name])] for classes in layout]
        labels = [np.repeat(np.arange(len(names)), [len(classes[name]) for name in names]) for classes in layout]
        names, indices, labels = choose(names, labels)
        files = [part[i] for part, index in zip(files, indices, strict=True) for i in index]
        # All parts in one pass, so that broken files are reported together.
        images = _decode_all(files, read, size, channels, resize, n_workers, root, limits)
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


def _decode_all(names, read, size, channels, resize, n_workers, root, limits):
    images = np.empty((len(names), size, size, channels), np.uint8)
    broken, small, large = [], [], []

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

    def read_blocks():
        block, n_bytes = [], 0
        for i, name in enumerate(names):
            try:
                data = read(name)
                found = stored_size(data)
            except OSError:
                found = None
            if found is None:
                broken.append(name)
            elif excess := limits.excess(*found, None if resize is False else resize or size):
                large.append(f"{name} ({found[0]} x {found[1]} pixels, {excess})")
            else:
                block.append((i, data))
                n_bytes += len(data)
            if len(block) == BLOCK or n_bytes > BLOCK_BYTES:
                yield block
                block, n_bytes = [], 0
        yield block

    with ThreadPoolExecutor(n_workers) as pool:
        # A single thread reads, since threads cannot share a ZipFile; OpenCV decodes without the GIL.
        for block in read_blocks():
            list(pool.map(decode_some, [block[worker::n_workers] for worker in range(n_workers)]))
    if large:
        raise InputError(
            f"data.root '{root}': {len(large)} of {len(names)} images are too large: {listed(large)}; make them "
            "smaller, remove them, or raise that limit."
        )
    if broken:
        raise InputError(
            f"data.root '{root}': {len(broken)} of {len(names)} images cannot be read: {listed(broken)}; "
            "replace or remove these files."
        )
    if small and resize is False:
        raise InputError(
            f"data.root '{root}': {len(small)} of {len(names)} images are smaller than data.size {size}: "
            f"{listed(small)}; lower data.size, or set data.resize to null so that they are enlarged."
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
