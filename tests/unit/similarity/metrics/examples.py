"""Pairs of clouds, and what does not change their distance."""

import numpy as np
from actopo.similarity.metrics.pairwise import metric_distances
from scipy.stats import ortho_group


def pair(seed=0, n=60, p=5, q=7):
    """Two clouds of unequal scales that share some of their variance."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(n, 3))
    x, y = (common @ rng.normal(size=(3, c)) + rng.normal(size=(n, c)) * np.linspace(0.2, 2, c) for c in (p, q))
    return x, y


def distance(name, x, y):
    return metric_distances(name, [x], [y])[0, 0]


def centred(x):
    return x - x.mean(axis=0)


def rotation(c, seed=1):
    return ortho_group.rvs(c, random_state=seed)


GOOD = np.random.default_rng(0).normal(size=(9, 2))
