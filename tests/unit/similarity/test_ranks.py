"""Ranks are those of SciPy, bit for bit."""

import numpy as np
import pytest
from actopo.similarity.ranks import mean_ranks
from scipy.stats import rankdata


@pytest.mark.parametrize("shape", [(1,), (2,), (50,), (4, 0), (7, 30), (3, 2, 5), (2, 3, 4, 17)])
@pytest.mark.parametrize("n_values", [1, 3, 1000])
def test_ranks_with_ties_and_values_that_are_not_finite(shape, n_values):
    rng = np.random.default_rng(n_values)
    values = rng.normal(size=n_values)[rng.integers(0, n_values, shape)]
    for changed in (values, np.where(values > 0.5, np.inf, values), np.where(values > 1.5, np.nan, values)):
        np.testing.assert_array_equal(mean_ranks(changed), rankdata(changed, axis=-1))
        np.testing.assert_array_equal(mean_ranks(-changed), rankdata(-changed, axis=-1))


def test_ranks_of_nothing():
    assert mean_ranks([]).shape == (0,)
    assert mean_ranks([3, 1, 3, 2]).tolist() == [3.5, 1, 3.5, 2]
