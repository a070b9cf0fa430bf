r"""
Sliced-Wasserstein distances between persistence diagrams, all pairs at once.

The sliced-Wasserstein distance (Carrière, Cuturi and Oudot 2017, "Sliced Wasserstein Kernel for
Persistence Diagrams") completes each diagram with the diagonal projections of the other one and averages
the 1-Wasserstein distance of the projections over directions. On the line that distance is the area
between the cumulative counts, and the completion only moves terms from one side to the other, so with

.. math:: G_D(\theta, t) = \#\{x \in D : \pi_\theta(x) \le t\} - \#\{x \in D : \pi_\theta(diag(x)) \le t\}

it is an L1 distance, :math:`SW(D, E) = \frac1\pi \int\int |G_D - G_E| \, dt \, d\theta`. Each diagram is
projected and sorted once per direction. Its step function `G` is then summed up on bins of `t` that all
diagrams share, by its integral and its range in each bin:

- *grid*: the L1 distance between the vectors of integrals. Never above the distance, since
  :math:`|\int f| \le \int |f|`; and below it by at most `r_D + r_E`, where `r_D` is the integral of the
  distance of `G_D` from its own mean over the bin.
- *exact*: in a bin where the ranges of `G_D` and `G_E` do not overlap, the difference keeps its sign and
  the grid is exact; the other bins are integrated by merging the steps that fall into them.

Both go direction by direction, so that memory is that of one direction, and add up each pair in a fixed
order, so that the number of threads does not change a bit of the result.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit

from actopo.errors import InputError

TILE = 32
KNOTS = 64


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
    n_bins=512,
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
        "grid" is a lower bound; "auto" takes it for the pairs whose error bound is at most `tolerance`
        times the distance, and computes the others exactly.
    n_bins : int, default 512
        Bins of t, at quantiles of the projections. They set the error of "grid" and the speed of "exact".
    tolerance : float, default 0.005
        Relative error that "auto" accepts.
    n_threads : int, default 1
        Threads on the CPU. The result does not depend on it.
    device : str, default "cpu"
        Where "grid" and "auto" compare the binned diagrams: "cpu", or a CUDA device of torch.
    return_bound : bool, default False
        Also return an upper bound of the error.

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
        before its birth (with its index).

    References
    ----------
    .. [1] Carrière, Cuturi and Oudot (2017), "Sliced Wasserstein Kernel for Persistence Diagrams".
    """
    if method not in ("exact", "grid", "auto"):
        raise InputError(f'method is "{method}"; write "exact", "grid" or "auto".')
    for name, value in {"n_directions": n_directions, "n_bins": n_bins, "n_threads": n_threads}.items():
        if value < 1:
            raise InputError(f"{name} is {value}; write a positive whole number.")
    rows = [_checked(diagram, f"diagram {index}") for index, diagram in enumerate(diagrams)]
    columns = [
        _checked(diagram, f"diagram {index} of other") for index, diagram in enumerate([] if other is None else other)
    ]
    steps = _Steps(rows + columns, n_directions, n_bins, n_threads)
    symmetric = other is None
    shift, n_columns = (0, len(rows)) if symmetric else (len(rows), len(columns))
    wanted = np.ones((len(rows), n_columns), bool)
    if symmetric:
        wanted = np.triu(wanted, 1)

    distances = bound = np.zeros(wanted.shape)
    if method != "exact":
        distances, residual = steps.grid(shift, wanted, device)
        bound = wanted * (residual[: len(rows), None] + residual[shift : shift + n_columns])
        wanted &= (method == "auto") & (bound > tolerance * distances)
        bound[wanted] = 0
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
    """The step functions of a list of diagrams, made anew for one direction after another."""

    def __init__(self, diagrams, n_directions, n_bins, n_threads):
        self.angles = -np.pi / 2 + np.pi * np.arange(n_directions) / n_directions
        self.n_threads = n_threads
        n = len(diagrams)
        self.offsets = np.cumsum([0, *map(len, diagrams)])
        self.pairs = np.concatenate([d[np.argsort(d.sum(axis=1))] for d in diagrams] or [np.empty((0, 2))])
        self.position = np.empty(2 * len(self.pairs) + n)
        self.level = np.empty(2 * len(self.pairs) + n, np.int32)
        self.edges = np.zeros(n_bins + 1)
        self.start = np.empty((n, n_bins + 1), np.int64)
        self.integral = np.empty((n, n_bins))
        self.low = np.empty((n, n_bins), np.int32)
        self.high = np.empty((n, n_bins), np.int32)
        self.residual = np.zeros(n)
        # As many knots from each diagram, first and last step included, so that large ones do not rule.
        first, size = 2 * self.offsets[:-1] + np.arange(n), 2 * np.diff(self.offsets)
        knots = first[:, None] + np.rint(np.linspace(0, 1, KNOTS) * (size[:, None] - 1)).astype(np.int64)
        self.knots = knots[size > 0].ravel()

    def exact(self, shift, wanted):
        """Distances of the wanted pairs; column j is diagram `shift` + j."""
        distances, tiles = np.zeros(wanted.shape), _tiles(wanted)
        for angle in self.angles if len(tiles) else ():
            self._turn(angle)
            steps = self.position, self.level, self.edges, self.start, self.integral, self.low, self.high
            self._share(len(tiles), _add_exact, tiles, shift, wanted, *steps, distances)
        return distances / len(self.angles)

    def grid(self, shift, wanted, device):
        """Lower bounds of the wanted pairs, and what each diagram adds to the error bound."""
        distances, tiles = np.zeros(wanted.shape), _tiles(wanted)
        self.residual[:] = 0
        for angle in self.angles:
            self._turn(angle)
            if device == "cpu":
                self._share(len(tiles), _add_grid, tiles, shift, wanted, self.integral, distances)
            else:
                distances += wanted * _torch_l1(self.integral, shift, wanted.shape, device)
        return distances / len(self.angles), self.residual / len(self.angles)

    def _turn(self, angle):
        cos, sin, n = np.cos(angle), np.sin(angle), len(self.integral)
        self._share(n, _project, self.pairs, self.offsets, cos, sin, self.position, self.level)
        if len(self.knots):
            self.edges = _edges(np.sort(self.position[self.knots]), len(self.edges))
        bins = self.start, self.integral, self.low, self.high, self.residual
        self._share(n, _bin, self.offsets, self.position, self.level, self.edges, *bins)

    def _share(self, n_items, kernel, *arguments):
        """Run a compiled kernel over `range(n_items)`, each thread on every `n_threads`-th item."""
        n = min(self.n_threads, n_items)
        if n <= 1:
            kernel(0, n_items, 1, *arguments)
            return
        with ThreadPoolExecutor(n) as pool:
            for future in [pool.submit(kernel, i, n_items, n, *arguments) for i in range(n)]:
                future.result()


