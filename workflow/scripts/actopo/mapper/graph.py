r"""
Mapper: the shape of a point cloud as the nerve of a clustered cover.

A lens assigns a number to each point. Overlapping intervals cover the lens's values; the points over each
interval are clustered in the original space; each cluster is a node, and two nodes are joined where they
share a point [1]_. Noise is in no node.

:func:`mapper_graph` does all steps. Each is also public, since the intervals of one large graph can be
clustered in independent jobs: :func:`cluster_intervals` for some of the intervals in each job, then one
:func:`join` of the results of all jobs, which is bit for bit the graph that one job makes of all intervals.

A graph has three ingredients. A *lens* is an array with a number for each point, or with two for each. A *cover* has
``intervals(lens)``, which returns closed intervals as rows (lower, upper), or for two lenses rectangles, which are
called intervals, too. A *clusterer* has scikit-learn's
``fit_predict(points)``, whose negative labels mean noise (:mod:`actopo.mapper.dbscan`,
:mod:`actopo.mapper.clusterers`). It may also have ``for_parts_of(points)``, which returns the clusterer for the
intervals of the cloud `points`, and does once the work that all intervals share.

References
----------
.. [1] Singh, Mémoli and Carlsson (2007), "Topological Methods for the Analysis of High Dimensional Data
   Sets and 3D Object Recognition".
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from actopo.errors import InputError
from actopo.mapper.covers import checked_lens
from actopo.user_code import reason_of


class LabelledInterval(NamedTuple):
    """
    One interval of a cover, clustered.

    Attributes
    ----------
    interval : int
        Index of the interval in the cover.
    members : ndarray of shape (m,), int64
        Ascending indices of the points over the interval.
    labels : ndarray of shape (m,), int64
        Cluster label of each member, negative for noise.
    """

    interval: int
    members: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True, eq=False)
class MapperGraph:
    """
    A mapper graph and its points. Nodes are ordered by interval, then by cluster label.

    Attributes
    ----------
    incidence : scipy.sparse.csr_array of shape (n_points, n_nodes), int8
        1 where the point is in the node.
    interval : ndarray of shape (n_nodes,), int64
        Interval of each node.
    edges : ndarray of shape (n_edges, 2), int64
        Pairs of nodes that share a point, ``i < j``, in lexicographic order.
    shared : ndarray of shape (n_edges,), int64
        Number of points that the two nodes share.
    jaccard : ndarray of shape (n_edges,), float64
        Number of shared points over the number of points in either node.
    """

    incidence: sparse.csr_array
    interval: np.ndarray
    edges: np.ndarray
    shared: np.ndarray
    jaccard: np.ndarray

    @property
    def n_points(self):
        """Number of points, noise included."""
        return self.incidence.shape[0]

    @property
    def n_nodes(self):
        """Number of nodes."""
        return self.incidence.shape[1]

    @property
    def sizes(self):
        """Number of points in each node: ndarray of shape (n_nodes,), int64."""
        return np.bincount(self.incidence.indices, minlength=self.n_nodes).astype(np.int64)


def mapper_graph(points, lens, cover, clusterer, progress=None, min_points=1):
    """
    Mapper graph of a point cloud.

    Parameters
    ----------
    points, lens, cover, clusterer, progress, min_points
        As in :func:`cluster_intervals`.

    Returns
    -------
    MapperGraph

    Raises
    ------
    InputError
        As :func:`cluster_intervals`.
    """
    parts = cluster_intervals(points, lens, cover, clusterer, progress=progress, min_points=min_points)
    return join(len(points), len(parts), [parts])


def cluster_intervals(points, lens, cover, clusterer, indices=None, progress=None, min_points=1):
    """
    Cluster the points over some intervals of a cover, each interval separately.

    Parameters
    ----------
    points : ndarray of shape (n_points, c)
        The whole cloud, which may be a memory map: only one interval's points are copied at a time.
    lens : ndarray of shape (n_points,) or (n_points, 2)
        Finite value of one or two lenses at each point of the whole cloud.
    cover : object with ``intervals(lens)``
        Cover, such as :class:`actopo.mapper.covers.IntervalCover`.
    clusterer : object with ``fit_predict(points)``
        Receives the points over one interval in their original order; negative labels are noise.
    indices : sequence of int, optional
        Intervals to cluster, from 0; all by default.
    progress : callable, optional
        Wraps the sequence of intervals and yields them, as tqdm does.
    min_points : int, default 1
        All points over an interval with fewer points are noise, for clusterers that need a minimum number.

    Returns
    -------
    list of LabelledInterval
        Clustered intervals in the order of `indices`; see :func:`join`.

    Raises
    ------
    InputError
        If `lens` does not fit `points`, is empty or not finite; if an interval is not in the cover; if a point is
        not finite; or if the clusterer refuses the points over an interval.
    """
    if len(points) != len(lens):
        raise InputError(
            f"there are {len(points)} points but {len(lens)} lens values; compute the lens from these points."
        )
    intervals = cover.intervals(lens)
    steps = range(len(intervals)) if indices is None else [int(i) for i in indices]
    outside = [i for i in steps if not 0 <= i < len(intervals)]
    if outside:
        raise InputError(f"the cover has no interval {outside[0]}; its intervals run from 0 to {len(intervals) - 1}.")
    members = dict(zip(steps, interval_members(lens, intervals[list(steps)]), strict=True))
    if hasattr(clusterer, "for_parts_of"):
        clusterer = clusterer.for_parts_of(points)
    return [
        LabelledInterval(i, members[i], cluster_interval(points, members[i], clusterer, min_points))
        for i in (steps if progress is None else progress(steps))
    ]


def join(n_points, n_intervals, parts):
    """
    Mapper graph of a cover whose intervals were clustered in parts.

    Parameters
    ----------
    n_points : int
        Number of points in the whole cloud.
    n_intervals : int
        Number of intervals in the whole cover.
    parts : iterable of iterables of LabelledInterval, or triples like it
        Results of :func:`cluster_intervals` for all parts, with parts and intervals in any order.

    Returns
    -------
    MapperGraph

    Raises
    ------
    InputError
        If an interval is missing or there twice.
    """
    clustered = sorted((labelled for part in parts for labelled in part), key=lambda labelled: labelled[0])
    found = [interval for interval, _, _ in clustered]
    wrong = [i for i in sorted({*range(n_intervals), *found}) if found.count(i) != (0 <= i < n_intervals)]
    if wrong:
        raise InputError(
            f"the parts hold interval {wrong[0]} {found.count(wrong[0])} times; join parts that hold each of the "
            f"{n_intervals} intervals once."
        )
    return nerve(n_points, [(members, labels) for _, members, labels in clustered])


def interval_members(lens, intervals):
    """
    Points over each interval.

    Parameters
    ----------
    lens : ndarray of shape (n_points,) or (n_points, 2)
        Finite values of one or two lenses.
    intervals : ndarray of shape (n_intervals, 2) or (n_intervals, 2, 2)
        Closed intervals (lower, upper), or for two lenses rectangles (interval of the first, interval of the second).

    Returns
    -------
    list of n_intervals ndarrays of int64
        Ascending indices of the points with ``lower <= lens <= upper`` in every lens.

    Raises
    ------
    InputError
        If `lens` is empty or holds a value that is not finite.
    """
    lens = checked_lens(lens, n_lenses=None)
    if lens.ndim == 2:
        first, which = np.unique(intervals[:, 0], axis=0, return_inverse=True)
        over = interval_members(lens[:, 0], first)
        return [_within(over[i], lens[:, 1], *bounds) for i, bounds in zip(which.ravel(), intervals[:, 1], strict=True)]
    order = np.argsort(lens, kind="stable")
    ordered = lens[order]
    starts = np.searchsorted(ordered, intervals[:, 0], side="left")
    stops = np.searchsorted(ordered, intervals[:, 1], side="right")
    return [np.sort(order[start:stop]) for start, stop in zip(starts, stops, strict=True)]


def _within(members, lens, lower, upper):
    own = lens[members]
    return members[(lower <= own) & (own <= upper)]


def cluster_interval(points, members, clusterer, min_points=1):
    """
    Cluster the points over one interval.

    Parameters
    ----------
    points : ndarray of shape (n_points, c)
        The whole point cloud; may be a memory map.
    members : ndarray of shape (m,), int64
        Indices of the points over the interval.
    clusterer : object with ``fit_predict(points)``
        Receives the members' points in the order of `members`.
    min_points : int, default 1
        If there are fewer members, all are noise.

    Returns
    -------
    ndarray of shape (m,), int64
        Cluster label of each member, negative for noise.

    Raises
    ------
    InputError
        If a point is not finite, the clusterer fails, or it returns something else than a whole number for each point.
    """
    if len(members) < max(min_points, 1):
        return np.full(len(members), -1, dtype=np.int64)
    own = points[members]
    # The extremes are NaN if any value is, and need no temporary of the size of the cloud.
    if not np.isfinite([own.min(initial=0), own.max(initial=0)]).all():
        row = next(i for i, point in zip(members, own, strict=True) if not np.isfinite(point).all())
        raise InputError(f"point {row} of the cloud has a coordinate that is not finite; drop that point.")
    name = type(clusterer).__name__
    try:
        labels = clusterer.fit_predict(own)
    except InputError:
        raise
    except (Exception, SystemExit) as error:
        raise InputError(
            f"{name} refuses the {len(members)} points over an interval ({reason_of(error)}); change its parameters, "
            "take fewer or longer intervals, or raise the number of points that an interval needs."
        ) from error
    return _checked_labels(labels, len(members), name)


def _checked_labels(labels, n_points, name):
    """Labels as int64; InputError unless they are one whole number for each point."""
    wanted = "fit_predict returns a whole number for each point, negative for noise"
    given = np.asarray(labels)
    try:
        # What is not finite, or too large, becomes another number.
        with np.errstate(invalid="ignore"):
            labels = given.astype(np.int64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} returned no labels ({error}); {wanted}") from error
    if given.shape != (n_points,):
        raise InputError(f"{name} returned labels of shape {given.shape} for {n_points} points; {wanted}")
    if not np.array_equal(labels, given):
        raise InputError(f"{name} returned labels that are no whole numbers; {wanted}")
    return labels


def nerve(n_points, clusters):
    """
    Mapper graph of clustered intervals: the 1-skeleton of the nerve of all clusters.

    Parameters
    ----------
    n_points : int
        Number of points in the whole cloud.
    clusters : sequence of (members, labels)
        For each interval, in order, the indices of its points and their cluster labels, both of shape
        (m,); negative labels are noise.

    Returns
    -------
    MapperGraph
    """
    rows, columns, interval = [], [], []
    for i, (members, labels) in enumerate(clusters):
        clustered = labels >= 0
        found, cluster = np.unique(labels[clustered], return_inverse=True)
        rows.append(members[clustered])
        columns.append(len(interval) + cluster)
        interval.extend([i] * len(found))
    rows = np.concatenate(rows, dtype=np.int64) if rows else np.empty(0, dtype=np.int64)
    columns = np.concatenate(columns, dtype=np.int64) if columns else np.empty(0, dtype=np.int64)
    incidence = sparse.csr_array((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(n_points, len(interval)))

    counts = incidence.astype(np.int64)
    overlaps = sparse.triu(counts.T @ counts, format="coo")
    first, second = overlaps.coords
    sizes = np.zeros(len(interval), dtype=np.int64)
    sizes[first[first == second]] = overlaps.data[first == second]
    off = np.flatnonzero(first < second)
    off = off[np.lexsort((second[off], first[off]))]
    edges = np.stack([first[off], second[off]], axis=1).astype(np.int64)
    shared = overlaps.data[off]
    return MapperGraph(
        incidence=incidence,
        interval=np.array(interval, dtype=np.int64),
        edges=edges,
        shared=shared,
        jaccard=shared / (sizes[edges].sum(axis=1) - shared),
    )


def n_components(graph):
    """Number of connected components of the mapper graph."""
    adjacency = sparse.coo_array((np.ones(len(graph.edges)), graph.edges.T), shape=(graph.n_nodes,) * 2)
    return int(connected_components(adjacency, directed=False)[0]) if graph.n_nodes else 0


def n_cycles(graph):
    """Number of independent cycles of the mapper graph, its first Betti number: E - V + C."""
    return len(graph.edges) - graph.n_nodes + n_components(graph)
