"""Linear algebra that several measures of similarity share."""

import numpy as np


def narrow(cloud):
    """Cloud of shape (n, min(n, c)) with the same inner products as one of shape (n, c)."""
    return np.linalg.qr(cloud.T, mode="r").T if cloud.shape[1] > len(cloud) else cloud


def square(matrix):
    """Squared Frobenius norm of a matrix."""
    return float(np.vdot(matrix, matrix))


def precision(cloud):
    """Machine epsilon of the type of a cloud: that of float64 where the type is no floating-point one."""
    dtype = np.asarray(cloud).dtype
    return float(np.finfo(dtype if np.issubdtype(dtype, np.floating) else np.float64).eps)


def rank(cloud, centred=True):
    """
    Dimension that a cloud spans, by the precision of its type.

    Singular values up to the largest one times the larger side of the cloud times the machine epsilon are rounding
    errors, as in `numpy.linalg.matrix_rank` [1]_. The epsilon is that of the type of `cloud`, in which its coordinates
    were computed, whatever the precision of the decomposition.

    Parameters
    ----------
    cloud : array_like of shape (n, c)
        At least one point and one channel, finite.
    centred : bool, default True
        Whether the mean is subtracted first.

    Returns
    -------
    int
        From 0, for a centred cloud of equal points, to min(n, c).

    References
    ----------
    .. [1] Press et al. (2007), "Numerical Recipes", section 15.4.
    """
    eps, cloud = precision(cloud), np.asarray(cloud, dtype=np.float64)
    if centred:
        # The first point is subtracted first, so that a constant column becomes exactly 0.
        cloud = cloud - cloud[0]
        cloud = cloud - cloud.mean(axis=0)
    return count_significant(singular_values(cloud), cloud.shape, eps)


def count_significant(values, shape, eps):
    """Number of singular values, in descending order, of a matrix of some shape that exceed its rounding errors."""
    return int(np.count_nonzero(values > values[0] * max(shape) * eps))


def components(cloud, eps):
    """
    Singular value decomposition without components due to rounding.

    Parameters
    ----------
    cloud : ndarray of shape (n, c)
        Float64.
    eps : float
        Machine epsilon of the type that the cloud had when it was computed; see `precision`.

    Returns
    -------
    left, values, right : ndarray of shape (n, rank), (rank,) and (rank, c)
    """
    left, values, right = np.linalg.svd(cloud, full_matrices=False)
    rank = count_significant(values, cloud.shape, eps)
    return left[:, :rank], values[:rank], right[:rank]


def singular_values(matrix):
    """Singular values of an (m, n) matrix in descending order, of shape (min(m, n),)."""
    return np.linalg.svd(matrix, compute_uv=False)
