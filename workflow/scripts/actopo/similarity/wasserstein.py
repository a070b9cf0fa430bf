r"""
Sliced-Wasserstein distances between persistence diagrams, all pairs at once.

The sliced-Wasserstein distance (Carrière, Cuturi and Oudot 2017, "Sliced Wasserstein Kernel for
Persistence Diagrams") completes each diagram with the diagonal projections of the other one and averages
the 1-Wasserstein distance of the projections over directions. On the line that distance is the area
between the cumulative counts, and the completion only moves terms from one side to the other, so with

.. math:: G_D(\theta, t) = \#\{x \in D : \pi_\theta(x) \le t\} - \#\{x \in D : \pi_\theta(diag(x)) \le t\}

it is an L1 distance, :math:`SW(D, E) = \frac1\pi \int\int |G_D - G_E| \, dt \, d\theta`. Each diagram is
projected and sorted once per direction. Its step function `G` is then summarised by its integral and its range on
blocks of `t` that all diagrams share. In a block where the ranges of `G_D` and `G_E`
do not overlap, the difference has a constant sign, and the integrals give its area. The method determines the area in
the few other blocks:

- *exact* merges the steps that fall into them, from both ends at once, because the two merges do not wait for each
  other.
- *grid* divides them into bins and takes the L1 distance between the vectors of integrals over the bins.
  The result is never above the distance, since :math:`|\int f| \le \int |f|`. On a bin of width `w` where `G_D` is
  within `S_D / w` of its mean, the area is at most the larger of :math:`|\int f|` and `S_D + S_E`; the difference
  to that is the error bound. A GPU computes both in the same way (:mod:`actopo.similarity.wasserstein_torch`).

Both process one direction at a time, so that memory does not grow with their number, and sum each pair in a fixed
order, so that the result does not depend on the number of threads, bit for bit.

In H0 of a Rips filtration all births are 0. In the directions between :math:`-\pi/4` and 0 the points are then
projected to :math:`d \sin\theta \le 0` and their diagonal points to :math:`d (\cos\theta + \sin\theta) / 2 \ge 0`, so
that the distance is :math:`|\sin\theta| + |\cos\theta + \sin\theta| / 2` times one that does not depend on
the direction. One of these directions, a quarter of all, is computed for all of them.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from numba import njit

from actopo.errors import InputError
from actopo.similarity.wasserstein_torch import add_grid

KNOTS = 64  # per diagram, from which the edges of blocks are computed
# Their names are here and not in `similarity.choices`, so that an edit of a label there computes no distance anew.
METHODS = ("exact", "grid", "auto")
BINS = {"exact": 16, "grid": 32}  # per block
POWER = {"exact": 1.0, "grid": 0.5}  # of the knots' density, to which the density of blocks is proportional
TILE = 16  # diagrams whose bins fit into the cache
MANY = 1000  # pairs per diagram from which "auto" tries the grid
PARTS = 8  # into which directions are divided; after the first, "auto" drops pairs that will miss the tolerance
ROUND_UP = 1 + 1e-6  # covers the rounding to float32


def sliced_wasserstein(a, b, n_directions=50):
    r"""
    Sliced-Wasserstein distance between two persistence diagrams, exact for its set of directions.

    Parameters
    ----------
    a, b : array_like of shape (n, 2) and (m, 2)
        Finite (birth, death) pairs, in the unit of the filtration; may be empty.
    n_directions : int, default 50
        Equally spaced angles in :math:`[-\pi/2, \pi/2)`.

    Returns
    -------
    float
        Distance, in the unit of the filtration.

    Raises
    ------
    InputError
        If a diagram has another shape, a non-finite value or a death before its birth.

    References
    ----------
    .. [1] Carrière, Cuturi and Oudot (2017), "Sliced Wasserstein Kernel for Persistence Diagrams".
    """
    return float(pairwise_distances([a], [b], n_directions)[0, 0])


def pairwise_distances(
    diagrams,
    other=None,
    n_directions=50,
    method="exact",
    n_bins=8192,
    tolerance=0.005,
    n_threads=1,
    device="cpu",
    return_bound=False,
):
    r"""
    Sliced-Wasserstein distances between all pairs of persistence diagrams.

    Parameters
    ----------
    diagrams : sequence of array_like of shape (n_i, 2)
        Finite (birth, death) pairs, in the unit of the filtration; may be empty.
    other : sequence of array_like of shape (m_j, 2), optional
        The diagrams of the columns; by default `diagrams` itself.
    n_directions : int, default 50
        Equally spaced angles in :math:`[-\pi/2, \pi/2)`.
    method : {"exact", "grid", "auto"}, default "exact"
        "grid" gives a lower bound; "auto" uses it for the pairs whose error bound is at most `tolerance`
        times the distance, and computes the others exactly. Where a diagram has fewer than `MANY` pairs on average,
        "auto" computes all exactly, because the work per diagram makes the grid with its bound slower.
    n_bins : int, default 8192
        Number of bins of t, denser where there are more projections. It determines the error of "grid" and the speed
        of both.
    tolerance : float, default 0.005
        Relative error that "auto" accepts.
    n_threads : int, default 1
        Threads on the CPU. The result does not depend on it.
    device : str, default "cpu"
        Device on which "grid" and "auto" compare the binned diagrams: "cpu", or a CUDA device of torch. Which pairs
        "auto" computes exactly does not depend on it, but for rounding.
    return_bound : bool, default False
        Whether to return an upper bound of the error too.

    Returns
    -------
    distances : ndarray of shape (k, k) or (k, l)
        Distances, float64, in the unit of the filtration.
    bound : ndarray of the same shape
        Only with `return_bound`: the distance is at least `distances` and at most `distances + bound`, up
        to rounding; 0 where it is exact.

    Raises
    ------
    InputError
        If an argument is out of range, or a diagram has another shape, a non-finite value or a death
        before its birth; the message has its index.

    References
    ----------
    .. [1] Carrière, Cuturi and Oudot (2017), "Sliced Wasserstein Kernel for Persistence Diagrams".
    """
    if method not in METHODS:
        raise InputError(f'method is "{method}"; write one of {", ".join(METHODS)}.')
    for name, value in {"n_directions": n_directions, "n_bins": n_bins, "n_threads": n_threads}.items():
        if value < 1:
            raise InputError(f"{name} is {value}; write a positive whole number.")
    rows = [_checked(diagram, f"diagram {index}") for index, diagram in enumerate(diagrams)]
    columns = [
        _checked(diagram, f"diagram {index} of other") for index, diagram in enumerate([] if other is None else other)
    ]
    symmetric = other is None
    shift, n_columns = (0, len(rows)) if symmetric else (len(rows), len(columns))
    wanted = np.ones((len(rows), n_columns), bool)
    if symmetric:
        wanted = np.triu(wanted, 1)

    if method == "auto" and wanted.sum() < MANY * (len(rows) + len(columns)):
        method = "exact"
    distances = bound = np.zeros(wanted.shape)
    with ThreadPoolExecutor(n_threads) as pool:
        share = partial(_share, pool, n_threads)
        if method != "exact":
            steps = _Steps(rows + columns, n_directions, n_bins, "grid", share)
            limit = tolerance if method == "auto" else None
            distances, bound = steps.grid(shift, wanted, device, return_bound, limit)
            wanted &= (method == "auto") & (bound > tolerance * distances)
            bound[wanted] = 0
        if wanted.any():
            steps = _Steps(rows + columns, n_directions, n_bins, "exact", share)
            distances = np.where(wanted, steps.exact(shift, wanted), distances)
    if symmetric:
        distances, bound = distances + distances.T, bound + bound.T
    return (distances, bound) if return_bound else distances


def _checked(diagram, name):
    diagram = np.asarray(diagram, dtype=np.float64)
    if diagram.size == 0:
        return np.empty((0, 2))
    if diagram.ndim != 2 or diagram.shape[1] != 2:
        raise InputError(f"{name} has shape {diagram.shape}; give one (birth, death) pair a row.")
    if not np.isfinite(diagram).all():
        raise InputError(f"{name} has values that are not finite; drop or cap essential classes first.")
    if (diagram[:, 1] < diagram[:, 0]).any():
        raise InputError(f"{name} has a death before its birth; are the columns (birth, death)?")
    return diagram


class _Steps:
    """The step functions of a list of diagrams, computed for one direction after another."""

    def __init__(self, diagrams, n_directions, n_bins, method, share):
        directions = _directions(n_directions, not any(d[:, 0].any() for d in diagrams))
        self.directions = np.concatenate([directions[part::PARTS] for part in range(PARTS)])
        block, self.power = BINS[method], POWER[method]
        self.n_directions, self.n_bins, self.block, self.share = n_directions, n_bins, block, share
        n, n_blocks = len(diagrams), -(-n_bins // block)
        self.shares = np.minimum(np.arange(n_blocks + 1) * block / n_bins, 1)
        self.offsets = np.cumsum([0, *map(len, diagrams)])
        self.pairs = np.concatenate([d[np.argsort(d.sum(axis=1))] for d in diagrams] or [np.empty((0, 2))])
        self.projected = np.empty((2, len(self.pairs)))
        self.position = np.empty(2 * (len(self.pairs) + n))
        self.level = np.empty(2 * (len(self.pairs) + n), np.int32)
        self.edges = np.zeros(n_blocks + 1)
        self.start = np.empty((n, n_blocks + 1), np.int64)
        self.integral = np.empty((n, n_blocks))
        # A narrow type, of which a processor compares many values at once.
        longest = max(map(len, diagrams), default=0)
        self.low, self.high = np.empty((2, n, n_blocks), np.int16 if longest < 2**15 else np.int32)
        # The same number of knots from each diagram, first and last step included, so that large ones do not dominate.
        first, size = 2 * (self.offsets[:-1] + np.arange(n)) + 1, 2 * np.diff(self.offsets)
        knots = first[:, None] + np.rint(np.linspace(0, 1, KNOTS) * (size[:, None] - 1)).astype(np.int64)
        self.knots = knots[size > 0].ravel()

    def exact(self, shift, wanted):
        """Distances of the wanted pairs; column j is diagram `shift` + j."""
        distances, tiles = np.zeros(wanted.shape), _tiles(wanted)
        for direction in self.directions if len(tiles) else ():
            blocks = self._turn(*direction)
            steps = self.position, self.level, self.start, self.edges
            self.share(len(tiles), _add_exact, tiles, shift, wanted, *blocks, *steps, distances)
        return distances / self.n_directions

    def grid(self, shift, wanted, device, bounded, tolerance):
        """
        Lower bounds of the wanted pairs and, if `bounded` or with a tolerance, bounds of their error.

        Pairs that will not meet the tolerance are dropped after the first directions, with an infinite bound.
        """
        wanted, tiles = wanted.copy(), _tiles(wanted)
        distances, bound = np.zeros((2, *wanted.shape))
        bins = np.zeros((*self.integral.shape, self.block))
        reach = np.zeros(bins.shape if bounded or tolerance is not None else (0, 0, 0), np.float32)
        for index, direction in enumerate(self.directions):
            if tolerance is not None and index == -(-len(self.directions) // PARTS):
                hopeless = bound > 2 * tolerance * distances
                wanted[hopeless], bound[hopeless] = False, np.inf
            blocks = self._turn(*direction)
            steps = self.position, self.level, self.start, self.edges
            self.share(len(bins), _refine, self.n_bins, *steps, bins, reach)
            if device == "cpu":
                self.share(len(tiles), _add_grid, tiles, shift, wanted, *blocks, bins, reach, distances, bound)
            else:
                # numba is faster on the CPU.
                add_grid(device, shift, wanted, *blocks, bins, reach, distances, bound)
        return distances / self.n_directions, bound / self.n_directions

    def _turn(self, cos, sin):
        n = len(self.start)
        self.share(n, _project, self.pairs, self.offsets, cos, sin, self.projected)
        self.share(n, _sort, self.projected[0], self.offsets)
        self.share(n, _merge, self.projected, self.offsets, self.position, self.level)
        if len(self.knots):
            self.edges = _edges(np.sort(self.position[self.knots]), self.shares, self.power)
        blocks = self.integral, self.low, self.high
        self.share(n, _sum_up, self.offsets, self.position, self.level, self.edges, self.start, *blocks)
        return blocks


def _share(pool, n_threads, n_items, kernel, *arguments):
    """Run a kernel over `range(n_items)`; each thread takes every `n_threads`-th item."""
    n = min(n_threads, n_items)
    if n <= 1:
        kernel(0, n_items, 1, *arguments)
        return
    for future in [pool.submit(kernel, i, n_items, n, *arguments) for i in range(n)]:
        future.result()


def _directions(n, born_at_zero):
    """Rows (cos, sin); if all births are 0, those in [-pi/4, 0] are replaced by one, of the length of their sum."""
    angles = -np.pi / 2 + np.pi * np.arange(n) / n
    directions = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    alike = (4 * np.arange(n) >= n) & (2 * np.arange(n) <= n)
    if not (born_at_zero and alike.any()):
        return directions
    sizes = np.abs(directions[alike, 1]) + np.abs(directions[alike].sum(axis=1)) / 2
    return np.concatenate([directions[~alike], directions[alike][-1:] * sizes.sum() / sizes[-1]])


def _edges(knots, shares, power):
    """
    Edges of blocks, whose density is the given power of that of the knots.

    The square root minimises the sum of width times steps, and with it the error of "grid"; with the power 1, blocks
    have equally many steps, so that "exact" merges fewer.
    """
    level = np.cumsum(np.diff(knots, prepend=knots[0]) ** (1 - power))
    return np.maximum.accumulate(np.interp(shares * level[-1], level, knots))


def _tiles(wanted):
    starts = [
        (i, j)
        for i in range(0, wanted.shape[0], TILE)
        for j in range(0, wanted.shape[1], TILE)
        if wanted[i : i + TILE, j : j + TILE].any()
    ]
    return np.array(starts, np.int64).reshape(-1, 2)


@njit(nogil=True, cache=True)
def _project(first, last, stride, pairs, offsets, cos, sin, projected):
    """Positions of the points of each diagram, and those of their diagonal points in ascending order."""
    for k in range(first, last, stride):
        for i in range(offsets[k], offsets[k + 1]):
            birth, death = pairs[i]
            projected[0, i] = birth * cos + death * sin
            # The rows are in order of birth + death; their diagonal points are in the same order or the opposite one.
            place = i if cos + sin >= 0 else offsets[k] + offsets[k + 1] - 1 - i
            projected[1, place] = (birth + death) / 2 * (cos + sin)


def _sort(first, last, stride, values, offsets):
    for k in range(first, last, stride):
        # NumPy sorts with vector instructions, numba without.
        values[offsets[k] : offsets[k + 1]].sort()


@njit(nogil=True, cache=True)
def _merge(first, last, stride, projected, offsets, position, level):
    """
    Steps of G for each diagram: one up at each projected point, one down at each projected diagonal point.

    Diagram k has the steps `position[2 * (offsets[k] + k) + 1 :]`, between one at minus infinity and one at infinity;
    `level` is the value of G on the left of each.
    """
    one = np.uint64(1)
    for k in range(first, last, stride):
        start, n = offsets[k], offsets[k + 1] - offsets[k]
        up, down = np.full(n + 1, np.inf), np.full(n + 1, np.inf)
        # An assignment to a slice would be compiled for a second longer, for its message on shapes that differ.
        for i in range(n):
            up[i], down[i] = projected[0, start + i], projected[1, start + i]
        i = j = np.uint64(0)
        place = 2 * (start + k) + 1
        position[place - 1], position[place + 2 * n] = -np.inf, np.inf
        level[place - 1] = level[place + 2 * n] = 0
        for step in range(place, place + 2 * n):
            level[step] = np.int64(i) - np.int64(j)
            position[step] = min(up[i], down[j])
            # Without a branch, which a processor could not predict. Unsigned indices need no test for -1.
            is_up = np.uint64(up[i] <= down[j])
            i += is_up
            j += one - is_up


@njit(nogil=True, cache=True)
def _sum_up(first, last, stride, offsets, position, level, edges, start, integral, low, high):
    """First step, integral and range of G in each block."""
    n_blocks = integral.shape[1]
    for k in range(first, last, stride):
        step = 2 * (offsets[k] + k) + 1
        for b in range(n_blocks):
            left, right = edges[b], edges[b + 1]
            while position[step] <= left:
                step += 1
            start[k, b] = step
            lo = hi = level[step]
            total, t = 0.0, left
            while position[step] < right:
                total += level[step] * (position[step] - t)
                t = position[step]
                step += 1
                lo, hi = min(lo, level[step]), max(hi, level[step])
            integral[k, b] = total + level[step] * (right - t)
            low[k, b], high[k, b] = lo, hi
        start[k, n_blocks] = 2 * (offsets[k + 1] + k) + 1


@njit(nogil=True, cache=True)
def _refine(first, last, stride, n_bins, position, level, start, edges, bins, reach):
    """
    Integral of G over each bin and, unless `reach` is empty, its largest distance from its mean times the width.

    A step at the share x of a bin's width adds the share 1 - x of its height to the mean in the bin.
    """
    block, bounded, one = bins.shape[2], reach.size > 0, np.uint64(1)
    change = np.empty(block, np.int64)
    after, low, high = np.empty((3, block))
    for k in range(first, last, stride):
        for b in range(bins.shape[1]):
            n = min(block, n_bins - b * block)
            left, width, height = edges[b], (edges[b + 1] - edges[b]) / n, np.int64(level[start[k, b]])
            if start[k, b] == start[k, b + 1]:
                bins[k, b, :n] = height * width
                if bounded:
                    reach[k, b] = 0
                continue
            change[:] = 0
            after[:], low[:], high[:] = 0, np.inf, -np.inf
            old = height
            for step in range(np.uint64(start[k, b]), np.uint64(start[k, b + 1])):
                x, new = (position[step] - left) / width, np.int64(level[step + one])
                c = min(np.uint64(x), np.uint64(n - 1))
                change[c] += new - old
                after[c] += (new - old) * (c + 1 - x)
                if bounded:
                    # As floats, since the smaller of two floats is found without a branch.
                    low[c], high[c] = min(low[c], float(new)), max(high[c], float(new))
                old = new
            for c in range(n):
                mean = height + after[c]
                bins[k, b, c] = mean * width
                if bounded:
                    reach[k, b, c] = max(mean - min(low[c], height), max(high[c], height) - mean) * width * ROUND_UP
                height += change[c]


@njit(nogil=True, cache=True, fastmath={"reassoc"})
def _l1(x, y):
    total = 0.0
    for i in range(len(x)):
        total += abs(x[i] - y[i])
    return total


@njit(nogil=True, cache=True)
def _overlap(low_x, high_x, low_y, high_y, mask):
    """Mark the blocks in which the ranges overlap, one byte each, so that eight are tested at a time."""
    for b in range(len(low_x)):
        mask[b] = (low_x[b] < high_y[b]) & (low_y[b] < high_x[b])


@njit(nogil=True, cache=True)
def _area(position, level, i, j, end_i, end_j, left, right):
    """
    Area between two step functions from `left` to `right`, where they have the steps from i, j up to the ends.

    One merge goes up from the left and one down from the right until they meet; of an odd number of steps both take
    the middle one. A function without further steps in the range keeps its value: its next step is outside.
    """
    one = np.uint64(1)
    n_steps = end_i - i + end_j - j
    i, j, k, m = np.uint64(i), np.uint64(j), np.uint64(end_i), np.uint64(end_j)
    lower, upper = 0.0, 0.0
    for _ in range((n_steps + 1) >> 1):
        # Without a branch, which a processor could not predict. Of equal steps, that of the first function is lower.
        t = min(position[i], position[j])
        lower += abs(level[i] - level[j]) * (t - left)
        left = t
        from_i = np.uint64(position[i] <= position[j])
        i += from_i
        j += one - from_i
        t = max(position[k - one], position[m - one])
        upper += abs(level[k] - level[m]) * (right - t)
        right = t
        from_k = np.uint64(position[k - one] > position[m - one])
        k -= from_k
        m -= one - from_k
    return lower + upper + abs(level[i] - level[j]) * (right - left)


@njit(nogil=True, cache=True, fastmath={"reassoc"})
def _upper(x, y, reach_x, reach_y):
    total = 0.0
    for i in range(len(x)):
        total += max(abs(x[i] - y[i]), reach_x[i] + reach_y[i])
    return total


@njit(nogil=True, cache=True)
def _add_exact(
    first, last, stride, tiles, shift, wanted, integral, low, high, position, level, start, edges, distances
):
    mask = np.zeros(-(-integral.shape[1] // 8) * 8, np.uint8)
    eights = mask.view(np.uint64)
    for tile in range(first, last, stride):
        row, column = tiles[tile]
        for i in range(row, min(row + TILE, distances.shape[0])):
            x, start_x = integral[i], start[i]
            for j in range(column, min(column + TILE, distances.shape[1])):
                if not wanted[i, j]:
                    continue
                y, start_y = integral[shift + j], start[shift + j]
                _overlap(low[i], high[i], low[shift + j], high[shift + j], mask)
                total = _l1(x, y)
                for eight in range(len(eights)):
                    if not eights[eight]:
                        continue
                    for b in range(8 * eight, 8 * eight + 8):
                        if mask[b]:
                            ends = start_x[b + 1], start_y[b + 1], edges[b], edges[b + 1]
                            total += _area(position, level, start_x[b], start_y[b], *ends) - abs(x[b] - y[b])
                distances[i, j] += total


@njit(nogil=True, cache=True)
def _add_grid(first, last, stride, tiles, shift, wanted, integral, low, high, bins, reach, distances, bound):
    mask = np.zeros(-(-integral.shape[1] // 8) * 8, np.uint8)
    eights, bounded = mask.view(np.uint64), reach.size > 0
    for tile in range(first, last, stride):
        row, column = tiles[tile]
        for i in range(row, min(row + TILE, distances.shape[0])):
            x, bins_x = integral[i], bins[i]
            for j in range(column, min(column + TILE, distances.shape[1])):
                if not wanted[i, j]:
                    continue
                y, bins_y = integral[shift + j], bins[shift + j]
                _overlap(low[i], high[i], low[shift + j], high[shift + j], mask)
                total, error = _l1(x, y), 0.0
                for eight in range(len(eights)):
                    if not eights[eight]:
                        continue
                    for b in range(8 * eight, 8 * eight + 8):
                        if mask[b]:
                            fine = _l1(bins_x[b], bins_y[b])
                            total += fine - abs(x[b] - y[b])
                            if bounded:
                                error += _upper(bins_x[b], bins_y[b], reach[i, b], reach[shift + j, b]) - fine
                distances[i, j] += total
                bound[i, j] += error
