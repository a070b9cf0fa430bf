"""The weight of each position by the foreground inside its receptive field."""

import numpy as np

from actopo.errors import InputError
from actopo.points.choices import WEIGHTS

CHUNK_BYTES = 1 << 26


def position_weights(masks, field, weight="coverage"):
    """
    Weight of each position by the mask inside its receptive field.

    With `r` the field and sums over the pixels `q` of the mask, a position's weight is

    - `coverage`: the sum of `r`, over the sum of `r` over all pixels, from 0 to 1;
    - `energy_share`: the sum of `r ** 2`, over the sum of `r ** 2` over all pixels, from 0 to 1;
    - `energy`: the root of the sum of `r ** 2`, as the paper's released code;
    - `count`: the number of pixels with `r > 0`, which is the same for all positions whose field is the whole image.

    The first two compare positions by what they see. With `energy`, a position whose field is strong, as those in the
    middle of an image are, has more weight than others whatever the mask.

    Parameters
    ----------
    masks : bool ndarray or memmap of shape (N, H, W)
        Foreground; for the background give its complement.
    field : ndarray of shape (n, m, H / block, W / block), rounded up
        Fields of one layer, from `actopo.points.receptive_field.receptive_fields`. Within a block of pixels `r` is
        constant.
    weight : {"coverage", "energy_share", "energy", "count"}

    Returns
    -------
    float64 ndarray of shape (N, n, m)

    Raises
    ------
    InputError
        If the weight is unknown, or masks and field do not fit each other.
    """
    if weight not in WEIGHTS:
        raise InputError(f"unknown weight {weight!r}; choose one of {', '.join(WEIGHTS)}")
    n, m, rows, cols = field.shape
    if masks.ndim != 3 or masks.dtype != bool:
        raise InputError(f"masks are {masks.dtype} of shape {masks.shape}; give booleans of shape (N, H, W)")
    sides = range(1, 1 + max(masks.shape[1:]))
    if not any((-(-masks.shape[1] // block), -(-masks.shape[2] // block)) == (rows, cols) for block in sides):
        raise InputError(
            f"masks of {masks.shape[1]} x {masks.shape[2]} pixels do not fit receptive fields of {rows} x {cols}; "
            "compute both for the same images"
        )
    matrix = field.reshape(n * m, rows * cols)
    if weight in ("energy", "energy_share"):
        matrix = matrix**2
    elif weight == "count":
        matrix = (matrix > 0).astype(np.float64)
    row_of, col_of = block_of_pixels(masks.shape[1], rows), block_of_pixels(masks.shape[2], cols)
    tops, lefts = (np.flatnonzero(np.diff(block_of, prepend=-1)) for block_of in (row_of, col_of))
    weights = np.empty((len(masks), n * m))
    step = max(1, CHUNK_BYTES // (8 * masks[0].size)) if len(masks) else 1
    for start in range(0, len(masks), step):
        pixels = np.add.reduceat(masks[start : start + step], tops, axis=1, dtype=np.float64)
        pixels = np.add.reduceat(pixels, lefts, axis=2).reshape(-1, rows * cols)
        np.matmul(pixels, matrix.T, out=weights[start : start + step])
    if weight == "energy":
        np.sqrt(weights, out=weights)
    elif weight in ("coverage", "energy_share"):
        total = matrix @ np.outer(np.bincount(row_of), np.bincount(col_of)).ravel()
        weights /= np.where(total > 0, total, 1)
    return weights.reshape(-1, n, m)


def block_of_pixels(side, n_blocks):
    """Block of each pixel along a side."""
    return np.arange(side) * n_blocks // side
