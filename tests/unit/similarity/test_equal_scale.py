"""Distances at equal scale against those of diagrams divided by hand."""

import numpy as np
import pytest
from actopo.similarity.equal_scale import equal_scale_distances
from actopo.similarity.wasserstein import sliced_wasserstein

RNG = np.random.default_rng(0)
DIAGRAMS = [np.sort(RNG.uniform(size=(n, 2)), axis=1) for n in (3, 0, 7, 5)]
UNITS = np.array([2.0, 1.0, np.nan, 0.5])


def expected(i, j):
    return np.nan if 2 in (i, j) else sliced_wasserstein(DIAGRAMS[i] / UNITS[i], DIAGRAMS[j] / UNITS[j])


def test_all_pairs_and_the_bound():
    distances, bound = equal_scale_distances(DIAGRAMS, UNITS, return_bound=True)
    np.testing.assert_allclose(distances, [[expected(i, j) for j in range(4)] for i in range(4)])
    assert not bound.any()
    np.testing.assert_allclose(equal_scale_distances(DIAGRAMS[:2], UNITS[:2], DIAGRAMS, UNITS), distances[:2])


def test_ones_leave_the_distances_as_they_are():
    distances = equal_scale_distances(DIAGRAMS, np.ones(4), n_directions=7)
    assert distances[0, 3] == pytest.approx(sliced_wasserstein(DIAGRAMS[0], DIAGRAMS[3], n_directions=7))
