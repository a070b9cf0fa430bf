"""The CCA family against scikit-learn's CCA, principal angles and closed forms."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.similarity.metrics.choices import METRICS
from actopo.similarity.metrics.pairwise import distances_to, metric_distances
from scipy.linalg import subspace_angles
from sklearn.cross_decomposition import CCA

from unit.similarity.metrics.examples import centred, distance, pair, rotation

CCA_FAMILY = ["mean_cca", "svcca", "pwcca"]


def test_weights_of_pwcca_are_those_of_the_first_clouds_columns():
    x, y = pair()
    assert abs(distance("pwcca", x @ rotation(5), y) - distance("pwcca", x, y)) > 1e-3
    assert abs(distance("pwcca", y, x) - distance("pwcca", x, y)) > 1e-3


def canonical(x, y):
    """Canonical vectors of x in the space of images, and correlations, by scikit-learn."""
    k = min(x.shape[1], y.shape[1])
    u, v = CCA(k, scale=False, max_iter=100_000, tol=1e-14).fit_transform(x, y)
    u, v = u / np.linalg.norm(u, axis=0), v / np.linalg.norm(v, axis=0)
    return u, (u * v).sum(axis=0)


@pytest.mark.parametrize(("p", "q"), [(3, 5), (5, 3), (4, 4)])
def test_cca_against_scikit_learn(p, q):
    x, y = pair(6, p=p, q=q)
    vectors, correlations = canonical(x, y)
    weights = np.abs(vectors.T @ centred(x)).sum(axis=1)
    # Canonical vectors of x beyond those that y has: the principal axes of the rest of x.
    _, values, axes = np.linalg.svd(centred(x) - vectors @ (vectors.T @ centred(x)), full_matrices=False)
    total = weights.sum() + (values[: p - len(weights)] @ np.abs(axes[: p - len(weights)])).sum()
    assert distance("mean_cca", x, y) == pytest.approx(1 - correlations.mean(), abs=1e-6)
    assert distance("pwcca", x, y) == pytest.approx(1 - weights @ correlations / total, abs=1e-6)


def test_pwcca_of_ding_et_al():
    """The definition of their code, in a case in which the canonical vectors are unique."""

    def inverse_root(covariance):
        values, vectors = np.linalg.eigh(covariance)
        return vectors @ np.diag(values**-0.5) @ vectors.T

    x, y = pair(6, p=5, q=4)
    x, y = centred(x), centred(y)
    own, other = inverse_root(x.T @ x), inverse_root(y.T @ y)
    left, correlations, _ = np.linalg.svd(own @ x.T @ y @ other)
    weights = np.abs(left.T @ own @ x.T @ x).sum(axis=1)
    expected = 1 - weights[:4] @ correlations / weights.sum()
    assert distance("pwcca", x, y) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("name", CCA_FAMILY)
def test_lost_directions_count_as_no_correlation(name):
    """What is left of a cloud spans a subspace, in which all correlations are 1: it must not be at distance 0."""
    rng = np.random.default_rng(9)
    cloud = np.linalg.qr(centred(rng.normal(size=(300, 64))))[0] @ rotation(64)
    left, values, _ = np.linalg.svd(cloud, full_matrices=False)
    kept = [left[:, :k] * values[:k] for k in (64, 60, 32, 1)]
    # All components have the same variance, so 99 % of it are all of a few, and all but one of 64.
    expected = 1 - np.array([64, 60, 32, 1]) / 64
    found = distances_to(cloud, kept, name)
    np.testing.assert_allclose(found[[0, 2, 3]], expected[[0, 2, 3]], atol=0.02 if name == "pwcca" else 1e-10)
    assert found[1] == pytest.approx(expected[1], abs=0.02)
    assert (np.diff(found) > 0).all()


@pytest.mark.parametrize("name", CCA_FAMILY)
def test_directions_that_both_clouds_lack_do_not_count(name):
    x, _ = pair()
    dependent = np.c_[x, x @ np.ones((5, 3))]
    assert distance(name, dependent, dependent @ rotation(8)) == pytest.approx(0, abs=1e-10)


@pytest.mark.parametrize("name", CCA_FAMILY)
def test_ranks_are_those_of_the_clouds_precision(name):
    """27 directions in 64 columns of float32, as behind a 3 x 3 convolution of 3 channels: the rest is rounding."""
    rng = np.random.default_rng(10)
    images, weights = rng.normal(size=(400, 27)), rng.normal(size=(27, 64))
    x = images.astype(np.float32) @ weights.astype(np.float32)
    # Other rounding errors of the same cloud.
    y = (images @ weights).astype(np.float32)
    assert x.dtype == y.dtype == np.float32
    assert distance(name, x, y) == pytest.approx(0, abs=1e-5)
    as_float64 = distance(name, x.astype(float), y.astype(float))
    assert as_float64 > 0.3 if name == "mean_cca" else as_float64 < 0.3


def test_pwcca_in_closed_form():
    """Canonical vectors are the columns of x, which are the weights by their lengths."""
    rng = np.random.default_rng(7)
    basis = np.linalg.qr(centred(rng.normal(size=(50, 6))))[0]
    cosines, lengths = np.array([0.9, 0.5, 0.2]), np.array([1, 4, 2])
    x, y = basis[:, :3], basis[:, :3] * cosines + basis[:, 3:] * np.sqrt(1 - cosines**2)
    assert distance("pwcca", x, y) == pytest.approx(1 - cosines.mean(), abs=1e-14)
    assert distance("pwcca", x, y) == pytest.approx(distance("mean_cca", x, y), abs=1e-14)
    assert distance("pwcca", x * lengths, y) == pytest.approx(1 - cosines @ lengths / lengths.sum(), abs=1e-14)


def test_svcca_is_mean_cca_of_the_components_that_hold_99_percent():
    rng = np.random.default_rng(8)
    basis = np.linalg.qr(centred(rng.normal(size=(50, 9))))[0]
    # 0.5 + 0.4 + 0.095 passes 0.99 with the third component.
    x = basis[:, :5] * np.sqrt([0.5, 0.4, 0.095, 0.004, 0.001]) @ rotation(5)
    y = rng.normal(size=(50, 4))
    assert distance("svcca", x, basis[:, 3:]) == pytest.approx(1, abs=1e-14)
    assert distance("svcca", x, basis[:, 2:3]) == pytest.approx(0, abs=1e-14)
    # Three components are kept of x and four of y: the fourth has no counterpart.
    correlations = 3 * (1 - distance("mean_cca", basis[:, :3], y))
    assert distance("svcca", x, y) == pytest.approx(1 - correlations / 4, abs=1e-12)


def test_cca_of_dependent_columns():
    x, y = pair()
    wide = np.c_[x, x @ np.ones((5, 3)), np.zeros(60)]
    cosines = np.cos(subspace_angles(centred(x), centred(y)))
    assert distance("mean_cca", x, y) == pytest.approx(1 - cosines.sum() / 5, abs=1e-12)
    # Of the 7 directions of y, x has 5, though it has 9 columns.
    assert distance("mean_cca", wide, y) == pytest.approx(1 - cosines.sum() / 7, abs=1e-12)


@pytest.mark.parametrize("name", METRICS)
def test_more_dimensions_than_points(name):
    wide = [np.random.default_rng(seed).normal(size=(9, 10)) for seed in range(2)]
    if name in CCA_FAMILY:
        with pytest.raises(InputError, match=r"9 points in 10 dimensions.*more images or a layer of fewer channels"):
            metric_distances(name, wide)
    else:
        assert 0 < metric_distances(name, wide)[0, 1] < 20
    assert METRICS[name].needs_rank == (name in CCA_FAMILY)


def test_pwcca_of_what_is_left_of_a_cloud_does_not_depend_on_its_axes():
    """All correlations are 1 or 0, so that the canonical vectors are not unique."""
    rng = np.random.default_rng(6)
    cloud = rng.normal(size=(200, 16)) * np.arange(1, 17) ** -0.5 @ np.linalg.qr(rng.normal(size=(16, 16)))[0]
    centred = cloud - cloud.mean(axis=0)
    left, values, right = np.linalg.svd(centred, full_matrices=False)
    weights = np.abs(values[:, None] * right).sum(axis=1)
    for kept in (1, 7, 12):
        turned = left[:, :kept] @ np.linalg.qr(rng.normal(size=(kept, kept)))[0]
        expected = 1 - weights[:kept].sum() / weights.sum()
        np.testing.assert_allclose(distances_to(cloud, [left[:, :kept], turned], "pwcca"), expected, rtol=1e-7)
