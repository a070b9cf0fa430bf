"""
Distances of pairs of points, exactly as the clusters are defined by them.

The distance that counts is the float64 sum of squared differences in the order of the coordinates. A sum in another
order, which is vectorised, decides most comparisons, since both are off by at most (d + 2) 2^-53 of the sum.
"""

import numpy as np

from actopo.compiled import compiled


@compiled(nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _reordered_squared_distance(points, i, j):
    total = 0.0
    for k in range(points.shape[1]):
        difference = np.float64(points[i, k]) - np.float64(points[j, k])
        total += difference * difference
    return total


@compiled(nogil=True)
def is_within(points, i, j, squared):
    """Whether two points are at most the root of `squared` apart."""
    # The relative error of the reordered sum and of the sum in order is at most (d + 2) 2^-53.
    total = _reordered_squared_distance(points, i, j)
    if abs(total - squared) > (points.shape[1] + 4) * 2.0**-51 * squared:
        return total <= squared
    total = 0.0
    for k in range(points.shape[1]):
        difference = np.float64(points[i, k]) - np.float64(points[j, k])
        total += difference * difference
    return total <= squared


@compiled(nogil=True)
def squared_distance_below(points, i, j, squared):
    """Float64 sum of squared differences in the order of the coordinates if it is below `squared`, else infinity."""
    # As in `is_within`, the sum in another order, which is vectorised, decides most pairs.
    total = _reordered_squared_distance(points, i, j)
    if total > squared * (1 + (points.shape[1] + 4) * 2.0**-51):
        return np.inf
    total = 0.0
    for k in range(points.shape[1]):
        difference = np.float64(points[i, k]) - np.float64(points[j, k])
        total += difference * difference
    return total if total < squared else np.inf


@compiled(nogil=True)
def are_within(points, first, second, squared):
    """Whether the points `first` and `second`, pair by pair, are at most the root of `squared` apart."""
    result = np.empty(len(first), dtype=np.bool_)
    for p in range(len(first)):
        result[p] = is_within(points, first[p], second[p], squared)
    return result
