"""
Fig. 10: images, and the same images with Gaussian noise.

Purvine et al. (2023), "Experimental Observations of the Topology of Convolutional Neural Network
Activations": noise is added to every pixel and channel and not clipped. A screen can show only pixel values from
0 to 1, so values beyond are clipped in this figure, and nowhere else.
"""

import numpy as np

from actopo.errors import InputError
from actopo.figures import style, texts

# What the label calls the units of `actopo.points.choices.NOISE_UNITS`.
UNITS = {"normalised": "units of the normalised images", "pixel": "pixel values from 0 to 1"}
CELL = 0.9
MAX_WIDTH = 7.2
LEFT, RIGHT, TOP, BOTTOM = 0.36, 0.05, 0.24, 0.24
# Height of a letter of a name, in inches.
LETTER = 0.06
GAP = 0.05


@style.styled
def plot(images, noisy, names, units="normalised"):
    r"""
    Draw a row per image: clean, and with noise of each standard deviation.

    Parameters
    ----------
    images : uint8 ndarray of shape (k, H, W, C)
        C is 3, or 1 for grey images.
    noisy : dict of float to ndarray of shape (k, H, W, C)
        For each standard deviation of the noise the noisy images, in units where pixel values of images range
        from 0 to 1; not clipped.
    names : sequence of str
        Class of each image.
    units : {'normalised', 'pixel'}, default 'normalised'
        Unit of the standard deviations, for the label.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If there is no image or no noise, the arrays do not fit each other, a value is not finite, or `units`
        is neither.
    """
    images = np.asarray(images)
    if not len(names) or not noisy:
        raise InputError("the figure of noise is empty; list at least one image and one standard deviation")
    if units not in UNITS:
        raise InputError(f"unknown units {units!r} of the noise; choose one of {', '.join(UNITS)}")
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[-1] not in (1, 3):
        raise InputError(
            f"clean images must be 8-bit arrays of shape (k, H, W, 1 or 3), not {images.dtype} of {images.shape}"
        )
    if len(images) != len(names):
        raise InputError(f"the figure of noise has {len(images)} images but {len(names)} names; give one each")
    columns = {"clean": images / 255}
    for sigma in sorted(noisy):
        values = np.asarray(noisy[sigma], dtype=float)
        if values.shape != images.shape:
            raise InputError(
                f"images with noise {sigma:g} have shape {values.shape}, the clean ones {images.shape}; "
                "give the same images"
            )
        if not np.isfinite(values).all():
            raise InputError(f"images with noise {sigma:g} have a value that is not finite")
        columns[rf"$\sigma$ = {sigma:g}"] = values

    cell = min(CELL, (MAX_WIDTH - LEFT - RIGHT) / len(columns))
    aspect = images.shape[1] / images.shape[2]
    # The label below needs this width even where the images do not.
    width = max(LEFT + cell * len(columns) + RIGHT, 3.5)
    left = LEFT + (width - LEFT - RIGHT - cell * len(columns)) / 2
    height = TOP + cell * aspect * len(names) + BOTTOM
    figure = style.new_figure(width, height, layout=None)
    for i, name in enumerate(names):
        bottom = height - TOP - (i + 1) * cell * aspect
        for j, (title, values) in enumerate(columns.items()):
            box = (left + j * cell + GAP / 2, bottom + GAP / 2, cell - GAP, cell * aspect - GAP)
            axes = figure.add_axes([box[0] / width, box[1] / height, box[2] / width, box[3] / height])
            shown = np.broadcast_to(np.clip(values[i], 0, 1), (*images.shape[1:3], 3))
            axes.imshow(shown, interpolation="nearest", aspect="auto")
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
            if i == 0:
                axes.set_title(title)
            if j == 0:
                axes.set_ylabel(texts.wrapped(name, int(cell * aspect / LETTER)))
    figure.text(0.5, 0.07 / height, rf"$\sigma$ of the noise in {UNITS[units]}", ha="center", va="bottom", size=6.5)
    return figure
