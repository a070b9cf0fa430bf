"""The CCA family against scikit-learn's CCA, principal angles and closed forms."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.similarity.metrics.choices import METRICS
from actopo.similarity.metrics.pairwise import metric_distances
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
    assert distance("mean_cca", x, y) == pytest.approx(1 - correlations.mean(), abs=1e-6)
    assert distance("pwcca", x, y) == pytest.approx(1 - np.average(correlations, weights=weights), abs=1e-6)


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
    assert distance("svcca", x, y) == pytest.approx(distance("mean_cca", basis[:, :3], y), abs=1e-12)


def test_cca_of_dependent_columns():
    x, y = pair()
    wide = np.c_[x, x @ np.ones((5, 3)), np.zeros(60)]
    assert distance("mean_cca", wide, y) == pytest.approx(distance("mean_cca", x, y), abs=1e-12)
    cosines = np.cos(subspace_angles(centred(x), centred(y)))
    assert distance("mean_cca", wide, y) == pytest.approx(1 - cosines.mean(), abs=1e-12)


@pytest.mark.parametrize("name", METRICS)
def test_more_dimensions_than_points(name):
    wide = [np.random.default_rng(seed).normal(size=(9, 10)) for seed in range(2)]
    if name in CCA_FAMILY:
        with pytest.raises(InputError, match=r"9 points in 10 dimensions.*more images or a layer of fewer channels"):
            metric_distances(name, wide)
    else:
        assert 0 < metric_distances(name, wide)[0, 1] < 20
    assert METRICS[name].needs_rank == (name in CCA_FAMILY)
