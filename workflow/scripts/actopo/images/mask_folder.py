"""
Foreground masks from a folder of image files, one for each image of an image folder.

The mask of ``train/cat/7.jpg`` is ``train/cat/7`` with the ending of any format that loses nothing. A pixel is
foreground unless it is 0 in all colours; transparency does not count. A mask has the size of its image as it is shown,
by its EXIF orientation, and is resized and cropped as the image was; a pixel of the result is foreground if half of it
is. Some tools draw masks on the pixels as they are stored: where an image has the same size both ways and is not the
same, nothing says which is meant, and it is refused.
"""

import logging
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePosixPath

import cv2
import numpy as np

from actopo.errors import InputError
from actopo.images.class_folders import IMAGE_SUFFIXES, image_names, listed, open_source
from actopo.images.image_folder import fit_square
from actopo.images.limits import Limits, stored_size

# JPEG leaves values above 0 around the edges of a mask, and so does a WebP that is stored as JPEG is.
LOSSY_SUFFIXES = {".jpg", ".jpeg", ".jfif"}
LOSSLESS_SUFFIXES = sorted(IMAGE_SUFFIXES - LOSSY_SUFFIXES)
BLOCK = 512
log = logging.getLogger(__name__)


def read_masks(folder, root, files, size, resize=None, n_workers=1, limits=None):
    """
    Masks of some images of an image folder.

    Parameters
    ----------
    folder : Path
        Folder of the masks.
    root : Path
        Folder or .zip of the images.
    files : sequence of str
        Names of the images inside `root`.
    size, resize : int, int or None or False
        How the images were made squares, see `actopo.images.image_folder.fit_square`.
    n_workers : int, default 1
        Number of threads that decode files; no effect on the result.
    limits : actopo.images.limits.Limits, optional
        What the largest file may have.

    Returns
    -------
    masks : bool ndarray of shape (N, size, size)
    n_unknown : int
        Number of masks that belong to no image of `root`; a warning names them.

    Raises
    ------
    InputError
        If `folder` does not exist; an image has no mask, or several; two images could have the same mask; or a mask
        cannot be read, exceeds `limits`, has another size than its image, or is a JPEG or lossy WebP file; or an image
        is shown turned or mirrored, with the same size. The message names the files.
    """
    if not folder.is_dir():
        raise InputError(f"mapper.foreground.masks: there is no folder {folder}; give one, or grabcut or deeplab.")
    limits = limits or Limits()
    with (
        open_source(folder, "mapper.foreground.masks", limits.bytes) as (found, read_mask),
        open_source(root, largest=limits.bytes) as (images, read_image),
    ):
        name_of = _masks_by_key(folder, image_names(found))
        known = set(map(_key, image_names(images)))
        unknown = [name for key, name in name_of.items() if key not in known]
        if unknown:
            log.warning("%d masks of %s belong to no image: %s", len(unknown), folder, listed(unknown))
        _check_images(folder, files, name_of)
        names = [name_of[_key(file)] for file in files]
        masks, broken, odd, turned = np.empty((len(files), size, size), bool), [], [], []
        shorter = None if resize is False else resize or size
        with ThreadPoolExecutor(n_workers) as pool:
            for start in range(0, len(files), BLOCK):
                here = slice(start, start + BLOCK)
                # A single thread reads, since threads cannot share a ZipFile; OpenCV decodes without the GIL.
                block = [
                    (_read(read_mask, name), _read(read_image, file))
                    for name, file in zip(names[here], files[here], strict=True)
                ]
                block = [tuple(data if stored_size(data) else b"" for data in pair) for pair in block]
                large = [
                    f"{name} ({excess})"
                    for name, (data, _) in zip(names[here], block, strict=True)
                    if data and (excess := limits.excess(*stored_size(data), shorter))
                ]
                _refuse(folder, large, "masks are too large", "make them smaller, or raise that limit")
                _refuse_lossy(
                    folder, [name for name, (data, _) in zip(names[here], block, strict=True) if _is_lossy(data)]
                )
                for i, (mask, shape, is_open) in enumerate(pool.map(_decode, block), start):
                    if mask is None or shape is None:
                        broken.append(files[i] if shape is None else names[i])
                    elif mask.shape != shape:
                        odd.append(f"{names[i]} ({mask.shape[1]} x {mask.shape[0]} for {shape[1]} x {shape[0]})")
                    elif is_open:
                        turned.append(files[i])
                    else:
                        masks[i] = fit_square(mask, size, resize) > 127
    _refuse(folder, broken, "files cannot be read", "replace them")
    _refuse(folder, odd, "masks have another size than their image", "give each the size of its image as it is shown")
    _refuse(
        folder,
        turned,
        "images are shown turned or mirrored, by their EXIF orientation, and masks may be of what is stored",
        "store these images as they are shown (PIL.ImageOps.exif_transpose), and give masks of these",
    )
    return masks, len(unknown)


