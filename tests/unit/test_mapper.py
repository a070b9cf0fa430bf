"""Mapper against KeplerMapper, a brute-force mapper, and shapes whose graph is known."""

import json
from itertools import combinations

import kmapper
import networkx as nx
import numpy as np
import pytest
from actopo.errors import InputError
from actopo.mapper import (
    IntervalCover,
    cluster_interval,
    interval_members,
    mapper_graph,
    n_components,
    n_cycles,
    nerve,
    node_link,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import DBSCAN


class OneCluster:
    """All points over an interval in one cluster."""

    def fit_predict(self, points):
        return np.zeros(len(points), dtype=int)


def blobs(seed, n=300, c=3):
    rng = np.random.default_rng(seed)
    points = rng.normal(scale=3, size=(4, c))[rng.integers(0, 4, n)] + rng.normal(size=(n, c))
    return points, np.linalg.norm(points, axis=1)


def node_sets(graph):
    columns = graph.incidence.tocsc()
    return [set(columns.indices[a:b]) for a, b in zip(columns.indptr, columns.indptr[1:], strict=False)]


def edge_sets(graph):
    return {tuple(edge) for edge in graph.edges.tolist()}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("c", "n_intervals", "overlap"), [(1, 7, 0.25), (2, 10, 0.5), (8, 5, 0.3)])
def test_overhang_is_keplermapper(seed, c, n_intervals, overlap):
    points, lens = blobs(seed, c=c)
    clusterer = DBSCAN(eps=0.3 * np.sqrt(c) * c**0.4, min_samples=5)
    theirs = kmapper.KeplerMapper().map(
        lens[:, None], points, clusterer=clusterer, cover=kmapper.Cover(n_intervals, overlap)
    )
    ours = mapper_graph(points, lens, IntervalCover(n_intervals, overlap, "overhang"), clusterer)
    names = {name: k for k, name in enumerate(theirs["nodes"])}
    assert ours.n_nodes > 3
    assert node_sets(ours) == [set(members) for members in theirs["nodes"].values()]
    assert edge_sets(ours) == {(names[i], names[j]) for i, ends in theirs["links"].items() for j in ends}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("n_intervals", "overlap"), [(1, 0.3), (6, 0.0), (6, 0.3), (4, 0.8), (5, 0.99)])
def test_fit_is_brute_force(seed, n_intervals, overlap):
    points, lens = blobs(seed, n=200)
    clusterer = DBSCAN(eps=1.3, min_samples=4)
    length = (lens.max() - lens.min()) / (n_intervals - (n_intervals - 1) * overlap)
    nodes, interval = [], []
    for i in range(n_intervals):
        lower = lens.min() + i * length * (1 - overlap)
        upper = lens.max() if i == n_intervals - 1 else lower + length
        members = [x for x in range(len(lens)) if lower <= lens[x] <= upper]
        labels = clusterer.fit_predict(points[members])
        for label in range(labels.max() + 1):
            nodes.append({x for x, found in zip(members, labels, strict=True) if found == label})
            interval.append(i)
    shared = {(i, j): nodes[i] & nodes[j] for i, j in combinations(range(len(nodes)), 2)}
    shared = {pair: common for pair, common in shared.items() if common}

    graph = mapper_graph(points, lens, IntervalCover(n_intervals, overlap), clusterer)
    assert node_sets(graph) == nodes
    assert graph.interval.tolist() == interval
    assert graph.sizes.tolist() == [len(node) for node in nodes]
    assert graph.edges.tolist() == [list(pair) for pair in shared]
    assert graph.shared.tolist() == [len(common) for common in shared.values()]
    np.testing.assert_array_equal(
        graph.jaccard, [len(common) / len(nodes[i] | nodes[j]) for (i, j), common in shared.items()]
    )


