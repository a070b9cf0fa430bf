"""Which graphs are compared, and that clouds which lose their shape lose branches and cycles in numbers."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.graphs.comparisons import MEASURES, ComparedGraph, compare, pairs
from actopo.graphs.distances import membership_distance
from actopo.graphs.features import mean_lens
from actopo.mapper.covers import IntervalCover
from actopo.mapper.dbscan import DBSCAN
from actopo.mapper.graph import mapper_graph
from scipy import sparse


def columns(sampling="random", draw=0, sigma=0, layer=16):
    return {"sampling": sampling, "draw": draw, "sigma": sigma, "layer": layer}


def test_every_pair_is_there_once():
    own = [columns(), columns(layer=8), columns("full"), columns("full", layer=8), columns(draw=1), columns(draw=2)]
    own += [columns(sigma=0.1), columns(sigma=1), columns(draw=1, sigma=0.1)]
    others = [columns("full", layer=8), columns(), columns(layer=4)]
    found = list(pairs(own, others))
    assert found == [
        *(("noise", 0, 6), ("noise", 0, 7), ("noise", 4, 8)),
        # One graph of all positions stands for all draws.
        *(("samplings", 0, 2), ("samplings", 1, 3), ("samplings", 4, 2), ("samplings", 5, 2)),
        *(("draws", 0, 4), ("draws", 0, 5)),
        *(("networks", 1, 0), ("networks", 0, 3)),
    ]
    assert list(pairs(own, (), ["networks", "draws"])) == [("draws", 0, 4), ("draws", 0, 5)]
    with pytest.raises(InputError, match="no comparison 'layers'"):
        list(pairs(own, (), ["layers"]))


def tree(noise, seed=0, n=1500):
    """Three arms, with noise."""
    rng = np.random.default_rng(0)
    arm, radius = rng.integers(0, 3, n), rng.uniform(0, 1, n)
    angle = np.array([0.3, 2.4, 4.5])[arm]
    points = np.column_stack([np.cos(angle), np.sin(angle)]) * radius[:, None]
    points += noise * np.random.default_rng(1 + seed).normal(size=points.shape)
    lens = np.linalg.norm(points, axis=1)
    graph = mapper_graph(points, lens, IntervalCover(12, 0.3), DBSCAN(0.1 + noise / 2, 5))
    return ComparedGraph(graph.incidence, np.arange(n), graph.edges, mean_lens(graph.incidence, lens))


def test_weak_noise_keeps_the_branches_and_strong_noise_ends_them():
    clean = tree(0.03)
    weak, strong = (compare(clean, tree(noise, seed=1), n_permutations=19) for noise in (0.05, 0.6))
    assert (weak["n_branches_a"], weak["n_branches_b"], weak["branches_kept"]) == (3, 3, 1)
    assert (strong["n_branches_a"], strong["branches_kept"]) == (3, 0)
    assert weak["distance"] < strong["distance"]
    assert weak["distance"] < weak["chance_low"]
    assert weak["p"] == 1 / 20
    assert weak["n_cycles_a"] == 0
    assert np.isnan(weak["cycles_kept"])


def test_what_is_a_branch_and_what_is_kept_may_be_set():
    graph = tree(0.03)
    assert (graph.reference.share, graph.reference.thresholds) == (0.01, [0.4])
    own = graph.reference.graph
    strict = ComparedGraph(graph.incidence, graph.images, own.edges, own.lens, share=0.5, threshold=0.99)
    found, lax = (compare(each, tree(0.05, seed=1), n_permutations=1) for each in (strict, graph))
    assert (found["n_branches_a"], found["n_branches_b"], lax["n_branches_a"]) == (0, 3, 3)
    assert found["nodes_kept"] < lax["nodes_kept"]


def test_a_graph_and_itself():
    graph = tree(0.03)
    found = compare(graph, graph, n_permutations=5)
    assert tuple(found) == MEASURES
    assert (found["nodes_kept"], found["branches_kept"]) == (1, 1)
    assert found["distance"] == membership_distance(graph.incidence, graph.incidence) == pytest.approx(0, abs=1e-6)


def test_what_has_no_shared_image_is_not_lost():
    """A graph, and the same without the images of one of its three arms."""
    graph = tree(0.03)
    (first, *_) = graph.reference.branches
    inside = np.isin(np.arange(graph.incidence.shape[1]), first.nodes)
    kept = ~graph.incidence[:, inside].toarray().any(axis=1)
    rest = ComparedGraph(
        graph.incidence[kept], graph.images[kept], graph.reference.graph.edges, graph.reference.graph.lens
    )
    assert np.isnan(graph.reference.find_in(rest.reference.graph).nodes).sum() == inside.sum()
    found = compare(graph, rest, n_permutations=5)
    assert (found["n_branches_a"], found["nodes_kept"], found["branches_kept"]) == (3, 1, 1)


def test_a_graph_without_nodes_is_at_no_distance():
    graph = tree(0.03)
    empty = ComparedGraph(sparse.csr_array((1500, 0), dtype=np.int8), np.arange(1500), [], [])
    for pair, nodes_kept in (((graph, empty), 0), ((empty, graph), np.nan)):
        found = compare(*pair, n_permutations=5)
        np.testing.assert_equal([found["distance"], found["p"], found["nodes_kept"]], [np.nan, np.nan, nodes_kept])
