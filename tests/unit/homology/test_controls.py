"""Moments, affine hulls and scales of the clouds that controls are made of."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.homology.controls import BLOCK, gaussian_like, mean_distance, mean_distances, rescaled
from actopo.homology.diagrams import diagrams
from scipy.spatial.distance import pdist
from threadpoolctl import threadpool_limits

RNG = np.random.default_rng(0)


CLOUDS = {
    "tall": RNG.normal(size=(300, 5)) @ RNG.normal(size=(5, 5)) + 7,
    "constant channel": np.column_stack([RNG.normal(size=(200, 3)), np.full(200, 0.1)]),
    "fewer points than channels": RNG.normal(size=(15, 20)),
}


@pytest.mark.parametrize("size", [2, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 17])
def test_mean_distance_is_that_of_all_pairs(size):
    points = np.random.default_rng(size).normal(size=(size, 4)).astype(np.float32)
    assert mean_distance(points) == pytest.approx(pdist(points.astype(np.float64)).mean(), rel=1e-13)


def test_mean_distance_of_a_simplex_and_of_repeated_points():
    assert mean_distance(np.eye(700)) == pytest.approx(np.sqrt(2), rel=1e-13)
    # Two places with n points each: n^2 of the n (2n - 1) pairs are 5 apart.
    assert mean_distance(np.repeat([[0, 0], [3, 4]], 400, axis=0)) == pytest.approx(5 * 400 / 799, rel=1e-13)


def test_diagrams_over_mean_distance_do_not_depend_on_scale():
    cloud = CLOUDS["tall"][:60]
    first, second = ({k: v / mean_distance(x) for k, v in diagrams([x])[0].items()} for x in (cloud, 1e3 * cloud - 5))
    for dimension in (0, 1):
        np.testing.assert_allclose(second[dimension], first[dimension], rtol=1e-6)


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


@pytest.mark.parametrize("function", [mean_distance, lambda points: gaussian_like(points, 0)])
@pytest.mark.parametrize(
    ("bad", "message"),
    [(np.zeros((1, 4)), "has shape"), (np.zeros(4), "has shape"), (np.array([[0, np.nan], [1, 2]]), "is not finite")],
)
def test_bad_clouds(function, bad, message):
    with pytest.raises(InputError, match=message):
        function(bad)


@pytest.mark.parametrize("size", [2, BLOCK + 1])
def test_equal_points_have_no_scale(size):
    with pytest.raises(InputError, match="no scale"):
        mean_distance(np.full((size, 3), 0.1, np.float32))


def test_a_cloud_of_equal_points_has_no_unit_and_is_named(caplog):
    clouds = [CLOUDS["tall"], np.full((9, 2), 0.1), np.eye(4)]
    units = mean_distances(clouds, ["layer 0", "layer 1", "layer 2"])
    np.testing.assert_allclose(units, [mean_distance(clouds[0]), np.nan, np.sqrt(2)])
    assert [record.getMessage().split(" are equal")[0] for record in caplog.records] == ["all points of layer 1"]
    first, second = rescaled([np.array([[0.0, 3.0]]), np.array([[0.0, 1.0]])], [2.0, np.nan])
    assert first.tolist() == [[0, 1.5]]
    assert second.shape == (0, 2)
    with pytest.raises(InputError, match="layer 5: the cloud is not finite"):
        mean_distances([np.full((3, 2), np.nan)], ["layer 5"])
