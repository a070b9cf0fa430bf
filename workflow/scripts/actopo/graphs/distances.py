r"""
Distances between mapper graphs by the images, or points, that their nodes share.

Two graphs of neighbouring layers, of two samplings or of two seeds have no node in common, but they are made of
the same images. Each point has an *identity*, such as its image, and only identities that occur in both graphs
count, each with the same mass. An identity distributes its mass evenly over its points, and a point evenly over the
nodes that contain it: so an identity `x` has a distribution :math:`p_x` over the nodes of one graph and
:math:`q_x` over those of the other, and the :func:`flow` from node `i` to node `j` is
:math:`F_{ij} = \frac1N \sum_x p_{xi} q_{xj}`. Points in no node (noise) form a node of their own under ``block``,
the default; under ``drop`` they are left out, and so is an identity without a covered point in both graphs.

Nodes overlap, so they do not partition the points, and the flow of a graph to itself is not diagonal.
Two distances are exact nevertheless:

*Variation of information* [1]_ is taken over *cells* instead of nodes: points in exactly the same nodes form one
cell. Cells are a partition, which determines the nerve. :func:`variation_of_information`
is :math:`H(C) + H(D) - 2 I(C; D)`; over the joint entropy :math:`H(C, D)` it lies in [0, 1] [2]_. Both are metrics
if every identity has one point in each graph. If an identity has several points, in several cells, a graph
is at a positive distance from itself: give each point its own identity (image and position) if both graphs have
the same points.

*Membership distance* compares the kernels :math:`\langle p_x, p_y \rangle` and :math:`\langle q_x, q_y \rangle`,
the probability that two images fall into the same node, by the centred kernel alignment (CKA) of the two:
:func:`membership_distance` is :math:`\sqrt{2 - 2\,\mathrm{CKA}}`, the chord between two unit vectors, hence a
metric on such kernels [3]_ in :math:`[0, \sqrt 2]`, and 0 for equal graphs whatever the number of points of an image.
The kernels need not be formed, since :math:`\mathrm{CKA}` is :math:`|F^{pq} - \bar p \bar q^T|^2` over the geometric
mean of the same quantity for each graph with itself.

If images are sampled at one random position for each layer, neighbouring layers share little and both distances
lie near their upper ends; :func:`chance` gives the distances of unrelated graphs of the same sizes.

Both are symmetric and do not depend on the numbering of nodes and identities. The triangle inequality holds for
graphs with the same identities under ``block``; under ``drop`` each pair has identities of its own.

References
----------
.. [1] Meilă (2007), "Comparing Clusterings: An Information Based Distance", Journal of Multivariate Analysis.
.. [2] Vinh, Epps and Bailey (2010), "Information Theoretic Measures for Clusterings Comparison", JMLR.
.. [3] Williams, Kunz, Kornblith and Linderman (2021), "Generalized Shape Metrics on Neural Representations",
   NeurIPS.
"""

from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.special import entr

from actopo.errors import InputError
from actopo.graphs.permutations import beside_permutations, check_permutations

# Distances that differ by less are equal.
ROUNDING = 1e-9


def flow(first, second, first_ids=None, second_ids=None, uncovered="block"):
    """
    Mass of the shared identities that goes from each node of one graph to each node of the other.

    Parameters
    ----------
    first, second : sparse matrix of shape (n_points, n_nodes)
        Incidence of points and nodes of each graph, not 0 where the point is in the node.
    first_ids, second_ids : ndarray of shape (n_points,), optional
        Identity of each point, such as its image; points of one image share its mass equally. By
        default point `i` of one graph is point `i` of the other.
    uncovered : {"block", "drop"}, default "block"
        Points in no node form an additional last node, or are left out.

    Returns
    -------
    ndarray of shape (n_nodes of first, n_nodes of second), float64
        Flow, with sum 1. Under ``block`` the last row and column, in addition, are for points in no node.

    Raises
    ------
    InputError
        If identities do not fit the points, no identity is in both graphs, or `uncovered` is neither.
    """
    p, q = _distributions(first, second, first_ids, second_ids, uncovered)
    return (p.T @ q).toarray() / p.shape[0]


def variation_of_information(first, second, first_ids=None, second_ids=None, uncovered="block", normalised=False):
    """
    Variation of information between the cells of two mapper graphs.

    Parameters
    ----------
    first, second, first_ids, second_ids, uncovered
        As in :func:`flow`.
    normalised : bool, default False
        Whether to divide by the joint entropy, which gives a value in [0, 1], instead of in bits.

    Returns
    -------
    float
        Distance in bits; 0 for graphs with the same cells. If `normalised`, also 0 if each graph is a single cell.

    Raises
    ------
    InputError
        As :func:`flow`.
    """
    return _information(*_distributions(cells(first), cells(second), first_ids, second_ids, uncovered), normalised)


