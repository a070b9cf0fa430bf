"""Merge trees of classes on graphs drawn by hand, and against networkx threshold by threshold."""

from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from actopo.errors import InputError
from actopo.graphs.branching import agreement, dendrogram, merge_levels, place_classes
from scipy.cluster.hierarchy import cophenet, is_monotonic, is_valid_linkage
from scipy.spatial.distance import squareform
from scipy.stats import spearmanr

NEVER, NAN = -np.inf, float("nan")


def held(*classes, n_classes):
    """Placement from a set of classes for each node."""
    return np.array([[k in own for k in range(n_classes)] for own in classes])


def brute_force(edges, values, placed):
    """Levels from networkx's components of every superlevel set, from the lowest threshold up."""
    graph = nx.Graph(map(tuple, edges))
    graph.add_nodes_from(range(len(values)))
    levels = np.full((placed.shape[1],) * 2, NEVER)
    for threshold in np.unique(values):
        for component in nx.connected_components(graph.subgraph(np.flatnonzero(values >= threshold))):
            inside = placed[list(component)].any(axis=0)
            levels[np.outer(inside, inside)] = threshold
    absent = ~placed.any(axis=0)
    levels[absent], levels[:, absent] = NAN, NAN
    return levels


def test_y_shape():
    # A stem 0-1-2 of class 2, then arms 3-4 of class 0 and 5-6 of class 1.
    edges = [[0, 1], [1, 2], [2, 3], [3, 4], [2, 5], [5, 6]]
    placed = held({2}, {2}, {2}, {0}, {0}, {1}, {1}, n_classes=3)
    levels = merge_levels(edges, [1, 2, 3, 4, 5, 4.5, 7], placed)
    np.testing.assert_array_equal(levels, [[5, 3, 3], [3, 7, 3], [3, 3, 3]])


def test_valley_between_peaks_is_the_level():
    levels = merge_levels([[0, 1], [1, 2]], [5, 2, 9], held({0}, set(), {1}, n_classes=2))
    np.testing.assert_array_equal(levels, [[5, 2], [2, 9]])


def test_cycle_takes_the_higher_way():
    levels = merge_levels([[0, 1], [1, 2], [2, 3], [3, 0]], [9, 1, 8, 4], held({0}, set(), {1}, set(), n_classes=2))
    assert levels[0, 1] == 4


def test_two_components_and_an_absent_class():
    levels = merge_levels([[0, 1]], [1, 2, 3], held({0}, {1}, {2}, n_classes=4))
    np.testing.assert_array_equal(levels, [[1, 1, NEVER, NAN], [1, 2, NEVER, NAN], [NEVER, NEVER, 3, NAN], [NAN] * 4])


def test_classes_in_one_node_merge_there_and_ties_at_their_lens():
    np.testing.assert_array_equal(merge_levels([], [2.5], np.array([[True, True]])), np.full((2, 2), 2.5))
    edges, placed = [[0, 1], [1, 2]], held({0}, set(), {1}, n_classes=2)
    np.testing.assert_array_equal(merge_levels(edges, [4, 4, 4], placed), np.full((2, 2), 4.0))


def test_branches_of_one_class_need_not_be_ultrametric():
    # Class 1 meets class 0 high on one branch and class 2 high on another, which part at the stem.
    edges = [[0, 1], [1, 2], [0, 3], [3, 4]]
    levels = merge_levels(edges, [1, 8, 9, 8, 9], held(set(), {1}, {0}, {1}, {2}, n_classes=3))
    assert (levels[0, 1], levels[1, 2], levels[0, 2]) == (8, 8, 1)
    tree, present, top, _ = dendrogram(levels)
    np.testing.assert_array_equal(present, [0, 1, 2])
    np.testing.assert_array_equal(top - tree[:, 2], [8, 8])


