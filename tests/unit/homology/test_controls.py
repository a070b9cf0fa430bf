"""Moments and affine hulls of the clouds that controls are made of."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.homology.controls import gaussian_like
from threadpoolctl import threadpool_limits

RNG = np.random.default_rng(0)


CLOUDS = {
    "tall": RNG.normal(size=(300, 5)) @ RNG.normal(size=(5, 5)) + 7,
    "constant channel": np.column_stack([RNG.normal(size=(200, 3)), np.full(200, 0.1)]),
    "fewer points than channels": RNG.normal(size=(15, 20)),
}


@pytest.mark.parametrize("cloud", CLOUDS.values(), ids=CLOUDS)
def test_moments_converge_to_those_of_the_cloud(cloud):
    draws = np.concatenate([gaussian_like(cloud, seed) for seed in range(100)])
    covariance, variance = np.cov(cloud, rowvar=False), cloud.var(axis=0, ddof=1)
    # Standard errors of a mean and of a covariance over n normal draws; the largest of at most 400 is below 5.
    error = np.sqrt((np.outer(variance, variance) + covariance**2) / len(draws))
    assert (np.abs(draws.mean(axis=0) - cloud.mean(axis=0)) <= 5 * np.sqrt(variance / len(draws)) + 1e-12).all()
    assert (np.abs(np.cov(draws, rowvar=False) - covariance) <= 5 * error + 1e-12).all()
    assert (np.abs(draws.mean(axis=0) - cloud.mean(axis=0)) > 0).any()


@pytest.mark.parametrize("cloud", CLOUDS.values(), ids=CLOUDS)
def test_sample_stays_in_the_affine_hull(cloud):
    sample = gaussian_like(cloud, 0)
    assert sample.shape == cloud.shape
    directions = np.linalg.svd(cloud - cloud.mean(axis=0))[2]
    null = directions[np.linalg.matrix_rank(cloud - cloud.mean(axis=0)) :]
    np.testing.assert_allclose((sample - cloud.mean(axis=0)) @ null.T, 0, atol=1e-12)


@pytest.mark.parametrize(("dtype", "expected"), [("f4", "f4"), ("f8", "f8"), ("i4", "f8")])
def test_type_and_seed(dtype, expected):
    points = np.random.default_rng(1).integers(0, 9, size=(50, 3)).astype(dtype)
    assert gaussian_like(points, 0).dtype == expected
    assert gaussian_like(points, [1, 2]).tobytes() == gaussian_like(points, [1, 2]).tobytes()
    assert (gaussian_like(points, [1, 2]) != gaussian_like(points, [1, 3])).any()


def test_a_constant_cloud_stays_where_it_is():
    points = np.full((9, 2), 0.1, np.float32)
    np.testing.assert_array_equal(gaussian_like(points, 0), points)


def test_threads_do_not_matter():
    points = np.random.default_rng(2).normal(size=(800, 200)).astype(np.float32)
    results = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            results.append(gaussian_like(points.astype(np.float64), 0).tobytes())
    assert results[0] == results[1]


@pytest.mark.parametrize(
    ("bad", "message"),
    [(np.zeros((1, 4)), "has shape"), (np.zeros(4), "has shape"), (np.array([[0, np.nan], [1, 2]]), "is not finite")],
)
def test_bad_clouds(bad, message):
    with pytest.raises(InputError, match=message):
        gaussian_like(bad, 0)
