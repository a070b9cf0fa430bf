r"""
How well the nodes of a mapper graph separate the classes.

With :math:`\alpha_i` one over the number of class labels present in node `i` (node-wise purity), the
point-wise purity :math:`\beta_x` is the mean of :math:`\alpha` over the nodes that contain `x`, and the
class-wise purity :math:`\gamma_k` the mean of :math:`\beta` over the points of class `k` [1]_. A point in no
node has no :math:`\beta`; :func:`coverage` says how many have one. :math:`\alpha` counts classes and not points;
:func:`majority_share` and :func:`node_entropy` weight classes by their points. :func:`permutation_null` gives the
values for labels that are independent of the graph.

Every function takes the incidence of points and nodes, a sparse matrix of shape (n_points, n_nodes) that is
not 0 where the point is in the node, and costs time linear in the number of memberships.

References
----------
.. [1] Purvine et al. (2023), "Experimental Observations of the Topology of Convolutional Neural Network
   Activations", AAAI.
"""

import numpy as np
from scipy.special import entr

from actopo.errors import InputError
from actopo.graphs.choices import UNCOVERED
from actopo.graphs.permutations import beside_permutations, check_permutations
from actopo.mapper.composition import checked_labels, composition, membership

# Purities, between 0 and 1, that differ by less are equal.
ROUNDING = 1e-12


def node_purity(incidence, labels):
    r"""
    Node-wise purity :math:`\alpha`: one over the number of class labels present in the node.

    Parameters
    ----------
    incidence : sparse matrix of shape (n_points, n_nodes)
        Not 0 where the point is in the node.
    labels : ndarray of shape (n_points,), int
        Class of each point.

    Returns
    -------
    ndarray of shape (n_nodes,), float64
        In (0, 1]; NaN for a node without points.

    Raises
    ------
    InputError
        If `labels` does not match the points.
    """
    labels = checked_labels(labels, incidence.shape[0])
    classes, labels = np.unique(labels, return_inverse=True)
    present = np.count_nonzero(composition(incidence, labels, len(classes)), axis=1)
    return np.divide(1.0, present, out=np.full(len(present), np.nan), where=present > 0)


def point_purity(incidence, labels):
    r"""
    Point-wise purity :math:`\beta`: mean of :math:`\alpha` over the nodes that contain the point.

    Parameters
    ----------
    incidence : sparse matrix of shape (n_points, n_nodes)
        Not 0 where the point is in the node.
    labels : ndarray of shape (n_points,), int
        Class of each point.

    Returns
    -------
    ndarray of shape (n_points,), float64
        In (0, 1]; NaN for a point in no node.

    Raises
    ------
    InputError
        If `labels` does not match the points.
    """
    members = membership(incidence)
    n_nodes = np.diff(members.indptr)
    total = members @ node_purity(members, labels)
    return np.divide(total, n_nodes, out=np.full(len(total), np.nan), where=n_nodes > 0)


def class_purity(incidence, labels, n_classes, uncovered="drop"):
    r"""
    Class-wise purity :math:`\gamma`: mean of :math:`\beta` over the points of the class.

    Parameters
    ----------
    incidence : sparse matrix of shape (n_points, n_nodes)
        Not 0 where the point is in the node.
    labels : ndarray of shape (n_points,), int
        Class of each point, from 0 to ``n_classes - 1``.
    n_classes : int
        Number of classes, those without points included.
    uncovered : {"drop", "zero"}, default "drop"
        A point in no node is left out, or counts as 0 as in the paper's released code.

    Returns
    -------
    ndarray of shape (n_classes,), float64
        NaN for a class without points to average: covered ones under ``drop``, any under ``zero``.

    Raises
    ------
    InputError
        If `labels` does not match the points or the number of classes, or `uncovered` is neither.
    """
    _check_uncovered(uncovered)
    labels = checked_labels(labels, incidence.shape[0], n_classes)
    beta = point_purity(incidence, labels)
    covered = ~np.isnan(beta)
    counted = covered if uncovered == "drop" else np.ones_like(covered)
    total = np.bincount(labels[covered], weights=beta[covered], minlength=n_classes)
    return _shares(total, np.bincount(labels[counted], minlength=n_classes))