def _information(p, q, normalised=False):
    joint = (p.T @ q).tocsr() / p.shape[0]
    both = _bits(joint.data)
    own, other = _bits(joint.sum(axis=1)), _bits(joint.sum(axis=0))
    # Rounding may make the difference negative.
    distance = max(2 * both - own - other, 0.0)
    if normalised:
        return distance / both if both > 0 else 0.0
    return distance


def membership_distance(first, second, first_ids=None, second_ids=None, uncovered="block"):
    """
    Chord between the co-membership kernels of two mapper graphs, from 0 to the square root of 2.

    Parameters
    ----------
    first, second, first_ids, second_ids, uncovered
        As in :func:`flow`.

    Returns
    -------
    float
        Distance; NaN if all identities of a graph are in the same nodes, since its kernel is then constant.

    Raises
    ------
    InputError
        As :func:`flow`.
    """
    return _chord(*_distributions(first, second, first_ids, second_ids, uncovered))


def _chord(p, q):
    return _chord_of(_covariance_square(p, q), _own_square(p), _own_square(q))


def _chord_of(square, own, other):
    return float(np.sqrt(max(2 - 2 * square / np.sqrt(own * other), 0.0))) if own * other > 0 else float("nan")


def _own_square(p):
    """Of a graph with itself; 0 if all identities are in the same nodes, whose distributions differ by rounding."""
    return 0.0 if (p.max(axis=0) - p.min(axis=0)).max() < 1e-12 else _covariance_square(p, p)


def chance(distance, first, second, first_ids=None, second_ids=None, n_permutations=199, seed=0, **settings):
    """
    Distance of two graphs, and its distribution when the second graph's identities are permuted.

    Parameters
    ----------
    distance : callable
        :func:`variation_of_information` or :func:`membership_distance`.
    first, second, first_ids, second_ids
        As in :func:`flow`.
    n_permutations : int, default 199
        Number of permutations. Identities are permuted, not points: the points of one image stay together. Only those
        that have points in both graphs are, since no others count.
    seed : int, default 0
        Seed of the permutations.
    **settings
        More arguments of `distance`.

    Returns
    -------
    dict of str to float
        ``observed``, and over the permutations ``mean``, ``low`` (2.5 % quantile) and ``high`` (97.5 %); ``p``, the
        one-sided p-value of a distance that low: the share of the permutations, the observed identities among them,
        with as low a distance (`actopo.graphs.permutations.beside_permutations`). NaN where the distance is. Where the
        shared identities of a permutation have no distance, it is left out of the mean and the quantiles, and for the
        p-value, which is then larger, it counts as one with as low a distance.

    Raises
    ------
    InputError
        As :func:`flow`, or if there is no permutation.
    """
    check_permutations(n_permutations)
    parts, measure = {membership_distance: (sparse.csr_array, _chord), variation_of_information: (cells, _information)}[
        distance
    ]
    uncovered = settings.pop("uncovered", "block")
    first, first_ids, second, ids = _points_of_shared(first, first_ids, second, second_ids)
    p, q = _spread(parts(first), first_ids, uncovered, "first"), _spread(parts(second), ids, uncovered, "second")
    observed = measure(*_of_shared(p, q), **settings)
    rng, names = np.random.default_rng(seed), np.unique(ids)
    orders = (rng.permutation(len(names)) for _ in range(n_permutations))
    if measure is _chord and len(q.ids) == len(names):
        drawn = np.array(list(_permuted_chords(p, q, orders)))
    else:
        # Rows stay, and only their identities are drawn anew.
        moved = (q._replace(ids=names[order][q.place]) for order in orders)
        drawn = np.array([measure(*_of_shared(p, graph), **settings) for graph in moved])
    return beside_permutations(observed, drawn, "low", ROUNDING)


def _permuted_chords(p, q, orders):
    """
    Chord for each order of the identities of the second graph, all of which count.

    The shared identities are the same in all orders, so that the first graph's own covariance is too, and the second's
    where all its identities are shared. One product of the two graphs is then left for each order.
    """
    _, own, others = np.intersect1d(p.ids, q.ids, assume_unique=True, return_indices=True)
    first = p.shares[own]
    columns, mean, square = sparse.csr_array(first.T), first.mean(axis=0), _own_square(first)
    whole = _own_square(q.shares) if len(others) == len(q.ids) else None
    place = np.empty(len(q.ids), dtype=np.int64)
    for order in orders:
        place[order] = np.arange(len(order))
        second = q.shares[place[others]]
        covariance = (columns @ second).toarray() / len(own) - np.outer(mean, second.mean(axis=0))
        yield _chord_of(float((covariance**2).sum()), square, _own_square(second) if whole is None else whole)


