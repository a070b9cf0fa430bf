"""
A mapper graph as a function of eps: its invariants, and the persistent clusters and branches that it is made of.

:func:`profile` has the invariants of the graphs at some values of eps. :func:`persistent_segments` has the clusters
that persist over each interval with the exact values of eps at which they appear and merge, and joins those of
neighbouring intervals into branches. A branch of the graph at one eps can so be told from one that lives over a tenth
of the range.
"""

import math

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from actopo.graphs.stability import invariants
from actopo.mapper.persistence import persistent_clusters

# Share of an interval's points, and growth of eps, that make a cluster a branch of its own.
SHARE, PROMINENCE = 0.02, 1.25
# Share of the shared points that makes a cluster go on in another.
MOST = 0.75
SEGMENTS = ["interval", "birth", "death", "n_points", "class", "class_share", "is_leaf", "branch"]
BRANCHES = ["branch", "first_interval", "last_interval", "birth", "death", "n_points", "class", "class_share"]


def profile(every, eps_values, labels, progress=None, visit=None):
    """
    Invariants of the mapper graphs at some values of eps.

    Parameters
    ----------
    every : actopo.mapper.all_eps.AllEps
        The cloud, clustered.
    eps_values : sequence of float
        Positive radii.
    labels : ndarray of shape (n_points,), int
        Class of each point.
    progress : callable, optional
        Wraps the sequence of graphs and yields them, as tqdm does.
    visit : callable, optional
        Called with the place of each value, and its graph.

    Returns
    -------
    pandas.DataFrame
        One row per value: ``eps`` and `actopo.graphs.stability.invariants`.
    """
    steps, rows = zip(eps_values, every.graphs(eps_values), strict=True), []
    for place, (eps, graph) in enumerate(steps if progress is None else progress(steps)):
        rows.append({"eps": float(eps), **invariants(graph, labels)})
        if visit is not None:
            visit(place, graph)
    return pd.DataFrame(rows)


def persistent_segments(every, labels, class_names, share=SHARE, prominence=PROMINENCE, in_order=True):
    """
    Persistent clusters of every interval, and the branches that they form.

    A cluster counts from `share` of the points of its interval on, and from twice `min_samples`, if it lives until eps
    has grown by the factor `prominence` (`actopo.mapper.persistence`). Leaves of neighbouring
    intervals, which are no union of two clusters, are joined where there is an eps at which both are there, and of
    the points that each shares with such leaves of the other's interval three quarters are shared with the other. The
    leaves that are joined, directly or not, are a
    branch; it exists, apart from other branches, in each of its intervals from birth to death there.

    Parameters
    ----------
    every : actopo.mapper.all_eps.AllEps
        The cloud, clustered. Intervals without a tree are left out.
    labels : ndarray of shape (n_points,), int
        Class of each point, an index into `class_names`.
    class_names : sequence of str
    share : float, default 0.02
        Smallest share of an interval's points in a cluster.
    prominence : float, default 1.25
        Smallest ratio of death and birth.
    in_order : bool, default True
        Whether each interval is next to the one before, as over one lens; else every leaf is a branch of its own.

    Returns
    -------
    segments : pandas.DataFrame
        One row per cluster: ``interval``; ``birth`` and ``death``, infinite where it never merges with another;
        ``n_points`` (core points before its death); ``class``, its most frequent one, and ``class_share``;
        ``is_leaf``; ``branch``, a number from 1 on, -1 for unions.
    branches : pandas.DataFrame
        One row per branch, the most persistent first: ``first_interval`` and ``last_interval``; ``birth`` and
        ``death``, the smallest and the largest of its segments (the largest finite one, where there is any);
        ``n_points``, ``class`` and ``class_share`` of all its points.
    """
    rows, members = [], []
    for interval, (own, tree) in enumerate(zip(every.members, every.trees, strict=True)):
        if tree is None:
            continue
        smallest = max(2 * every.min_samples, math.ceil(share * len(own)))
        for cluster in persistent_clusters(tree, smallest, prominence):
            members.append(own[cluster.members])
            rows.append((interval, cluster.birth, cluster.death, *_majority(labels[members[-1]], class_names)))
            rows[-1] += (cluster.is_leaf, -1)
    segments = pd.DataFrame(rows, columns=SEGMENTS)
    leaves = np.flatnonzero(segments.is_leaf.to_numpy(dtype=bool))
    parts = np.arange(len(leaves))
    if in_order:
        parts = _join_leaves(segments.iloc[leaves].reset_index(drop=True), [members[i] for i in leaves], len(labels))
    table = []
    for part in range(parts.max(initial=-1) + 1):
        own = segments.iloc[leaves[parts == part]]
        finite = own.death[np.isfinite(own.death)]
        ends = own.birth.min(), finite.max() if len(finite) else np.inf
        points = np.unique(np.concatenate([members[i] for i in own.index]))
        table.append((part, own.interval.min(), own.interval.max(), *ends, *_majority(labels[points], class_names)))
    branches = pd.DataFrame(table, columns=BRANCHES)
    order = (np.log(branches.death) - np.log(branches.birth.clip(lower=1e-300))).to_numpy().argsort(kind="stable")[::-1]
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(1, len(order) + 1)
    segments.loc[leaves, "branch"] = rank[parts]
    return segments, branches.iloc[order].assign(branch=np.arange(1, len(order) + 1)).reset_index(drop=True)


def _majority(labels, class_names):
    """Number of points, their most frequent class and its share."""
    counts = np.bincount(labels, minlength=len(class_names))
    return len(labels), class_names[int(counts.argmax())], counts.max() / len(labels)


def _join_leaves(leaves, members, n_points):
    """Number of the branch of each leaf."""
    n = len(leaves)
    if n == 0:
        return np.empty(0, dtype=np.int64)
    columns = np.repeat(np.arange(n), [len(own) for own in members])
    incidence = coo_array((np.ones(len(columns)), (np.concatenate(members), columns)), shape=(n_points, n)).tocsr()
    shared = (incidence.T @ incidence).tocoo()
    first, second = shared.coords
    interval, birth, death = (leaves[name].to_numpy() for name in ("interval", "birth", "death"))
    together = np.maximum(birth[first], birth[second]) < np.minimum(death[first], death[second])
    next_to = (interval[second] == interval[first] + 1) & together
    first, second, size = first[next_to], second[next_to], shared.data[next_to]
    # Where a cluster divides among several, the branch ends.
    forward, backward = np.bincount(first, size, minlength=n), np.bincount(second, size, minlength=n)
    joined = (size >= MOST * forward[first]) & (size >= MOST * backward[second])
    first, second = first[joined], second[joined]
    links = coo_array((np.ones(len(first)), (first, second)), shape=(n, n))
    return connected_components(links, directed=False)[1].astype(np.int64)
