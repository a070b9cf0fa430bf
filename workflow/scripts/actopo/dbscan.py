r"""
Exact DBSCAN of large, high-dimensional clouds, in memory linear in the number of points.

The labels are those of Ester et al. [1]_ as scikit-learn numbers them: clusters in the order of their
smallest core point, and a border point in the first cluster that has a core point within `eps` of it.
Neighbour lists, which make other implementations run out of memory, are never formed:

1. *Sieve.* Points are centred, rotated to principal axes and cut to the leading ones, the norm of what was
   cut off being kept as one more coordinate. That map shortens distances only, so one thin float32 matrix
   product excludes most pairs. `_thresholds` bounds its rounding rigorously; a pair that the product cannot
   decide is decided by its float64 distance.
2. *Core points.* A median tree in the sieve's coordinates orders the points into leaves. Most core points
   find their `min_samples` neighbours in their own leaf. The others meet leaf after leaf, nearest first and
   only those whose bounding box is within reach, until they have them. A point that never does has fewer
   than `min_samples` neighbours, and these are remembered.
3. *Clusters.* Core points are joined (union-find) within leaves, then between near leaves. What then lies
   outside the largest cluster is compared to every leaf within reach that is not already of its cluster.
4. *Border points.* Their remembered neighbours hold the answer.

A pair counts as neighbours when the float64 sum of squared differences of the coordinates as given is at
most ``eps * eps``. scikit-learn sums in the same way in up to 15 dimensions; above it expands the square, so
that it can decide otherwise on a pair whose distance equals `eps` up to rounding, and only there.

References
----------
.. [1] Ester, Kriegel, Sander and Xu (1996), "A Density-Based Algorithm for Discovering Clusters in Large
   Spatial Databases with Noise", KDD.
"""

import math
import operator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock

import numpy as np
from numba import njit
from threadpoolctl import threadpool_info, threadpool_limits

from actopo.errors import InputError

_UNIT = 2.0**-24
_CHUNK = 64
_SAMPLE = 2048
_SMALL = 2048
_LEAF, _DEVICE_LEAF = 512, 4096
_NEAR_LEAVES = 8
_EXCLUSIVE = Lock()


class DBSCAN:
    """
    DBSCAN as an object with scikit-learn's `fit_predict`, for code that takes any clusterer.

    Parameters
    ----------
    eps, min_samples, device
        As in `dbscan`.
    """

    def __init__(self, eps, min_samples=5, device="cpu"):
        self.eps = eps
        self.min_samples = min_samples
        self.device = device

    def fit_predict(self, points):
        """Labels of `points`, see `dbscan`."""
        return dbscan(points, self.eps, self.min_samples, device=self.device)


