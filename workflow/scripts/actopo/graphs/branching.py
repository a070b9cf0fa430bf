r"""
How the classes branch in a mapper graph: the lens values at which they separate.

A node has a lens value, the mean of its points', and holds classes. The superlevel set of `t` is the part of the
graph over the nodes with a lens of `t` or more. The *merge level* of two classes is the highest `t` at which some
component of it holds a node of each. Two classes with a node in common merge at that node at the latest, two
branches at the node where they meet. :func:`merge_levels` finds all levels in one sweep from the highest lens to
the lowest, in which a union-find structure keeps the classes of each component: the merge tree of the graph [1]_
with classes for leaves. :func:`dendrogram` draws it and :func:`agreement` compares two of them.

Where the lens is the l2 norm, a high level says that two classes share a branch up to strong responses, a low one
that they share only the trunk of weak ones.

References
----------
.. [1] Carr, Snoeyink and Axen (2003), "Computing Contour Trees in All Dimensions", Computational Geometry.
.. [2] Mantel (1967), "The Detection of Disease Clustering and a Generalized Regression Approach", Cancer Research.
"""

import numpy as np
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import squareform

from actopo.errors import InputError

# Number of entries of permuted matrices in memory at a time.
CHUNK = 1 << 22


def place_classes(counts, share=None):
    """
    Which classes a node holds.

    Parameters
    ----------
    counts : ndarray of shape (n_nodes, n_classes)
        Points of each class in each node, as :func:`actopo.mapper.composition.composition` counts them.
    share : float, optional
        A node holds each class that has this share of its points or more, above 0 and up to 1. By default it holds
        the class with the most points (majority), and each of those that tie for it.

    Returns
    -------
    ndarray of shape (n_nodes, n_classes), bool

    Raises
    ------
    InputError
        If `share` is out of its range.
    """
    counts = np.asarray(counts)
    if share is None:
        return (counts == counts.max(axis=1, keepdims=True, initial=0)) & (counts > 0)
    if not 0 < share <= 1:
        raise InputError(f"share must be above 0 and at most 1 (0.1 is 10 % of a node's points), not {share!r}.")
    # A share of 0.07 of 100 points is 7, not the number above it that it is in binary.
    return (counts >= share * counts.sum(axis=1, keepdims=True) - 1e-9) & (counts > 0)


def merge_levels(edges, values, placed):
    """
    Highest lens value at which each two classes lie in one component of the superlevel set.

    Parameters
    ----------
    edges : ndarray of shape (n_edges, 2), int
        Pairs of nodes.
    values : ndarray of shape (n_nodes,)
        Finite lens value of each node, see :func:`actopo.graphs.features.mean_lens`.
    placed : ndarray of shape (n_nodes, n_classes), bool
        Whether the node holds the class, see :func:`place_classes`.

    Returns
    -------
    ndarray of shape (n_classes, n_classes), float64
        Symmetric. The diagonal is the highest lens of a node that holds the class. ``-inf`` where two classes lie
        in no common component of the whole graph; NaN in the row and column of a class that no node holds.

    Raises
    ------
    InputError
        If the arguments do not describe one graph, or a lens value is not finite.
    """
    edges = np.asarray(edges, dtype=np.int64).reshape(-1, 2)
    values, placed = np.asarray(values, dtype=np.float64), np.asarray(placed, dtype=bool)
    n = len(values)
    if placed.ndim != 2 or len(placed) != n or (len(edges) and not 0 <= edges.min() <= edges.max() < n):
        raise InputError(
            f"the edges, {n} lens values and placed classes of shape {placed.shape} are not those of one graph."
        )
    if not np.isfinite(values).all():
        raise InputError(f"node {np.flatnonzero(~np.isfinite(values))[0]} has no finite lens value.")
    levels = np.full((placed.shape[1],) * 2, -np.inf)
    order = np.argsort(-values, kind="stable")
    place = np.empty(n, dtype=np.int64)
    place[order] = np.arange(n)
    # An edge is added with the later of its nodes; its other node is in the graph already.
    first, second = np.sort(place[edges], axis=1).T
    by_later = np.argsort(second, kind="stable")
    bounds = np.searchsorted(second[by_later], np.arange(n + 1))
    parent, holds = np.arange(n), placed[order]

    def meet(here, there, level):
        pairs = here[:, None] & there[None, :]
        pairs |= pairs.T
        levels[pairs & (levels == -np.inf)] = level

    for later in range(n):
        level = values[order[later]]
        meet(holds[later], holds[later], level)
        for earlier in first[by_later[bounds[later] : bounds[later + 1]]]:
            root, other = _find(parent, later), _find(parent, earlier)
            if root != other:
                meet(holds[root], holds[other], level)
                parent[other] = root
                holds[root] |= holds[other]
    absent = ~placed.any(axis=0)
    levels[absent], levels[:, absent] = np.nan, np.nan
    return levels


