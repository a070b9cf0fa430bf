r"""
The radius of DBSCAN, from the distances between nearest neighbours.

:func:`nearest_neighbour_distances` is exact brute force made affordable. The points are centred and
sorted by norm, and since :math:`||x| - |y|| \le |x - y|` a tile of the distance matrix is left out once
its norms are further apart than the nearest neighbours found so far. What remains is a float32 product
per tile, used only as a sieve: each pair that may beat the current neighbour, given the worst rounding
of the product, is measured again as a float64 sum of squared differences. The result is thus the
float64 one, near-duplicates included, where ``|x|^2 + |y|^2 - 2xy`` has lost every digit.

:func:`choose_eps` is the rule of the paper's released code: the knee of the sorted distances [1]_. It is found
among the largest distances and looks at no others but the smallest, so that :func:`nearest_neighbour_curve` need
not take them all. It asks a sample of the points, whose knee lies at a smaller distance, since the noise of a curve
grows as its points become fewer; takes the points that have no neighbour within that distance (:mod:`actopo.dbscan`
knows them without looking for the nearest); and asks all of these.

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

from actopo.dbscan import dbscan
from actopo.errors import InputError

BEYOND_TIES = 1 + 1e-6
_ROUNDING = float(np.finfo(np.float32).eps)


def nearest_neighbour_distances(points, queries=None, block=4096):
    """
    Euclidean distance of each point to its nearest other point; a duplicate is at distance 0.

    Time is quadratic in `n` unless the norms spread far more than the nearest-neighbour distances do, or `n` times
    the number of queries. Beside a centred float32 copy of `points`, memory is ``O(block * (block + c))``.

    Parameters
    ----------
    points : ndarray of shape (n, c)
        Finite coordinates; may be a memory map. Two points at least.
    queries : ndarray of shape (m,), int, optional
        Indices of the points whose nearest among all others are wanted; every point by default.
    block : int, default 4096
        Points along one side of a tile of the distance matrix.

    Returns
    -------
    ndarray of shape (n,) or (m,), float64
        Distances in the unit of `points`, in the order of the points or queries.

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
        return np.zeros(len(points) if queries is None else len(queries))
    squares = np.einsum("ij,ij->i", centred, centred, dtype=np.float64)
    norms = np.sqrt(squares)
    # slack[x] + slack[y] - <x, y> is a lower bound of |x - y|^2 / 2. The factor covers the rounding of the
    # product's c terms and of the coordinates themselves, the constant that of denormal numbers.
    slack = (0.5 * squares * (1 - (points.shape[1] + 16) * _ROUNDING) - 1e-30).astype(np.float32)
    best = np.full(len(points), np.inf)
    exact = slack, points, order, 1 / scale, best
    buffer = torch.empty(min(block, len(points)) ** 2)

    def improve(rows, columns):
        x, y = torch.from_numpy(centred[rows]), torch.from_numpy(centred[columns])
        products = buffer[: len(x) * len(y)].view(len(x), len(y))
        torch.mm(x, y.T, out=products)
        _improve_rows(products.numpy(), rows, columns[0], *exact)
        if queries is None and rows[0] != columns[0]:
            _improve_columns(products.numpy(), rows[0], columns[0], *exact)

    positions = np.arange(len(points))
    place = np.empty_like(order)
    place[order] = positions
    tiles = [positions[start : start + block] for start in range(0, len(points), block)]
    with _full_float32():
        if queries is None:
            # Tiles by their distance from the diagonal: the nearest norms come first and bound the rest.
            for offset in range(len(tiles)):
                near = [pair for pair in zip(tiles, tiles[offset:], strict=False) if _may_improve(*pair, norms, best)]
                if not near:
                    break
                for pair in near:
                    improve(*pair)
        else:
            asked = np.unique(place[queries])
            for rows in (asked[start : start + block] for start in range(0, len(asked), block)):
                middle = rows[len(rows) // 2] // block
                for i in sorted(range(len(tiles)), key=lambda i, middle=middle: abs(i - middle)):
                    if _may_improve(rows, tiles[i], norms, best, both=False):
                        improve(rows, tiles[i])

    distances = np.sqrt(best) * scale
    return distances[place if queries is None else place[queries]]


def nearest_neighbour_curve(points, n_queries=10_000, seed=0):
    """
    Nearest-neighbour distances in descending order, exact down to the knee and sampled below.

    The knee of the curve is that of all distances, but for ties that rounding decides (see :func:`choose_eps`): both
    are measured from the same largest and smallest distance. Time is that of `n_queries` queries, of a query for each
    point beyond the sample's knee or as near as its nearest, and of :func:`actopo.dbscan.dbscan` at both ends. The
    curve is exact throughout where ``n <= n_queries``.

    Parameters
    ----------
    points : ndarray of shape (n, c)
        As in :func:`nearest_neighbour_distances`.
    n_queries : int, default 10000
        Points that are drawn without replacement; 2 at least.
    seed : int, default 0
        Seed of the draw.

    Returns
    -------
    ndarray of shape (n,), float64
        Descending. Below the exact distances, quantiles of the smaller ones of the sample.

    Raises
    ------
    InputError
        As :func:`nearest_neighbour_distances`, or if there are fewer than two queries.
    """
    if n_queries < 2:
        raise InputError(f"a curve of nearest-neighbour distances needs at least 2 queries, not {n_queries}.")
    n = len(points)
    if n <= n_queries:
        return np.sort(nearest_neighbour_distances(points))[::-1]
    drawn = np.random.default_rng(seed).choice(n, n_queries, replace=False)
    sample = np.sort(nearest_neighbour_distances(points, drawn))[::-1]
    nearest = np.flatnonzero(dbscan(points, sample[-1], min_samples=2) >= 0) if sample[-1] > 0 else drawn[:0]
    lowest = nearest_neighbour_distances(points, nearest).min(initial=sample[-1])
    rank = _knee_rank(sample, n_queries, sample[-1]) or max(1, n_queries // 64)
    while rank < n_queries and sample[rank] > 0:
        far = np.flatnonzero(dbscan(points, sample[rank], min_samples=2) < 0)
        head = np.sort(nearest_neighbour_distances(points, far))[::-1]
        if _knee_rank(head, n, lowest) is not None:
            body = np.quantile(sample[rank:], np.linspace(1, 0, n - len(head)))
            body[-1] = lowest
            return np.concatenate([head, body])
        rank *= 4
    return np.sort(nearest_neighbour_distances(points))[::-1]


def choose_eps(distances, sensitivity=1.0):
    """
    DBSCAN's eps: the knee of the nearest-neighbour distances in descending order, or their median.

    The knee is kneed's for a convex decreasing curve: the first peak of the difference curve from which it descends
    by more than `sensitivity` ranks before it rises again. Each pair of mutual nearest neighbours is a tie, along which
    the curve descends by exactly one rank: there rounding decides if the sensitivity is 1, and swapping the axes may
    give another knee. Hence the axes are those of the paper's released code.

    Parameters
    ----------
    distances : ndarray of shape (n,)
        Nearest-neighbour distances, finite and not negative.
    sensitivity : float, default 1.0
        1 is the paper's released code to the last bit. ``BEYOND_TIES``, more than 1 by less than matters elsewhere, is
        the same rule in exact arithmetic, in which a tie alone is no descent of more than one rank.

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
        eps = KneeLocator(descending, share, S=sensitivity, curve="convex", direction="decreasing").knee
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


def _knee_rank(head, n, lowest):
    """Rank of the knee, of a curve of `n` distances that starts with `head`; None if it is not decided there."""
    if len(head) < 2 or head[0] == lowest:
        return None
    steps = 1 - (head[:-1] - head[1:]) * ((n - 1) / (head[0] - lowest))
    falling = np.r_[False, steps > 0, False]
    peaks, troughs = (np.flatnonzero(change) for change in (falling[1:] & ~falling[:-1], falling[:-1] & ~falling[1:]))
    fallen = np.r_[0.0, np.cumsum(np.maximum(steps, 0.0))]
    deep = np.flatnonzero(fallen[troughs] - fallen[peaks] > BEYOND_TIES)
    return int(peaks[deep[0]]) if len(deep) else None


def _may_improve(rows, columns, norms, best, both=True):
    """Whether the gap of norms leaves room for a nearer neighbour across the tile, of the rows or of `both`."""
    if rows[0] == columns[0]:
        return True
    # Norms of float32 coordinates are off by a rounding of their own size, which is at most 1.
    gaps = [np.maximum(norms[columns[0]] - norms[rows], norms[rows] - norms[columns[-1]])]
    bests = [best[rows]]
    if both:
        gaps.append(norms[columns] - norms[rows[-1]])
        bests.append(best[columns])
    return any((np.maximum(gap - 4 * _ROUNDING, 0) ** 2 <= bound).any() for gap, bound in zip(gaps, bests, strict=True))


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
def _improve_rows(products, rows, first_column, slack, points, order, factor, best):
    """Lower `best` (squared, in scaled units, sorted by norm) of the rows of one tile."""
    for i in numba.prange(len(rows)):
        row = rows[i]
        floor = slack[row] - 0.5 * best[row]
        for j in range(products.shape[1]):
            column = first_column + j
            if products[i, j] >= floor + slack[column] and row != column and best[row] > 0:
                square = _scaled_square_distance(points[order[row]], points[order[column]], factor)
                if square < best[row]:
                    best[row] = square
                    floor = slack[row] - 0.5 * square


@numba.njit(parallel=True, cache=True)
def _improve_columns(products, first_row, first_column, slack, points, order, factor, best):
    """Lower `best` of the columns of one tile that is off the diagonal."""
    n_rows, n_columns = products.shape
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
