"""Gaussian noise on images: independent for every pixel and channel, and never clipped."""

import numpy as np

from actopo.errors import InputError
from actopo.points.choices import NOISE_UNITS


def gaussian_noise(images, image_shape, sigma, units="normalised", std=None, seed=0):
    """
    Noise to be added to normalised images.

    Parameters
    ----------
    images : sequence of int of length b
        Indices of the images. The noise of an image depends on its index and the seed alone.
    image_shape : (h, w, c)
    sigma : float
        Standard deviation.
    units : {"normalised", "pixel"}, default "normalised"
        Unit of `sigma`: that of the images that enter the network, whose standard deviation is 1 where their
        normalisation is measured, or that of the images before normalisation, whose brightest pixel is 1.
    std : sequence of c floats, optional
        Standard deviation by which normalisation divides images; needed for units "pixel".
    seed : int, default 0

    Returns
    -------
    float32 ndarray of shape (b, h, w, c)
        Noise in units of the normalised images.

    Raises
    ------
    InputError
        If an argument is out of range.
    """
    if units not in NOISE_UNITS:
        raise InputError(f"units are {units!r}; write one of {', '.join(NOISE_UNITS)}")
    if not (np.isfinite(sigma) and sigma >= 0):
        raise InputError(f"sigma is {sigma}; write a number of at least 0")
    if units == "pixel" and std is None:
        raise InputError("noise in units of pixels needs the std by which images are divided")
    scale = np.float32(sigma)
    if units == "pixel":
        scale = np.float32(sigma) / np.asarray(std, dtype=np.float32)
    noise = np.empty((len(images), *image_shape), dtype=np.float32)
    for out, image in zip(noise, images, strict=True):
        np.random.default_rng([seed, int(image)]).standard_normal(out=out, dtype=np.float32)
    return noise * scale
