"""
Mapper graphs at every eps, and the eps in the middle of the longest range over which the graph stays the same.

:class:`AllEps` clusters the points over every interval of a cover once, by the tree of
:mod:`actopo.mapper.reachability`; the graph at any eps then needs no distance. An interval with more points than such a
tree can hold is clustered for a list of eps values instead, which share one sieve and one tree of the points
(:func:`actopo.mapper.dbscan.dbscan_each`). Either way the graph is that of :func:`actopo.mapper.dbscan.dbscan`.

:func:`stable_eps` is the rule `stable`. In the scale of log eps it takes the middle of the longest range over which the
numbers of components and of independent cycles do not change. It looks between a quantile of the core distances, below
which most points are noise, and a quantile of the heights at which clusters merge: above the last of them every
interval has one cluster, and the graph stays the same however large eps is.
"""

import logging

import numpy as np

from actopo.errors import InputError
from actopo.mapper.close_pairs import principal_axes
from actopo.mapper.dbscan import dbscan_each
from actopo.mapper.graph import interval_members, n_components, n_cycles, nerve
from actopo.mapper.persistence import persistent_clusters
from actopo.mapper.reachability import MOST_POINTS, core_distances, reachability_tree

log = logging.getLogger(__name__)

# Points of a large interval whose core distances are computed.
_SAMPLE = 1000
# Values of eps, and bounds of their range as quantiles of core distances and of merge heights.
N_VALUES, QUANTILES = 60, (0.25, 1.0)
# A plateau is at least this share of the range of log eps.
PLATEAU = 0.1
# Share of the range by which lengths differ that are the same.
ROUNDING = 1e-9


class AllEps:
    """
    The points over the intervals of a cover, and their clusters at every eps.

    Parameters
    ----------
    points : ndarray of shape (n_points, c)
        The whole cloud, which may be a memory map.
    lens : ndarray of shape (n_points,) or (n_points, 2)
        Lens value of each point, or values of two lenses.
    cover : object with ``intervals(lens)``
        As in `actopo.mapper.graph.mapper_graph`.
    min_samples : int, default 5
        As in `actopo.mapper.dbscan.dbscan`.
    most_points : int, default 10000
        An interval with more points has no tree. 0 is for a few values of eps, for which trees do not pay.
    axes : ndarray, optional
        `actopo.mapper.close_pairs.principal_axes` of the cloud, by default found where an interval has no tree. They do
        not change the graphs.
    progress : callable, optional
        Wraps the sequence of intervals and yields them, as tqdm does.
    device : str, default "cpu"
        Device on which intervals without a tree are clustered, as in `actopo.mapper.dbscan.dbscan`.

    Attributes
    ----------
    members : list of ndarray of int64
        Ascending indices of the points over each interval.
    trees : list of (ReachabilityTree or None)
        Tree of each interval, None where it has too many points.
    """

    def __init__(
        self, points, lens, cover, min_samples=5, most_points=MOST_POINTS, axes=None, progress=None, device="cpu"
    ):
        if len(points) != len(lens):
            raise InputError(
                f"there are {len(points)} points but {len(lens)} lens values; compute the lens from these points."
            )
        self.points, self.min_samples, self.device = points, min_samples, device
        self.members = interval_members(lens, cover.intervals(lens))
        steps = self.members if progress is None else progress(self.members)
        self.trees = [reachability_tree(points[own], min_samples) if len(own) <= most_points else None for own in steps]
        self._axes = axes

    def core_distances(self):
        """
        Core distances of the points, each once for each interval that holds it.

        Returns
        -------
        ndarray of float64
            Finite core distances in ascending order; of an interval without a tree, those of some points, each
            repeated so that the interval has its weight.
        """
        found = []
        for own, tree in zip(self.members, self.trees, strict=True):
            if tree is not None:
                found.append(np.sqrt(tree.core))
            else:
                rows = np.unique(np.linspace(0, len(own) - 1, _SAMPLE).round().astype(int))
                sample = core_distances(self.points[own], rows, self.min_samples)
                found.append(np.repeat(sample, max(1, round(len(own) / len(rows)))))
        every = np.concatenate(found) if found else np.empty(0)
        return np.sort(every[np.isfinite(every)])

    def merge_heights(self):
        """
        Values of eps at which two clusters of at least `min_samples` core points merge.

        Returns
        -------
        ndarray of float64
            Heights in ascending order, of the intervals that have a tree.
        """
        clusters = [persistent_clusters(tree, self.min_samples) for tree in self.trees if tree is not None]
        deaths = np.array([cluster.death for own in clusters for cluster in own])
        return np.sort(deaths[np.isfinite(deaths)])

    def graphs(self, eps_values):
        """
        Yield the mapper graph at each of some radii, in their order.

        Parameters
        ----------
        eps_values : sequence of float
            Positive radii, at least one.

        Yields
        ------
        MapperGraph
            As `actopo.mapper.graph.mapper_graph` with `actopo.mapper.dbscan.DBSCAN` of that eps.
        """
        clustered = {}
        for i, own in enumerate(self.members):
            if self.trees[i] is None:
                self._axes = principal_axes(self.points) if self._axes is None else self._axes
                labels = dbscan_each(self.points[own], eps_values, self.min_samples, self.device, axes=self._axes)
                # The labels of all radii stay in memory.
                clustered[i] = [part.astype(np.int32) for part in labels]
        for position, eps in enumerate(eps_values):
            labels = [
                clustered[i][position] if tree is None else tree.labels(float(eps)) for i, tree in enumerate(self.trees)
            ]
            yield nerve(len(self.points), list(zip(self.members, labels, strict=True)))