def _edges(knots, size):
    """Bins as dense as the square root of the knots, which minimises the sum of width times steps per bin."""
    level = np.cumsum(np.sqrt(np.diff(knots, prepend=knots[0])))
    return np.maximum.accumulate(np.interp(np.linspace(0, level[-1], size), level, knots))


def _torch_l1(integral, shift, shape, device):
    import torch  # only for a GPU: numba is faster on the CPU

    try:
        vectors = torch.from_numpy(integral).to(device)
    except (RuntimeError, AssertionError) as error:
        raise InputError(f'device "{device}" cannot be used ({error}); write "cpu".') from error
    return torch.cdist(vectors[: shape[0]], vectors[shift : shift + shape[1]], p=1).cpu().numpy()


def _tiles(wanted):
    starts = [
        (i, j)
        for i in range(0, wanted.shape[0], TILE)
        for j in range(0, wanted.shape[1], TILE)
        if wanted[i : i + TILE, j : j + TILE].any()
    ]
    return np.array(starts, np.int64).reshape(-1, 2)


@njit(nogil=True, cache=True)
def _project(first, last, stride, pairs, offsets, cos, sin, position, level):
    """
    Steps of G for each diagram: projected points go one up, projected diagonal points one down.

    Diagram k has the steps `position[2 * offsets[k] + k :]`, closed by one at infinity; `level` is the
    value of G on the left of each.
    """
    for k in range(first, last, stride):
        start, n = offsets[k], offsets[k + 1] - offsets[k]
        up = np.empty(n)
        down = np.empty(n)
        for i in range(n):
            birth, death = pairs[start + i]
            up[i] = birth * cos + death * sin
            down[i] = (birth + death) / 2 * (cos + sin)
        up.sort()
        # The rows are in order of birth + death, so that the diagonal points are sorted as they come.
        if cos + sin < 0:
            down = down[::-1]
        i = j = 0
        for step in range(2 * start + k, 2 * start + k + 2 * n):
            level[step] = i - j
            if j == n or (i < n and up[i] <= down[j]):
                position[step] = up[i]
                i += 1
            else:
                position[step] = down[j]
                j += 1
        position[2 * (start + n) + k] = np.inf
        level[2 * (start + n) + k] = 0


