r"""
Nearest neighbours of some points, and the closest pair of all, in large high-dimensional clouds.

Both use the image of :mod:`actopo.mapper.close_pairs`: principal axes, of which the leading ones are kept with the norm
of the rest. The image never increases a distance, so that few columns exclude most pairs; all others are computed again
as float64 sums of squared differences of the points as given. The results are exact, also for near-duplicates, which
float32 does not tell apart.

:func:`nearest_distances` visits the leaves of a tree, nearest first, until none is near enough, and compares them by
float32 products, whose rounding is bounded. :func:`closest_pair` compares the points of small leaves that are near each
other, coordinate by coordinate, as long as the difference does not exceed that of the closest pair so far. Where the
axes do not exclude enough, :class:`NeighbourSearch` takes the products of whole points instead.
"""

import math
from threading import Lock

import numpy as np

from actopo.compiled import compiled
from actopo.mapper.close_pairs import CHUNK, UNIT, any_reaches, choose_rank, halves, median_tree, principal_axes, sieve
from actopo.mapper.dbscan import checked_arguments, isolated, search_threads
from actopo.mapper.exact_distances import squared_distance_below
from actopo.mapper.nearest_neighbours import nearest_neighbour_distances

_LEAF = 512
_BLOCK = 512
_SAMPLE = 2048
# Points in a leaf of the tree of the closest pair, and leaves in a task.
_SMALL_LEAF, _LEAVES = 64, 32


