"""The sieve and its thresholds leave no close pair out."""

import numpy as np
import pytest
from actopo.mapper import close_pairs
from actopo.mapper.dbscan import dbscan

from unit.mapper.examples import reference


def test_sieve_is_cut_where_few_axes_tell_points_apart():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(3000, 8)) @ rng.normal(size=(8, 100)) + 0.01 * rng.normal(size=(3000, 100))
    z, tail, *_ = close_pairs.sieve(points, lambda f, items: [f(item) for item in items], eps=3.0)
    assert z.shape[1] == 16
    assert tail.max() > 0
    np.testing.assert_array_equal(dbscan(points, 6.0), reference(points, 6.0))


@pytest.mark.parametrize("d", [1, 7, 130, 600])
@pytest.mark.parametrize("displaced", [2.0, 20.0])
def test_thresholds_hold_for_worst_case_sums(d, displaced):
    """Coordinates of one sign, where rounding accumulates, in float32 products summed one by one."""
    rng = np.random.default_rng(d)
    z = rng.uniform(0.9, 1.0, size=(80, d)).astype(np.float32) / np.float32(np.sqrt(d))
    z += rng.uniform(-1, 1, size=(80, 1)).astype(np.float32) * np.float32(2e-3 / np.sqrt(d))
    product = np.zeros((80, 80), dtype=np.float32)
    for column in z.T:
        product += np.outer(column, column)
    squared = np.sum((z.astype(np.float64)[:, None] - z) ** 2, axis=2)
    for eps in np.sqrt(np.quantile(squared, [0.1, 0.5, 0.9])):
        low, high = close_pairs._thresholds(z, eps, displaced)
        is_within = squared <= eps**2
        assert np.all(product[is_within] >= (low[:, None] + low)[is_within])
        assert np.all(product[~is_within] < (high[:, None] + high)[~is_within])
