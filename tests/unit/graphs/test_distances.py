"""Distances between mapper graphs: metric axioms, worked examples, and sums over identities one by one."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.graphs.distances import cells, chance, flow, flow_table, membership_distance, variation_of_information
from scipy import sparse
from scipy.stats import kstest
from sklearn.metrics import mutual_info_score


def cover(seed, n=200, n_nodes=8, density=0.2):
    """Incidence of nodes that overlap, with points in no node."""
    rng = np.random.default_rng(seed)
    return sparse.csr_array((rng.random((n, n_nodes)) < density).astype(np.int8))


def partition(labels):
    return sparse.csr_array((np.ones(len(labels), dtype=np.int8), (np.arange(len(labels)), labels)))


def distances(*arguments, **settings):
    return [
        variation_of_information(*arguments, **settings),
        variation_of_information(*arguments, **settings, normalised=True),
        membership_distance(*arguments, **settings),
    ]


# Rounding of 2 - 2 CKA near 0 grows under the square root.
ZERO = (1e-13, 1e-13, 1e-7)


@pytest.mark.parametrize("uncovered", ["block", "drop"])
@pytest.mark.parametrize("seed", range(5))
def test_axioms(seed, uncovered):
    a, b = cover(seed), cover(seed + 50, n_nodes=12)
    for graph in (a, b):
        for distance, zero in zip(distances(graph, graph, uncovered=uncovered), ZERO, strict=True):
            assert 0 <= distance <= zero
    there, back = distances(a, b, uncovered=uncovered), distances(b, a, uncovered=uncovered)
    np.testing.assert_allclose(there, back, rtol=1e-12)
    assert there[0] > 0.1
    assert 0.1 < there[1] <= 1
    assert 0.1 < there[2] <= np.sqrt(2)
    rng = np.random.default_rng(seed)
    nodes, points, ids = rng.permutation(8), rng.permutation(200), np.arange(200) + 7
    moved = distances(a[:, nodes][points], b, ids[points], ids, uncovered=uncovered)
    np.testing.assert_allclose(moved, there, rtol=1e-12)
    np.testing.assert_allclose(flow(a[:, nodes], b, uncovered="drop"), flow(a, b, uncovered="drop")[nodes], rtol=1e-13)


@pytest.mark.parametrize("seed", range(20))
def test_triangle_inequality(seed):
    rng = np.random.default_rng(seed)
    a, b, c = (cover(3 * seed + i, 40, int(rng.integers(2, 7)), rng.uniform(0.1, 0.6)) for i in range(3))
    for ab, bc, ac in zip(distances(a, b), distances(b, c), distances(a, c), strict=True):
        assert ac <= ab + bc + 1e-12


@pytest.mark.parametrize("seed", range(3))
def test_partitions_against_scikit_learn(seed):
    first, second = np.random.default_rng(seed).integers(0, 5, (2, 300))
    information = mutual_info_score(first, second) / np.log(2)
    own, other = (mutual_info_score(x, x) / np.log(2) for x in (first, second))
    a, b = partition(first), partition(second)
    assert variation_of_information(a, b) == pytest.approx(own + other - 2 * information, rel=1e-12)
    expected = 1 - information / (own + other - information)
    assert variation_of_information(a, b, normalised=True) == pytest.approx(expected, rel=1e-12)
    counts = np.bincount(first * 5 + second, minlength=25).reshape(5, 5)
    np.testing.assert_allclose(flow(a, b, uncovered="drop"), counts / 300, rtol=1e-13)


@pytest.mark.parametrize("uncovered", ["block", "drop"])
def test_membership_distance_is_cka_of_kernels(uncovered):
    a, b = cover(1), cover(2)
    spread = []
    for graph in (a, b):
        dense = graph.toarray().astype(float)
        if uncovered == "block":
            dense = np.column_stack([dense, dense.sum(axis=1) == 0])
        spread.append(dense)
    kept = (spread[0].sum(axis=1) > 0) & (spread[1].sum(axis=1) > 0)
    centring = np.eye(kept.sum()) - 1 / kept.sum()
    kernels = []
    for dense in spread:
        p = dense[kept] / dense[kept].sum(axis=1, keepdims=True)
        kernels.append(centring @ p @ p.T @ centring)
    k, m = kernels
    cka = (k * m).sum() / np.linalg.norm(k) / np.linalg.norm(m)
    assert membership_distance(a, b, uncovered=uncovered) == pytest.approx(np.sqrt(2 - 2 * cka), rel=1e-12)
    unit = [kernel / np.linalg.norm(kernel) for kernel in kernels]
    assert membership_distance(a, b, uncovered=uncovered) == pytest.approx(np.linalg.norm(unit[0] - unit[1]), rel=1e-12)


def test_flow_by_hand():
    # Image 5 has two points in the first graph; image 8 and 9 are in one graph only.
    first = sparse.csr_array(np.array([[1, 1, 0], [0, 0, 1], [0, 0, 0], [1, 0, 0]], dtype=np.int8))
    second = sparse.csr_array(np.array([[0, 1], [1, 1], [1, 0]], dtype=np.int8))
    ids = np.array([5, 5, 6, 8]), np.array([6, 5, 9])
    # p_5 = (1/4, 1/4, 1/2, 0), q_5 = (1/2, 1/2, 0); p_6 = noise, q_6 = node 1.
    expected = np.array([[1, 1, 0], [1, 1, 0], [2, 2, 0], [0, 8, 0]]) / 16
    np.testing.assert_array_equal(flow(first, second, *ids), expected)
    # Without noise image 6 is out.
    np.testing.assert_array_equal(flow(first, second, *ids, uncovered="drop"), np.array([[1, 1], [1, 1], [2, 2]]) / 8)
    source, target, mass = flow_table(expected, top=3)
    assert (source.tolist(), target.tolist(), mass.tolist()) == ([3, 2, 2], [1, 0, 1], [0.5, 0.125, 0.125])
    assert len(flow_table(expected)[2]) == 7


@pytest.mark.parametrize("seed", range(3))
def test_flow_against_a_loop(seed):
    rng = np.random.default_rng(seed)
    a, b = cover(seed, 150), cover(seed + 9, 90, 5)
    ids_a, ids_b = rng.integers(0, 60, 150), rng.integers(20, 80, 90)
    shared = np.intersect1d(ids_a, ids_b)
    expected = np.zeros((9, 6))
    for x in shared:
        spread = []
        for graph, ids in ((a, ids_a), (b, ids_b)):
            own = graph.toarray()[ids == x].astype(float)
            own = np.column_stack([own, own.sum(axis=1) == 0])
            spread.append((own / own.sum(axis=1, keepdims=True)).mean(axis=0))
        expected += np.outer(*spread) / len(shared)
    found = flow(a, b, ids_a, ids_b)
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-16)
    assert found.sum() == pytest.approx(1, rel=1e-13)
    names = np.array([f"image {x:03d}" for x in range(80)])
    np.testing.assert_array_equal(flow(a, b, names[ids_a], names[ids_b]), found)


def test_membership_distance_is_zero_for_images_with_several_points():
    a, image = cover(3), np.arange(200) // 4
    assert membership_distance(a, a, image, image) <= ZERO[2]
    assert variation_of_information(a, a, image, image) > 0.1
    # Twice the same points of an image are the image once.
    assert membership_distance(sparse.vstack([a, a]), a, np.tile(image, 2), image) <= ZERO[2]


def test_unrelated_graphs_are_farther_than_related_ones():
    base = np.random.default_rng(0).integers(0, 6, 2000)
    moved, other = base.copy(), np.random.default_rng(1).integers(0, 6, 2000)
    moved[:100] = other[:100]
    near, far = (distances(partition(base), partition(x)) for x in (moved, other))
    assert all(a < 0.6 * b for a, b in zip(near, far, strict=True))
    assert far[1] > 0.99
    assert far[2] > 1.38


@pytest.mark.parametrize("n", [100, 400, 5000, 50_000])
def test_membership_distance_of_a_graph_that_tells_nothing_apart(n):
    """Whatever the rounding of means over many images."""
    one, none = sparse.csr_array(np.ones((n, 1), np.int8)), sparse.csr_array((n, 3), dtype=np.int8)
    other = partition(np.random.default_rng(0).integers(0, 5, n))
    for first, second in ((one, other), (other, none), (one, one), (none, one)):
        assert np.isnan(membership_distance(first, second))
    with pytest.raises(InputError, match="second graph has no point in a node"):
        membership_distance(other, none, uncovered="drop")


def test_chance():
    # Unrelated graphs are inside their own null in 95 of 100 cases; a related pair is below it.
    settings = {"n_permutations": 39, "normalised": True}
    inside = 0
    for seed in range(40):
        a, b = cover(seed, 120, 4), cover(seed + 100, 120, 4)
        found = chance(variation_of_information, a, b, seed=seed, **settings)
        assert found["observed"] == variation_of_information(a, b, normalised=True)
        inside += found["low"] <= found["observed"] <= found["high"]
    assert inside >= 33
    points = np.random.default_rng(0).integers(0, 4, 120)
    related = points.copy()
    related[:30] = 0
    found = chance(membership_distance, partition(points), partition(related), n_permutations=39)
    assert found["p"] == 1 / 40
    assert found["observed"] < 0.8 * found["low"]
    assert found["low"] <= found["mean"] <= found["high"]
    assert found == chance(membership_distance, partition(points), partition(related), n_permutations=39)


def test_chance_permutes_identities_as_a_whole():
    # Only one arrangement of two images leaves the distance as it is, the other gives the same by symmetry.
    a, image = partition(np.repeat([0, 1], 10)), np.repeat([4, 9], 10)
    found = chance(variation_of_information, a, a, image, image, n_permutations=5)
    assert found == {"observed": 0, "mean": 0, "low": 0, "high": 0, "p": 1}
    assert chance(variation_of_information, a, a, n_permutations=5)["low"] > 0.5
    # Where identities cannot be told apart, every permutation reaches the distance.
    single = sparse.csr_array(np.ones((6, 1), dtype=np.int8))
    assert chance(variation_of_information, single, single, n_permutations=5)["p"] == 1
    assert np.isnan(chance(membership_distance, single, single, n_permutations=5)["p"])
    with pytest.raises(InputError, match="at least one permutation"):
        chance(variation_of_information, a, a, n_permutations=0)


@pytest.mark.parametrize("uncovered", ["block", "drop"])
@pytest.mark.parametrize("first_ids", [np.arange(200), np.arange(200) + 60, np.arange(200) % 90])
@pytest.mark.parametrize("second_ids", [np.arange(200), np.arange(200) // 2, np.arange(200) // 8])
def test_chance_against_the_distances_of_permuted_identities(first_ids, second_ids, uncovered):
    """Where all identities are shared, those of either graph, some of both, or one has several points."""
    a, b = cover(1), cover(2, n_nodes=5)
    if second_ids.max() < first_ids.max():
        second_ids = second_ids + 50
    found = chance(membership_distance, a, b, first_ids, second_ids, 19, seed=3, uncovered=uncovered)
    rng, names = np.random.default_rng(3), np.intersect1d(first_ids, second_ids)
    is_shared = np.isin(second_ids, names)
    drawn = []
    for _ in range(19):
        moved = second_ids.copy()
        moved[is_shared] = rng.permutation(names)[np.searchsorted(names, second_ids[is_shared])]
        drawn.append(membership_distance(a, b, first_ids, moved, uncovered=uncovered))
    low, high = np.quantile(drawn, [0.025, 0.975])
    observed = membership_distance(a, b, first_ids, second_ids, uncovered=uncovered)
    expected = {"observed": observed, "mean": np.mean(drawn), "low": low, "high": high}
    expected["p"] = (1 + np.count_nonzero(np.array(drawn) <= observed + 1e-9)) / 20
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-9)


@pytest.mark.parametrize(("own", "others"), [(20, 1), (10, 10), (2, 20)])
def test_images_of_one_graph_alone_have_no_part_in_chance(own, others):
    """Of the second graph as many images are the first's as are not; p-values are uniform, whichever comes first."""
    rng, p_values = np.random.default_rng(0), []
    for seed in range(60):
        first = partition(rng.integers(0, 8, 60))
        second = partition(np.concatenate([rng.integers(0, own, 60), own + rng.integers(0, others, 60)]))
        settings = {"n_permutations": 39, "seed": seed}
        found = chance(membership_distance, first, second, **settings)
        assert found == chance(membership_distance, first, second[:60], **settings)
        again = chance(membership_distance, second, first, **settings)
        assert again["observed"] == pytest.approx(found["observed"])
        p_values += [found["p"], again["p"]]
    assert kstest(np.array(p_values) - rng.random(len(p_values)) / 40, "uniform").pvalue > 1e-3


