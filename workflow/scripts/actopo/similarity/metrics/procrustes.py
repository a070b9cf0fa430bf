"""
Orthogonal Procrustes distance of paired clouds.

Definition and reference: `actopo.similarity.metrics.pairwise`, which centres the clouds.
"""

import numpy as np

from actopo.similarity.metrics.linear_algebra import narrow, singular_values


def prepare_procrustes(cloud, name):
    """Centred cloud of shape (n, min(n, c)) with Frobenius norm 1."""
    cloud = narrow(cloud)
    return cloud / np.linalg.norm(cloud)


def procrustes(a, b):
    """Squared Procrustes distance of two prepared clouds of shapes (n, c) and (n, d)."""
    return max(0.0, 2 - 2 * float(singular_values(a.T @ b).sum()))
