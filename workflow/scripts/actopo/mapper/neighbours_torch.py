"""
Distances to nearest neighbours with products on a torch device.

All points are compared by float32 products of the whole points, since a GPU takes them faster than a search would
exclude any. Bounds on the rounding (:mod:`actopo.mapper.close_pairs`) leave few pairs, mostly one for each point; the
host decides these by float64 sums, so that the distances are those of :mod:`actopo.mapper.neighbour_search`, bit for
bit.
"""

import numpy as np
import torch

from actopo.arithmetic import exact_arithmetic
from actopo.compiled import compiled
from actopo.mapper.close_pairs import halves, sieve
from actopo.mapper.exact_distances import squared_distance_below

# Points that are compared at a time: a product takes 256 MB.
_ROWS, _COLUMNS = 2048, 1 << 15
# Pairs of a product that the host decides at a time.
_PAIRS = 1 << 22
# What rounding in float64 can change of a distance, generously.
_SLACK = 4e-6


class TorchNeighbours:
    """
    Nearest neighbours in one cloud, whose float32 image lies on a device.

    Parameters
    ----------
    points : ndarray of shape (n, d), float32 or float64
        Finite, contiguous, ``n`` at least 2.
    device : str
        torch's name of a device.
    """

    def __init__(self, points, device):
        self.points, self.device = points, device
        z, _, displaced, scale = sieve(points, lambda f, items: [f(item) for item in items])
        half, relative = halves(z, displaced)
        # Half of the squared distance in the image is between low + low - product and high + high - product.
        terms = (half * (1 - relative) - 1e-34, half * (1 + relative) + 1e-34)
        self.z, self.low, self.high = (self._put(array) for array in (z, *(t.astype(np.float32) for t in terms)))
        self.unit = scale * scale / 2

    def distances(self, queries=None):
        """Distances of the points `queries`, or of all, to their nearest other point: ndarray (m,), float64."""
        n = len(self.points)
        queries = np.arange(n) if queries is None else queries
        asked, squares = np.unique(queries), np.full(n, np.inf)
        with exact_arithmetic():
            for rows in (asked[start : start + _ROWS] for start in range(0, len(asked), _ROWS)):
                squares[rows] = self._nearest(rows)
        return np.sqrt(squares[queries])

    def _nearest(self, rows):
        """Squared distances of some points to their nearest others."""
        on_device = self._put(rows)
        z, low, high = (terms[on_device] for terms in (self.z, self.low, self.high))
        squares, best = np.full(len(rows), np.inf), torch.full_like(high, torch.inf)
        for a in range(0, len(self.points), _COLUMNS):
            columns = slice(a, a + _COLUMNS)
            product = z @ self.z[columns].T
            own = np.flatnonzero((rows >= a) & (rows < a + product.shape[1]))
            if len(own):
                product[self._put(own), self._put(rows[own] - a)] = -torch.inf
            torch.minimum(best, (high[:, None] + self.high[columns] - product).amin(dim=1), out=best)
            self._decide(low[:, None] + self.low[columns] - product, rows, a, best, squares)
        return squares

    def _decide(self, least, rows, a, best, squares):
        """Lower `squares`, and `best` on the device, by the pairs of rows and columns that may be the nearest."""
        may_be = least <= best[:, None] * (1 + _SLACK)
        n_pairs = int(may_be.sum())
        if n_pairs > _PAIRS and least.shape[1] > 1:
            # Duplicates, of which the first ones decide.
            middle = least.shape[1] // 2
            self._decide(least[:, :middle], rows, a, best, squares)
            self._decide(least[:, middle:], rows, a + middle, best, squares)
            return
        if n_pairs:
            places, columns = (index.cpu().numpy() for index in may_be.nonzero(as_tuple=True))
            _lower(self.points, rows, places, a + columns, squares)
            decided = np.unique(places)
            # A point with a duplicate has no nearer one.
            halves_now = np.where(squares[decided] > 0, squares[decided] * self.unit * (1 + _SLACK), -np.inf)
            decided, halves_now = self._put(decided), self._put(halves_now.astype(np.float32))
            best[decided] = torch.minimum(best[decided], halves_now)

    def _put(self, array):
        return torch.from_numpy(array).to(self.device)


@compiled(nogil=True)
def _lower(points, rows, places, columns, squares):
    """Lower the squared distances `squares` of the rows at `places` by those to the points `columns`."""
    for p in range(len(places)):
        r = places[p]
        square = squared_distance_below(points, rows[r], columns[p], squares[r])
        if square < squares[r]:
            squares[r] = square
