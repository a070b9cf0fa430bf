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

from actopo.errors import InputError
from actopo.similarity import wasserstein_kernels as cpu
from actopo.similarity import wasserstein_torch as gpu
from actopo.similarity.wasserstein_kernels import TILE

KNOTS = 64  # per diagram, from which the edges of blocks are computed
# Their names are here and not in `similarity.choices`, so that an edit of a label there computes no distance anew.
METHODS = ("exact", "grid", "auto")
BINS = {"exact": 16, "grid": 32}  # per block
POWER = {"exact": 1.0, "grid": 0.5}  # of the knots' density, to which the density of blocks is proportional
MANY = 1000  # pairs per diagram from which "auto" tries the grid
PARTS = 8  # into which directions are divided; after the first, "auto" drops pairs that will miss the tolerance


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
            self.share(len(tiles), cpu.add_exact, tiles, shift, wanted, *blocks, *steps, distances)
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
            self.share(len(bins), cpu.refine, self.n_bins, *steps, bins, reach)
            if device == "cpu":
                self.share(len(tiles), cpu.add_grid, tiles, shift, wanted, *blocks, bins, reach, distances, bound)
            else:
                # numba is faster on the CPU.
                gpu.add_grid(device, shift, wanted, *blocks, bins, reach, distances, bound)
        return distances / self.n_directions, bound / self.n_directions

    def _turn(self, cos, sin):
        n = len(self.start)
        self.share(n, cpu.project, self.pairs, self.offsets, cos, sin, self.projected)
        self.share(n, cpu.sort, self.projected[0], self.offsets)
        self.share(n, cpu.merge, self.projected, self.offsets, self.position, self.level)
        if len(self.knots):
            self.edges = _edges(np.sort(self.position[self.knots]), self.shares, self.power)
        blocks = self.integral, self.low, self.high
        self.share(n, cpu.sum_up, self.offsets, self.position, self.level, self.edges, self.start, *blocks)
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
