"""Purity on graphs worked by hand, and against dictionaries and loops."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.purity import class_purity, composition, coverage, node_purity, point_purity
from scipy import sparse

# Node 0 holds points 0, 1 (classes 0, 0); node 1 holds 1, 2, 3 (classes 0, 1, 2); point 4 is noise.
HAND = sparse.csr_array(np.array([[1, 0], [1, 1], [0, 1], [0, 1], [0, 0]], dtype=np.int8))
LABELS = np.array([0, 0, 1, 2, 2])
NAN = float("nan")


def test_by_hand():
    np.testing.assert_array_equal(composition(HAND, LABELS, 4), [[2, 0, 0, 0], [1, 1, 1, 0]])
    np.testing.assert_array_equal(node_purity(HAND, LABELS), [1, 1 / 3])
    np.testing.assert_allclose(point_purity(HAND, LABELS), [1, 2 / 3, 1 / 3, 1 / 3, NAN], rtol=1e-15)
    np.testing.assert_allclose(class_purity(HAND, LABELS, 4), [5 / 6, 1 / 3, 1 / 3, NAN], rtol=1e-15)
    np.testing.assert_allclose(class_purity(HAND, LABELS, 4, uncovered="zero"), [5 / 6, 1 / 3, 1 / 6, NAN], rtol=1e-15)
    assert coverage(HAND) == 0.8
    np.testing.assert_array_equal(coverage(HAND, LABELS, 4), [1, 1, 0.5, NAN])
    np.testing.assert_array_equal(coverage(HAND, LABELS), [1, 1, 0.5])


def test_class_without_covered_points():
    labels = np.array([0, 0, 0, 0, 1])
    np.testing.assert_array_equal(class_purity(HAND, labels, 2), [1, NAN])
    np.testing.assert_array_equal(class_purity(HAND, labels, 2, uncovered="zero"), [1, 0])


def test_no_node():
    empty = sparse.csr_array((5, 0), dtype=np.int8)
    assert composition(empty, LABELS, 3).shape == (0, 3)
    assert node_purity(empty, LABELS).shape == (0,)
    assert np.isnan(point_purity(empty, LABELS)).all()
    assert np.isnan(class_purity(empty, LABELS, 3)).all()
    assert coverage(empty) == 0


@pytest.mark.parametrize("dtype", [bool, np.int8, np.float32])
@pytest.mark.parametrize("seed", range(3))
def test_against_loops(seed, dtype):
    rng = np.random.default_rng(seed)
    incidence = sparse.random_array((400, 30), density=0.05, rng=rng).astype(bool).astype(dtype)
    labels = rng.integers(0, 5, 400)
    dense = incidence.toarray() != 0
    classes = [{labels[x] for x in np.flatnonzero(dense[:, i])} for i in range(30)]
    alpha = [1 / len(present) for present in classes]
    beta = {x: np.mean([alpha[i] for i in np.flatnonzero(dense[x])]) for x in range(400) if dense[x].any()}
    gamma = {"drop": [], "zero": []}
    for k in range(5):
        own = [x for x in range(400) if labels[x] == k]
        gamma["drop"].append(np.mean([beta[x] for x in own if x in beta]))
        gamma["zero"].append(np.mean([beta.get(x, 0) for x in own]))

    for matrix in (incidence, incidence.tocsc(), incidence.tocoo()):
        np.testing.assert_array_equal(node_purity(matrix, labels), alpha)
        found = point_purity(matrix, labels)
        assert set(np.flatnonzero(~np.isnan(found))) == set(beta)
        np.testing.assert_allclose(found[list(beta)], list(beta.values()), rtol=1e-14)
        for uncovered, expected in gamma.items():
            np.testing.assert_allclose(class_purity(matrix, labels, 5, uncovered), expected, rtol=1e-13)
    assert coverage(incidence) == len(beta) / 400


def test_counts_beyond_int8():
    incidence = sparse.csr_array(np.ones((300, 200), dtype=np.int8))
    assert (composition(incidence, np.zeros(300, dtype=int), 1) == 300).all()
    assert (point_purity(incidence, np.zeros(300, dtype=int)) == 1).all()


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (LABELS[:4], "5 whole numbers"),
        (LABELS.astype(float), "whole numbers"),
        (LABELS + 1, "from 1 to 3 but there are 3 classes"),
        (LABELS - 1, "from -1 to 1"),
    ],
)
def test_wrong_labels(labels, message):
    with pytest.raises(InputError, match=message):
        composition(HAND, labels, 3)


def test_wrong_policy():
    with pytest.raises(InputError, match="uncovered"):
        class_purity(HAND, LABELS, 3, uncovered="skip")
