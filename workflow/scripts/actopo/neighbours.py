r"""
The radius of DBSCAN, from the distances between nearest neighbours.

:func:`nearest_neighbour_distances` is exact brute force made affordable. The points are centred and
sorted by norm, and since :math:`||x| - |y|| \le |x - y|` a tile of the distance matrix is left out once
its norms are further apart than the nearest neighbours found so far. What remains is a float32 product
per tile, used only as a sieve: each pair that may beat the current neighbour, given the worst rounding
of the product, is measured again as a float64 sum of squared differences. The result is thus the
float64 one, near-duplicates included, where ``|x|^2 + |y|^2 - 2xy`` has lost every digit.

:func:`choose_eps` is the rule of the paper's released code: the knee of the sorted distances [1]_.

References
----------
.. [1] Satopää, Albrecht, Irwin and Raghavan (2011), "Finding a 'Kneedle' in a Haystack: Detecting Knee
   Points in System Behavior".
"""

from contextlib import contextmanager

import numba
import numpy as np
import torch
from kneed import KneeLocator

from actopo.errors import InputError

_ROUNDING = float(np.finfo(np.float32).eps)


def nearest_neighbour_distances(points, block=4096):
    """
    Euclidean distance of each point to its nearest other point; a duplicate is at distance 0.

    Time is quadratic in `n` unless the norms spread far more than the nearest-neighbour distances do.
    Beside a centred float32 copy of `points`, memory is ``O(block * (block + c))``.

    Parameters
    ----------
    points : ndarray of shape (n, c)
        Finite coordinates; may be a memory map. Two points at least.
    block : int, default 4096
        Points along one side of a tile of the distance matrix.

    Returns
    -------
    ndarray of shape (n,), float64
        Distances in the unit of `points`.

    Raises
    ------
    InputError
        If `points` has another shape, fewer than two rows, or a value that is not finite.
    """
    points = np.asarray(points)
    if points.ndim != 2 or len(points) < 2 or points.shape[1] == 0:
        raise InputError(
            f"nearest neighbours need a points array of shape (n >= 2, c >= 1), not {points.shape}; sample more points."
        )
    if points.dtype not in (np.float32, np.float64):
        points = points.astype(np.float32 if points.dtype == np.float16 else np.float64)

    centred, order, scale = _centred_by_norm(points, block)
    if scale == 0:
        return np.zeros(len(points))
    squares = np.einsum("ij,ij->i", centred, centred, dtype=np.float64)
    norms = np.sqrt(squares)
    # slack[x] + slack[y] - <x, y> is a lower bound of |x - y|^2 / 2. The factor covers the rounding of the
    # product's c terms and of the coordinates themselves, the constant that of denormal numbers.
    slack = (0.5 * squares * (1 - (points.shape[1] + 16) * _ROUNDING) - 1e-30).astype(np.float32)
    best = np.full(len(points), np.inf)
    buffer = torch.empty(min(block, len(points)) ** 2)

    starts = range(0, len(points), block)
    with _full_float32():
        # Tiles by their distance from the diagonal: the nearest norms come first and bound the rest.
        for offset in range(len(starts)):
            tiles = [(slice(a, a + block), slice(b, b + block)) for a, b in zip(starts, starts[offset:], strict=False)]
            tiles = [tile for tile in tiles if _may_improve(*tile, norms, best)]
            if not tiles:
                break
            for rows, columns in tiles:
                x, y = torch.from_numpy(centred[rows]), torch.from_numpy(centred[columns])
                products = buffer[: len(x) * len(y)].view(len(x), len(y))
                torch.mm(x, y.T, out=products)
                _improve(products.numpy(), rows.start, columns.start, slack, points, order, 1 / scale, best)

    distances = np.empty(len(points))
    distances[order] = np.sqrt(best) * scale
    return distances


