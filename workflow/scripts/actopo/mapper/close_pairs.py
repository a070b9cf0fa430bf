"""
Pairs of points within a radius, one block at a time and without a list of all pairs.

*Sieve.* Points are centred, rotated to principal axes and projected to the leading ones; the norm of the discarded
coordinates is kept as one more coordinate. This map never increases a distance, so one float32 matrix product with
few columns excludes most pairs. `_thresholds` bounds its rounding; a pair that the product cannot decide is decided
by its float64 distance.

*Tree.* Median splits order the points into leaves, whose bounding boxes show which leaves are out of reach.
Sorting by norm alone would exclude almost nothing within an interval of a mapper cover, whose points have
nearly the same norm.
"""

import math

import numpy as np
from scipy.linalg import eigh

from actopo.compiled import compiled
from actopo.mapper.exact_distances import is_within
from actopo.mapper.union_find import find_root

UNIT = 2.0**-24
CHUNK = 64
_SAMPLE = 2048
_UNCUT = 24
_LEAF, _DEVICE_LEAF = 512, 4096


def sieved_clouds(points, eps_values, device, run, axes=None, kind=None):
    """
    Prepare the search for pairs of points within each of some radii, which share one sieve and one tree.

    Parameters
    ----------
    points : ndarray of shape (n, d), float32 or float64
        Finite, contiguous, ``n`` at least 1.
    eps_values : sequence of float
        Radii, at least one. The sieve suits the largest.
    device : str
        "cpu" or a torch device.
    run : callable
        ``run(f, items)`` returns the list of ``f(item)``, computed in one or several threads.
    axes : ndarray of shape (d, k), float64, optional
        `principal_axes` of a cloud that contains `points`; by default those of `points`.
    kind : type, optional
        `Cloud`, the default, or a class derived from it.

    Yields
    ------
    Cloud
        One for each radius, in the order given. The order and the leaves are the same for all.
    """
    on_cpu = device == "cpu"
    z, tail, displaced, scale = sieve(points, run, axes, eps=max(eps_values) if on_cpu else None)
    order, bounds = median_tree(z, _LEAF if on_cpu else _DEVICE_LEAF)
    shared = [z[order], tail[order]]
    del z, tail
    for left, eps in zip(range(len(eps_values), 0, -1), eps_values, strict=True):
        image = list(shared)
        if left == 1:
            # The last cloud alone holds the image, so that it is freed when `keep` takes a part of it.
            shared.clear()
        cloud = (kind or Cloud)(points, eps, device, *image, _radius(eps, scale), displaced, order, bounds)
        image.clear()
        yield cloud


