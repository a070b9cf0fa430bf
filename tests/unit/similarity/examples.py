"""Matrices of distances of several networks, and limits of what chance allows."""

import numpy as np
from scipy import stats


def random_distances(n_models, n_layers, seed=2, decimals=8):
    points = np.random.default_rng(seed).normal(size=(n_models * n_layers, 3))
    return np.linalg.norm(points[:, None] - points[None], axis=2).round(decimals)


def between(values):
    """Values of the pairs of different models."""
    return values[~np.eye(*values.shape[:2], dtype=bool)]


def within_binomial(hits, n, p, tail=1e-4):
    return stats.binom.ppf(tail, n, p) <= hits <= stats.binom.ppf(1 - tail, n, p)
