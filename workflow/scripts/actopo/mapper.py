r"""
Mapper: the shape of a point cloud as the nerve of a clustered cover.

A lens assigns a number to each point. Overlapping intervals cover the lens's values; the points over each
interval are clustered in the original space; each cluster is a node, and two nodes are joined where they
share a point [1]_. Noise is in no node.

:func:`mapper_graph` does all of it. Its steps are public, since the intervals of one large graph can be
clustered as independent jobs: :func:`interval_members` and :func:`cluster_interval` for each interval,
then one :func:`nerve` over all of them.

Three roles meet here. A *lens* is an array with a number for each point. A *cover* has
``intervals(lens)``, which returns closed intervals as rows (lower, upper). A *clusterer* has scikit-learn's
``fit_predict(points)``, whose negative labels mean noise.

References
----------
.. [1] Singh, Mémoli and Carlsson (2007), "Topological Methods for the Analysis of High Dimensional Data
   Sets and 3D Object Recognition".
"""

from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from actopo.errors import InputError
from actopo.purity import composition, node_purity

CONVENTIONS = ("fit", "overhang")


@dataclass(frozen=True)
class IntervalCover:
    r"""
    Equal closed intervals, each overlapping the next by a fraction of its length.

    With `R` the range of the lens, `n` intervals and overlap `p`, the length is :math:`R / (n - (n-1)p)`
    under ``fit``, where the first interval starts at the minimum and the last ends at the maximum. Under
    ``overhang``, KeplerMapper's convention, it is :math:`R / (n (1-p))` around the centres
    :math:`\min + R/2n + iR/n`, and the outer intervals reach beyond the lens.

    Parameters
    ----------
    n_intervals : int, default 40
        Number of intervals.
    overlap : float, default 0.3
        Share of an interval's length in common with the next; at least 0 and below 1.
    convention : {"fit", "overhang"}, default "fit"
        Whether the cover ends at the lens's extremes or reaches beyond them.

    Raises
    ------
    InputError
        If a parameter is out of its range.
    """

    n_intervals: int = 40
    overlap: float = 0.3
    convention: str = "fit"

    def __post_init__(self):
        """Refuse parameters that describe no cover."""
        if not isinstance(self.n_intervals, Integral) or self.n_intervals < 1:
            raise InputError(f"n_intervals must be a whole number of at least 1, not {self.n_intervals!r}.")
        if not isinstance(self.overlap, Real) or not 0 <= self.overlap < 1:
            raise InputError(f"overlap must be at least 0 and below 1 (0.3 is 30 %), not {self.overlap!r}.")
        if self.convention not in CONVENTIONS:
            raise InputError(f"convention must be 'fit' or 'overhang', not {self.convention!r}.")

    def intervals(self, lens):
        """
        Return the bounds of the intervals that cover `lens`.

        Parameters
        ----------
        lens : ndarray of shape (n_points,)
            Finite lens values, at least one.

        Returns
        -------
        ndarray of shape (n_intervals, 2), float64
            Lower and upper bound of each closed interval, ascending. Every lens value is in one at least.

        Raises
        ------
        InputError
            If `lens` is empty or holds a value that is not finite.
        """
        lens = _checked_lens(lens)
        n, p = int(self.n_intervals), self.overlap
        low, high = lens.min(), lens.max()
        if self.convention == "fit":
            radius = (high - low) / (2 * (n - (n - 1) * p))
            inset = radius
        else:
            # The range less (n - 1)/n of it, not R/2n: KeplerMapper's arithmetic, hence its very bounds.
            radius = (high - low) / (2 * n * (1 - p))
            inset = ((high - low) - (n - 1) / n * (high - low)) / 2
        centres = np.linspace(low + inset, high - inset, num=n)
        bounds = np.stack([centres - radius, centres + radius], axis=1)
        # Rounding must not lose the extremes, nor part neighbours that touch.
        bounds[0, 0] = low if self.convention == "fit" else min(bounds[0, 0], low)
        bounds[-1, 1] = high if self.convention == "fit" else max(bounds[-1, 1], high)
        bounds[:-1, 1] = np.maximum(bounds[:-1, 1], bounds[1:, 0])
        return bounds


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
        Shared points over points in either node.
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


def mapper_graph(points, lens, cover, clusterer, progress=None):
    """
    Mapper graph of a point cloud.

    Parameters
    ----------
    points : ndarray of shape (n_points, c)
        May be a memory map: only one interval's points are copied at a time.
    lens : ndarray of shape (n_points,)
        Finite lens value of each point.
    cover : object with ``intervals(lens)``
        Such as :class:`IntervalCover`.
    clusterer : object with ``fit_predict(points)``
        Gets the points over one interval in their original order; negative labels are noise.
    progress : callable, optional
        Wraps the sequence of intervals and yields them, as tqdm does.

    Returns
    -------
    MapperGraph

    Raises
    ------
    InputError
        If `lens` does not fit `points`, is empty, or holds a value that is not finite.
    """
    if len(points) != len(lens):
        raise InputError(
            f"there are {len(points)} points but {len(lens)} lens values; compute the lens from these points."
        )
    members = interval_members(lens, cover.intervals(lens))
    steps = range(len(members))
    clusters = [
        (members[i], cluster_interval(points, members[i], clusterer))
        for i in (steps if progress is None else progress(steps))
    ]
    return nerve(len(points), clusters)


