"""
Canonical correlations of paired clouds: mean CCA, SVCCA and PWCCA.

Definitions and references: `actopo.similarity.metrics.pairwise`, which centres the clouds.
"""

import numpy as np

from actopo.similarity.metrics.linear_algebra import components, singular_values

VARIANCE = 0.99


def prepare_cca(cloud, name):
    """Orthonormal basis of shape (n, rank) of the columns of a centred cloud of shape (n, c)."""
    return components(cloud)[0]


def prepare_svcca(cloud, name):
    """Orthonormal basis of shape (n, k) of the fewest principal components with 99 % of the variance."""
    left, values, _ = components(cloud)
    variance = np.cumsum(values**2)
    return left[:, : 1 + np.searchsorted(variance, VARIANCE * variance[-1])]


def mean_cca(a, b):
    """1 less the mean canonical correlation of two bases of shapes (n, r) and (n, s)."""
    return max(0.0, 1 - float(np.minimum(singular_values(a.T @ b), 1).mean()))


def prepare_pwcca(cloud, name):
    """Orthonormal basis of shape (n, rank) of the columns, and the columns in that basis, of shape (rank, c)."""
    left, values, right = components(cloud)
    return left, values[:, None] * right


def pwcca(a, b):
    """1 less the mean of the canonical correlations, weighted by the columns of `a`; see `prepare_pwcca`."""
    (basis, columns), (other, _) = a, b
    vectors, correlations, _ = np.linalg.svd(basis.T @ other, full_matrices=False)
    weights = np.abs(vectors.T @ columns).sum(axis=1)
    return max(0.0, 1 - float(np.average(np.minimum(correlations, 1), weights=weights)))
