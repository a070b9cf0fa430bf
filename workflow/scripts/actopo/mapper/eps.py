"""
The radius of DBSCAN, from the distances between nearest neighbours.

:func:`choose_eps` is the rule of the paper's released code: the knee of the sorted distances [1]_. The knee depends
only on the largest distances and the smallest one, so :func:`nearest_neighbour_curve` need not compute all of them.
It computes the distances of a sample of the points, whose knee lies at a smaller distance, since a curve of fewer
points is noisier; finds the points that have no neighbour within that distance, for which no search for the nearest is
needed; and computes the distances of all of these. :mod:`actopo.mapper.neighbour_search` has these steps.

References
----------
.. [1] Satopää, Albrecht, Irwin and Raghavan (2011), "Finding a 'Kneedle' in a Haystack: Detecting Knee
   Points in System Behavior".
"""

import logging

import numpy as np

from actopo.errors import InputError
from actopo.mapper.nearest_neighbours import nearest_neighbour_distances
from actopo.mapper.neighbour_search import NeighbourSearch

log = logging.getLogger(__name__)

BEYOND_TIES = 1 + 1e-6
# More than one pair of mutual nearest neighbours, and no whole number, at which rounding decides about ties.
SENSITIVITY = 2.5
# The rank of a knee is the number of points that are farther from all others. Where only a few are, they and not the
# cloud decide: the random error of such a number is about its root.
SMALL_RANK = 10


def nearest_neighbour_curve(points, n_queries=10_000, seed=0, sensitivity=SENSITIVITY, device="cpu"):
    """
    Nearest-neighbour distances in descending order, exact down to the knee and sampled below.

    The knee of the curve is that of all distances, except for ties that rounding decides (see :func:`choose_eps`): both
    have the same largest and smallest distance. The time is that of `n_queries` queries, one query for each point
    with a distance above the sample's knee, the search for these points, and that for the closest pair. The curve is
    exact throughout if ``n <= n_queries``.

    Parameters
    ----------
    points : ndarray of shape (n, c)
        As in :func:`nearest_neighbour_distances`.
    n_queries : int, default 10000
        Number of points that are drawn without replacement, at least 2.
    seed : int, default 0
        Seed of the draw.
    sensitivity : float, default 2.5
        As in :func:`choose_eps`, which is given the curve; at least 1.
    device : str, default "cpu"
        As in `actopo.mapper.neighbour_search.NeighbourSearch`. The curve does not depend on it.

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
    # The rounding of a head is not that of the curve, and must not decide.
    sensitivity = max(sensitivity, BEYOND_TIES)
    drawn = np.random.default_rng(seed).choice(n, n_queries, replace=False)
    search = NeighbourSearch(points, device)
    sample = np.sort(search.distances(drawn))[::-1]
    lowest = search.smallest(sample[-1])
    rank = _knee_rank(sample, n_queries, sample[-1], sensitivity) or max(1, n_queries // 64)
    while rank < n_queries and sample[rank] > 0:
        head = np.sort(search.distances(search.isolated(sample[rank])))[::-1]
        if _knee_rank(head, n, lowest, sensitivity) is not None:
            body = np.quantile(sample[rank:], np.linspace(1, 0, n - len(head)))
            # Empty where rounding makes all points isolated, as on a lattice.
            body[-1:] = lowest
            return np.concatenate([head, body])
        rank *= 4
    return np.sort(search.distances())[::-1]


def choose_eps(distances, sensitivity=SENSITIVITY, is_logged=True):
    """
    DBSCAN's eps: the knee of the nearest-neighbour distances in descending order, or their median.

    The knee is that of the package kneed for a convex decreasing curve, to the last bit: the first peak of the
    difference curve from which it descends by more than `sensitivity` ranks before it rises again. Each pair of mutual
    nearest neighbours is a tie, along which the curve descends by exactly one rank: if the sensitivity is 1, rounding
    decides there, and swapping the axes may give another knee. The axes are therefore those of the paper's released
    code. The knee may then lie at the first pair of all, where eps is nearly the largest distance. A knee of small rank
    is logged as a warning.

    Parameters
    ----------
    distances : ndarray of shape (n,)
        Nearest-neighbour distances, finite and not negative.
    sensitivity : float, default 2.5
        Kneed's S, in ranks. The default is beyond a pair of mutual nearest neighbours, and no whole number of ranks,
        so that ties of any number of points are not left to rounding. 1 reproduces the paper's released code exactly.
        ``BEYOND_TIES``, which exceeds 1 by a negligible amount, gives that rule in exact arithmetic, in which a tie
        alone is not a descent of more than one rank.
    is_logged : bool, default True
        Whether the log says what is found; not where another eps is taken.

    Returns
    -------
    eps : float
        A positive distance.
    details : dict
        ``rule``: ``"knee"``, or ``"median"`` (of the positive distances) if there is no knee or the
        knee is 0. ``knee_rank``: first index of the knee in the descending order, which is the number of points that
        are farther than eps from every other; ``knee_share``: that rank over ``n``. Both are None under ``"median"``.

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
    # The difference curve descends along equal distances, so that a peak is the first of them.
    rank = _knee_rank(descending, len(descending), descending[-1], sensitivity)
    if rank is not None and descending[rank] > 0:
        eps = float(descending[rank])
        if is_logged:
            _report(eps, rank, len(descending), sensitivity)
        return eps, {"rule": "knee", "knee_rank": rank, "knee_share": rank / len(descending)}
    eps = float(np.median(descending[descending > 0]))
    if is_logged:
        log.warning("no knee at sensitivity %g: eps is the median of the positive distances, %.6g", sensitivity, eps)
    return eps, {"rule": "median", "knee_rank": None, "knee_share": None}


def _report(eps, rank, n, sensitivity):
    log.info("knee at rank %d of %d (%.3g %%), sensitivity %g: eps %.6g", rank, n, 100 * rank / n, sensitivity, eps)
    if rank < SMALL_RANK:
        log.warning(
            "only %d of %d points decide about the knee, so that eps is nearly the largest distance and the graph may "
            "hold one cluster an interval; raise mapper.knee_sensitivity, or set mapper.eps to a number",
            rank + 1,
            n,
        )


def _knee_rank(head, n, lowest, sensitivity):
    """
    Rank of the knee of a curve of `n` distances that starts with `head`; None if `head` does not determine it.

    The arithmetic is that of the package kneed, rounding included, which decides about ties.
    """
    if len(head) < 2 or head[0] == lowest:
        return None
    curve = (head - lowest) / (head[0] - lowest)
    # Of a whole curve the mean of its steps, as kneed has it, which is that fraction but for rounding.
    rank = np.abs(np.diff(curve).mean()) if len(head) == n else 1 / (n - 1)
    difference = 1 - np.linspace(0, 1, num=n)[: len(head)] - curve
    rises = np.diff(difference) > 0
    falls = np.diff(difference) < 0
    is_peak = np.r_[True, ~falls] & np.r_[~rises, True]
    is_trough = np.r_[True, ~rises] & np.r_[~falls, True]
    peaks, turns = np.flatnonzero(is_peak & ~is_trough), np.flatnonzero(is_peak | is_trough)
    # Each peak, but for one at the end, with what follows it.
    after = np.searchsorted(turns, peaks, side="right")
    peaks, after = peaks[after < len(turns)], after[after < len(turns)]
    is_knee = difference[turns[after]] < difference[peaks] - sensitivity * rank
    return int(peaks[np.argmax(is_knee)]) if is_knee.any() else None
