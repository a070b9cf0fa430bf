"""Norms of points against NumPy's, block by block."""

import numpy as np
import pytest
from actopo.points import norms
from actopo.points.norms import l2_norms


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_norms_are_not_finite_exactly_where_points_are_not(value, monkeypatch):
    monkeypatch.setattr(norms, "BLOCK_BYTES", 1000)
    points = np.random.default_rng(1).normal(size=(600, 7)).astype(np.float32)
    points[[3, 599], [2, 6]] = value
    found = l2_norms(points)
    np.testing.assert_array_equal(np.flatnonzero(~np.isfinite(found)), [3, 599])
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(found, np.linalg.norm(points.astype(np.float64), axis=1), rtol=1e-7)


@pytest.mark.filterwarnings("error")
def test_norms_at_the_ends_of_the_range():
    """A norm beyond the largest float32 is infinite, without a warning, and squares below the smallest are not 0."""
    largest, smallest = np.finfo(np.float32).max, np.float32(1e-45)
    points = np.array([[largest, largest], [largest, 0], [smallest, 0], [0, 0], [np.nan, np.inf]], np.float32)
    assert l2_norms(points).tolist()[:4] == [np.inf, largest, smallest, 0]
    assert np.isnan(l2_norms(points)[4])


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("n_bytes", [1, 1000, 1 << 21])
def test_norms_do_not_depend_on_the_blocks(dtype, n_bytes, monkeypatch):
    points = np.random.default_rng(0).normal(size=(301, 5)).astype(dtype)
    whole = l2_norms(points)
    monkeypatch.setattr(norms, "BLOCK_BYTES", n_bytes)
    np.testing.assert_array_equal(l2_norms(points), whole)
