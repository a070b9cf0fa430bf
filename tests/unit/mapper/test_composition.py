"""Points of each class in each node, against a loop."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.mapper.composition import checked_labels, composition, membership
from scipy import sparse


@pytest.mark.parametrize("seed", range(5))
def test_composition_against_a_loop(seed):
    rng = np.random.default_rng(seed)
    incidence = rng.random((40, int(rng.integers(0, 9)))) < 0.2
    labels = rng.integers(0, 4, 40)
    expected = np.zeros((incidence.shape[1], 5), dtype=int)
    for point, node in zip(*incidence.nonzero(), strict=True):
        expected[node, labels[point]] += 1
    found = composition(sparse.csr_array(incidence.astype(np.int8)), labels, 5)
    np.testing.assert_array_equal(np.asarray(found), expected)


def test_counts_beyond_int8():
    incidence = sparse.csr_array(np.ones((1000, 1), dtype=np.int8))
    assert np.asarray(composition(incidence, np.zeros(1000, int), 2)).tolist() == [[1000, 0]]


def test_membership_counts_a_point_of_any_weight_once():
    weighted = sparse.csr_array(np.array([[3, 0], [0, 100], [7, 1]], dtype=np.int8))
    found = membership(weighted)
    assert (found.toarray() != 0).tolist() == [[True, False], [False, True], [True, True]]
    assert found.sum(axis=0).tolist() == [2, 2]


@pytest.mark.parametrize(
    ("labels", "n_classes", "words"),
    [
        ([0, 1], None, r"3 whole numbers.*shape \(2,\)"),
        ([0.0, 1.0, 2.0], None, "3 whole numbers.*float64"),
        ([[0], [1], [2]], None, r"3 whole numbers.*shape \(3, 1\)"),
        ([0, 1, 5], 5, "labels run from 0 to 5 but there are 5 classes"),
        ([0, -1, 1], 5, "labels run from -1 to 1"),
    ],
)
def test_labels_must_fit(labels, n_classes, words):
    with pytest.raises(InputError, match=words):
        checked_labels(np.array(labels), 3, n_classes)


def test_labels_that_fit_are_handed_on():
    assert checked_labels([2, 0, 1], 3, 3).tolist() == checked_labels([2, 0, 1], 3).tolist() == [2, 0, 1]
    assert checked_labels(np.empty(0, int), 0, 3).shape == (0,)
