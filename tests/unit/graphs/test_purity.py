"""Purity on graphs worked by hand, and against dictionaries and loops."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.graphs.purity import (
    class_purity,
    coverage,
    majority_share,
    node_entropy,
    node_purity,
    permutation_null,
    point_purity,
    weighted_mean,
)
from actopo.mapper.composition import composition
from scipy import sparse
from scipy.stats import entropy, kstest

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


def test_shares_and_entropy_by_hand():
    np.testing.assert_allclose(majority_share(HAND, LABELS), [1, 1 / 3], rtol=1e-15)
    np.testing.assert_allclose(node_entropy(HAND, LABELS, 4), [0, np.log2(3)], rtol=1e-15)
    np.testing.assert_allclose(node_entropy(HAND, LABELS, 4, normalised=True), [0, np.log2(3) / 2], rtol=1e-15)
    assert weighted_mean([1, 1 / 3], [2, 3]) == pytest.approx(0.6, rel=1e-15)
    assert weighted_mean([1, NAN], [2, 3]) == 1
    assert np.isnan(weighted_mean([], []))


@pytest.mark.parametrize("seed", range(3))
def test_entropy_and_majority_against_scipy(seed):
    incidence, labels = _graph(seed)
    members = [labels[incidence.toarray()[:, i] != 0] for i in range(incidence.shape[1])]
    counts = [np.bincount(own, minlength=6) for own in members]
    np.testing.assert_allclose(node_entropy(incidence, labels, 6), [entropy(c, base=2) for c in counts], rtol=1e-13)
    np.testing.assert_array_equal(majority_share(incidence, labels), [max(c) / sum(c) for c in counts])
    # One class at least has the mean share, and uncertainty is largest for equal classes.
    assert (majority_share(incidence, labels) >= node_purity(incidence, labels)).all()
    assert (node_entropy(incidence, labels, 6) <= -np.log2(node_purity(incidence, labels)) + 1e-13).all()


def test_shares_and_entropy_without_points():
    empty = sparse.csr_array((5, 2), dtype=np.int8)
    assert np.isnan(majority_share(empty, LABELS)).all()
    assert np.isnan(node_entropy(empty, LABELS, 3)).all()
    assert majority_share(empty[:, :0], LABELS).shape == node_entropy(empty[:, :0], LABELS, 3).shape == (0,)
    assert np.isnan(majority_share(empty[:0], LABELS[:0])).tolist() == [True, True]
    # A single class has no entropy that could be divided by its maximum.
    assert node_entropy(HAND, np.zeros(5, int), 1).tolist() == [0, 0]
    assert np.isnan(node_entropy(HAND, np.zeros(5, int), 1, normalised=True)).all()


@pytest.mark.parametrize("uncovered", ["drop", "zero"])
@pytest.mark.parametrize("grouped", [False, True])
def test_null_against_a_loop(grouped, uncovered):
    incidence, labels = _graph(0)
    incidence = sparse.diags_array(np.arange(400) % 5 > 0, dtype=np.int8) @ incidence
    groups, n_classes = (np.arange(len(labels)) // 4, 7) if grouped else (None, 7)
    if grouped:
        labels = labels[groups * 4]
    settings = {"n_permutations": 40, "seed": 3, "groups": groups, "uncovered": uncovered}
    null = permutation_null(incidence, labels, n_classes, **settings)
    rng, rows = np.random.default_rng(3), []
    for step in range(41):
        permuted = labels
        if step:
            permuted = rng.permutation(labels[::4])[groups] if grouped else rng.permutation(labels)
        sizes = np.asarray(incidence.sum(axis=0))
        share = np.average(majority_share(incidence, permuted), weights=sizes)
        by_class = class_purity(incidence, permuted, n_classes, uncovered)
        rows.append([node_purity(incidence, permuted).mean(), share, *by_class])
    observed, drawn = np.array(rows[0]), np.array(rows[1:])
    for name, columns in {"node_purity": 0, "majority_share": 1, "class_purity": slice(2, None)}.items():
        np.testing.assert_allclose(null[name]["observed"], observed[columns], rtol=1e-13)
        np.testing.assert_allclose(null[name]["mean"], drawn.mean(axis=0)[columns], rtol=1e-13)
        reached = (drawn >= observed - 1e-12).sum(axis=0)[columns]
        expected = np.where(np.isnan(observed[columns]), np.nan, (reached + 1) / 41)
        np.testing.assert_array_equal(null[name]["p"], expected)
        for bound, quantile in (("low", 0.025), ("high", 0.975)):
            np.testing.assert_allclose(null[name][bound], np.quantile(drawn, quantile, axis=0)[columns], rtol=1e-13)
    assert np.isnan(null["class_purity"]["mean"][5:]).all()


def test_null_of_a_partition_by_class_and_of_one_node():
    labels = np.repeat(np.arange(4), 50)
    by_class = sparse.csr_array((np.ones(200, dtype=np.int8), (np.arange(200), labels)))
    null = permutation_null(by_class, labels, 4, n_permutations=200)
    for measure, expected in (("node_purity", 0.25), ("class_purity", 0.25)):
        assert np.all(null[measure]["observed"] == 1)
        assert np.all(null[measure]["high"] == expected)
    assert null["majority_share"]["observed"] == 1
    # Of 50 points from four equal classes the largest has 0.25 and a little more.
    assert 0.25 < null["majority_share"]["low"] < null["majority_share"]["high"] < 0.4
    single = sparse.csr_array(np.ones((200, 1), dtype=np.int8))
    # Every permutation reaches what is observed.
    assert set(permutation_null(single, labels, 4, 5)["majority_share"].values()) == {0.25, 1}
    # None does, and the observed labels count.
    assert null["node_purity"]["p"] == 1 / 201
    assert np.all(null["class_purity"]["p"] == 1 / 201)


def test_a_node_of_one_point_counts_as_much_as_any_other():
    incidence = sparse.csr_array(np.array([[1, 0], [0, 1], [0, 1]], dtype=np.int8))
    assert permutation_null(incidence, np.array([0, 0, 1]), 2, 1)["node_purity"]["observed"] == 0.75


def test_null_contains_labels_without_relation():
    inside, p_values = 0, []
    for seed in range(60):
        incidence, labels = _graph(seed)
        found = permutation_null(incidence, labels, 6, n_permutations=99, seed=seed)["majority_share"]
        inside += found["low"] <= found["observed"] <= found["high"]
        p_values.append(found["p"])
    assert 51 <= inside <= 60
    assert kstest(p_values, "uniform").pvalue > 0.01


def test_groups_widen_the_null():
    # Every image has 20 points in one node: only 40 labels are drawn, not 800.
    image = np.repeat(np.arange(40), 20)
    incidence = sparse.csr_array((np.ones(800, dtype=np.int8), (np.arange(800), image // 10)))
    labels = np.random.default_rng(0).integers(0, 2, 40)[image]
    width = [
        found["high"] - found["low"]
        for found in (
            permutation_null(incidence, labels, 2, 200, groups=groups)["majority_share"] for groups in (None, image)
        )
    ]
    assert width[1] > 3 * width[0]


def test_null_is_reproducible_and_survives_no_node():
    incidence, labels = _graph(1)
    for measure, found in permutation_null(incidence, labels, 6, 20, seed=5).items():
        for name, value in permutation_null(incidence, labels, 6, 20, seed=5)[measure].items():
            np.testing.assert_array_equal(value, found[name])
    empty = permutation_null(sparse.csr_array((5, 0), dtype=np.int8), LABELS, 3, 4)
    assert np.isnan([empty["node_purity"]["mean"], empty["majority_share"]["observed"]]).all()
    assert np.isnan(empty["class_purity"]["high"]).all()


def test_null_refuses():
    with pytest.raises(InputError, match="at least one permutation"):
        permutation_null(HAND, LABELS, 3, 0)
    with pytest.raises(InputError, match="uncovered must be"):
        permutation_null(HAND, LABELS, 3, 1, uncovered="keep")
    with pytest.raises(InputError, match="group 7 holds points of several"):
        permutation_null(HAND, LABELS, 3, 1, groups=[1, 1, 7, 7, 7])
    with pytest.raises(InputError, match=r"5 points but groups of shape \(2,\)"):
        permutation_null(HAND, LABELS, 3, 1, groups=[1, 1])


def _graph(seed):
    rng = np.random.default_rng(seed)
    incidence = sparse.random_array((400, 30), density=0.05, rng=rng).astype(bool).astype(np.int8)
    return incidence, rng.integers(0, 5, 400)