def _key(name):
    """Path of a file without its ending, in which an image and its mask agree."""
    return str(PurePosixPath(name).with_suffix(""))


def _masks_by_key(folder, names):
    """Name of each mask by its key."""
    name_of, doubled = {}, []
    for name in names:
        if name_of.setdefault(_key(name), name) != name:
            doubled.append(name)
    _refuse(folder, doubled, "masks differ from another in their ending alone", "keep one for each image")
    lossy = [name for name in names if PurePosixPath(name).suffix.lower() in LOSSY_SUFFIXES]
    _refuse_lossy(folder, lossy)
    return name_of


def _refuse_lossy(folder, names):
    _refuse(folder, names, "masks are JPEG or lossy WebP files, in which a 0 is not stored as 0", "give PNG files")


def _is_lossy(data):
    """Whether a file, whatever its ending, is JPEG, or WebP with an image that is stored as in a film."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return data[:3] == b"\xff\xd8\xff"
    start = 12
    while start < len(data):
        # A frame of an animation holds the chunks of its image after 16 bytes.
        name = data[start + 24 : start + 28] if data[start : start + 4] == b"ANMF" else data[start : start + 4]
        if name == b"VP8 ":
            return True
        length = int.from_bytes(data[start + 4 : start + 8], "little")
        start += 8 + length + length % 2
    return False


def _check_images(folder, files, name_of):
    counts = Counter(map(_key, files))
    doubled = [name for name in files if counts[_key(name)] > 1]
    _refuse(folder, doubled, "images differ from another in their ending alone", "rename one of each")
    missing = [name for name in files if _key(name) not in name_of]
    remedy = f"add them ({', '.join(LOSSLESS_SUFFIXES)}); one that is 0 everywhere says that there is no foreground"
    _refuse(folder, missing, f"of {len(files)} images have no mask", remedy)


def _read(read, name):
    """Bytes of a file, none if there is nothing to read, as behind a link to what is not there."""
    try:
        return read(name)
    except OSError:
        return b""


def _refuse(folder, names, what, remedy):
    if names:
        raise InputError(f"mapper.foreground.masks '{folder}': {len(names)} {what}: {listed(names)}; {remedy}.")


def _decode(files):
    """
    Mask, 255 where foreground is, and height and width of its image as shown, each None if it is no complete image.

    Last, whether it is open if the mask lies on the image as it is shown or as it is stored.
    """
    mask = _pixels(files[0], cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
    if mask is not None:
        mask = 255 * mask.any(axis=2).astype(np.uint8)
    image = _pixels(files[1], cv2.IMREAD_GRAYSCALE)
    if image is None:
        return mask, None, False
    stored = _pixels(files[1], cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION)
    return mask, image.shape, stored.shape == image.shape and not np.array_equal(stored, image)


def _pixels(data, mode):
    try:
        return cv2.imdecode(np.frombuffer(data, np.uint8), mode)
    except cv2.error:
        return None