class NeighbourImage:
    """
    Image of a cloud in which nearest neighbours are searched.

    Parameters
    ----------
    points : ndarray of shape (n, d), float32 or float64
        Finite, contiguous, ``n`` at least 2.
    run : callable
        ``run(f, items)`` returns the list of ``f(item)``, computed in one or several threads.

    Attributes
    ----------
    axes : ndarray of shape (d, d // 2), float64
        `actopo.mapper.close_pairs.principal_axes` of the points.
    z : ndarray of shape (n, k), float32
        The image; ``k`` is ``d`` if leaving out coordinates does not pay.
    """

    def __init__(self, points, run):
        self.points, self.axes = points, principal_axes(points)
        sample = np.asarray(points[:: -(-len(points) // _SAMPLE)], dtype=np.float64)
        sample = sample - sample.mean(axis=0)
        self.sample = (sample / (np.abs(sample).max() or 1.0)).astype(np.float32)
        rank = choose_rank(self.sample, self.axes.astype(np.float32), _nearest_in(self.sample))
        self.is_cut = rank < points.shape[1]
        self.z, _, self.displaced, self.scale = sieve(points, run, self.axes, rank=rank)

    def reach(self, squares):
        """Distances in the image, more than which proves points farther apart than the root of `squares`."""
        # Rounding displaces points of the image; see `actopo.mapper.close_pairs.Cloud`.
        return np.sqrt(squares) * self.scale * (1 + 1e-6) + 3 * self.displaced * UNIT


class NeighbourSearch:
    """
    Nearest neighbours in one cloud, asked for several times.

    Parameters
    ----------
    points : ndarray of shape (n, d)
        Finite coordinates of at least two points, of which float32 is used as it is and every other type as float64;
        may be a memory map.
    device : str, default "cpu"
        "cpu", or torch's name of a CUDA device, on which products are computed. Results do not depend on it.

    Raises
    ------
    InputError
        As `actopo.mapper.dbscan.dbscan`.
    """

    def __init__(self, points, device="cpu"):
        self.points, _, _ = checked_arguments(points)
        self.device, self.image = device, None
        if device != "cpu":
            # Imported here, since torch takes seconds to load.
            from actopo.mapper.neighbours_torch import TorchNeighbours

            self.on_device = TorchNeighbours(self.points, device)
            return
        with search_threads(len(self.points)) as (run, _):
            self.image = NeighbourImage(self.points, run)

    def distances(self, queries=None):
        """Distances of the points `queries`, or of all, to their nearest other point: ndarray (m,), float64."""
        if self.image is None:
            return self.on_device.distances(queries)
        if not self.image.is_cut:
            return nearest_neighbour_distances(self.points, queries)
        queries = np.arange(len(self.points)) if queries is None else queries
        with search_threads(len(self.points)) as (run, _):
            return nearest_distances(self.image, queries, run)

    def isolated(self, eps):
        """Ascending indices of the points that have no other within `eps`."""
        axes = None if self.image is None else self.image.axes
        return isolated(self.points, eps, axes=axes, device=self.device)

    def smallest(self, distance):
        """Smallest distance of two points, at most `distance`, which is one of these distances."""
        if distance == 0:
            return 0.0
        if self.image is not None and self.image.is_cut:
            with search_threads(len(self.points)) as (run, _):
                return closest_pair(self.image, distance, run)
        is_near = np.ones(len(self.points), dtype=bool)
        is_near[self.isolated(distance)] = False
        return self.distances(np.flatnonzero(is_near)).min(initial=distance)


def _nearest_in(sample):
    """Distance from each of every eighth point to its nearest neighbour in the sample, as a column."""
    squares = np.einsum("ij,ij->i", sample, sample)
    away = squares[::8, None] + squares - 2 * (sample[::8] @ sample.T)
    away[np.arange(len(away)), 8 * np.arange(len(away))] = np.inf
    return np.sqrt(np.maximum(away.min(axis=1), 0.0))[:, None]


def nearest_distances(image, queries, run, leaf=_LEAF):
    """
    Distance of some points to their nearest other point.

    Parameters
    ----------
    image : NeighbourImage
    queries : ndarray of shape (m,), int
        Indices of the points whose distances are wanted.
    run : callable
        As in :class:`NeighbourImage`.
    leaf : int, default 512
        Largest number of points in a leaf of the tree. It does not change the distances.

    Returns
    -------
    ndarray of shape (m,), float64
    """
    order, bounds = median_tree(image.z, leaf)
    z = image.z[order]
    half, relative = halves(z, image.displaced)
    low, factor = half * (1 - relative) - 1e-34, 2 * (1 - 1e-6) / (image.scale * image.scale)
    lower, upper = (extreme.reduceat(z, bounds[:-1]).astype(np.float64) for extreme in (np.minimum, np.maximum))
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    asked = np.unique(place[queries])
    best = np.full(len(order), np.inf)

    def search(rows):
        own, squares = z[rows], np.full(len(rows), np.inf)
        gaps = np.linalg.norm(np.maximum(np.maximum(lower - own.max(axis=0), own.min(axis=0) - upper), 0.0), axis=1)
        away = np.linalg.norm((lower + upper) / 2 - own.mean(axis=0), axis=1)
        for i in np.lexsort((away, gaps)):
            a, b = bounds[i], bounds[i + 1]
            left = np.flatnonzero(image.reach(squares) >= gaps[i])
            if len(left) == 0:
                break
            product = own[left] @ z[a:b].T
            _improve(product, rows, left, a, low, image.points, order, factor, squares)
        best[rows] = squares

    run(search, [asked[start : start + _BLOCK] for start in range(0, len(asked), _BLOCK)])
    return np.sqrt(best[place[queries]])


def closest_pair(image, distance, run, leaf=_SMALL_LEAF):
    """
    Smallest distance between two points.

    Parameters
    ----------
    image : NeighbourImage
    distance : float
        A distance between two of the points, which the result does not exceed.
    run : callable
        As in :class:`NeighbourImage`.
    leaf : int, default 64
        Largest number of points in a leaf of the tree. It does not change the result.

    Returns
    -------
    float
    """
    order, bounds = median_tree(image.z, leaf)
    columns = np.argsort(-image.z[:: -(-len(order) // _SAMPLE)].var(axis=0), kind="stable")
    z = image.z[order][:, columns]
    lower, upper = (extreme.reduceat(z, bounds[:-1]) for extreme in (np.minimum, np.maximum))
    scale, margin = image.scale * (1 + 1e-6), image.reach(0.0)
    best, lock = [distance * distance], Lock()

    def compare(part):
        found = _compare_leaves(image.points, z, order, bounds, lower, upper, *part, best[0], scale, margin)
        with lock:
            best[0] = min(best[0], found)

    starts = range(0, len(bounds) - 1, _LEAVES)
    run(compare, [(start, min(start + _LEAVES, len(bounds) - 1)) for start in starts])
    return math.sqrt(best[0])


@compiled(nogil=True)
def _improve(product, rows, left, a, low, points, order, factor, squares):
    """Lower the squared distances `squares` of the rows `left` by the points of one leaf, whose products are given."""
    width = product.shape[1]
    lows = low[a : a + width].astype(np.float32)
    for p in range(len(left)):
        r = left[p]
        i = rows[r]
        for start in range(0, width, CHUNK):
            stop = min(start + CHUNK, width)
            bound = squares[r] / factor
            # The rounding of the terms is in the slack of `low`, except for that of the square.
            floor = np.float32(low[i] - bound * (1 + 2.0**-20))
            if bound < np.inf and not any_reaches(product[p, start:stop], floor, lows[start:stop]):
                continue
            for c in range(start, stop):
                if a + c == i or squares[r] == 0:
                    continue
                if (low[i] + low[a + c] - product[p, c]) * factor < squares[r]:
                    square = squared_distance_below(points, order[i], order[a + c], squares[r])
                    squares[r] = min(squares[r], square)


@compiled(nogil=True)
def _is_apart(z, i, lower, upper, leaf, limit):
    """Whether a point of the image is farther from the box of a leaf than the root of `limit`."""
    total = 0.0
    for column in range(z.shape[1]):
        gap = max(np.float64(lower[leaf, column]) - z[i, column], z[i, column] - np.float64(upper[leaf, column]), 0.0)
        total += gap * gap
        if total > limit:
            return True
    return False


@compiled(nogil=True)
def _are_apart(lower, upper, leaf, other, limit):
    """Whether the boxes of two leaves are farther apart than the root of `limit`."""
    total = 0.0
    for column in range(lower.shape[1]):
        gap = max(
            np.float64(lower[leaf, column]) - upper[other, column],
            np.float64(lower[other, column]) - upper[leaf, column],
            0.0,
        )
        total += gap * gap
        if total > limit:
            return True
    return False


@compiled(nogil=True)
def _compare_leaves(points, z, order, bounds, lower, upper, first, last, squared, scale, margin):
    """Smallest squared distance, at most `squared`, from points of some leaves to those of these and later leaves."""
    k, n_leaves = z.shape[1], len(bounds) - 1
    limit = (np.sqrt(squared) * scale + margin) ** 2
    for leaf in range(first, last):
        for other in range(leaf, n_leaves):
            if _are_apart(lower, upper, leaf, other, limit):
                continue
            for i in range(bounds[leaf], bounds[leaf + 1]):
                if leaf != other and _is_apart(z, i, lower, upper, other, limit):
                    continue
                for j in range(max(i + 1, bounds[other]), bounds[other + 1]):
                    total, column = 0.0, 0
                    while column < k and total <= limit:
                        difference = np.float64(z[i, column]) - np.float64(z[j, column])
                        total += difference * difference
                        column += 1
                    if total <= limit:
                        square = squared_distance_below(points, order[i], order[j], squared)
                        if square < squared:
                            squared = square
                            limit = (np.sqrt(squared) * scale + margin) ** 2
    return squared
