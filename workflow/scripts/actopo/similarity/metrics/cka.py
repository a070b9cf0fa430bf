"""
Centred kernel alignment of paired clouds with linear kernels, biased and unbiased.

Definitions and references: `actopo.similarity.metrics.pairwise`, which centres the clouds.
"""

import numpy as np

from actopo.errors import InputError
from actopo.similarity.metrics.linear_algebra import narrow, square


def prepare_linear_cka(cloud, name):
    """Centred cloud of shape (n, min(n, c)), scaled so that its Gram matrix has Frobenius norm 1."""
    cloud = narrow(cloud)
    return cloud / np.sqrt(np.linalg.norm(cloud.T @ cloud))


def linear_cka(a, b):
    """1 less linear CKA of two prepared clouds of shapes (n, c) and (n, d)."""
    return max(0.0, 1 - square(a.T @ b))


def linear_cka_chance(a, b):
    """
    1 less the mean of linear CKA over all orders of the rows of `b`.

    In a random order, a centred Gram matrix has the mean tr(L) / n on the diagonal and -tr(L) / (n (n - 1)) elsewhere,
    so the mean of tr(K L) is tr(K) tr(L) / (n - 1).
    """
    return 1 - square(a) * square(b) / (len(a) - 1)


def unbiased_cka_chance(a, b):
    """1 less the mean of unbiased CKA over all orders of the rows of `b`, which is 0."""
    return 1.0


def prepare_unbiased_cka(cloud, name):
    """Centred cloud of shape (n, min(n, c)) with unbiased HSIC 1, up to n (n - 3), and its squared norms, (n,)."""
    cloud = narrow(cloud)
    # Scaled so that the biased estimate is 1, which gives a scale for rounding errors.
    cloud = cloud / np.sqrt(np.linalg.norm(cloud.T @ cloud))
    squares = np.einsum("ij,ij->i", cloud, cloud)
    own = _unbiased_product(cloud, squares, cloud, squares)
    if own <= len(cloud) * np.finfo(float).eps:
        raise InputError(
            f"{name} has all points at the same distance, which unbiased CKA cannot compare; give more images."
        )
    return cloud / own**0.25, squares / own**0.5


def _unbiased_product(x, x_squares, y, y_squares):
    """HSIC_1 times n (n - 3). Without its diagonal, a row of a centred Gram matrix sums to minus its diagonal entry."""
    n = len(x)
    squares = x_squares @ y_squares * n / (n - 2) - x_squares.sum() * y_squares.sum() / ((n - 1) * (n - 2))
    return square(x.T @ y) - squares


def unbiased_cka(a, b):
    """1 less unbiased CKA of two clouds; see `prepare_unbiased_cka`."""
    return max(0.0, 1 - _unbiased_product(*a, *b))
