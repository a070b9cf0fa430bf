"""
Canonical correlations of paired clouds: mean CCA, SVCCA and PWCCA.

Definitions and references: `actopo.similarity.metrics.pairwise`, which centres the clouds.
"""

import numpy as np

from actopo.similarity.metrics.linear_algebra import components, singular_values

VARIANCE = 0.99
# Canonical correlations that differ by less are equal up to rounding.
TIE = 1e-10


def prepare_cca(cloud, name, eps):
    """Orthonormal basis of shape (n, rank) of the columns of a centred cloud of shape (n, c), and c."""
    return components(cloud, eps)[0], cloud.shape[1]


def prepare_svcca(cloud, name, eps):
    """Orthonormal basis of shape (n, k) of the fewest principal components with 99 % of the variance, and c."""
    left, values, _ = components(cloud, eps)
    variance = np.cumsum(values**2)
    return left[:, : 1 + np.searchsorted(variance, VARIANCE * variance[-1])], cloud.shape[1]


def mean_cca(a, b):
    """
    1 less the mean canonical correlation of two prepared clouds.

    The mean runs over min(p, q) directions, with p and q the numbers of columns. A direction that one basis lacks has
    the correlation 0; those that both lack are no directions, so that the distance of a cloud to itself is 0.
    """
    (basis, p), (other, q) = a, b
    count = min(p, q, max(basis.shape[1], other.shape[1]))
    return max(0.0, 1 - float(np.minimum(singular_values(basis.T @ other), 1).sum()) / count)


def prepare_pwcca(cloud, name, eps):
    """Orthonormal basis of shape (n, rank) of the columns, and the columns in that basis, of shape (rank, c)."""
    left, values, right = components(cloud, eps)
    return left, values[:, None] * right


def pwcca(a, b):
    """
    1 less the canonical correlations weighted by the columns of `a`; see `prepare_pwcca`.

    The weights of all canonical vectors of `a` sum to 1, those without a counterpart in `b` included, which have the
    correlation 0. Equal correlations determine the span of their vectors alone; these are then the principal axes of
    what `a` has in that span.
    """
    (basis, columns), (other, _) = a, b
    vectors, correlations, _ = np.linalg.svd(basis.T @ other)
    correlations = np.append(np.minimum(correlations, 1), np.zeros(len(vectors) - len(correlations)))
    coordinates, ends = vectors.T @ columns, np.flatnonzero(-np.diff(correlations) > TIE) + 1
    weights = [np.abs(_principal(part)).sum(axis=1) for part in np.split(coordinates, ends)]
    weights = np.concatenate(weights)
    return max(0.0, 1 - float(weights @ correlations) / weights.sum())


def _principal(rows):
    """Rows of shape (k, c) turned to the principal axes of their span."""
    if len(rows) == 1:
        return rows
    _, values, axes = np.linalg.svd(rows, full_matrices=False)
    return values[:, None] * axes


def permuted(prepared, order):
    """A prepared cloud with its rows in another order; for the whole family."""
    basis, other = prepared
    return basis[order], other
