"""
Persistent clusters of an interval: the condensed cluster tree of HDBSCAN [1]_, without clusters of short lives.

As eps grows, points join clusters of DBSCAN and clusters merge. A cluster is born when it has `min_size` core points.
When two such clusters merge, both die, and their union is born; when a smaller group joins a cluster, the cluster lives
on. A cluster that merges before eps has grown by the factor `prominence` since its first points' birth is a smaller
group, too: the other cluster, or the older of two such, lives on [2]_. The heights come from the tree of
:mod:`actopo.mapper.reachability`, so that births and deaths are exact.

References
----------
.. [1] Campello, Moulavi, Zimek and Sander (2015), "Hierarchical Density Estimates for Data Clustering,
   Visualization, and Outlier Detection", ACM TKDD.
.. [2] Chazal, Guibas, Oudot and Skraba (2013), "Persistence-Based Clustering in Riemannian Manifolds", JACM.
"""

from typing import NamedTuple

import numpy as np

from actopo.compiled import compiled
from actopo.mapper.union_find import find_roots


class PersistentCluster(NamedTuple):
    """
    A cluster of at least `min_size` core points over its range of eps.

    Attributes
    ----------
    birth, death : float
        The smallest eps at which it is there, and that at which it merges with another; infinite if it never does.
    members : ndarray of int64
        Ascending indices of its core points just before its death.
    is_leaf : bool
        Whether it is no union of two others.
    """

    birth: float
    death: float
    members: np.ndarray
    is_leaf: bool


def persistent_clusters(tree, min_size, prominence=1.0):
    """
    Clusters of an interval with their births and deaths.

    Parameters
    ----------
    tree : ReachabilityTree
    min_size : int
        Core points that make a cluster, at least 2.
    prominence : float, default 1.0
        Factor of eps over which a cluster must live, at least 1. At 1 every cluster counts.

    Returns
    -------
    list of PersistentCluster
        In the order of their births.
    """
    min_size = max(2, int(min_size))
    # A point that becomes a core point may join several clusters at that one height.
    starts = np.flatnonzero(np.r_[True, np.diff(tree.weights) > 0])[: len(tree.edges)]
    births, deaths, heads, sizes, leaves, order = _condense(
        tree.edges, tree.weights, np.r_[starts, len(tree.edges)], len(tree.core), min_size, prominence**2
    )
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    heights = np.sqrt(np.r_[tree.weights, np.inf])
    clusters = zip(
        heights[births].tolist(), heights[deaths].tolist(), place[heads], sizes, leaves.tolist(), strict=True
    )
    return [
        PersistentCluster(birth, death, np.sort(order[start : start + size]), is_leaf)
        for birth, death, start, size, is_leaf in clusters
    ]


@compiled(nogil=True)
def _condense(edges, weights, starts, n, min_size, factor):
    """
    Positions of births and deaths among the edges, and for each cluster its slice of an order of the points.

    Edges from ``starts[g]`` to ``starts[g + 1]`` have one height. Lists of merging components are put one behind the
    other, so that every component is a slice of the final order. `factor` is the square of the prominence.
    """
    parent, size, cluster = np.arange(n), np.ones(n, dtype=np.int64), np.full(n, -1)
    head, tail, following = np.arange(n), np.arange(n), np.full(n, -1)
    # Of a component: the squared birth of its oldest cluster, and its prominent clusters at the present height.
    oldest, united = np.full(n, np.inf), np.zeros(n, dtype=np.int64)
    most = 2 * (n // min_size) + 2
    births, deaths = np.zeros(most, dtype=np.int64), np.full(most, len(edges))
    heads, sizes, leaves = np.zeros(most, dtype=np.int64), np.zeros(most, dtype=np.int64), np.ones(most, dtype=np.bool_)
    is_kept, count = np.ones(most, dtype=np.bool_), 0
    for g in range(len(starts) - 1):
        start, height = starts[g], weights[starts[g]]
        before = find_roots(parent, edges[start : starts[g + 1]].ravel())
        for root in before:
            united[root] = int(oldest[root] * factor <= height)
            if cluster[root] >= 0:
                # What the cluster was before this height; it is overwritten while it lives on.
                heads[cluster[root]], sizes[cluster[root]] = head[root], size[root]
        clusters, is_prominent = cluster[before], united[before] > 0
        for e in range(0, len(before), 2):
            roots = find_roots(parent, before[e : e + 2])
            a, b = roots[0], roots[1]
            parent[b] = a
            size[a] += size[b]
            following[tail[a]], tail[a] = head[b], tail[b]
            # A prominent cluster lives on, else the oldest; the count of prominent ones decides whether any does.
            if (united[b] > 0 and united[a] == 0) or ((united[b] > 0) == (united[a] > 0) and oldest[b] < oldest[a]):
                cluster[a] = cluster[b]
            united[a] += united[b]
            oldest[a] = min(oldest[a], oldest[b])
        after = find_roots(parent, before)
        for e in range(len(before)):
            if clusters[e] >= 0 and is_prominent[e] and united[after[e]] > 1:
                deaths[clusters[e]] = start
            elif clusters[e] >= 0 and clusters[e] != cluster[after[e]]:
                is_kept[clusters[e]] = False
        for root in after:
            is_leaf = cluster[root] < 0 and size[root] >= min_size
            if united[root] > 1 or is_leaf:
                births[count], leaves[count], cluster[root] = start, is_leaf, count
                oldest[root] = min(oldest[root], height)
                count += 1
            united[root] = 0
    filled, order = 0, np.empty(n, dtype=np.int64)
    for i in range(n):
        if parent[i] == i:
            if cluster[i] >= 0:
                heads[cluster[i]], sizes[cluster[i]] = head[i], size[i]
            point = head[i]
            while point >= 0:
                order[filled] = point
                filled += 1
                point = following[point]
    kept = np.flatnonzero(is_kept[:count])
    return births[kept], deaths[kept], heads[kept], sizes[kept], leaves[kept], order