@pytest.mark.parametrize("seed", range(12))
def test_against_networkx(seed):
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(1, 40)), 6
    pairs = np.array(list(combinations(range(n), 2)), dtype=int).reshape(-1, 2)
    edges = pairs[rng.random(len(pairs)) < rng.uniform(0.02, 0.15)]
    # Whole numbers make ties; edges are given in either direction.
    values = rng.integers(0, 12, n).astype(float) if seed % 2 else rng.normal(size=n)
    edges = np.where(rng.random((len(edges), 1)) < 0.5, edges, edges[:, ::-1])
    placed = rng.random((n, k)) < 0.2
    levels = merge_levels(edges, values, placed)
    np.testing.assert_array_equal(levels, brute_force(edges, values, placed))

    relabelled = rng.permutation(n)
    place = np.argsort(relabelled)
    again = merge_levels(place[edges], values[relabelled], placed[relabelled])
    np.testing.assert_array_equal(again, levels)


@pytest.mark.parametrize("seed", range(6))
def test_dendrogram_is_the_closure_of_the_levels(seed):
    rng = np.random.default_rng(seed)
    n = 25
    edges = np.array([[int(rng.integers(i)), i] for i in range(1, n) if rng.random() < 0.9])
    values, placed = rng.uniform(1, 9, n), rng.random((n, 5)) < 0.15
    placed[0], placed[1:3, :2] = False, True
    levels = merge_levels(edges, values, placed)
    tree, present, top, floor = dendrogram(levels, floor=0.0)
    assert is_valid_linkage(tree)
    assert is_monotonic(tree)
    assert floor == 0.0
    assert len(tree) == len(present) - 1
    own = np.maximum(levels[np.ix_(present, present)], 0.0)
    # Widest path: the highest level at which two classes hang together through any chain of classes.
    for via in range(len(own)):
        own = np.maximum(own, np.minimum(own[:, [via]], own[[via]]))
    np.fill_diagonal(own, 0)
    found = top - squareform(cophenet(tree))
    np.fill_diagonal(found, 0)
    np.testing.assert_allclose(found, own, rtol=0, atol=1e-14 * top)


def test_never_merged_classes_join_below_all_levels():
    tree, _, top, floor = dendrogram(np.array([[10, 5, NEVER], [5, 8, NEVER], [NEVER, NEVER, 6]]))
    assert (top, floor) == (10, 4.5)
    np.testing.assert_array_equal(tree[:, 2], [5, 5.5])


def test_dendrogram_refuses():
    with pytest.raises(InputError, match="two classes"):
        dendrogram(np.array([[1, NAN], [NAN, NAN]]))
    with pytest.raises(InputError, match="floor is 2"):
        dendrogram(np.array([[3.0, 1.0], [1.0, 2.0]]), floor=2)


def test_place_classes():
    counts = np.array([[5, 5, 0], [6, 3, 1], [0, 0, 4], [0, 0, 0]])
    majority = [[True, True, False], [True, False, False], [False, False, True], [False] * 3]
    np.testing.assert_array_equal(place_classes(counts), majority)
    shared = [[True, True, False], [True, True, False], [False, False, True], [False] * 3]
    np.testing.assert_array_equal(place_classes(counts, 0.3), shared)
    np.testing.assert_array_equal(
        place_classes(counts, 1), [[False] * 3, [False] * 3, [False, False, True], [False] * 3]
    )
    # In binary 0.07 of 100 is above 7.
    np.testing.assert_array_equal(place_classes([[7, 93]], 0.07), [[True, True]])
    for share in (0, 1.1, NAN):
        with pytest.raises(InputError, match="share"):
            place_classes(counts, share)


def test_lower_share_never_parts_classes():
    rng = np.random.default_rng(3)
    counts, values = rng.integers(0, 9, (20, 4)), rng.normal(size=20)
    edges = rng.integers(0, 20, (15, 2))
    strict, lax = (merge_levels(edges, values, place_classes(counts, share)) for share in (0.4, 0.2))
    known = ~np.isnan(strict)
    assert (lax[known] >= strict[known]).all()
    assert (lax[known] > strict[known]).any()


