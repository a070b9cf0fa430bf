r"""
DBSCAN's clusters for every eps at once: the minimum spanning tree under mutual reachability.

The core distance of a point is the smallest eps at which it is a core point of DBSCAN. The mutual reachability of two
points is the largest of their core distances and of their distance. Two points are core points of one cluster of
DBSCAN if and only if a path joins them along which mutual reachability is at most eps; such a path exists in the
minimum spanning tree if it exists at all [1]_. A point that is not a core point has fewer than `min_samples` points
within eps, so its cluster follows from its nearest neighbours, which are stored.

:func:`reachability_tree` compares all pairs by one matrix product in float32, whose rounding is bounded as in
:mod:`actopo.mapper.close_pairs`; pairs that may matter are computed again as float64 sums of squared differences, as
:func:`actopo.mapper.dbscan.dbscan` does. The labels are therefore exactly those of `dbscan`, also where distances are
equal to each other or to eps.

References
----------
.. [1] Campello, Moulavi, Zimek and Sander (2015), "Hierarchical Density Estimates for Data Clustering,
   Visualization, and Outlier Detection", ACM TKDD.
"""

from dataclasses import dataclass

import numpy as np

from actopo.compiled import compiled
from actopo.mapper.close_pairs import whole_image
from actopo.mapper.dbscan import checked_arguments
from actopo.mapper.exact_distances import squared_distance_below
from actopo.mapper.union_find import find_roots, unite

# Pairs of this many points take 400 MB.
MOST_POINTS = 10_000


@dataclass(frozen=True, eq=False)
class ReachabilityTree:
    """
    Minimum spanning tree of a cloud under mutual reachability, and each point's nearest neighbours.

    All distances are squared float64 sums, so that comparisons with ``eps * eps`` are those of `dbscan`.

    Attributes
    ----------
    core : ndarray of shape (m,), float64
        Squared core distance of each point; infinite if there are fewer than `min_samples` points.
    edges : ndarray of shape (m - 1, 2), int64
        Edges in ascending order of their weight; none if the core distances are infinite.
    weights : ndarray of shape (m - 1,), float64
        Squared mutual reachability of each edge, the squares of the merge heights.
    neighbours : ndarray of shape (m, min_samples - 1), int64
        Nearest other points.
    neighbour_squares : ndarray of shape (m, min_samples - 1), float64
        Their squared distances.
    """

    core: np.ndarray
    edges: np.ndarray
    weights: np.ndarray
    neighbours: np.ndarray
    neighbour_squares: np.ndarray

    def labels(self, eps):
        """
        Labels of `actopo.mapper.dbscan.dbscan` for one radius.

        Parameters
        ----------
        eps : float
            Radius, in the unit of the points.

        Returns
        -------
        ndarray of shape (m,), int64
            Labels: clusters are 0, 1, ... in the order of their first core point; -1 is noise.
        """
        n, squared = len(self.core), eps * eps
        is_core = self.core <= squared
        joined = self.edges[: np.searchsorted(self.weights, squared, side="right")]
        parent = np.arange(n)
        unite(parent, joined[:, 0], joined[:, 1])
        label = np.full(n, n)
        # A root is the smallest index of its cluster, so that clusters are numbered in the order of their roots.
        label[is_core] = np.unique(find_roots(parent, np.flatnonzero(is_core)), return_inverse=True)[1]
        border = np.flatnonzero(~is_core)
        near = self.neighbour_squares[border] <= squared
        label[border] = np.where(near, label[self.neighbours[border]], n).min(axis=1, initial=n)
        return np.where(label < n, label, -1)


