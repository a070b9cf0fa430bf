r"""
How well the nodes of a mapper graph separate the classes.

With :math:`\alpha_i` one over the number of class labels present in node `i` (node-wise purity), the
point-wise purity :math:`\beta_x` is the mean of :math:`\alpha` over the nodes that contain `x`, and the
class-wise purity :math:`\gamma_k` the mean of :math:`\beta` over the points of class `k` [1]_. A point in no
node has no :math:`\beta`; :func:`coverage` says how many have one.

Every function takes the incidence of points and nodes, a sparse matrix of shape (n_points, n_nodes) that is
not 0 where the point is in the node, and costs time linear in the number of memberships.

References
----------
.. [1] Purvine et al. (2023), "Experimental Observations of the Topology of Convolutional Neural Network
   Activations", AAAI.
"""

import numpy as np
from scipy import sparse

from actopo.errors import InputError


def composition(incidence, labels, n_classes):
    """
    Number of points of each class in each node.

    Parameters
    ----------
    incidence : sparse matrix of shape (n_points, n_nodes)
        Not 0 where the point is in the node.
    labels : ndarray of shape (n_points,), int
        Class of each point, from 0 to ``n_classes - 1``.
    n_classes : int
        Number of classes, those without points included.

    Returns
    -------
    ndarray of shape (n_nodes, n_classes), int64

    Raises
    ------
    InputError
        If `labels` does not match the points or the number of classes.
    """
    members = _members(incidence)
    labels = _checked_labels(labels, members.shape[0], n_classes)
    one_hot = sparse.csr_array(
        (np.ones(len(labels), dtype=np.int64), (np.arange(len(labels)), labels)),
        shape=(len(labels), n_classes),
    )
    return (members.T @ one_hot).toarray()


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
    labels = _checked_labels(labels, incidence.shape[0])
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
    members = _members(incidence)
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
    if uncovered not in ("drop", "zero"):
        raise InputError(f"uncovered must be 'drop' or 'zero', not {uncovered!r}.")
    labels = _checked_labels(labels, incidence.shape[0], n_classes)
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
    covered = np.diff(_members(incidence).indptr) > 0
    if labels is None:
        return float(covered.mean()) if len(covered) else float("nan")
    labels = _checked_labels(labels, len(covered), n_classes)
    n_classes = n_classes or int(labels.max(initial=-1)) + 1
    return _shares(np.bincount(labels[covered], minlength=n_classes), np.bincount(labels, minlength=n_classes))


def _members(incidence):
    return sparse.csr_array(incidence != 0)


def _checked_labels(labels, n_points, n_classes=None):
    labels = np.asarray(labels)
    if labels.shape != (n_points,) or not np.issubdtype(labels.dtype, np.integer):
        raise InputError(
            f"labels must be {n_points} whole numbers, one for each point, not {labels.dtype} of shape "
            f"{labels.shape}; pass the labels that were sampled with the points."
        )
    if n_classes is not None and n_points and not 0 <= labels.min() <= labels.max() < n_classes:
        raise InputError(
            f"labels run from {labels.min()} to {labels.max()} but there are {n_classes} classes; "
            f"number the classes from 0 to {n_classes - 1}."
        )
    return labels


def _shares(parts, wholes):
    return np.divide(parts, wholes, out=np.full(len(wholes), np.nan), where=wholes > 0)