def coverage(incidence, labels=None, n_classes=None):
    """
    Share of the points that are in a node.

    Parameters
    ----------
    incidence : sparse matrix of shape (n_points, n_nodes)
        Not 0 where the point is in the node.
    labels : ndarray of shape (n_points,), int, optional
        Class of each point, from 0 to ``n_classes - 1``.
    n_classes : int, optional
        Needed with `labels` only where the last classes may have no point.

    Returns
    -------
    float or ndarray of shape (n_classes,)
        Share over all points; with `labels`, over each class (NaN for a class without points).

    Raises
    ------
    InputError
        If `labels` does not match the points or the number of classes.
    """
    covered = np.diff(membership(incidence).indptr) > 0
    if labels is None:
        return float(covered.mean()) if len(covered) else float("nan")
    labels = checked_labels(labels, len(covered), n_classes)
    n_classes = n_classes or int(labels.max(initial=-1)) + 1
    return _shares(np.bincount(labels[covered], minlength=n_classes), np.bincount(labels, minlength=n_classes))


def majority_share(incidence, labels):
    """
    Share of each node's points that are of its largest class.

    Parameters
    ----------
    incidence : sparse matrix of shape (n_points, n_nodes)
        Not 0 where the point is in the node.
    labels : ndarray of shape (n_points,), int
        Class of each point.

    Returns
    -------
    ndarray of shape (n_nodes,), float64
        In (0, 1]; NaN for a node without points.

    Raises
    ------
    InputError
        If `labels` does not match the points.
    """
    labels = checked_labels(labels, incidence.shape[0])
    classes, labels = np.unique(labels, return_inverse=True)
    counts = composition(incidence, labels, len(classes))
    return _shares(counts.max(axis=1, initial=0), counts.sum(axis=1))


def node_entropy(incidence, labels, n_classes, normalised=False):
    """
    Entropy of the class composition of each node.

    Parameters
    ----------
    incidence : sparse matrix of shape (n_points, n_nodes)
        Not 0 where the point is in the node.
    labels : ndarray of shape (n_points,), int
        Class of each point, from 0 to ``n_classes - 1``.
    n_classes : int
        Number of classes, those without points included.
    normalised : bool, default False
        Whether to divide by its maximum, the logarithm of `n_classes`, instead of giving bits.

    Returns
    -------
    ndarray of shape (n_nodes,), float64
        Entropy in bits: 0 for a single class; NaN for a node without points and, if `normalised`, if `n_classes` is 1.

    Raises
    ------
    InputError
        If `labels` does not match the points or the number of classes.
    """
    counts = composition(incidence, labels, n_classes)
    bits = entr(_shares(counts, counts.sum(axis=1, keepdims=True))).sum(axis=1) / np.log(2)
    return _shares(bits, np.full(len(bits), np.log2(n_classes))) if normalised else bits


def weighted_mean(values, sizes):
    """
    Mean of a quantity of the nodes, each weighted by its number of points.

    Parameters
    ----------
    values : ndarray of shape (n_nodes,)
        Quantity of each node; NaN is left out with its weight.
    sizes : ndarray of shape (n_nodes,)
        Number of points in each node.

    Returns
    -------
    float
        NaN where no node is left.
    """
    values, sizes = np.asarray(values, dtype=np.float64), np.asarray(sizes, dtype=np.float64)
    known = ~np.isnan(values)
    weight = sizes[known].sum()
    return float(values[known] @ sizes[known] / weight) if weight else float("nan")