def interval_members(lens, intervals):
    """
    Points over each interval.

    Parameters
    ----------
    lens : ndarray of shape (n_points,)
        Finite lens values.
    intervals : ndarray of shape (n_intervals, 2)
        Closed intervals (lower, upper).

    Returns
    -------
    list of n_intervals ndarrays of int64
        Ascending indices of the points with ``lower <= lens <= upper``.

    Raises
    ------
    InputError
        If `lens` is empty or holds a value that is not finite.
    """
    lens = _checked_lens(lens)
    order = np.argsort(lens, kind="stable")
    ordered = lens[order]
    starts = np.searchsorted(ordered, intervals[:, 0], side="left")
    stops = np.searchsorted(ordered, intervals[:, 1], side="right")
    return [np.sort(order[start:stop]) for start, stop in zip(starts, stops, strict=True)]


def cluster_interval(points, members, clusterer):
    """
    Cluster the points over one interval.

    Parameters
    ----------
    points : ndarray of shape (n_points, c)
        The whole point cloud; may be a memory map.
    members : ndarray of shape (m,), int64
        Indices of the points over the interval.
    clusterer : object with ``fit_predict(points)``
        Gets the members' points in the order of `members`.

    Returns
    -------
    ndarray of shape (m,), int64
        Cluster label of each member, negative for noise.
    """
    if len(members) == 0:
        return np.empty(0, dtype=np.int64)
    return np.asarray(clusterer.fit_predict(points[members])).astype(np.int64)


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


def node_link(graph, labels, lens, class_names):
    """
    Mapper graph as a JSON-ready dictionary in networkx's node-link form, its edges under the key ``links``.

    Read it back with ``networkx.node_link_graph(data, edges="links")``.

    Parameters
    ----------
    graph : MapperGraph
        The graph to export.
    labels : ndarray of shape (n_points,), int
        Class of each point, an index into `class_names`.
    lens : ndarray of shape (n_points,)
        Lens value of each point.
    class_names : sequence of str
        Name of each class.

    Returns
    -------
    dict
        ``nodes`` with ``id``, ``interval``, ``size``, ``composition`` (points of each class present),
        ``lens_min``, ``lens_max``, ``lens_mean`` and ``purity``; ``links`` with ``source``, ``target``,
        ``shared`` and ``jaccard``; besides ``directed``, ``multigraph`` and ``graph`` (``n_points``,
        ``n_components``, ``n_cycles``).

    Raises
    ------
    InputError
        If `labels` or `lens` does not fit the graph's points.
    """
    lens = _checked_lens(lens)
    if len(lens) != graph.n_points:
        raise InputError(
            f"there are {len(lens)} lens values but the graph has {graph.n_points} points; "
            "pass the lens that the graph was made with."
        )
    counts = composition(graph.incidence, labels, len(class_names))
    purity = node_purity(graph.incidence, labels)
    by_node = graph.incidence.tocsc()
    nodes = []
    for k in range(graph.n_nodes):
        values = lens[by_node.indices[by_node.indptr[k] : by_node.indptr[k + 1]]]
        nodes.append(
            {
                "id": k,
                "interval": int(graph.interval[k]),
                "size": len(values),
                "composition": {str(class_names[c]): int(counts[k, c]) for c in np.flatnonzero(counts[k])},
                "lens_min": float(values.min()),
                "lens_max": float(values.max()),
                "lens_mean": float(values.mean()),
                "purity": float(purity[k]),
            }
        )
    links = [
        {"source": int(i), "target": int(j), "shared": int(s), "jaccard": float(w)}
        for (i, j), s, w in zip(graph.edges, graph.shared, graph.jaccard, strict=True)
    ]
    facts = {"n_points": graph.n_points, "n_components": n_components(graph), "n_cycles": n_cycles(graph)}
    return {"directed": False, "multigraph": False, "graph": facts, "nodes": nodes, "links": links}


def _checked_lens(lens):
    lens = np.asarray(lens, dtype=np.float64)
    if lens.ndim != 1 or len(lens) == 0:
        raise InputError(
            f"the lens must be one number for each of at least one point, not an array of shape {lens.shape}."
        )
    missing = np.flatnonzero(~np.isfinite(lens))
    if len(missing):
        raise InputError(
            f"the lens is not finite at {len(missing)} of {len(lens)} points, first at point {missing[0]}; "
            "drop those points."
        )
    return lens
