"""Classes in the nodes of a mapper graph, and checks of the labels of its points."""

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
    members = membership(incidence)
    labels = checked_labels(labels, members.shape[0], n_classes)
    one_hot = sparse.csr_array(
        (np.ones(len(labels), dtype=np.int64), (np.arange(len(labels)), labels)),
        shape=(len(labels), n_classes),
    )
    return (members.T @ one_hot).toarray()


def membership(incidence):
    """Incidence as a Boolean csr_array of shape (n_points, n_nodes)."""
    return sparse.csr_array(incidence != 0)


def checked_labels(labels, n_points, n_classes=None):
    """Labels as an int ndarray of shape (n_points,); InputError unless they are so and from 0 to n_classes - 1."""
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