def permutation_null(incidence, labels, n_classes, n_permutations=1000, seed=0, groups=None, uncovered="drop"):
    """
    Purity measures of the graph, and their distribution when the labels are permuted over the points.

    Parameters
    ----------
    incidence : sparse matrix of shape (n_points, n_nodes)
        Not 0 where the point is in the node.
    labels : ndarray of shape (n_points,), int
        Class of each point, from 0 to ``n_classes - 1``.
    n_classes : int
        Number of classes, those without points included.
    n_permutations : int, default 1000
        Number of permutations.
    seed : int, default 0
        Seed of the permutations.
    groups : ndarray of shape (n_points,), optional
        Group of each point, such as its image. All points of a group share its label, and labels are permuted
        over groups, since points of one image are similar for reasons other than their class. By default each point
        is its own group.
    uncovered : {"drop", "zero"}, default "drop"
        As in `class_purity`.

    Returns
    -------
    dict of str to dict of str to float or ndarray of shape (n_classes,)
        For ``node_purity`` (mean over nodes), ``majority_share`` (mean over nodes weighted by their size) and
        ``class_purity`` (of each class): ``observed``, and over the permutations ``mean``, ``low`` (2.5 % quantile),
        ``high`` (97.5 %) and ``p``, the one-sided p-value of a purity that high, as
        `actopo.graphs.permutations.beside_permutations` has them. NaN for a class without points; a permutation that
        leaves a class without a covered point counts as one with as high a purity.

    Raises
    ------
    InputError
        If `labels` does not match the points, the number of classes or the groups, there is no permutation, or
        `uncovered` is neither.

    Notes
    -----
    One permutation takes time linear in the number of memberships, and only its measures are kept.
    """
    check_permutations(n_permutations)
    _check_uncovered(uncovered)
    members = membership(incidence)
    labels = checked_labels(labels, members.shape[0], n_classes)
    by_group, group = _group_labels(labels, groups)
    n_nodes, degree = members.shape[1], np.diff(members.indptr)
    point = np.repeat(np.arange(len(labels)), degree)
    weight, cell = 1.0 / degree[point], members.indices.astype(np.int64) * n_classes
    sizes = np.bincount(members.indices, minlength=n_nodes)

    def measure(labels):
        own = labels[point]
        counts = np.bincount(cell + own, minlength=n_nodes * n_classes).reshape(n_nodes, n_classes)
        alpha = _shares(np.ones(n_nodes), np.count_nonzero(counts, axis=1))
        # A point's mean over its nodes, summed over a class, is one sum over memberships.
        gamma = np.bincount(own, weights=weight * alpha[members.indices], minlength=n_classes)
        counted = labels[degree > 0] if uncovered == "drop" else labels
        return np.concatenate(
            [
                [weighted_mean(alpha, sizes > 0), weighted_mean(_shares(counts.max(axis=1, initial=0), sizes), sizes)],
                _shares(gamma, np.bincount(counted, minlength=n_classes)),
            ]
        )

    rng = np.random.default_rng(seed)
    drawn = np.stack([measure(rng.permutation(by_group)[group]) for _ in range(n_permutations)])
    rows = beside_permutations(measure(labels), drawn, "high", ROUNDING)
    return {
        "node_purity": {name: float(row[0]) for name, row in rows.items()},
        "majority_share": {name: float(row[1]) for name, row in rows.items()},
        "class_purity": {name: row[2:] for name, row in rows.items()},
    }


def _group_labels(labels, groups):
    """Label of each group, and each point's group."""
    if groups is None:
        return labels, np.arange(len(labels))
    groups = np.asarray(groups)
    if groups.shape != labels.shape:
        raise InputError(f"there are {len(labels)} points but groups of shape {groups.shape}; give one for each.")
    _, first, group = np.unique(groups, return_index=True, return_inverse=True)
    mixed = np.flatnonzero(labels[first][group] != labels)
    if len(mixed):
        raise InputError(
            f"group {groups[mixed[0]]} holds points of several classes; labels can be permuted only over groups that "
            "have one."
        )
    return labels[first], group


def _check_uncovered(uncovered):
    if uncovered not in UNCOVERED:
        raise InputError(f"uncovered must be 'drop' or 'zero', not {uncovered!r}.")


def _shares(parts, wholes):
    return np.divide(parts, wholes, out=np.full(np.shape(parts), np.nan), where=wholes > 0)