def reachability_tree(points, min_samples=5):
    """
    Tree of a cloud, in memory and time quadratic in the number of points.

    Parameters
    ----------
    points : array_like of shape (m, d)
        Finite coordinates; ``m`` may be 0. float32 is used as it is, every other type as float64.
    min_samples : int, default 5
        Number of neighbours, itself included, that makes a point a core point.

    Returns
    -------
    ReachabilityTree

    Raises
    ------
    InputError
        As `actopo.mapper.dbscan.dbscan`.
    """
    points, _, min_samples = checked_arguments(points, min_samples=min_samples)
    m, k = len(points), min_samples - 1
    neighbours, squares = np.full((m, k), -1, dtype=np.int64), np.full((m, k), np.inf)
    if m <= k:
        nothing = np.empty((0, 2), dtype=np.int64), np.empty(0)
        # No two points are in a cluster at any eps.
        return ReachabilityTree(np.full(m, np.inf), *nothing, neighbours, squares)
    z, bound, factor = whole_image(points)
    products = z @ z.T
    _find_nearest(points, np.arange(m), products, bound, factor, neighbours, squares)
    core = squares[:, -1].copy() if k else np.zeros(m)
    edges, weights = _span(points, products, bound, factor, core)
    order = np.argsort(weights, kind="stable")
    return ReachabilityTree(core, edges[order], weights[order], neighbours, squares)


def core_distances(points, rows, min_samples=5):
    """
    Smallest eps at which some points of a cloud are core points.

    Parameters
    ----------
    points, min_samples
        As in :func:`reachability_tree`.
    rows : ndarray of shape (r,), int
        Indices of the points that are asked for.

    Returns
    -------
    ndarray of shape (r,), float64
        Core distances; infinite if there are fewer than `min_samples` points.
    """
    points, _, min_samples = checked_arguments(points, min_samples=min_samples)
    k = min_samples - 1
    if k == 0 or len(points) <= k:
        return np.full(len(rows), np.inf if k else 0.0)
    squares = np.full((len(rows), k), np.inf)
    z, bound, factor = whole_image(points)
    _find_nearest(points, rows, z[rows] @ z.T, bound, factor, np.full((len(rows), k), -1), squares)
    return np.sqrt(squares[:, -1])


@compiled(nogil=True)
def _find_nearest(points, rows, products, bound, factor, neighbours, squares):
    """Nearest other points of some points, in ascending order of their squared distances."""
    k = neighbours.shape[1]
    if k == 0:
        return
    for r in range(len(rows)):
        i = rows[r]
        for j in range(len(points)):
            if j == i or (bound[i] + bound[j] - products[r, j]) * factor > squares[r, k - 1]:
                continue
            square = squared_distance_below(points, i, j, squares[r, k - 1])
            if square < squares[r, k - 1]:
                place = k - 1
                while place > 0 and squares[r, place - 1] > square:
                    squares[r, place], neighbours[r, place] = squares[r, place - 1], neighbours[r, place - 1]
                    place -= 1
                squares[r, place], neighbours[r, place] = square, j


@compiled(nogil=True)
def _span(points, products, bound, factor, core):
    """Edges of the minimum spanning tree and their squared weights, by Prim's algorithm."""
    n = len(core)
    edges, weights = np.empty((n - 1, 2), dtype=np.int64), np.empty(n - 1)
    # Points that are not in the tree yet, each with its smallest weight to the tree and the point in it.
    left, weight, nearest = np.arange(1, n), np.full(n, np.inf), np.zeros(n, dtype=np.int64)
    newest = 0
    for step in range(n - 1):
        best = 0
        for position in range(n - 1 - step):
            j = left[position]
            least = max(core[newest], core[j])
            if least < weight[j] and (bound[newest] + bound[j] - products[newest, j]) * factor < weight[j]:
                square = max(least, squared_distance_below(points, newest, j, weight[j]))
                if square < weight[j]:
                    weight[j], nearest[j] = square, newest
            if weight[j] < weight[left[best]]:
                best = position
        newest = left[best]
        left[best] = left[n - 2 - step]
        edges[step, 0], edges[step, 1], weights[step] = nearest[newest], newest, weight[newest]
    return edges, weights
