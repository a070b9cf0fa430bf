"""CKA from Gram matrices and from the estimator of its definition."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.similarity.metrics.pairwise import functions_of, metric_distances

from unit.similarity.metrics.examples import GOOD, centred, distance, pair


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
        np.array([1 - measure(prepare(centred(x), "x"), prepare(centred(y), "y")) for x, y in samples])
        for prepare, measure in map(functions_of, ("unbiased_cka", "linear_cka"))
    )
    assert abs(unbiased.mean()) < 3 * unbiased.std() / np.sqrt(len(unbiased))
    assert biased.mean() > 0.2


@pytest.mark.parametrize("name", ["linear_cka", "unbiased_cka"])
def test_cka_of_more_columns_than_points(name):
    x, y = pair(10, n=8, p=30, q=40)
    # The same inner products in at most 8 columns.
    narrow = [left * values for left, values, _ in (np.linalg.svd(z, full_matrices=False) for z in (x, y))]
    assert distance(name, x, y) == pytest.approx(distance(name, *narrow), abs=1e-12)


def test_unbiased_cka_of_a_simplex():
    with pytest.raises(InputError, match="cloud 0 has all points at the same distance"):
        metric_distances("unbiased_cka", [np.eye(5), GOOD[:5]])
