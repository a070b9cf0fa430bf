import time

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.rivals import METRICS, rival_distances
from scipy.linalg import orthogonal_procrustes, subspace_angles
from scipy.stats import ortho_group
from sklearn.cross_decomposition import CCA

CCA_FAMILY = ["mean_cca", "svcca", "pwcca"]
# RTD is made of distances rounded to float32; everything else is float64.
TOLERANCE = {name: 1e-4 if name.startswith("rtd") else 1e-10 for name in METRICS}


def pair(seed=0, n=60, p=5, q=7):
    """Two clouds of unequal scales that share some of their variance."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(n, 3))
    x, y = (common @ rng.normal(size=(3, c)) + rng.normal(size=(n, c)) * np.linspace(0.2, 2, c) for c in (p, q))
    return x, y


def distance(name, x, y):
    return rival_distances(name, [x], [y])[0, 0]


def centred(x):
    return x - x.mean(axis=0)


def rotation(c, seed=1):
    return ortho_group.rvs(c, random_state=seed)


@pytest.mark.parametrize("name", METRICS)
def test_invariances_of_all(name):
    x, y = pair()
    expected = pytest.approx(distance(name, x, y), abs=TOLERANCE[name])
    order = np.random.default_rng(2).permutation(len(x))
    assert distance(name, x[order], y[order]) == expected
    assert distance(name, -3 * x + 1e3, y / 7 - 5) == expected
    assert distance(name, x[:, ::-1], y @ rotation(7)) == expected
    assert distance(name, np.c_[x, np.full(60, 0.1)], np.c_[np.full(60, -3e5), y]) == expected
    assert distance(name, 1e200 * x, 1e-200 * y) == expected
    if METRICS[name].symmetric:
        assert distance(name, y, x) == expected
        assert distance(name, x @ rotation(5), y) == expected


@pytest.mark.parametrize("name", METRICS)
def test_zero_for_a_similar_cloud_only(name):
    x, _ = pair()
    assert distance(name, x, 4 * x @ rotation(5) - 2) == pytest.approx(0, abs=TOLERANCE[name])
    assert distance(name, x, x[np.random.default_rng(3).permutation(60)]) > 0.3


@pytest.mark.parametrize("name", METRICS)
def test_linear_maps_matter_but_to_cca(name):
    x, y = pair()
    stretched = y @ rotation(7) @ np.diag(10.0 ** np.arange(-3, 4)) @ rotation(7, seed=4)
    change = distance(name, x, stretched) - distance(name, x, y)
    assert abs(change) < 1e-9 if name in ("mean_cca", "pwcca") else abs(change) > 0.02


def test_weights_of_pwcca_are_those_of_the_first_clouds_columns():
    x, y = pair()
    assert abs(distance("pwcca", x @ rotation(5), y) - distance("pwcca", x, y)) > 1e-3
    assert abs(distance("pwcca", y, x) - distance("pwcca", x, y)) > 1e-3


def test_linear_cka_from_gram_matrices():
    x, y = pair()
    k, ell = (centred(z) @ centred(z).T for z in (x, y))
    expected = 1 - (k * ell).sum() / (np.linalg.norm(k) * np.linalg.norm(ell))
    assert distance("linear_cka", x, y) == pytest.approx(expected, abs=1e-14)


def hsic_1(x, y):
    n, ones = len(x), np.ones(len(x))
    k, ell = (z @ z.T * (1 - np.eye(n)) for z in (x, y))
    sums = (ones @ k @ ones) * (ones @ ell @ ones) / ((n - 1) * (n - 2)) - 2 / (n - 2) * ones @ k @ ell @ ones
    return (np.trace(k @ ell) + sums) / (n * (n - 3))


def test_unbiased_cka_from_its_estimator():
    x, y = pair(n=20)
    expected = 1 - hsic_1(x, y) / np.sqrt(hsic_1(x, x) * hsic_1(y, y))
    assert distance("unbiased_cka", x, y) == pytest.approx(expected, abs=1e-12)


def test_unbiased_cka_has_mean_zero_on_independent_clouds():
    rng = np.random.default_rng(5)
    samples = rng.normal(size=(300, 2, 30, 10))
    unbiased, biased = (
        np.array([1 - metric.distance(metric.prepare(x), metric.prepare(y)) for x, y in samples])
        for metric in (METRICS["unbiased_cka"], METRICS["linear_cka"])
    )
    assert abs(unbiased.mean()) < 3 * unbiased.std() / np.sqrt(len(unbiased))
    assert biased.mean() > 0.2


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


@pytest.mark.parametrize(("n", "p", "q"), [(60, 5, 7), (6, 20, 4), (6, 20, 30)])
def test_procrustes_against_scipy(n, p, q):
    x, y = (centred(np.pad(z, [(0, 0), (0, max(p, q) - z.shape[1])])) for z in pair(9, n, p, q))
    x, y = x / np.linalg.norm(x), y / np.linalg.norm(y)
    turn, _ = orthogonal_procrustes(x, y)
    assert distance("procrustes", x[:, :p], y[:, :q]) == pytest.approx(np.linalg.norm(x @ turn - y) ** 2, abs=1e-14)


@pytest.mark.parametrize("name", ["linear_cka", "unbiased_cka"])
def test_cka_of_more_columns_than_points(name):
    x, y = pair(10, n=8, p=30, q=40)
    # The same inner products in at most 8 columns.
    narrow = [left * values for left, values, _ in (np.linalg.svd(z, full_matrices=False) for z in (x, y))]
    assert distance(name, x, y) == pytest.approx(distance(name, *narrow), abs=1e-12)


@pytest.mark.parametrize("name", METRICS)
def test_matrix_of_all_pairs(name):
    clouds = [*pair(11, p=3), *pair(12, q=4)]
    settings = {"subsets": 2, "subset_size": 30, "seed": 1}
    calls = []
    expected = [[rival_distances(name, [a], [b], **settings)[0, 0] for b in clouds] for a in clouds]
    matrix = rival_distances(name, clouds, **settings, progress=lambda: calls.append(1))
    np.testing.assert_allclose(matrix, expected, rtol=1e-14, atol=1e-14)
    assert (np.diag(matrix) == 0).all()
    assert np.array_equal(matrix, matrix.T) == METRICS[name].symmetric
    assert len(calls) == (6 if METRICS[name].symmetric else 12)

    calls.clear()
    part = rival_distances(name, clouds[:2], clouds, **settings, progress=lambda: calls.append(1))
    np.testing.assert_allclose(part, matrix[:2], rtol=1e-14, atol=1e-14)
    assert (np.diag(part) == 0).all()
    assert len(calls) == 8
    assert rival_distances(name, clouds[:2], clouds, n_threads=3, **settings).tobytes() == part.tobytes()
    assert rival_distances(name, clouds, n_threads=3, **settings).tobytes() == matrix.tobytes()


def test_a_failing_callback_ends_the_work():
    calls = []

    def progress():
        calls.append(1)
        if len(calls) == 2:
            raise KeyError
        time.sleep(0.005)

    with pytest.raises(KeyError):
        rival_distances("linear_cka", list(pair()) * 10, n_threads=2, progress=progress)
    assert len(calls) < 100


GOOD = np.random.default_rng(0).normal(size=(9, 2))


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize(
    ("cloud", "message"),
    [
        (np.where(np.eye(9, 2) > 0, np.nan, GOOD), "cloud 1 is not finite"),
        (np.where(np.eye(9, 2) > 0, np.inf, GOOD), "cloud 1 is not finite"),
        (np.full((9, 2), 0.1), "cloud 1 is one point 9 times"),
        (GOOD[:8], "cloud 1 has 8 points where cloud 0 has 9"),
        (GOOD[:, 0], r"cloud 1 has shape \(9,\)"),
    ],
)
def test_bad_clouds(name, cloud, message):
    with pytest.raises(InputError, match=message):
        rival_distances(name, [GOOD, cloud])
    with pytest.raises(InputError, match=message.replace("cloud 1", "cloud 0 of columns")):
        rival_distances(name, [GOOD], [cloud])


@pytest.mark.parametrize("name", METRICS)
def test_too_few_points(name):
    with pytest.raises(InputError, match=r"cloud 0 has shape \(2, 1\); .* at least [34] points"):
        rival_distances(name, [GOOD[:2, :1], GOOD[:2, :1]])


@pytest.mark.parametrize("name", METRICS)
def test_more_dimensions_than_points(name):
    wide = [np.random.default_rng(seed).normal(size=(9, 10)) for seed in range(2)]
    if name in CCA_FAMILY:
        with pytest.raises(InputError, match=r"9 points in 10 dimensions.*more images or a layer of fewer channels"):
            rival_distances(name, wide)
    else:
        assert 0 < rival_distances(name, wide)[0, 1] < 20
    assert METRICS[name].needs_rank == (name in CCA_FAMILY)


def test_unbiased_cka_of_a_simplex():
    with pytest.raises(InputError, match="cloud 0 has all points at the same distance"):
        rival_distances("unbiased_cka", [np.eye(5), GOOD[:5]])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"metric": "cosine"}, "linear_cka, .*rtd_lite"),
        ({"n_threads": 0}, "n_threads is 0"),
        ({"subsets": 0}, "subsets is 0"),
        ({"subset_size": 2}, "subset_size is 2"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(InputError, match=message):
        rival_distances(**{"metric": "rtd", "rows": [GOOD]} | arguments)