def dendrogram(levels, floor=None):
    """
    Merge levels as a hierarchical clustering, for scipy's `dendrogram`.

    A height is the highest level of any class less the merge level. Merge levels need not
    be ultrametric, since a class with two branches can merge with one class on each; heights are those of single
    linkage, which are monotone: clusters of classes join at the highest level of a pair between them.

    Parameters
    ----------
    levels : ndarray of shape (n_classes, n_classes)
        From :func:`merge_levels`.
    floor : float, optional
        Lens value at which classes that never merge are joined, at most the lowest merge level. By default the floor
        is below that level by a tenth of the distance from the top to it.

    Returns
    -------
    linkage : ndarray of shape (n_present - 1, 4), float64
        Linkage in scipy's form, with heights in the unit of the lens.
    present : ndarray of shape (n_present,), int64
        Class of each leaf; only classes with a node have one.
    top, floor : float
        Lens values of height 0 and of the height at which classes that never merge are joined.

    Raises
    ------
    InputError
        If fewer than two classes have a node, or `floor` is above a merge level.
    """
    levels = _checked_levels(levels)
    present = np.flatnonzero(~np.isnan(np.diag(levels)))
    if len(present) < 2:
        raise InputError(f"a dendrogram needs two classes with a node, and {len(present)} of {len(levels)} have one.")
    own = levels[np.ix_(present, present)]
    top, lowest = float(own.max()), float(own[np.isfinite(own)].min())
    if floor is None:
        floor = lowest - 0.1 * ((top - lowest) or 1.0)
    elif not floor <= lowest:
        raise InputError(f"floor is {floor} but classes merge at {lowest}; give a lens value of at most that.")
    heights = top - np.maximum(own, floor)
    np.fill_diagonal(heights, 0)
    return linkage(squareform(heights, checks=False), "single"), present, top, float(floor)


def agreement(first, second, n_permutations=9999, seed=0):
    """
    Whether two graphs merge the classes in the same order: Spearman correlation over pairs of classes.

    Pairs of classes that never merge rank below all others, tied. The p value is that of Mantel's one-sided test: how
    often the correlation is at least as high after the classes of `second` are permuted, counting the identity.

    Parameters
    ----------
    first, second : ndarray of shape (n_classes, n_classes)
        Merge levels from :func:`merge_levels`, for two layers, samplings or seeds. A class without a node in one of
        the graphs is left out.
    n_permutations : int, default 9999
        Number of random permutations.
    seed : int, default 0
        Seed of the permutations.

    Returns
    -------
    rho : float
        Correlation; NaN if fewer than three classes are left or one graph merges all pairs at one level.
    p_value : float
        NaN where `rho` is.
    n_classes : int
        Number of classes compared.

    Raises
    ------
    InputError
        If the matrices are not square and of one shape.
    """
    first, second = _checked_levels(first), _checked_levels(second)
    if first.shape != second.shape:
        raise InputError(f"merge levels of {len(first)} and of {len(second)} classes cannot be compared.")
    common = np.flatnonzero(~np.isnan(np.diag(first)) & ~np.isnan(np.diag(second)))
    k = len(common)
    rows, columns = np.triu_indices(k, 1)
    a, b = (_standardised_ranks(levels[np.ix_(common, common)][rows, columns]) for levels in (first, second))
    if k < 3 or not (a.any() and b.any()):
        return float("nan"), float("nan"), k
    square = np.zeros((k, k))
    square[rows, columns] = square[columns, rows] = b
    rng = np.random.default_rng(seed)
    rho = float(a @ b)
    reached, size = 0, max(1, CHUNK // len(a))
    for start in range(0, n_permutations, size):
        n_drawn = min(size, n_permutations - start)
        permutations = rng.permuted(np.tile(np.arange(k), (n_drawn, 1)), axis=1)
        permuted = square[permutations[:, rows], permutations[:, columns]] @ a
        # Permutations with the same ranks must count as equal, whatever the order of summation.
        reached += np.count_nonzero(permuted >= rho - 1e-12)
    # Rounding may lead beyond the ends.
    return float(np.clip(rho, -1, 1)), (1 + reached) / (1 + n_permutations), k


def _find(parent, node):
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


def _standardised_ranks(values):
    # It takes most of a second, which jobs without ranks do not spend.
    from scipy.stats import rankdata

    if len(values) == 0:
        return np.empty(0)
    ranks = rankdata(values)
    ranks -= ranks.mean()
    norm = np.linalg.norm(ranks)
    return ranks / norm if norm > 0 else ranks


def _checked_levels(levels):
    levels = np.asarray(levels, dtype=np.float64)
    if levels.ndim != 2 or levels.shape[0] != levels.shape[1]:
        raise InputError(f"merge levels must be a square matrix over the classes, not of shape {levels.shape}.")
    return levels