@pytest.mark.parametrize("lens", ["height", "norm_from_outside"])
@pytest.mark.parametrize("convention", ["fit", "overhang"])
@pytest.mark.parametrize("seed", range(3))
def test_nested_circles_are_two_cycles(lens, convention, seed):
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0, 2 * np.pi, 1600)
    radius = np.repeat([1.0, 2.0], [500, 1100])
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    points += rng.normal(scale=0.03, size=points.shape)
    values = points[:, 1] if lens == "height" else np.linalg.norm(points - [6, 1], axis=1)
    graph = mapper_graph(points, values, IntervalCover(10, 0.3, convention), DBSCAN(eps=0.3, min_samples=5))
    assert n_components(graph) == 2
    assert n_cycles(graph) == 2
    assert np.bincount(graph.incidence.nonzero()[0], minlength=1600).all()


@settings(max_examples=150, deadline=None)
@given(
    lens=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20),
    n_intervals=st.integers(1, 60),
    overlap=st.just(0.0) | st.floats(0, 0.99),
    convention=st.sampled_from(["fit", "overhang"]),
)
def test_cover_theorems(lens, n_intervals, overlap, convention):
    lens = np.array(lens)
    bounds = IntervalCover(n_intervals, overlap, convention).intervals(lens)
    low, high = lens.min(), lens.max()
    assert bounds.shape == (n_intervals, 2)
    assert (np.bincount(np.concatenate(interval_members(lens, bounds)), minlength=len(lens)) > 0).all()
    tolerance = 1e-14 * max(abs(low), abs(high))
    if convention == "fit":
        assert bounds[0, 0] == low
        assert bounds[-1, 1] == high
        length = (high - low) / (n_intervals - (n_intervals - 1) * overlap)
    else:
        length = (high - low) / (n_intervals * (1 - overlap))
        centres = low + (high - low) * (0.5 + np.arange(n_intervals)) / n_intervals
        np.testing.assert_allclose(bounds.mean(axis=1), centres, rtol=1e-13, atol=100 * tolerance)
    np.testing.assert_allclose(np.diff(bounds)[:, 0], length, rtol=1e-12, atol=100 * tolerance)
    np.testing.assert_allclose(bounds[:-1, 1] - bounds[1:, 0], overlap * length, rtol=1e-10, atol=100 * tolerance)


@pytest.mark.parametrize("convention", ["fit", "overhang"])
@pytest.mark.parametrize("n_intervals", [3, 7, 40, 49])
def test_rounding_parts_no_neighbours(convention, n_intervals):
    extremes = np.sort(np.random.default_rng(n_intervals).normal(size=(50, 2)), axis=1)
    for lens in extremes:
        bounds = IntervalCover(n_intervals, 0.0, convention).intervals(lens)
        assert (bounds[:-1, 1] >= bounds[1:, 0]).all()


def test_intervals_are_closed():
    lens = np.array([3.0, 0.0, 2.0, 1.0, 4.0])
    members = interval_members(lens, IntervalCover(2, 0.0).intervals(lens))
    assert [m.tolist() for m in members] == [[1, 2, 3], [0, 2, 4]]


@pytest.mark.parametrize("convention", ["fit", "overhang"])
def test_all_points_equal(convention):
    graph = mapper_graph(
        np.ones((9, 2)), np.full(9, 0.1), IntervalCover(3, 0.3, convention), DBSCAN(eps=1, min_samples=5)
    )
    assert graph.sizes.tolist() == [9, 9, 9]
    assert edge_sets(graph) == {(0, 1), (0, 2), (1, 2)}
    assert graph.jaccard.tolist() == [1, 1, 1]


def test_shared_counts_beyond_int8():
    graph = mapper_graph(np.zeros((1000, 1)), np.zeros(1000), IntervalCover(2), OneCluster())
    assert graph.incidence.dtype == np.int8
    assert graph.shared.tolist() == [1000]