def dbscan(points, eps, min_samples=5, device="cpu", block=2048):
    """
    Cluster label of every point, equal to scikit-learn's ``DBSCAN(eps, min_samples).fit(points).labels_``.

    Parameters
    ----------
    points : array_like of shape (n, d)
        Finite coordinates; ``n`` may be 0. float32 is used as it is, every other type as float64.
    eps : float
        Radius of the closed ball that holds a point's neighbours, in the unit of `points`.
    min_samples : int, default 5
        Neighbours, itself included, that make a point a core point.
    device : str, default "cpu"
        "cpu", or a CUDA device by torch's name for it.
    block : int, default 2048
        Rows of one matrix product. It bounds the working memory and does not change the labels.

    Returns
    -------
    ndarray of shape (n,), int64
        Clusters are 0, 1, ... in the order of their first core point; -1 is noise.

    Raises
    ------
    InputError
        If `points` is not a finite two-dimensional array, or `eps`, `min_samples` or `block` is not positive.
    """
    points, eps, min_samples = _validate(points, eps, min_samples, block)
    n = len(points)
    if n == 0:
        return np.empty(0, dtype=np.int64)
    on_host = device == "cpu"
    sieve = _Sieve(points, eps, cut=on_host)
    order, bounds = _median_tree(sieve.coordinates, _LEAF if on_host else _DEVICE_LEAF)
    cloud = (_Cloud if on_host else _TorchCloud)(points, eps, sieve, order, bounds, device)
    with _threads(n) if on_host else _ieee_products() as (run, n_threads):
        block = min(block, max(256, n // (4 * n_threads)))
        is_core, others, neighbours = _find_core(cloud, min_samples, block, run)
        label = np.full(n, n, dtype=np.int64)
        if is_core.any():
            core = np.flatnonzero(is_core)
            cloud.keep(core)
            label[core] = _number_by_first(_join_core(cloud, block, run), order[core])
    label[others] = np.where(neighbours >= 0, label[neighbours], n).min(axis=1, initial=n)
    label[label == n] = -1
    labels = np.empty(n, dtype=np.int64)
    labels[order] = label
    return labels


@contextmanager
def _threads(n):
    """A `map` over threads that each take whole products: one BLAS call split up would wait for its slowest part."""
    if n <= _SMALL:
        yield lambda f, items: [f(item) for item in items], 1
        return
    # The limit on BLAS is the process's: a second caller must not find it set, and restore that.
    with _EXCLUSIVE:
        n_threads = max((pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"), default=1)
        with threadpool_limits(1, "blas"), ThreadPoolExecutor(n_threads) as pool:
            yield lambda f, items: list(pool.map(f, items)), n_threads


@contextmanager
def _ieee_products():
    """As `_threads` for a device: one after another, and TF32 off, which would break the bound on rounding."""
    import torch

    matmul = torch.backends.cuda.matmul
    before, matmul.fp32_precision = matmul.fp32_precision, "ieee"
    try:
        yield lambda f, items: [f(item) for item in items], 1
    finally:
        matmul.fp32_precision = before


def _validate(points, eps, min_samples, block):
    try:
        eps = float(eps)
        min_samples, block = operator.index(min_samples), operator.index(block)
    except TypeError as error:
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
    # The extremes carry a NaN along and need no temporary of the size of the cloud.
    if len(points) and not (points.min() > -1e150 and points.max() < 1e150):
        row = next(i for i, p in enumerate(points) if not (p.min() > -1e150 and p.max() < 1e150))
        raise InputError(f"Row {row} of the points given to DBSCAN is not finite (or exceeds 1e150): drop it.")
    return points, eps, min_samples


class _Sieve:
    """
    Float32 image of the points under a map that never lengthens a distance.

    Attributes
    ----------
    coordinates : ndarray of shape (n, k), float32
        The points scaled to norms of at most 1, in some order.
    tail : ndarray of shape (n,), float32
        Norm of what was cut off, also the last column of `coordinates`; 0 where nothing was.
    eps : float
        Radius in the scaled unit.
    """

    def __init__(self, points, eps, cut):
        n, d = points.shape
        sample = points[:: -(-n // _SAMPLE)].astype(np.float64)
        centre = sample.mean(axis=0)
        extent = math.sqrt(d) * (float(points.max()) - float(points.min()))
        scale = math.ldexp(1.0, -max(math.frexp(extent)[1], -1000)) if extent else 1.0
        # Norms are at most 1, so that every radius above 2 contains all; 4 cannot overflow in float32.
        self.eps = min(eps * scale, 4.0)
        axes = None
        if cut and d > 24 and n > max(_SAMPLE, 4 * d):
            sample = (sample - centre) * scale
            axes = np.linalg.eigh(sample.T @ sample)[1][:, ::-1]
            axes = axes[:, : _choose_rank(sample @ axes, self.eps)]
        is_cut = axes is not None and axes.shape[1] < d
        k = d if axes is None else axes.shape[1] + is_cut
        self.coordinates = np.empty((n, k), dtype=np.float32)
        self.tail = np.zeros(n, dtype=np.float32)
        for start in range(0, n, 4096):
            part = slice(start, start + 4096)
            centred = (points[part] - centre) * scale
            if axes is None:
                self.coordinates[part] = centred
                continue
            kept = centred @ axes
            self.coordinates[part, : kept.shape[1]] = kept
            if is_cut:
                rest = np.einsum("ij,ij->i", centred, centred) - np.einsum("ij,ij->i", kept, kept)
                self.coordinates[part, -1] = self.tail[part] = np.sqrt(np.maximum(rest, 0.0))


def _choose_rank(rotated, eps):
    """
    Number of leading axes that makes the products and the float64 distances cheapest, judged on a sample.

    The weights are times measured on pairs: a float64 distance costs as much as 1000 + 8 d columns.
    """
    d = rotated.shape[1]
    energy = np.cumsum(rotated**2, axis=1)
    half = 0.5 * (energy[::8, -1:] + energy[1::2, -1] - eps * eps)
    within = rotated[::8] @ rotated[1::2].T >= half
    cost, best = d, d
    for k in (2**e - 1 for e in range(4, 12) if 2**e < d):
        tail = np.sqrt(np.maximum(energy[:, -1] - energy[:, k - 1], 0.0))
        product = rotated[::8, :k] @ rotated[1::2, :k].T + np.outer(tail[::8], tail[1::2])
        estimate = k + (1000 + 8 * d) * np.mean((product >= half) & ~within)
        if estimate < cost:
            cost, best = estimate, k
    return best


def _thresholds(coordinates, eps):
    r"""
    Shares ``low`` and ``high`` of every point in the decision about a pair, from its float32 product.

    With ``h = |z|^2 / 2`` the sieve's distance is within eps iff ``z.w >= h(z) + h(w) - eps^2 / 2``. Let
    ``u = 2^-24``. The product is off by at most ``k u |z||w| / (1 - k u) <= 1.02 k u (h(z) + h(w))`` in any order
    of summation. Rounding the image to float32, and its tail from a difference of squares, moves it by at most
    ``4 u |z|``, hence both sides by ``8 u (h(z) + h(w)) + 2 u eps^2``; rounding ``low`` and ``high`` and adding
    them up costs another ``4 u`` of each, as does the tails' product. Hence the constants 24 and 16, and a
    floor for underflow. The float64 distance errs by far less. So a product below ``low(z) + low(w)`` proves
    the points apart, and one above ``high(z) + high(w)``, plus twice the product of the tails, neighbours.
    """
    half = 0.5 * np.einsum("ij,ij->i", coordinates, coordinates, dtype=np.float64)
    relative = (1.02 * coordinates.shape[1] + 24) * _UNIT
    slack = 16 * _UNIT * eps * eps / 4 + 1e-34
    low = half * (1 - relative) - eps * eps / 4 - slack
    high = half * (1 + relative) - eps * eps / 4 + slack
    return low.astype(np.float32), high.astype(np.float32)


def _median_tree(coordinates, leaf):
    """Order in which consecutive points are near, and the bounds of its leaves of at most `leaf` points."""
    order = np.arange(len(coordinates))
    bounds, stack = [], [(0, len(order))]
    while stack:
        a, b = stack.pop()
        bounds.append(b)
        if b - a > leaf:
            bounds.pop()
            node = order[a:b]
            axis = coordinates[node[:: -(-(b - a) // 1024)]].var(axis=0).argmax()
            middle = (b - a) // 2
            order[a:b] = node[np.argpartition(coordinates[node, axis], middle)]
            stack += [(a + middle, b), (a, a + middle)]
    return order, np.array([0, *bounds])


class _Cloud:
    """
    The tree-ordered sieve of the points.

    Positions are those of the tree's order throughout; `order` leads back to the points as given.
    """

    def __init__(self, points, eps, sieve, order, bounds, device):
        self.points, self.squared, self.device = points, eps * eps, device
        self.reach = sieve.eps * (1 + 1e-6) + 1e-6
        z = sieve.coordinates[order]
        self._set(order, bounds, z, sieve.tail[order], *_thresholds(z, sieve.eps))

    def _set(self, order, bounds, z, tail, low, high):
        self.order, self.bounds, self.z, self.tail, self.low, self.high = order, bounds, z, tail, low, high
        self.leaves = list(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True))
        self.centres = np.add.reduceat(z, bounds[:-1]) / np.diff(bounds)[:, None]
        self.lower, self.upper = np.minimum.reduceat(z, bounds[:-1]), np.maximum.reduceat(z, bounds[:-1])

    def keep(self, positions):
        """Forget all other positions; `positions` is ascending."""
        bounds = np.unique(np.searchsorted(positions, self.bounds))
        arrays = (self.z, self.tail, self.low, self.high)
        self._set(self.order[positions], bounds, *(array[positions] for array in arrays))

    def within_reach(self, rows):
        """Leaves that can hold neighbours of `rows`, nearest centre first."""
        z = self.z[rows]
        gap = np.maximum(np.maximum(self.lower - z.max(axis=0), z.min(axis=0) - self.upper), 0.0)
        reached = np.flatnonzero(np.linalg.norm(gap, axis=1) <= self.reach)
        away = np.linalg.norm(self.centres[reached] - z.mean(axis=0), axis=1)
        return [self.leaves[leaf] for leaf in reached[np.argsort(away, kind="stable")]]

    def select(self, rows):
        """The positions `rows` as rows of products to come."""
        return _Rows(self, rows)


class _Rows:
    """Products of some rows with slices of the cloud, one at a time, and the decisions taken on them."""

    def __init__(self, cloud, rows):
        self.cloud, self.rows, self.z = cloud, rows, cloud.z[rows]
        self.buffer = np.empty(0, dtype=np.float32)

    def multiply(self, a, b):
        """Form the product with positions `a` to `b`."""
        size = len(self.rows) * (b - a)
        if len(self.buffer) < size:
            self.buffer = np.empty(size, dtype=np.float32)
        product = self.buffer[:size].reshape(len(self.rows), b - a)
        np.matmul(self.z, self.cloud.z[a:b].T, out=product)
        cloud = self.cloud
        self.tile = (
            product, self.rows, a, cloud.low, cloud.high, cloud.tail, cloud.points, cloud.order, cloud.squared,
        )  # fmt: skip

    def count(self, limit, counts, found):
        """Add each row's neighbours in the product to `counts`, up to `limit`, and their positions to `found`."""
        _count(*self.tile, limit, counts, found)

    def first_links(self, row_roots, column_roots):
        """Each row's first neighbour column that has another root, -1 if none."""
        return _first_links(*self.tile, row_roots, column_roots)

    def unite(self, parent, linked):
        """Join the trees of all neighbours in the product, of which only the rows `linked` have any to join."""
        _unite_tile(*self.tile, parent, linked)


def _find_core(cloud, min_samples, block, run):
    """
    Core flags, the positions of all other points, and the at most ``min_samples - 1`` neighbours of these.

    The rows of the last belong to the second and are filled up with -1.
    """
    n = len(cloud.order)
    is_core = np.zeros(n, dtype=bool)

    def count_at_home(leaf):
        a, b = leaf
        selected, counts = cloud.select(np.arange(a, b)), np.zeros(b - a, dtype=np.int64)
        selected.multiply(a, b)
        selected.count(min_samples, counts, np.empty((b - a, 0), dtype=np.int32))
        is_core[a:b] = counts >= min_samples

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
        return rows[~decided], found[~decided]

    run(count_at_home, cloud.leaves)
    few = run(count_everywhere, _blocks(np.flatnonzero(~is_core), block))
    if not few:
        return is_core, np.empty(0, dtype=np.int64), np.empty((0, 0), dtype=np.int32)
    return is_core, *(np.concatenate(parts) for parts in zip(*few, strict=True))


def _join_core(cloud, block, run):
    """Representative of every point's cluster, in a cloud of core points only."""
    everything = np.arange(len(cloud.order))
    parent = everything.copy()
    lock = Lock()

    def link(selected, a, b):
        row_roots, column_roots = _find(parent, selected.rows), _find(parent, everything[a:b])
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
        # Trees are joined by one thread at a time. Others may shorten paths meanwhile, which never moves a root.
        with lock:
            _unite(parent, selected.rows[linked], a + links[linked])
            roots = _find(parent, np.concatenate([selected.rows[linked], everything[a:b]]))
            if (roots != roots[0]).any():
                selected.unite(parent, linked)

    def link_within(leaf):
        link(cloud.select(everything[slice(*leaf)]), *leaf)

    def link_near(leaf):
        selected = cloud.select(everything[slice(*leaf)])
        for other in cloud.within_reach(selected.rows)[: _NEAR_LEAVES + 1]:
            link(selected, *other)

    # Each leaf by itself first: then two leaves are mostly two clusters, which one pair of points joins.
    run(link_within, cloud.leaves)
    run(link_near, cloud.leaves)

    # Two points outside the largest cluster are compared once: as row and column, if the leaf of the column comes
    # later, or else holds points of the largest cluster, which are columns only.
    roots = _find(parent, everything)
    outside = roots != np.bincount(roots).argmax()
    is_mixed = dict(zip(cloud.leaves, ~np.logical_and.reduceat(outside, cloud.bounds[:-1]), strict=True))

    def link_everywhere(rows):
        selected = cloud.select(rows)
        for leaf in cloud.within_reach(rows):
            if is_mixed[leaf] or leaf[1] > rows[0]:
                link(selected, *leaf)

    run(link_everywhere, _blocks(np.flatnonzero(outside), block))
    return _find(parent, everything)


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


@njit(nogil=True, cache=True, fastmath={"reassoc", "contract", "nsz"})
def _fast_squared_distance(x, y):
    total = 0.0
    for k in range(len(x)):
        difference = np.float64(x[k]) - np.float64(y[k])
        total += difference * difference
    return total


@njit(nogil=True, cache=True)
def _is_neighbour(x, y, squared):
    # Both sums of non-negative terms are within (d + 2) 2^-53 of the true one, relatively.
    total = _fast_squared_distance(x, y)
    if abs(total - squared) > (len(x) + 4) * 2.0**-51 * squared:
        return total <= squared
    total = 0.0
    for k in range(len(x)):
        difference = np.float64(x[k]) - np.float64(y[k])
        total += difference * difference
    return total <= squared


@njit(nogil=True, cache=True)
def _are_neighbours(points, first, second, squared):
    result = np.empty(len(first), dtype=np.bool_)
    for p in range(len(first)):
        result[p] = _is_neighbour(points[first[p]], points[second[p]], squared)
    return result


@njit(nogil=True, cache=True)
def _any_reaches(products, low, lows):
    hits = np.int32(0)
    for j in range(len(products)):
        hits += np.int32(products[j] >= low + lows[j])
    return hits > 0


@njit(nogil=True, cache=True)
def _count(product, rows, a, low, high, tail, points, order, squared, limit, counts, found):
    width = product.shape[1]
    for r in range(len(rows)):
        i, count = rows[r], counts[r]
        for start in range(0, width, _CHUNK):
            stop = min(start + _CHUNK, width)
            if count >= limit:
                break
            if not _any_reaches(product[r, start:stop], low[i], low[a + start : a + stop]):
                continue
            for c in range(start, stop):
                j, value = a + c, product[r, c]
                if value < low[i] + low[j]:
                    continue
                if value - 2 * tail[i] * tail[j] < high[i] + high[j] and not _is_neighbour(
                    points[order[i]], points[order[j]], squared
                ):
                    continue
                if count < found.shape[1]:
                    found[r, count] = j
                count += 1
                if count >= limit:
                    break
        counts[r] = count


@njit(nogil=True, cache=True)
def _first_links(product, rows, a, low, high, tail, points, order, squared, row_roots, column_roots):
    links = np.empty(len(rows), dtype=np.int64)
    width = product.shape[1]
    for r in range(len(rows)):
        i, link = rows[r], -1
        for start in range(0, width, _CHUNK):
            stop = min(start + _CHUNK, width)
            if link >= 0:
                break
            if not _any_reaches(product[r, start:stop], low[i], low[a + start : a + stop]):
                continue
            for c in range(start, stop):
                j, value = a + c, product[r, c]
                if column_roots[c] == row_roots[r] or value < low[i] + low[j]:
                    continue
                if value - 2 * tail[i] * tail[j] >= high[i] + high[j] or _is_neighbour(
                    points[order[i]], points[order[j]], squared
                ):
                    link = c
                    break
        links[r] = link
    return links


@njit(nogil=True, cache=True)
def _unite_tile(product, rows, a, low, high, tail, points, order, squared, parent, linked):
    for r in linked:
        i = rows[r]
        root = _root(parent, i)
        for c in range(product.shape[1]):
            j, value = a + c, product[r, c]
            if value < low[i] + low[j]:
                continue
            other = _root(parent, j)
            if other == root:
                continue
            if value - 2 * tail[i] * tail[j] >= high[i] + high[j] or _is_neighbour(
                points[order[i]], points[order[j]], squared
            ):
                parent[max(root, other)] = root = min(root, other)


@njit(nogil=True, cache=True)
def _root(parent, node):
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@njit(nogil=True, cache=True)
def _find(parent, nodes):
    roots = np.empty(len(nodes), dtype=np.int64)
    for p in range(len(nodes)):
        roots[p] = _root(parent, nodes[p])
    return roots


@njit(nogil=True, cache=True)
def _unite(parent, first, second):
    for p in range(len(first)):
        root, other = _root(parent, first[p]), _root(parent, second[p])
        parent[max(root, other)] = min(root, other)


class _TorchCloud(_Cloud):
    """The same on a device of torch's."""

    def _set(self, *arrays):
        import torch

        super()._set(*arrays)
        self.torch = torch
        self.on_device = [self.put(array) for array in (self.z, self.low, self.high)]

    def put(self, array):
        return self.torch.from_numpy(array).to(self.device)

    def select(self, rows):
        return _TorchRows(self, rows)


class _TorchRows:
    """As `_Rows`, with the decisions on whole products; the pairs that stay open are decided on the host."""

    def __init__(self, cloud, rows):
        self.cloud, self.rows = cloud, rows
        on_device = cloud.put(rows)
        self.z, self.low, self.high = (array[on_device] for array in cloud.on_device)

    def multiply(self, a, b):
        cloud = self.cloud
        z, low, high = (array[a:b] for array in cloud.on_device)
        product = self.z @ z.T
        self.start, self.near = a, product >= self.high[:, None] + high
        i, j = self._where((product >= self.low[:, None] + low) & ~self.near)
        pairs = cloud.order[self.rows[i]], cloud.order[a + j]
        self.near[cloud.put(i), cloud.put(j)] = cloud.put(_are_neighbours(cloud.points, *pairs, cloud.squared))

    def count(self, limit, counts, found):
        total = counts + self.near.sum(dim=1).cpu().numpy()
        if found.shape[1]:
            few = np.flatnonzero(total < limit)
            i, j = self._where(self.near[self.cloud.put(few)])
            found[few[i], counts[few[i]] + np.arange(len(i)) - np.searchsorted(i, i)] = self.start + j
        counts[:] = np.minimum(total, limit)

    def first_links(self, row_roots, column_roots):
        put, torch = self.cloud.put, self.cloud.torch
        other = self.near & (put(row_roots)[:, None] != put(column_roots))
        return torch.where(other.any(dim=1), other.to(torch.uint8).argmax(dim=1), -1).cpu().numpy()

    def unite(self, parent, linked):
        i, j = self._where(self.near[self.cloud.put(linked)])
        _unite(parent, self.rows[linked[i]], self.start + j)

    @staticmethod
    def _where(mask):
        return (index.cpu().numpy() for index in mask.nonzero(as_tuple=True))
