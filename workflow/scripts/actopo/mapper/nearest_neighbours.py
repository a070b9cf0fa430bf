r"""
Distances of points to their nearest neighbours.

:func:`nearest_neighbour_distances` is exact and compares all pairs that it cannot exclude. The points are centred and
sorted by norm, and since :math:`||x| - |y|| \le |x - y|` a tile of the distance matrix is skipped if
its norms are further apart than the nearest neighbours found so far. The remaining tiles are float32 products, which
only select pairs: each pair that may be closer than the current neighbour, given the worst rounding
of the product, is computed again as a float64 sum of squared differences. The result is thus the
float64 one, even for near-duplicates, for which ``|x|^2 + |y|^2 - 2xy`` has lost every digit.
"""

import numba
import numpy as np

from actopo.compiled import compiled
from actopo.errors import InputError

_ROUNDING = float(np.finfo(np.float32).eps)


def nearest_neighbour_distances(points, queries=None, block=4096):
    """
    Euclidean distance of each point to its nearest other point; a duplicate is at distance 0.

    Time is quadratic in `n`, or proportional to `n` times the number of queries, unless the norms vary far more than
    the nearest-neighbour distances. Beside a centred float32 copy of `points`, memory is ``O(block * (block + c))``.

    Parameters
    ----------
    points : ndarray of shape (n, c)
        Finite coordinates of at least two points; may be a memory map.
    queries : ndarray of shape (m,), int, optional
        Indices of the points whose distances are wanted; by default all points.
    block : int, default 4096
        Side of a tile of the distance matrix, in points.

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
    # product's c terms and of the coordinates themselves, the constant covers that of denormal numbers.
    slack = (0.5 * squares * (1 - (points.shape[1] + 16) * _ROUNDING) - 1e-30).astype(np.float32)
    best = np.full(len(points), np.inf)
    exact = slack, points, order, 1 / scale, best
    buffer = np.empty(min(block, len(points)) ** 2, dtype=np.float32)

    def improve(rows, columns):
        products = buffer[: len(rows) * len(columns)].reshape(len(rows), len(columns))
        np.matmul(centred[rows], centred[columns].T, out=products)
        _improve_rows(products, rows, columns[0], *exact)
        if queries is None and rows[0] != columns[0]:
            _improve_columns(products, rows[0], columns[0], *exact)

    positions = np.arange(len(points))
    place = np.empty_like(order)
    place[order] = positions
    tiles = [positions[start : start + block] for start in range(0, len(points), block)]
    if queries is None:
        # Tiles are ordered by distance from the diagonal: the nearest norms come first and exclude later tiles.
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


def _centred_by_norm(points, block):
    """Return centred float32 points sorted by norm, their order, and the power of two that divides them."""
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
    # Dividing by a power of two does not round, and keeps float32 squares within range.
    scale = float(np.ldexp(1.0, np.frexp(largest)[1])) if largest > 0 else 0.0
    centred = np.empty(points.shape, dtype=np.float32)
    for rows in blocks:
        centred[rows] = (points[order[rows]] - mean) / (scale or 1.0)
    return centred, order, scale


def _may_improve(rows, columns, norms, best, both=True):
    """Whether the tile's gap between norms allows a nearer neighbour of the rows or, with `both`, of the columns."""
    if rows[0] == columns[0]:
        return True
    # Norms of float32 coordinates have a rounding error relative to their size, which is at most 1.
    gaps = [np.maximum(norms[columns[0]] - norms[rows], norms[rows] - norms[columns[-1]])]
    bests = [best[rows]]
    if both:
        gaps.append(norms[columns] - norms[rows[-1]])
        bests.append(best[columns])
    return any((np.maximum(gap - 4 * _ROUNDING, 0) ** 2 <= bound).any() for gap, bound in zip(gaps, bests, strict=True))


@compiled(inline="always")
def _scaled_square_distance(x, y, factor):
    total = 0.0
    for k in range(x.shape[0]):
        difference = (np.float64(x[k]) - np.float64(y[k])) * factor
        total += difference * difference
    return total


@compiled(parallel=True)
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


@compiled(parallel=True)
def _improve_columns(products, first_row, first_column, slack, points, order, factor, best):
    """Lower `best` of the columns of one tile that is off the diagonal."""
    n_rows, n_columns = products.shape
    # Each thread has its own strip of columns, so that no two write the same entry of `best`.
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
