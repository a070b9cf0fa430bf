"""Linear algebra that several measures of similarity share."""

import numpy as np


def narrow(cloud):
    """Cloud of shape (n, min(n, c)) with the same inner products as one of shape (n, c)."""
    return np.linalg.qr(cloud.T, mode="r").T if cloud.shape[1] > len(cloud) else cloud


def square(matrix):
    """Squared Frobenius norm of a matrix."""
    return float(np.vdot(matrix, matrix))


def components(cloud):
    """Singular value decomposition, of shapes (n, rank), (rank,) and (rank, c), without components due to rounding."""
    left, values, right = np.linalg.svd(cloud, full_matrices=False)
    rank = np.count_nonzero(values > values[0] * max(cloud.shape) * np.finfo(float).eps)
    return left[:, :rank], values[:rank], right[:rank]


def singular_values(matrix):
    """Singular values of an (m, n) matrix in descending order, of shape (min(m, n),)."""
    return np.linalg.svd(matrix, compute_uv=False)
