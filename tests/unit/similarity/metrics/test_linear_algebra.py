"""What metrics share: clouds with the same inner products, and components without rounding."""

import numpy as np
import pytest
from actopo.similarity.metrics.linear_algebra import components, narrow, precision, rank, singular_values, square


@pytest.mark.parametrize(("n", "c"), [(5, 12), (5, 5), (12, 5), (1, 3)])
def test_narrow_keeps_inner_products(n, c):
    cloud = np.random.default_rng(0).normal(size=(n, c))
    found = narrow(cloud)
    assert found.shape == (n, min(n, c))
    np.testing.assert_allclose(found @ found.T, cloud @ cloud.T, atol=1e-12)
    if c <= n:
        assert found is cloud


def test_square_is_the_sum_of_squares():
    matrix = np.random.default_rng(1).normal(size=(7, 3))
    assert square(matrix) == pytest.approx(sum(value**2 for value in matrix.flat), rel=1e-14)
    assert square(matrix) == pytest.approx(np.sum(singular_values(matrix) ** 2), rel=1e-14)


@pytest.mark.parametrize("rank", [1, 3, 6])
def test_components_leave_out_rounding(rank):
    rng = np.random.default_rng(2)
    cloud = rng.normal(size=(20, rank)) @ rng.normal(size=(rank, 6))
    left, values, right = components(cloud, np.finfo(float).eps)
    assert (left.shape, values.shape, right.shape) == ((20, rank), (rank,), (rank, 6))
    np.testing.assert_allclose(left @ np.diag(values) @ right, cloud, atol=1e-12)
    np.testing.assert_allclose(left.T @ left, np.eye(rank), atol=1e-12)
    assert (np.diff(values) <= 0).all()
    np.testing.assert_allclose(singular_values(cloud)[:rank], values, rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("true_rank", [1, 27, 64])
def test_rank_goes_by_the_precision_of_the_cloud(dtype, true_rank):
    rng = np.random.default_rng(3)
    cloud = rng.normal(size=(1000, true_rank)).astype(dtype) @ rng.normal(size=(true_rank, 64)).astype(dtype)
    assert rank(cloud, centred=False) == rank(cloud) == rank(1e3 * cloud) == true_rank
    if dtype is np.float32 and true_rank < 64:
        assert rank(cloud.astype(np.float64)) == 64


@pytest.mark.parametrize("shape", [(900, 3), (3, 900)])
def test_rank_is_that_of_numpy_next_to_its_limit(shape):
    """The larger side of the cloud counts."""
    rng = np.random.default_rng(5)
    left, right = (np.linalg.qr(rng.normal(size=(side, 3)))[0] for side in shape)
    for smallest, expected in ((600, 2), (1200, 3)):
        cloud = left * [1, 0.1, smallest * np.finfo(float).eps] @ right.T
        assert rank(cloud, centred=False) == np.linalg.matrix_rank(cloud) == expected


def test_rank_after_centring():
    cloud = np.random.default_rng(4).normal(size=(20, 4))
    assert rank(cloud + 100) == 4
    assert rank(np.c_[cloud, np.full(20, 0.1)]) == 4
    assert rank(np.c_[cloud, np.full(20, 0.1)], centred=False) == 5
    assert rank(np.full((20, 3), 0.1)) == 0
    assert rank(cloud[:3]) == 2


def test_precision_is_that_of_the_type():
    assert precision(np.ones(2, np.float32)) == np.finfo(np.float32).eps
    assert precision(np.ones(2)) == precision(np.ones(2, int)) == precision([1, 2]) == np.finfo(float).eps