@pytest.mark.parametrize("seed", range(4))
def test_agreement_is_spearman(seed):
    first, second = (_symmetric(s, 8) for s in (seed, seed + 100))
    pairs = np.triu_indices(8, 1)
    rho, p, k = agreement(first, second, n_permutations=99)
    assert k == 8
    assert rho == pytest.approx(spearmanr(first[pairs], second[pairs]).statistic, abs=1e-14)
    assert 0.01 <= p <= 1
    assert agreement(first, first)[0] == pytest.approx(1, abs=1e-14)
    assert agreement(first, -first)[0] == pytest.approx(-1, abs=1e-14)
    relabelled = np.random.default_rng(seed).permutation(8)
    again = agreement(first[np.ix_(relabelled, relabelled)], second[np.ix_(relabelled, relabelled)])[0]
    assert again == pytest.approx(rho, abs=1e-14)


def test_p_value_is_exact_on_four_classes():
    # Of the 24 ways to permute 4 classes, 8 keep the pairing {0, 1}, {2, 3}: p is 1/3.
    levels = np.array([[5, 3, 1, 1], [3, 5, 1, 1], [1, 1, 5, 3], [1, 1, 3, 5]], dtype=float)
    rho, p, _ = agreement(levels, levels, n_permutations=20000, seed=1)
    assert rho == pytest.approx(1, abs=1e-14)
    assert p == pytest.approx(1 / 3, abs=5 * np.sqrt(2 / 9 / 20000))


def test_p_values_are_uniform_under_the_null():
    p = [agreement(_symmetric(2 * s, 7), _symmetric(2 * s + 1, 7), n_permutations=199)[1] for s in range(200)]
    assert 0.02 < np.mean(np.array(p) <= 0.1) < 0.2
    assert 0.4 < np.mean(p) < 0.6


def test_agreement_with_unmerged_absent_and_constant():
    first = _symmetric(0, 6)
    absent = first.copy()
    absent[2], absent[:, 2] = NAN, NAN
    kept = [0, 1, 3, 4, 5]
    assert agreement(absent, first)[0] == pytest.approx(1, abs=1e-14)
    assert agreement(absent, first)[2] == 5
    second = _symmetric(1, 6)
    assert agreement(absent, second) == agreement(first[np.ix_(kept, kept)], second[np.ix_(kept, kept)])
    low = first.copy()
    lowest = np.argmin(first + 100 * np.eye(6))
    low.flat[[lowest, np.ravel_multi_index(np.unravel_index(lowest, (6, 6))[::-1], (6, 6))]] = NEVER
    assert agreement(low, first)[0] == pytest.approx(1, abs=1e-14)
    for constant in (np.ones((6, 6)), np.where(np.eye(6), 1.0, NEVER)):
        assert np.isnan(agreement(constant, first)[:2]).all()
    assert np.isnan(agreement(first[:2, :2], first[:2, :2])[0])
    assert agreement(first, second, seed=4) == agreement(first, second, seed=4)


@pytest.mark.parametrize(
    ("edges", "values", "placed", "message"),
    [
        ([[0, 2]], [1, 2], np.ones((2, 1)), "one graph"),
        ([[0, 1]], [1, 2], np.ones((3, 1)), "one graph"),
        ([[-1, 0]], [1, 2], np.ones((2, 1)), "one graph"),
        ([[0, 1]], [1, 2], np.ones(2), "one graph"),
        ([[0, 1]], [1, NAN], np.ones((2, 1)), "node 1"),
    ],
)
def test_wrong_graphs(edges, values, placed, message):
    with pytest.raises(InputError, match=message):
        merge_levels(edges, values, placed)


def test_wrong_matrices():
    with pytest.raises(InputError, match="3 and of 2 classes"):
        agreement(np.ones((3, 3)), np.ones((2, 2)))
    with pytest.raises(InputError, match="square"):
        agreement(np.ones((3, 2)), np.ones((3, 2)))


def _symmetric(seed, k):
    levels = np.random.default_rng(seed).normal(size=(k, k))
    return levels + levels.T