def test_permutations_without_a_distance_do_not_make_a_distance_rare():
    # Of ten images in two nodes, three are covered in both graphs; they often come to lie in one node.
    a, b = partition(np.array([0, 0, 1])), partition(np.array([0, 0, 1, 1, 1, 1, 1, 1, 1, 1]))
    a = sparse.vstack([a, sparse.csr_array((7, 2), dtype=np.int8)])
    found = chance(membership_distance, a, b, n_permutations=199, seed=1, uncovered="drop")
    assert found["observed"] == pytest.approx(0, abs=1e-7)
    rng = np.random.default_rng(1)
    drawn = [membership_distance(a, b, second_ids=rng.permutation(10), uncovered="drop") for _ in range(199)]
    drawn = np.array(drawn)
    unknown = np.isnan(drawn)
    assert 0 < unknown.sum() < 199
    assert found["mean"] == pytest.approx(drawn[~unknown].mean())
    assert found["low"] == pytest.approx(np.quantile(drawn[~unknown], 0.025), abs=1e-7)
    assert found["p"] == (1 + unknown.sum() + (drawn[~unknown] < 1e-6).sum()) / 200


@pytest.mark.parametrize("density", [0.05, 0.9])
def test_cells_are_the_distinct_rows(density):
    incidence = cover(4, 300, 10, density)
    found = cells(incidence)
    sets = [frozenset(np.flatnonzero(row)) for row in incidence.toarray()]
    assert found.shape == (300, len(set(sets) - {frozenset()}))
    assert found.sum(axis=1).tolist() == [int(bool(own)) for own in sets]
    column = {x: c for x, c in zip(*found.nonzero(), strict=True)}
    assert len({(column[x], own) for x, own in enumerate(sets) if own}) == found.shape[1]


def test_graphs_that_tell_nothing():
    whole, noise = sparse.csr_array(np.ones((9, 1), dtype=np.int8)), sparse.csr_array((9, 3), dtype=np.int8)
    assert variation_of_information(whole, whole) == variation_of_information(whole, noise) == 0
    assert variation_of_information(whole, noise, normalised=True) == 0
    assert np.isnan(membership_distance(whole, cover(0, 9)))
    third = sparse.csr_array(np.ones((9, 3), dtype=np.int8))
    assert np.isnan(membership_distance(third, cover(0, 9)))


def test_refusals():
    a = cover(0, 20)
    with pytest.raises(InputError, match="in common"):
        flow(a, a, np.arange(20), np.arange(20) + 20)
    with pytest.raises(InputError, match="in common"):
        flow(a, sparse.csr_array((20, 2), dtype=np.int8), uncovered="drop")
    with pytest.raises(InputError, match="20 points but its identities"):
        flow(a, a, np.arange(19), np.arange(20))
    with pytest.raises(InputError, match="uncovered"):
        membership_distance(a, a, uncovered="skip")
