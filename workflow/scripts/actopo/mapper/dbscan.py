r"""
Exact DBSCAN of large, high-dimensional clouds, in memory linear in the number of points.

The labels are those of Ester et al. [1]_ as scikit-learn numbers them: clusters in the order of their
smallest core point, and a border point in the first cluster that has a core point within `eps` of it.
Neighbour lists, which make other implementations run out of memory, are never formed:

1. *Candidates.* Pairs of points are compared in blocks by thin float32 matrix products that exclude most of
   them; see `actopo.mapper.close_pairs`, which also orders the points into leaves of a tree.
2. *Core points.* Most have `min_samples` neighbours in their own leaf. The others are compared to leaf after leaf,
   nearest first and only those within reach, until they have that many. A point that never does has fewer than
   `min_samples` neighbours, and these are stored.
3. *Clusters.* Core points are joined (union-find) within leaves, then between near leaves. Points that are then
   outside the largest cluster are compared to every leaf within reach that is not already in their cluster.
4. *Border points.* Their clusters follow from their stored neighbours.

Memory holds the points' float32 image, one block of products per thread, and the neighbours of the points
that are not core points, fewer than `min_samples` each.

Two points are neighbours if the float64 sum of squared differences of the coordinates as given is at
most ``eps * eps``. scikit-learn 1.3 sums in the same way in up to 15 dimensions; in more it expands the square,
so that it can differ on a pair whose distance equals `eps` up to rounding, but on no other.

References
----------
.. [1] Ester, Kriegel, Sander and Xu (1996), "A Density-Based Algorithm for Discovering Clusters in Large
   Spatial Databases with Noise", KDD.
"""

import operator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from actopo.arithmetic import exact_arithmetic
from actopo.errors import InputError
from actopo.mapper.close_pairs import principal_axes, sieved_clouds
from actopo.mapper.union_find import find_roots, unite

_SMALL = 2048
_NEAR_LEAVES = 8
_EXCLUSIVE = Lock()


class DBSCAN:
    """
    DBSCAN as an object with scikit-learn's `fit_predict`, for code that takes any clusterer.

    Parameters
    ----------
    eps, min_samples, device, axes
        As in `dbscan`.
    """

    def __init__(self, eps, min_samples=5, device="cpu", axes=None):
        self.eps = eps
        self.min_samples = min_samples
        self.device = device
        self.axes = axes

    def for_parts_of(self, points):
        """Return a clusterer that gives the same labels and is faster on parts of the cloud `points`."""
        return DBSCAN(self.eps, self.min_samples, self.device, principal_axes(points))

    def fit_predict(self, points):
        """Return the labels of `points`, see `dbscan`."""
        return dbscan(points, self.eps, self.min_samples, device=self.device, axes=self.axes)


def dbscan(points, eps, min_samples=5, device="cpu", block=2048, axes=None):
    """
    Cluster label of every point, equal to scikit-learn's ``DBSCAN(eps, min_samples).fit(points).labels_``.

    Parameters
    ----------
    points : array_like of shape (n, d)
        Finite coordinates; ``n`` may be 0. float32 is used as it is, every other type as float64.
    eps : float
        Radius of the closed ball that holds a point's neighbours, in the unit of `points`.
    min_samples : int, default 5
        Number of neighbours, itself included, that makes a point a core point.
    device : str, default "cpu"
        "cpu", or torch's name of a CUDA device.
    block : int, default 2048
        Number of rows of a matrix product. It bounds the working memory and does not change the labels.
    axes : ndarray of shape (d, d // 2), float64, optional
        `actopo.mapper.close_pairs.principal_axes` of a larger cloud, which saves finding those of `points`. They do not
        change the labels.

    Returns
    -------
    ndarray of shape (n,), int64
        Labels: clusters are 0, 1, ... in the order of their first core point; -1 is noise.

    Raises
    ------
    InputError
        If `points` is not a finite two-dimensional array, or `eps`, `min_samples` or `block` is not positive.
    """
    return dbscan_each(points, [eps], min_samples, device, block, axes)[0]


