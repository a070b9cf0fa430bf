"""Surrogates keep second moments exactly and are uniform otherwise, so that ranks against them are exact."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.homology.surrogates import rms_distance, surrogates
from scipy import stats
from scipy.spatial.distance import pdist


def layers(rng, n=40):
    first = rng.normal(size=(n, 3)) @ rng.normal(size=(3, 3)) + 5
    return [first, np.hstack([first[:, :1] ** 2, rng.exponential(size=(n, 60))])]


def test_mean_covariance_and_cross_covariance_are_kept():
    clouds = layers(np.random.default_rng(0))
    expected = np.cov(np.hstack(clouds).T)
    for drawn in surrogates(clouds, 3, [1]):
        np.testing.assert_allclose(np.cov(np.hstack(drawn).T), expected, atol=1e-9)
        for cloud, surrogate in zip(clouds, drawn, strict=True):
            np.testing.assert_allclose(surrogate.mean(axis=0), cloud.mean(axis=0), atol=1e-10)
            assert np.abs(surrogate - cloud).max() > 0.1
            assert rms_distance(surrogate) == pytest.approx(rms_distance(cloud))


def test_moments_of_each_class_are_kept():
    rng = np.random.default_rng(1)
    clouds = layers(rng)
    # One class has more points than channels, one has fewer, one is a single point.
    label = np.repeat([3, 0, 7], [25, 14, 1])
    (drawn,) = surrogates(clouds, 1, [1], [label, label])
    for cloud, surrogate in zip(clouds, drawn, strict=True):
        for value in (0, 3):
            own = label == value
            np.testing.assert_allclose(surrogate[own].mean(axis=0), cloud[own].mean(axis=0), atol=1e-10)
            np.testing.assert_allclose(np.cov(surrogate[own].T), np.cov(cloud[own].T), atol=1e-9)
            assert np.abs(surrogate[own] - cloud[own]).max() > 0.1
        np.testing.assert_array_equal(surrogate[label == 7], cloud[label == 7])


@pytest.mark.parametrize("n_channels", [1, 9])
def test_the_rotation_is_uniform(n_channels):
    """The squared cosine between a column and its surrogate is that of a random direction in P - 1 dimensions."""
    cloud = np.random.default_rng(2).normal(size=(8, n_channels))
    centred = cloud[:, 0] - cloud[:, 0].mean()
    drawn = np.array([draw[0][:, 0] for draw in surrogates([cloud], 300, [3])])
    cosine = (drawn - drawn.mean(axis=1, keepdims=True)) @ centred / (centred @ centred)
    assert stats.kstest(cosine**2, stats.beta(1 / 2, 3).cdf).pvalue > 1e-3
    assert abs(np.mean(cosine > 0) - 0.5) < 0.12


def test_clouds_of_different_size_and_type():
    rng = np.random.default_rng(4)
    clouds = [rng.normal(size=(6, 2)).astype(np.float32), rng.normal(size=(12, 2))]
    few, more = (list(surrogates(clouds, n, [5])) for n in (1, 2))
    assert [cloud.dtype for cloud in few[0]] == [np.float32, np.float64]
    for one, other in zip(few[0], more[0], strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(more[0][1], more[1][1])
    # Those of whole numbers are none.
    whole = rng.integers(-9, 9, (12, 3))
    for [drawn], [expected] in zip(surrogates([whole], 2, [5]), surrogates([whole.astype(float)], 2, [5]), strict=True):
        np.testing.assert_array_equal(drawn, expected)


def test_rms_distance():
    cloud = np.random.default_rng(6).normal(size=(20, 4))
    assert rms_distance(cloud) == pytest.approx(np.sqrt(np.mean(pdist(cloud) ** 2)))
    with pytest.raises(InputError, match="all points of the cloud are equal"):
        rms_distance(np.ones((5, 2)))


def test_labels_of_another_length_are_refused():
    with pytest.raises(InputError, match=r"cloud 0 has shape \(4, 2\) and 3 labels"):
        next(surrogates([np.zeros((4, 2))], 1, [0], [np.zeros(3, int)]))


def test_another_seed_draws_others_and_clouds_of_other_labels_turn_by_themselves():
    cloud = np.random.default_rng(7).normal(size=(9, 2))
    drawn = [next(surrogates([cloud, cloud], 1, seed)) for seed in ([5, 1], [5, 2], [6, 1])]
    for first, second in drawn:
        np.testing.assert_allclose(first, second, atol=1e-12)
    assert len({first.tobytes() for first, _ in drawn}) == 3
    labels = [np.zeros(9, int), np.arange(9) // 5]
    first, second = next(surrogates([cloud, cloud], 1, [5, 1], labels))
    assert np.abs(first - second).max() > 0.1