@njit(nogil=True, cache=True)
def _bin(first, last, stride, offsets, position, level, edges, start, integral, low, high, residual):
    """Integral and range of G in each bin, and the integral of its distance from its mean over the bin."""
    for k in range(first, last, stride):
        step = 2 * offsets[k] + k
        for b in range(len(edges) - 1):
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
            total += level[step] * (right - t)
            integral[k, b], low[k, b], high[k, b] = total, lo, hi
            if lo < hi:
                mean, t = total / (right - left), left
                for e in range(start[k, b], step):
                    residual[k] += abs(level[e] - mean) * (position[e] - t)
                    t = position[e]
                residual[k] += abs(level[step] - mean) * (right - t)
        start[k, len(edges) - 1] = 2 * offsets[k + 1] + k


@njit(nogil=True, cache=True, fastmath={"reassoc"})
def _l1(x, y):
    total = 0.0
    for i in range(len(x)):
        total += abs(x[i] - y[i])
    return total


@njit(nogil=True, cache=True)
def _area(position, level, i, j, n_steps, left, right):
    """Area between two step functions on one bin, from the first of their `n_steps` steps in it."""
    area, t = 0.0, left
    for _ in range(n_steps):
        x, y = position[i], position[j]
        u = min(x, y)
        area += abs(level[i] - level[j]) * (u - t)
        t = u
        # Without a branch, which no processor could predict; a side that is used up stays, because its
        # next step lies in a later bin.
        from_i = np.int64(x <= y)
        i += from_i
        j += 1 - from_i
    return area + abs(level[i] - level[j]) * (right - t)


@njit(nogil=True, cache=True)
def _add_grid(first, last, stride, tiles, shift, wanted, integral, distances):
    for tile in range(first, last, stride):
        row, column = tiles[tile]
        for i in range(row, min(row + TILE, distances.shape[0])):
            for j in range(column, min(column + TILE, distances.shape[1])):
                if wanted[i, j]:
                    distances[i, j] += _l1(integral[i], integral[shift + j])


@njit(nogil=True, cache=True)
def _add_exact(
    first, last, stride, tiles, shift, wanted, position, level, edges, start, integral, low, high, distances
):
    crossing = np.empty(integral.shape[1], np.int64)
    for tile in range(first, last, stride):
        row, column = tiles[tile]
        for i in range(row, min(row + TILE, distances.shape[0])):
            for j in range(shift + column, shift + min(column + TILE, distances.shape[1])):
                if not wanted[i, j - shift]:
                    continue
                n = 0
                for b in range(len(crossing)):
                    crossing[n] = b
                    n += (low[i, b] < high[j, b]) & (low[j, b] < high[i, b])
                total = _l1(integral[i], integral[j])
                for b in crossing[:n]:
                    n_steps = start[i, b + 1] - start[i, b] + start[j, b + 1] - start[j, b]
                    area = _area(position, level, start[i, b], start[j, b], n_steps, edges[b], edges[b + 1])
                    total += area - abs(integral[i, b] - integral[j, b])
                distances[i, j - shift] += total