def dbscan_each(points, eps_values, min_samples=5, device="cpu", block=2048, axes=None):
    """
    Labels of `dbscan` for each of some radii, faster than one by one.

    All radii share one sieve and one tree. They are taken in ascending order: a core point remains one and a cluster
    remains together as eps grows, so that only the rest is compared.

    Parameters
    ----------
    eps_values : sequence of float
        Radii in any order, at least one.
    points, min_samples, device, block, axes
        As in `dbscan`.

    Returns
    -------
    list of ndarray of shape (n,), int64
        Labels for each radius, in the order given.

    Raises
    ------
    InputError
        As `dbscan`.
    """
    points, _, min_samples = checked_arguments(points, eps_values[0], min_samples, block)
    eps_values = [checked_arguments(points[:0], eps, min_samples, block)[1] for eps in eps_values]
    n = len(points)
    if n == 0:
        return [np.empty(0, dtype=np.int64) for _ in eps_values]
    results, ascending = {}, sorted(set(eps_values))
    with _threads_or_device(n, device) as (run, n_threads):
        block = min(block, max(256, n // (4 * n_threads)))
        is_core, roots = np.zeros(n, dtype=bool), np.arange(n)
        clouds = sieved_clouds(points, ascending, device, run, axes, _cloud_kind(device))
        for eps, cloud in zip(ascending, clouds, strict=True):
            results[eps] = _cluster(cloud, min_samples, block, run, is_core, roots)
    return [results[eps] for eps in eps_values]


def core_points(points, eps, min_samples=5, block=2048, axes=None, device="cpu"):
    """
    Which points are core points of `dbscan`: have `min_samples` points within `eps`, themselves included.

    Parameters
    ----------
    points, eps, min_samples, block, axes, device
        As in `dbscan`.

    Returns
    -------
    ndarray of shape (n,), bool

    Raises
    ------
    InputError
        As `dbscan`.
    """
    points, eps, min_samples = checked_arguments(points, eps, min_samples, block)
    n = len(points)
    found, is_core = np.zeros((2, n), dtype=bool)
    if n:
        with _threads_or_device(n, device) as (run, n_threads):
            [cloud] = sieved_clouds(points, [eps], device, run, axes, _cloud_kind(device))
            _find_core(cloud, min_samples, min(block, max(256, n // (4 * n_threads))), run, is_core)
            found[cloud.order] = is_core
    return found


def isolated(points, eps, block=2048, axes=None, device="cpu"):
    """
    Points that have no other point within a radius, which are the noise of `dbscan` for `min_samples` of 2.

    Parameters
    ----------
    points, eps, block, axes, device
        As in `dbscan`.

    Returns
    -------
    ndarray of int64
        Ascending indices.

    Raises
    ------
    InputError
        As `dbscan`.
    """
    return np.flatnonzero(~core_points(points, eps, 2, block, axes, device))


def _cluster(cloud, min_samples, block, run, is_core, roots):
    """Labels for one radius. `is_core` and `roots` (by position) are those of a smaller radius, and are updated."""
    n, order = len(cloud.order), cloud.order
    core_label = np.full(n, n, dtype=np.int64)
    others = _find_core(cloud, min_samples, block, run, is_core)
    if is_core.any():
        core = np.flatnonzero(is_core)
        cloud.keep(core)
        joined = _join_core(cloud, block, run, np.searchsorted(core, roots[core]))
        core_label[core] = _number_by_first(joined, order[core])
        roots[core] = core[joined]
    label = core_label.copy()
    for rows, neighbours in others:
        label[rows] = np.where(neighbours >= 0, core_label[neighbours], n).min(axis=1, initial=n)
    labels = np.empty(n, dtype=np.int64)
    labels[order] = np.where(label < n, label, -1)
    return labels


def _cloud_kind(device):
    if device == "cpu":
        return None
    # Imported here, since torch takes seconds to load.
    from actopo.mapper.close_pairs_torch import TorchCloud

    return TorchCloud


@contextmanager
def search_threads(n):
    """A `map` over threads, one product in each: if BLAS split a product, it would wait for its slowest part."""
    if n <= _SMALL:
        yield lambda f, items: [f(item) for item in items], 1
        return
    # The limit on BLAS applies to the process: a second caller must not save the limited value and restore it.
    with _EXCLUSIVE:
        n_threads = max((pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"), default=1)
        with threadpool_limits(1, "blas"), ThreadPoolExecutor(n_threads) as pool:
            yield lambda f, items: list(pool.map(f, items)), n_threads


@contextmanager
def _threads_or_device(n, device):
    """As `search_threads`; for a device one item at a time, without TF32, which would violate the bound on rounding."""
    if device == "cpu":
        with search_threads(n) as found:
            yield found
    else:
        with exact_arithmetic():
            yield lambda f, items: [f(item) for item in items], 1


def checked_arguments(points, eps=1.0, min_samples=5, block=1):
    """Points as float32 or float64, `eps` as a float and `min_samples` as an int; InputError as for `dbscan`."""
    try:
        eps = float(eps)
        min_samples, block = operator.index(min_samples), operator.index(block)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"DBSCAN needs a number for eps and whole numbers for min_samples and block: {error}."
        ) from error
    if not 1e-150 < eps < 1e150:
        raise InputError(f"DBSCAN needs a positive finite eps (1e-150 to 1e150), not {eps}.")
    if min_samples < 1 or block < 1:
        raise InputError(f"min_samples ({min_samples}) and block ({block}) of DBSCAN must be at least 1.")
    points = np.asarray(points)
    if points.ndim != 2 or points.shape[1] == 0:
        raise InputError(f"DBSCAN needs points of shape (n, d) with d of 1 or more, not {points.shape}.")
    try:
        points = np.ascontiguousarray(points, dtype=np.float32 if points.dtype == np.float32 else np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"DBSCAN needs numeric points: {error}.") from error
    if len(points) and not _is_bounded(points):
        row = next(i for i, point in enumerate(points) if not _is_bounded(point))
        raise InputError(f"Row {row} of the points given to DBSCAN is not finite (or exceeds 1e150): drop it.")
    return points, eps, min_samples


def _is_bounded(values):
    """Whether all values are finite and at most 1e150."""
    # The extremes are NaN if any value is, and need no temporary of the size of the cloud. They are compared as floats
    # of Python, since NumPy 2 would round the limit to float32, and warn that it is too large.
    return float(values.min()) > -1e150 and float(values.max()) < 1e150


def _find_core(cloud, min_samples, block, run, is_core):
    """Set the core flags; return the other points in parts: positions, and rows of their neighbours, -1 for none."""
    n = len(cloud.order)

    def count_at_home(leaf):
        a, b = leaf
        if is_core[a:b].all():
            return
        selected, counts = cloud.select(np.arange(a, b)), np.zeros(b - a, dtype=np.int64)
        selected.multiply(a, b)
        selected.count(min_samples, counts, np.empty((b - a, 0), dtype=np.int32))
        is_core[a:b] |= counts >= min_samples

    def count_everywhere(rows):
        selected, counts = cloud.select(rows), np.zeros(len(rows), dtype=np.int64)
        found = np.full((len(rows), min(min_samples - 1, n)), -1, dtype=np.int32)
        for leaf in cloud.within_reach(rows):
            decided = counts >= min_samples
            if 2 * np.count_nonzero(decided) > len(rows):
                is_core[rows[decided]] = True
                rows, counts, found = rows[~decided], counts[~decided], found[~decided]
                if len(rows) == 0:
                    break
                selected = cloud.select(rows)
            selected.multiply(*leaf)
            selected.count(min_samples, counts, found)
        decided = counts >= min_samples
        is_core[rows[decided]] = True
        return rows[~decided], found[~decided, : counts[~decided].max(initial=0)]

    run(count_at_home, cloud.leaves)
    return run(count_everywhere, _blocks(np.flatnonzero(~is_core), block))


def _join_core(cloud, block, run, parent):
    """Representative of every point's cluster, in a cloud of core points; `parent` is a forest of points joined."""
    everything = np.arange(len(cloud.order))
    lock = Lock()

    def link(selected, a, b):
        row_roots, column_roots = find_roots(parent, selected.rows), find_roots(parent, everything[a:b])
        if (column_roots == column_roots[0]).all():
            apart = row_roots != column_roots[0]
            if not apart.any():
                return
            if 2 * np.count_nonzero(apart) < len(apart):
                selected, row_roots = cloud.select(selected.rows[apart]), row_roots[apart]
        selected.multiply(a, b)
        links = selected.first_links(row_roots, column_roots)
        linked = np.flatnonzero(links >= 0)
        if len(linked) == 0:
            return
        # Only one thread at a time joins trees. Others may shorten paths meanwhile, which never changes a root.
        with lock:
            unite(parent, selected.rows[linked], a + links[linked])
            roots = find_roots(parent, np.concatenate([selected.rows[linked], everything[a:b]]))
            if (roots != roots[0]).any():
                selected.unite(parent, linked)

    def link_within(leaf):
        link(cloud.select(everything[slice(*leaf)]), *leaf)

    def link_near(leaf):
        selected = cloud.select(everything[slice(*leaf)])
        for other in cloud.within_reach(selected.rows)[: _NEAR_LEAVES + 1]:
            link(selected, *other)

    # Each leaf by itself first: most leaves are then one cluster, and one pair of points joins two of them.
    run(link_within, cloud.leaves)
    run(link_near, cloud.leaves)

    # Rows are the points outside the largest cluster, columns are all points. Two points outside it need to be
    # compared only once: a leaf that lies before the rows and wholly outside is compared with its own points as rows.
    roots = find_roots(parent, everything)
    outside = roots != np.bincount(roots).argmax()
    is_mixed = dict(zip(cloud.leaves, ~np.logical_and.reduceat(outside, cloud.bounds[:-1]), strict=True))

    def link_everywhere(rows):
        selected = cloud.select(rows)
        for leaf in cloud.within_reach(rows):
            if is_mixed[leaf] or leaf[1] > rows[0]:
                link(selected, *leaf)

    run(link_everywhere, _blocks(np.flatnonzero(outside), block))
    return find_roots(parent, everything)


def _number_by_first(roots, original):
    """Cluster numbers in the order of the smallest original index under each root."""
    by_index = np.argsort(original)
    _, first, member = np.unique(roots[by_index], return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    numbers = np.empty(len(roots), dtype=np.int64)
    numbers[by_index] = rank[member]
    return numbers


def _blocks(rows, size):
    return (rows[start : start + size] for start in range(0, len(rows), size))
