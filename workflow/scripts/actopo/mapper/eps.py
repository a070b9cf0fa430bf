"""
The radius of DBSCAN, from the distances between nearest neighbours.

:func:`choose_eps` is the rule of the paper's released code: the knee of the sorted distances [1]_. The knee depends
only on the largest distances and the smallest one, so :func:`nearest_neighbour_curve` need not compute all of them.
It computes the distances of a sample of the points, whose knee lies at a smaller distance, since a curve of fewer
points is noisier; finds the points that have no neighbour within that distance (:mod:`actopo.mapper.dbscan` does so
without a search for the nearest); and computes the distances of all of these.

References
----------
.. [1] Satopää, Albrecht, Irwin and Raghavan (2011), "Finding a 'Kneedle' in a Haystack: Detecting Knee
   Points in System Behavior".
"""

import numpy as np
from kneed import KneeLocator

from actopo.errors import InputError
from actopo.mapper.dbscan import dbscan
from actopo.mapper.nearest_neighbours import nearest_neighbour_distances

BEYOND_TIES = 1 + 1e-6


def nearest_neighbour_curve(points, n_queries=10_000, seed=0):
    """
    Nearest-neighbour distances in descending order, exact down to the knee and sampled below.

    The knee of the curve is that of all distances, except for ties that rounding decides (see :func:`choose_eps`): both
    have the same largest and smallest distance. The time is that of `n_queries` queries, one query for each point
    with a distance above the sample's knee or at most its smallest distance, and :func:`actopo.mapper.dbscan.dbscan`
    at both of these distances. The curve is exact throughout if ``n <= n_queries``.

    Parameters
    ----------
    points : ndarray of shape (n, c)
        As in :func:`nearest_neighbour_distances`.
    n_queries : int, default 10000
        Number of points that are drawn without replacement, at least 2.
    seed : int, default 0
        Seed of the draw.

    Returns
    -------
    ndarray of shape (n,), float64
        Distances in descending order. After the exact ones come quantiles of the smaller distances of the sample.

    Raises
    ------
    InputError
        As :func:`nearest_neighbour_distances`, or if there are fewer than two queries.
    """
    if n_queries < 2:
        raise InputError(f"a curve of nearest-neighbour distances needs at least 2 queries, not {n_queries}.")
    n = len(points)
    if n <= n_queries:
        return np.sort(nearest_neighbour_distances(points))[::-1]
    drawn = np.random.default_rng(seed).choice(n, n_queries, replace=False)
    sample = np.sort(nearest_neighbour_distances(points, drawn))[::-1]
    nearest = np.flatnonzero(dbscan(points, sample[-1], min_samples=2) >= 0) if sample[-1] > 0 else drawn[:0]
    lowest = nearest_neighbour_distances(points, nearest).min(initial=sample[-1])
    rank = _knee_rank(sample, n_queries, sample[-1]) or max(1, n_queries // 64)
    while rank < n_queries and sample[rank] > 0:
        far = np.flatnonzero(dbscan(points, sample[rank], min_samples=2) < 0)
        head = np.sort(nearest_neighbour_distances(points, far))[::-1]
        if _knee_rank(head, n, lowest) is not None:
            body = np.quantile(sample[rank:], np.linspace(1, 0, n - len(head)))
            body[-1] = lowest
            return np.concatenate([head, body])
        rank *= 4
    return np.sort(nearest_neighbour_distances(points))[::-1]


def choose_eps(distances, sensitivity=1.0):
    """
    DBSCAN's eps: the knee of the nearest-neighbour distances in descending order, or their median.

    The knee is that of the package kneed for a convex decreasing curve: the first peak of the difference curve from
    which it descends by more than `sensitivity` ranks before it rises again. Each pair of mutual nearest neighbours is
    a tie, along which the curve descends by exactly one rank: if the sensitivity is 1, rounding decides there, and
    swapping the axes may give another knee. The axes are therefore those of the paper's released code.

    Parameters
    ----------
    distances : ndarray of shape (n,)
        Nearest-neighbour distances, finite and not negative.
    sensitivity : float, default 1.0
        1 reproduces the paper's released code exactly. ``BEYOND_TIES``, which exceeds 1 by a negligible amount, gives
        the same rule in exact arithmetic, in which a tie alone is not a descent of more than one rank.

    Returns
    -------
    eps : float
        A positive distance.
    details : dict
        ``rule``: ``"knee"``, or ``"median"`` (of the positive distances) if there is no knee or the
        knee is 0. ``knee_rank``: first index of the knee in the descending order, None under
        ``"median"``.

    Raises
    ------
    InputError
        If there are no distances, one is negative or not finite, or all are 0.
    """
    descending = np.sort(np.asarray(distances, dtype=np.float64).ravel())[::-1]
    if len(descending) == 0 or not np.isfinite(descending).all() or descending[-1] < 0:
        raise InputError(
            "eps needs at least one nearest-neighbour distance, all finite and none negative; "
            "check the points for missing values."
        )
    if descending[0] == 0:
        raise InputError(
            "eps cannot be read from the points, for each has an exact duplicate (all distances are 0); "
            "set eps to a number."
        )
    # kneed divides by the range of the curve.
    if descending[0] > descending[-1]:
        share = np.linspace(0, 1, num=len(descending))
        eps = KneeLocator(descending, share, S=sensitivity, curve="convex", direction="decreasing").knee
        if eps is not None and eps > 0:
            return float(eps), {"rule": "knee", "knee_rank": int(np.argmax(descending == eps))}
    return float(np.median(descending[descending > 0])), {"rule": "median", "knee_rank": None}


def _knee_rank(head, n, lowest):
    """Rank of the knee of a curve of `n` distances that starts with `head`; None if `head` does not determine it."""
    if len(head) < 2 or head[0] == lowest:
        return None
    steps = 1 - (head[:-1] - head[1:]) * ((n - 1) / (head[0] - lowest))
    falling = np.r_[False, steps > 0, False]
    peaks, troughs = (np.flatnonzero(change) for change in (falling[1:] & ~falling[:-1], falling[:-1] & ~falling[1:]))
    fallen = np.r_[0.0, np.cumsum(np.maximum(steps, 0.0))]
    deep = np.flatnonzero(fallen[troughs] - fallen[peaks] > BEYOND_TIES)
    return int(peaks[deep[0]]) if len(deep) else None