def principal_axes(points):
    """
    Half of the principal axes of a cloud, those of most variance first, estimated from a sample.

    The sieve is correct with any orthonormal axes; better ones make it exclude more pairs.

    Parameters
    ----------
    points : ndarray of shape (n, d)
        Rows that are not finite are left out.

    Returns
    -------
    ndarray of shape (d, d // 2), float64
    """
    n, d = points.shape
    sample = np.asarray(points[:: max(1, -(-n // _SAMPLE))], dtype=np.float64)
    sample = sample[(np.abs(sample) < 1e150).all(axis=1)]
    sample = sample - sample.sum(axis=0) / max(1, len(sample))
    sample = (sample / max(np.abs(sample).max(initial=0.0), 1e-300)).astype(np.float32)
    # scipy's LAPACK, since the threads of numpy's wait for each other far longer on a busy machine.
    axes = eigh((sample.T @ sample).astype(np.float64), driver="evd", overwrite_a=True, check_finite=False)[1]
    # A copy, since numpy multiplies by a view with negative strides without BLAS, 30 times as slowly.
    return np.ascontiguousarray(axes[:, : -(d // 2) - 1 : -1])


def sieve(points, run, axes=None, eps=None, rank=None):
    """
    Float32 image of the points, and the norms of the discarded coordinates (its last column).

    The third value bounds how far rounding displaces a point of the image, in units of 2^-24 of its norm; the fourth is
    the factor from the unit of the points to that of the image. `rank` is the number of axes to keep, by default the
    best for the radius `eps`, and all without one.
    If discarding coordinates does not pay, the points are only centred and scaled, and the norms are 0.
    """
    n, d = points.shape
    sample = points[:: -(-n // _SAMPLE)].astype(np.float64)
    centre = sample.mean(axis=0)
    extent = math.sqrt(d) * (float(points.max()) - float(points.min()))
    scale = math.ldexp(1.0, -max(math.frexp(extent)[1], -1000)) if extent else 1.0
    # Comparing fewer than 4 d points, or few points with given axes, is faster than choosing a projection.
    if rank is not None:
        axes = np.ascontiguousarray(axes[:, :rank]) if rank < d else None
    elif eps is not None and d > _UNCUT and n > (max(_SAMPLE, 4 * d) if axes is None else _SAMPLE // 2):
        axes = principal_axes(points) if axes is None else axes
        rank = choose_rank(((sample - centre) * scale).astype(np.float32), axes.astype(np.float32), _radius(eps, scale))
        axes = np.ascontiguousarray(axes[:, :rank]) if rank < d else None
    else:
        axes = None
    z = np.empty((n, d if axes is None else axes.shape[1] + 1), dtype=np.float32)
    tail = np.zeros(n, dtype=np.float32)

    def project(part):
        centred = (points[part] - centre) * scale
        if axes is None:
            z[part] = centred
            return
        kept = centred @ axes
        rest = np.einsum("ij,ij->i", centred, centred) - np.einsum("ij,ij->i", kept, kept)
        z[part, :-1], tail[part] = kept, np.sqrt(np.maximum(rest, 0.0))
        z[part, -1] = tail[part]

    run(project, (slice(start, start + 2048) for start in range(0, n, 2048)))
    # A tail, the norm of the discarded coordinates, is the root of a difference of squares, whose float64 error is
    # below 8 d^1.5 2^-53 of the square.
    displaced = 2.0 if axes is None else 2.0 + math.sqrt(8 * d**1.5 * 2.0**-53) / UNIT
    return z, tail, displaced, scale


def _radius(eps, scale):
    """`eps` in the unit of the image, whose norms are at most 1: a radius above 2 holds all, and 4 cannot overflow."""
    return min(eps * scale, 4.0)


def whole_image(points):
    """
    Float32 image of the points with all their coordinates, and what bounds their distances from below.

    Parameters
    ----------
    points : ndarray of shape (n, d), float32 or float64
        Finite, contiguous, ``n`` at least 1.

    Returns
    -------
    z : ndarray of shape (n, d), float32
    bound : ndarray of shape (n,), float64
    factor : float
        The squared distance of points `i` and `j` is at least ``(bound[i] + bound[j] - p) * factor``, with `p` the
        float32 product of the images `i` and `j`. This solves the condition of `_thresholds` for the radius.
    """
    z, _, displaced, scale = sieve(points, lambda f, items: [f(item) for item in items])
    half, relative = halves(z, displaced)
    return z, half * (1 - relative) - 1e-34, 2 * (1 - 1e-6) / (scale * scale)


def choose_rank(sample, axes, eps):
    """
    Number of leading axes that minimises the cost of products and float64 distances, estimated from a sample.

    `eps` is a number, or a column with one for each of ``sample[::8]``.
    The weights come from measured times per pair: a float64 distance costs as much as 6 d columns.
    """
    d = sample.shape[1]
    parts = sample[::8], sample[1::2]
    squares = [np.einsum("ij,ij->i", part, part) for part in parts]
    half = 0.5 * (squares[0][:, None] + squares[1] - eps * eps)
    within = parts[0] @ parts[1].T >= half
    rotated = [part @ axes for part in parts]
    cost, best = d, d
    for k in (2**e - 1 for e in range(4, 12) if 2**e <= axes.shape[1]):
        kept = [part[:, :k] for part in rotated]
        rest = [square - np.einsum("ij,ij->i", part, part) for square, part in zip(squares, kept, strict=True)]
        product = kept[0] @ kept[1].T + np.outer(*(np.sqrt(np.maximum(part, 0.0)) for part in rest))
        estimate = k + 6 * d * np.mean((product >= half) & ~within)
        if estimate < cost:
            cost, best = estimate, k
    return best


def _thresholds(z, radius, displaced):
    """
    Terms ``low`` and ``high`` of every point in the bounds that decide about a pair by its float32 product.

    With ``h = |z|^2 / 2``, images are within the radius iff ``z.w >= h(z) + h(w) - radius^2 / 2``. Let
    ``u = 2^-24``. The float32 product of `k` columns is off by at most ``1.02 k u |z||w|``, in any order of
    summation, and ``|z||w| <= h(z) + h(w)``. Images displaced by ``m u |z|`` and ``m u |w|`` move the right
    side by at most ``m u (2 h(z) + 2 h(w) + radius^2 / 2)``. Rounding the terms, their sum and the tails'
    product takes less than ``12 u (h(z) + h(w)) + 2 u radius^2``, and float64 distances err by far less. So a
    product below ``low(z) + low(w)`` proves the points apart; one above ``high(z) + high(w)``, plus twice the
    product of the tails, proves them neighbours.
    """
    half, relative = halves(z, displaced)
    slack = (displaced + 4) * UNIT * radius**2 / 4 + 1e-34
    low = half * (1 - relative) - radius**2 / 4 - slack
    high = half * (1 + relative) - radius**2 / 4 + slack
    return low.astype(np.float32), high.astype(np.float32)


def halves(z, displaced):
    """Half of the squared norm of every image, and the bound on rounding relative to it; see `_thresholds`."""
    half = 0.5 * np.einsum("ij,ij->i", z, z, dtype=np.float64)
    return half, (1.02 * (z.shape[1] + 2 * displaced) + 12) * UNIT


def median_tree(coordinates, leaf):
    """Order in which consecutive points are close, and the bounds of its leaves of at most `leaf` points."""
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


class Cloud:
    """
    The sieve of the points, in the order of the tree, for one radius.

    All positions refer to the tree's order, which `z` and `tail` are given in; `order` maps them to the indices of the
    points as given.
    """

    def __init__(self, points, eps, device, z, tail, radius, displaced, order, bounds):
        self.points, self.squared, self.device = points, eps * eps, device
        self.reach = radius * (1 + 1e-6) + 3 * displaced * UNIT
        self._set(order, bounds, z, tail, *_thresholds(z, radius, displaced))
        self.centres = np.add.reduceat(z, bounds[:-1]) / np.diff(bounds)[:, None]
        # In float64, since in float32 the sum over the axes in `within_reach` would need its own error bound.
        self.lower, self.upper = (
            extreme.reduceat(z, bounds[:-1]).astype(np.float64) for extreme in (np.minimum, np.maximum)
        )

    def _set(self, order, bounds, z, tail, low, high):
        self.order, self.bounds, self.z, self.tail, self.low, self.high = order, bounds, z, tail, low, high
        self.state = low, high, tail, self.points, order, self.squared
        self.leaves = list(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True))

    def keep(self, positions):
        """Keep only `positions`, which are ascending. Bounding boxes keep their size."""
        bounds = np.searchsorted(positions, self.bounds)
        left = np.diff(bounds) > 0
        self.centres, self.lower, self.upper = (of[left] for of in (self.centres, self.lower, self.upper))
        arrays = (self.z, self.tail, self.low, self.high)
        self._set(self.order[positions], np.unique(bounds), *(array[positions] for array in arrays))

    def within_reach(self, rows):
        """Leaves that may contain neighbours of `rows`, nearest centre first."""
        z = self.z[rows]
        gap = np.maximum(np.maximum(self.lower - z.max(axis=0), z.min(axis=0) - self.upper), 0.0)
        reached = np.flatnonzero(np.linalg.norm(gap, axis=1) <= self.reach)
        away = np.linalg.norm(self.centres[reached] - z.mean(axis=0), axis=1)
        return [self.leaves[leaf] for leaf in reached[np.argsort(away, kind="stable")]]

    def select(self, rows):
        """`Rows` of the positions `rows`, for products with the cloud."""
        return Rows(self, rows)


class Rows:
    """Products of some rows with slices of the cloud, one at a time, and the decisions based on them."""

    def __init__(self, cloud, rows):
        self.cloud, self.rows, self.z = cloud, rows, cloud.z[rows]
        self.buffer = np.empty(0, dtype=np.float32)

    def multiply(self, a, b):
        """Compute the product with positions `a` to `b`."""
        size = len(self.rows) * (b - a)
        if len(self.buffer) < size:
            self.buffer = np.empty(size, dtype=np.float32)
        product = self.buffer[:size].reshape(len(self.rows), b - a)
        np.matmul(self.z, self.cloud.z[a:b].T, out=product)
        self.tile = product, self.rows, a, self.cloud.state

    def count(self, limit, counts, found):
        """Add each row's neighbours in the product to `counts`, up to `limit`, and list them in `found`."""
        _count(*self.tile, limit, counts, found)

    def first_links(self, row_roots, column_roots):
        """Each row's first neighbour column that has another root, -1 if none."""
        return _first_links(*self.tile, row_roots, column_roots)

    def unite(self, parent, linked):
        """Join the trees of all neighbours in the product; only the rows `linked` have neighbours to join."""
        _unite_tile(*self.tile, parent, linked)


@compiled(nogil=True)
def _is_pair(value, i, j, low, high, tail, points, order, squared):
    if value < low[i] + low[j]:
        return False
    if value - 2 * tail[i] * tail[j] >= high[i] + high[j]:
        return True
    return is_within(points, order[i], order[j], squared)


@compiled(nogil=True)
def any_reaches(products, low, lows):
    """Whether some product is at least `low` and its own of `lows` together."""
    # The loop counts instead of returning at the first hit, so that the compiler can vectorise it.
    hits = np.int32(0)
    for c in range(len(products)):
        hits += np.int32(products[c] >= low + lows[c])
    return hits > 0


@compiled(nogil=True)
def _count(product, rows, a, state, limit, counts, found):
    low, high, tail, points, order, squared = state
    width = product.shape[1]
    for r in range(len(rows)):
        i, count = rows[r], counts[r]
        for start in range(0, width, CHUNK):
            if count >= limit:
                break
            stop = min(start + CHUNK, width)
            if not any_reaches(product[r, start:stop], low[i], low[a + start : a + stop]):
                continue
            for c in range(start, stop):
                if _is_pair(product[r, c], i, a + c, low, high, tail, points, order, squared):
                    if count < found.shape[1]:
                        found[r, count] = a + c
                    count += 1
                    if count >= limit:
                        break
        counts[r] = count


@compiled(nogil=True)
def _first_links(product, rows, a, state, row_roots, column_roots):
    low, high, tail, points, order, squared = state
    width = product.shape[1]
    links = np.full(len(rows), -1, dtype=np.int64)
    for r in range(len(rows)):
        i = rows[r]
        for start in range(0, width, CHUNK):
            if links[r] >= 0:
                break
            stop = min(start + CHUNK, width)
            if not any_reaches(product[r, start:stop], low[i], low[a + start : a + stop]):
                continue
            for c in range(start, stop):
                if column_roots[c] != row_roots[r] and _is_pair(
                    product[r, c], i, a + c, low, high, tail, points, order, squared
                ):
                    links[r] = c
                    break
    return links


@compiled(nogil=True)
def _unite_tile(product, rows, a, state, parent, linked):
    low, high, tail, points, order, squared = state
    for r in linked:
        i = rows[r]
        for c in range(product.shape[1]):
            j, value = a + c, product[r, c]
            if value < low[i] + low[j]:
                continue
            root, other = find_root(parent, i), find_root(parent, j)
            if root != other and _is_pair(value, i, j, low, high, tail, points, order, squared):
                parent[max(root, other)] = min(root, other)