def eps_range(distances, heights, n_values=N_VALUES, quantiles=QUANTILES):
    """
    Values of eps, equally spaced in their logarithm, from where points become core points to where clusters merge.

    Parameters
    ----------
    distances : ndarray of shape (n,)
        Core distances, as of :meth:`AllEps.core_distances`; those of 0 are left out. If there are no others, as with
        `min_samples` of 1, the merge heights take their place.
    heights : ndarray of shape (h,)
        Merge heights, as of :meth:`AllEps.merge_heights`. If none is positive, the core distances take their place.
    n_values : int, default 60
        Number of values, at least 2.
    quantiles : (float, float), default (0.25, 1.0)
        Quantile of the core distances that is the lower bound, and of the merge heights that is the upper one; where
        that is not above the lower one, twice the lower one.

    Returns
    -------
    ndarray of shape (n_values,), float64

    Raises
    ------
    InputError
        If no core distance and no merge height is positive.
    """
    distances, heights = distances[distances > 0], heights[heights > 0]
    if len(distances) == len(heights) == 0:
        raise InputError(
            "there is no range of eps, for no interval has enough points that are not duplicates of each other; take "
            "fewer intervals, lower mapper.min_samples or set mapper.all_eps to null."
        )
    low = np.quantile(distances if len(distances) else heights, quantiles[0])
    high = np.quantile(heights if len(heights) else distances, quantiles[1])
    return np.geomspace(low, high if high > low else 2 * low, n_values)


def longest_plateau(eps_values, *counts):
    """
    The longest range of eps, in its logarithm, over which some counts of the graph do not change.

    Parameters
    ----------
    eps_values : ndarray of shape (n,)
        Ascending values.
    *counts : ndarrays of shape (n,)
        Counts at these values, such as components and cycles. Graphs without a component, the first count, are no
        plateau.

    Returns
    -------
    (int, int) or None
        First and last index of the range, the first of several as long, which is at least ``PLATEAU`` of the whole;
        None if there is none.
    """
    heights, counts = np.log(eps_values), np.stack(counts, axis=1)
    changes = np.flatnonzero((counts[1:] != counts[:-1]).any(axis=1)) + 1
    starts, stops = np.r_[0, changes], np.r_[changes, len(counts)] - 1
    lengths = np.where(counts[starts, 0] > 0, heights[stops] - heights[starts], 0.0)
    whole = heights[-1] - heights[0]
    # Values are equally spaced, so that ranges of as many steps differ by rounding alone.
    best = int(np.argmax(lengths >= lengths.max() - ROUNDING * whole))
    if lengths[best] == 0 or lengths[best] < (PLATEAU - ROUNDING) * whole:
        return None
    return int(starts[best]), int(stops[best])


def stable_eps(points, lens, cover, min_samples=5, n_values=N_VALUES, quantiles=QUANTILES, progress=None, device="cpu"):
    """
    Middle of the longest range of eps over which components and cycles of the mapper graph stay.

    Parameters
    ----------
    points, lens, cover, min_samples, progress, device
        As in :class:`AllEps`.
    n_values, quantiles
        As in :func:`eps_range`.

    Returns
    -------
    eps : float or None
        Geometric mean of the ends of the range; None, which is logged as a warning, if there is none,
        or if no core distance and no merge height is positive.
    details : dict
        ``rule``: ``"stable"``; ``plateau``: both ends; ``n_components`` and ``n_cycles`` in it. Empty without a
        plateau.

    Raises
    ------
    InputError
        As :class:`AllEps`.
    """
    every = AllEps(points, lens, cover, min_samples, progress=progress, device=device)
    distances, heights = every.core_distances(), every.merge_heights()
    if not ((distances > 0).any() or (heights > 0).any()):
        log.warning(
            "no plateau: no interval has min_samples (%d) points that are not duplicates of each other; eps is the "
            "knee instead",
            min_samples,
        )
        return None, {}
    eps_values = eps_range(distances, heights, n_values, quantiles)
    components, cycles = np.array([(n_components(graph), n_cycles(graph)) for graph in every.graphs(eps_values)]).T
    plateau = longest_plateau(eps_values, components, cycles)
    if plateau is None:
        log.warning(
            "no plateau: components and cycles stay over no range of %g of log eps between %.6g and %.6g; eps is the "
            "knee instead",
            PLATEAU,
            eps_values[0],
            eps_values[-1],
        )
        return None, {}
    ends = [float(eps_values[i]) for i in plateau]
    counts = {"n_components": int(components[plateau[0]]), "n_cycles": int(cycles[plateau[0]])}
    eps = float(np.sqrt(ends[0] * ends[1]))
    log.info("eps %.6g is the middle of the plateau from %.6g to %.6g: %s", eps, *ends, counts)
    return eps, {"rule": "stable", "plateau": ends, **counts}