def choose_eps(distances):
    """
    DBSCAN's eps: the knee of the nearest-neighbour distances in descending order, or their median.

    The knee is kneed's for a convex decreasing curve with sensitivity 1: the first peak of the difference
    curve from which it descends by more than one rank before it rises again. Each pair of mutual nearest
    neighbours is a tie, along which the curve descends by exactly one rank: there rounding decides, and
    swapping the axes may give another knee. Hence the axes are those of the paper's released code.

    Parameters
    ----------
    distances : ndarray of shape (n,)
        Nearest-neighbour distances, finite and not negative.

    Returns
    -------
    eps : float
        A positive distance.
    details : dict
        ``rule``: ``"knee"``, or ``"median"`` (of the positive distances) where there is no knee or the
        knee is 0. ``knee_rank``: first index of the knee in the descending order, None under
        ``"median"``.

    Raises
    ------
    InputError
        If there are no distances, one is negative or not finite, or all are 0.
    """
    descending = np.sort(np.asarray(distances, dtype=np.float64).ravel())[::-1]
    if len(descending) == 0 or not np.isfinite(descending).all() or descending[-1] < 0:
        raise InputError(
            "eps needs at least one nearest-neighbour distance, all finite and none negative; "
            "check the points for missing values."
        )
    if descending[0] == 0:
        raise InputError(
            "eps cannot be read from the points, for each has an exact duplicate (all distances are 0); "
            "set eps to a number."
        )
    # kneed divides by the range of the curve.
    if descending[0] > descending[-1]:
        share = np.linspace(0, 1, num=len(descending))
        eps = KneeLocator(descending, share, S=1.0, curve="convex", direction="decreasing").knee
        if eps is not None and eps > 0:
            return float(eps), {"rule": "knee", "knee_rank": int(np.argmax(descending == eps))}
    return float(np.median(descending[descending > 0])), {"rule": "median", "knee_rank": None}


def _centred_by_norm(points, block):
    """Return centred float32 points sorted by norm, their order, and the power of two they are divided by."""
    blocks = [slice(start, start + block) for start in range(0, len(points), block)]
    with np.errstate(invalid="ignore"):
        mean = points.mean(axis=0, dtype=np.float64)
        norms = np.concatenate([np.linalg.norm(points[rows] - mean, axis=1) for rows in blocks])
    largest = norms.max()
    if not np.isfinite(largest):
        raise InputError(
            "the points hold a value that is not finite; drop those rows before taking nearest neighbours."
        )
    order = np.argsort(norms, kind="stable")
    # A power of two divides without rounding and keeps float32 squares within range.
    scale = float(np.ldexp(1.0, np.frexp(largest)[1])) if largest > 0 else 0.0
    centred = np.empty(points.shape, dtype=np.float32)
    for rows in blocks:
        centred[rows] = (points[order[rows]] - mean) / (scale or 1.0)
    return centred, order, scale


def _may_improve(rows, columns, norms, best):
    """Whether the gap of norms leaves room for a nearer neighbour across the tile."""
    if rows.start == columns.start:
        return True
    # Norms of float32 coordinates are off by a rounding of their own size, which is at most 1.
    above = norms[columns.start] - norms[rows] - 4 * _ROUNDING
    below = norms[columns] - norms[rows.stop - 1] - 4 * _ROUNDING
    return bool((np.maximum(above, 0) ** 2 <= best[rows]).any() or (np.maximum(below, 0) ** 2 <= best[columns]).any())


@contextmanager
def _full_float32():
    """Products in full float32, whatever precision the process allows: the sieve's bound assumes it."""
    precision = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(precision)


@numba.njit(inline="always")
def _scaled_square_distance(x, y, factor):
    total = 0.0
    for k in range(x.shape[0]):
        difference = (np.float64(x[k]) - np.float64(y[k])) * factor
        total += difference * difference
    return total


@numba.njit(parallel=True, cache=True)
def _improve(products, first_row, first_column, slack, points, order, factor, best):
    """Lower `best` (squared, in scaled units, sorted by norm) by the pairs of one tile, both ways."""
    n_rows, n_columns = products.shape
    for i in numba.prange(n_rows):
        row = first_row + i
        floor = slack[row] - 0.5 * best[row]
        for j in range(n_columns):
            column = first_column + j
            if products[i, j] >= floor + slack[column] and row != column and best[row] > 0:
                square = _scaled_square_distance(points[order[row]], points[order[column]], factor)
                if square < best[row]:
                    best[row] = square
                    floor = slack[row] - 0.5 * square
    if first_row == first_column:
        return
    # A thread owns a strip of columns, so that no two write the same entry of `best`.
    width = 64
    for strip in numba.prange((n_columns + width - 1) // width):
        left, right = strip * width, min((strip + 1) * width, n_columns)
        floors = np.empty(right - left)
        for j in range(left, right):
            floors[j - left] = slack[first_column + j] - 0.5 * best[first_column + j]
        for i in range(n_rows):
            row = first_row + i
            for j in range(left, right):
                column = first_column + j
                if products[i, j] >= floors[j - left] + slack[row] and best[column] > 0:
                    square = _scaled_square_distance(points[order[row]], points[order[column]], factor)
                    if square < best[column]:
                        best[column] = square
                        floors[j - left] = slack[column] - 0.5 * square