def cells(incidence):
    """
    Partition of the points of a mapper graph by the set of nodes that contain them.

    Parameters
    ----------
    incidence : sparse matrix of shape (n_points, n_nodes)
        Not 0 where the point is in the node.

    Returns
    -------
    scipy.sparse.csr_array of shape (n_points, n_cells), int8
        Incidence of points and cells: one cell for each point in a node, none for the others.
    """
    members = sparse.csr_array(incidence != 0)
    members.sort_indices()
    n_nodes = np.diff(members.indptr)
    cell = np.zeros(len(n_nodes), dtype=np.int64)
    # Points share a cell if they share it so far and their next node is the same. 0 stands for no further node.
    for depth in range(n_nodes.max(initial=0)):
        further = np.zeros(len(cell), dtype=np.int64)
        has_more = n_nodes > depth
        further[has_more] = members.indices[members.indptr[:-1][has_more] + depth] + 1
        cell = np.unique(cell * (members.shape[1] + 1) + further, return_inverse=True)[1]
    covered = np.flatnonzero(n_nodes)
    found, column = np.unique(cell[covered], return_inverse=True)
    ones = np.ones(len(covered), dtype=np.int8)
    return sparse.csr_array((ones, (covered, column)), shape=(len(cell), len(found)))


def flow_table(matrix, top=None):
    """
    Largest flows between nodes, for a Sankey diagram or a table.

    Parameters
    ----------
    matrix : ndarray of shape (n, m)
        From :func:`flow`.
    top : int, optional
        Number of flows to keep; by default all above 0.

    Returns
    -------
    source, target : ndarray of shape (k,), int64
        Node of each graph.
    mass : ndarray of shape (k,), float64
        Mass of each flow, descending; equal flows are in the order of source and target.
    """
    source, target = np.nonzero(matrix)
    mass = np.asarray(matrix)[source, target]
    kept = np.argsort(-mass, kind="stable")[:top]
    return source[kept], target[kept], mass[kept]


class _Spread(NamedTuple):
    """Identities of a graph that count, their places among all of its own, and their distributions over nodes."""

    ids: np.ndarray
    place: np.ndarray
    shares: sparse.csr_array
    name: str


def _distributions(first, second, first_ids, second_ids, uncovered):
    """Distribution of every shared identity over the nodes of each graph."""
    return _of_shared(_spread(first, first_ids, uncovered, "first"), _spread(second, second_ids, uncovered, "second"))


def _identities(incidence, ids):
    """Identity of each point of a graph."""
    n_points = incidence.shape[0]
    ids = np.arange(n_points) if ids is None else np.asarray(ids)
    if ids.shape != (n_points,):
        raise InputError(f"the graph has {n_points} points but its identities have shape {ids.shape}.")
    return ids


def _points_of_shared(first, first_ids, second, second_ids):
    """Points of two graphs whose identities have points in both, and these identities; all if none has."""
    own, others = _identities(first, first_ids), _identities(second, second_ids)
    in_both = np.isin(own, others), np.isin(others, own)
    if not in_both[0].any():
        return first, own, second, others
    kept = [sparse.csr_array(graph)[mask] for graph, mask in zip((first, second), in_both, strict=True)]
    return kept[0], own[in_both[0]], kept[1], others[in_both[1]]


def _spread(incidence, ids, uncovered, name):
    """The mean of the uniform distributions of the points of each identity."""
    if uncovered not in ("block", "drop"):
        raise InputError(f"uncovered must be 'block' or 'drop', not {uncovered!r}.")
    ids = _identities(incidence, ids)
    members = sparse.csr_array(incidence != 0).astype(np.float64)
    covered = np.diff(members.indptr) > 0
    names, place = np.unique(ids, return_inverse=True)
    if uncovered == "block":
        members = sparse.hstack([members, sparse.csr_array(~covered[:, None], dtype=np.float64)], format="csr")
    else:
        members, place = members[covered], place[covered]
    counted, place = np.unique(place, return_inverse=True)
    weights = 1.0 / np.bincount(place)[place]
    gather = sparse.csr_array((weights, (place, np.arange(len(place)))), shape=(len(counted), len(place)))
    shares = sparse.csr_array(gather @ sparse.diags_array(1.0 / np.diff(members.indptr)) @ members)
    return _Spread(names[counted], counted, shares, name)


def _of_shared(first, second):
    """Distributions of the identities of both graphs, in one order."""
    empty = [graph.name for graph in (first, second) if len(graph.ids) == 0]
    if empty:
        raise InputError(
            f"the {empty[0]} graph has no point in a node, so the graphs have no identity in common; uncovered='block' "
            "compares them all the same."
        )
    shared, own, others = np.intersect1d(first.ids, second.ids, assume_unique=True, return_indices=True)
    if len(shared) == 0:
        raise InputError("the two graphs have no identity (such as an image) in common; they cannot be compared.")
    return first.shares[own], second.shares[others]


def _covariance_square(p, q):
    covariance = (p.T @ q).toarray() / p.shape[0] - np.outer(p.mean(axis=0), q.mean(axis=0))
    return float((covariance**2).sum())


def _bits(masses):
    return float(entr(masses).sum() / np.log(2))