def test_empty_interval_and_no_node():
    points = np.r_[np.linspace(0, 1, 20), np.linspace(9, 10, 20)][:, None]
    graph = mapper_graph(points, points[:, 0], IntervalCover(10, 0.1), DBSCAN(eps=0.2, min_samples=3))
    assert 5 not in graph.interval
    assert n_components(graph) == 2
    none = mapper_graph(points, points[:, 0], IntervalCover(10, 0.1), DBSCAN(eps=1e-9, min_samples=3))
    assert (none.n_nodes, none.n_points, none.edges.shape) == (0, 40, (0, 2))
    assert (n_components(none), n_cycles(none), len(none.sizes)) == (0, 0, 0)
    assert node_link(none, np.zeros(40, dtype=int), points[:, 0], ["a"])["nodes"] == []


def test_intervals_as_independent_jobs(tmp_path):
    points, lens = blobs(5)
    path = tmp_path / "points.npy"
    np.save(path, points)
    mapped = np.load(path, mmap_mode="r")
    cover, clusterer = IntervalCover(6), DBSCAN(eps=1.2)
    intervals = cover.intervals(lens)
    jobs = []
    for i in range(6):
        (members,) = interval_members(lens, intervals[i : i + 1])
        jobs.append((members, cluster_interval(mapped, members, clusterer)))
    joined, whole = nerve(len(points), jobs), mapper_graph(points, lens, cover, clusterer)
    assert node_sets(joined) == node_sets(whole)
    np.testing.assert_array_equal(joined.edges, whole.edges)
    np.testing.assert_array_equal(joined.shared, whole.shared)


def test_progress_wraps_the_intervals():
    seen = []

    def progress(steps):
        for step in steps:
            seen.append((step, len(steps)))
            yield step

    points, lens = blobs(0)
    mapper_graph(points, lens, IntervalCover(4), OneCluster(), progress=progress)
    assert seen == [(0, 4), (1, 4), (2, 4), (3, 4)]


def test_node_link_round_trip():
    points, lens = blobs(2)
    labels = np.random.default_rng(0).integers(0, 3, len(points))
    graph = mapper_graph(points, lens, IntervalCover(8), DBSCAN(eps=1.2))
    data = json.loads(json.dumps(node_link(graph, labels, lens, ["cat", "deer", "dog"]), allow_nan=False))
    read = nx.node_link_graph(data, edges="links")
    assert nx.node_link_data(read, edges="links") == data
    assert {tuple(sorted(edge)) for edge in read.edges} == edge_sets(graph)
    assert nx.number_connected_components(read) == n_components(graph) == data["graph"]["n_components"]
    assert len(nx.cycle_basis(read)) == n_cycles(graph) == data["graph"]["n_cycles"]
    for k, members in enumerate(map(sorted, node_sets(graph))):
        node = read.nodes[k]
        assert node["size"] == len(members) == sum(node["composition"].values())
        assert node["composition"].get("deer", 0) == np.count_nonzero(labels[members] == 1)
        assert node["purity"] == 1 / len(set(labels[members]))
        assert (node["lens_min"], node["lens_max"]) == (lens[members].min(), lens[members].max())
        assert node["lens_mean"] == pytest.approx(lens[members].mean(), rel=1e-15)


@pytest.mark.parametrize(
    ("setting", "key"),
    [
        ({"n_intervals": 0}, "n_intervals"),
        ({"n_intervals": 2.5}, "n_intervals"),
        ({"overlap": 1.0}, "overlap"),
        ({"overlap": -0.1}, "overlap"),
        ({"overlap": float("nan")}, "overlap"),
        ({"convention": "centred"}, "convention"),
    ],
)
def test_cover_names_the_wrong_key(setting, key):
    with pytest.raises(InputError, match=key):
        IntervalCover(**setting)


@pytest.mark.parametrize("lens", [[0.0, np.nan], [np.inf, 0.0], [], [[0.0], [1.0]]])
def test_lens_must_be_finite_numbers(lens):
    with pytest.raises(InputError, match="lens"):
        IntervalCover().intervals(lens)


def test_lens_must_fit_the_points():
    with pytest.raises(InputError, match="3 points but 2 lens"):
        mapper_graph(np.zeros((3, 1)), np.zeros(2), IntervalCover(), OneCluster())
