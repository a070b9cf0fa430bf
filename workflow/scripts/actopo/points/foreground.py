"""
Foreground masks: which pixels of an image show its object.

Small images are segmented by GrabCut [1]_, which starts from a rectangle around the object: everything outside is
background, and colour models of inside and outside are fitted in turn with a minimum cut. With a rectangle of
almost the whole image, as in Purvine et al. 2023 for CIFAR-10, only the last row and column are known background, and
an image whose border looks like its inside has no foreground in the result. For larger images there is
`actopo.points.segmentation`.

References
----------
.. [1] Rother, Kolmogorov and Blake (2004), "GrabCut: interactive foreground extraction using iterated graph cuts".
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import cv2
import numpy as np

from actopo.errors import InputError


def grabcut_masks(images, n_threads=1, rectangle=None, iterations=5, seed=0):
    """
    Foreground by GrabCut: the pixels that it labels as definite or probable foreground.

    Parameters
    ----------
    images : uint8 ndarray or memmap of shape (N, H, W, C)
        The original images, not normalised; C is 3, or 1 for grey images.
    n_threads : int, default 1
        Number of images at a time. The masks do not depend on it.
    rectangle : (x, y, width, height), optional
        Rectangle outside of which all is background; by default `(0, 0, W - 1, H - 1)`, all but the last row and
        column.
    iterations : int, default 5
    seed : int, default 0
        Seed of the initial colour models (k-means++). A mask depends on the seed, the image and the image's index.

    Returns
    -------
    bool ndarray of shape (N, H, W)
        An image of one colour has no foreground.

    Raises
    ------
    InputError
        If the images are not 8-bit images, or the rectangle leaves no pixel inside or none outside.
    """
    images = three_channels(images)
    n_images, height, width, _ = images.shape
    x, y, w, h = rectangle = whole_rectangle(height, width) if rectangle is None else tuple(map(int, rectangle))
    if not (x >= 0 and y >= 0 and w > 0 and h > 0 and x + w <= width and y + h <= height and w * h < width * height):
        raise InputError(
            f"the rectangle (x, y, width, height) is {rectangle}, the images have {width} x {height} pixels (width x "
            "height); write one within them that leaves pixels both inside and outside"
        )
    seeds = np.random.default_rng(seed).integers(1 << 31, size=n_images)

    def cut(index):
        # The generator is the thread's own: setting it here affects neither other threads nor the caller.
        cv2.setRNGSeed(int(seeds[index]))
        mask = np.zeros((height, width), np.uint8)
        models = np.zeros((2, 1, 65))
        image = np.ascontiguousarray(images[index])
        cv2.grabCut(image, mask, rectangle, models[0], models[1], iterations, cv2.GC_INIT_WITH_RECT)
        return (mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)

    masks = np.empty((n_images, height, width), bool)
    with _single_threaded_cv2(), ThreadPoolExecutor(n_threads) as pool:
        for index, mask in enumerate(pool.map(cut, range(n_images))):
            masks[index] = mask
    return masks


def foreground_share(masks, rectangle=None):
    """
    Shares of foreground in masks.

    Parameters
    ----------
    masks : bool ndarray of shape (N, H, W)
    rectangle : (x, y, width, height), optional
        Where foreground can be, for GrabCut inside its rectangle; by default in the whole image.

    Returns
    -------
    dict of str to float
        `no_foreground` and `no_background`, the shares of images that are all background and all foreground;
        `foreground_pixels`, the mean share of foreground pixels; `touches_all_borders`, the share of images whose
        foreground touches all four borders of the rectangle. An object rarely does: many such images are a sign that
        the background was marked in its place.
    """
    share = masks.mean(axis=(1, 2))
    x, y, width, height = rectangle or (0, 0, *masks.shape[:0:-1])
    inside = masks[:, y : y + height, x : x + width]
    borders = [inside[:, 0], inside[:, -1], inside[:, :, 0], inside[:, :, -1]]
    return {
        "no_foreground": float((share == 0).mean()),
        "no_background": float((share == 1).mean()),
        "foreground_pixels": float(share.mean()),
        "touches_all_borders": float(np.all([border.any(axis=1) for border in borders], axis=0).mean()),
    }


def whole_rectangle(height, width):
    """Rectangle (x, y, width, height) of GrabCut by default: all but the last row and column."""
    return 0, 0, width - 1, height - 1


def three_channels(images):
    """View of images with 3 channels; an `InputError` if they are not 8-bit images (N, H, W, C) with 1 or 3."""
    if images.ndim != 4 or 0 in images.shape or images.shape[3] not in (1, 3) or images.dtype != np.uint8:
        raise InputError(
            f"images are {images.dtype} of shape {images.shape}; give 8-bit images (N, H, W, C) with 1 or 3 channels"
        )
    return np.broadcast_to(images, (*images.shape[:3], 3))


@contextmanager
def _single_threaded_cv2():
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
