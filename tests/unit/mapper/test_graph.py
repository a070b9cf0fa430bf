"""Mapper against KeplerMapper, a brute-force mapper, and shapes whose graph is known."""

import sys
from itertools import combinations

import kmapper
import numpy as np
import pytest
from actopo.errors import InputError
from actopo.mapper import dbscan
from actopo.mapper.covers import IntervalCover, RectangleCover, make_cover
from actopo.mapper.graph import (
    LabelledInterval,
    cluster_interval,
    cluster_intervals,
    interval_members,
    join,
    mapper_graph,
    n_components,
    n_cycles,
    nerve,
)
from actopo.mapper.node_link import node_link
from sklearn.cluster import DBSCAN, AgglomerativeClustering, KMeans

from unit.mapper.examples import blobs, edge_sets, node_sets, same


class OneCluster:
    """All points over an interval in one cluster."""

    def fit_predict(self, points):
        return np.zeros(len(points), dtype=int)


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


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("n_intervals", [1, 5])
def test_overhanging_rectangles_are_keplermappers(seed, n_intervals):
    points, _ = blobs(seed, c=3)
    lens, clusterer = points[:, :2], DBSCAN(eps=0.9, min_samples=4)
    theirs = kmapper.KeplerMapper().map(lens, points, clusterer=clusterer, cover=kmapper.Cover(n_intervals, 0.4))
    ours = mapper_graph(points, lens, make_cover(lens, n_intervals, 0.4, "overhang"), clusterer)
    assert ours.n_nodes >= n_intervals
    # KeplerMapper numbers the rectangles column by column.
    assert sorted(map(sorted, node_sets(ours))) == sorted(map(sorted, theirs["nodes"].values()))
    own, named = [frozenset(x) for x in node_sets(ours)], {k: frozenset(x) for k, x in theirs["nodes"].items()}
    joined = {frozenset((named[i], named[j])) for i, ends in theirs["links"].items() for j in ends}
    assert {frozenset((own[i], own[j])) for i, j in edge_sets(ours)} == joined


@pytest.mark.parametrize("convention", ["fit", "balanced"])
@pytest.mark.parametrize("seed", range(2))
def test_rectangles_are_brute_force(convention, seed):
    points, norms = blobs(seed, n=200)
    lens, clusterer = np.stack([norms, points[:, 0]], axis=1), DBSCAN(eps=1.3, min_samples=3)
    cover = RectangleCover(IntervalCover(4, 0.3, convention), IntervalCover(3, 0.5, convention))
    nodes, interval = [], []
    for i, (low, high) in enumerate(cover.first.intervals(lens[:, 0])):
        for j, (left, right) in enumerate(cover.second.intervals(lens[:, 1])):
            members = [k for k, (x, y) in enumerate(lens) if low <= x <= high and left <= y <= right]
            labels = clusterer.fit_predict(points[members]) if members else np.empty(0, int)
            for label in range(labels.max(initial=-1) + 1):
                nodes.append({k for k, found in zip(members, labels, strict=True) if found == label})
                interval.append(3 * i + j)
    graph = mapper_graph(points, lens, cover, clusterer)
    assert node_sets(graph) == nodes
    assert graph.interval.tolist() == interval
    assert cover.n_intervals == 12
    assert edge_sets(graph) == {(a, b) for a, b in combinations(range(len(nodes)), 2) if nodes[a] & nodes[b]}
    parts = [cluster_intervals(points, lens, cover, clusterer, range(k, 12, 5)) for k in range(5)]
    assert same(join(len(points), 12, parts), graph)


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


def test_lens_must_fit_the_points():
    with pytest.raises(InputError, match="3 points but 2 lens"):
        mapper_graph(np.zeros((3, 1)), np.zeros(2), IntervalCover(), OneCluster())


@pytest.mark.parametrize("convention", ["fit", "overhang", "balanced"])
@pytest.mark.parametrize("clusterer", [dbscan.DBSCAN(1.2), DBSCAN(eps=1.2), KMeans(2, n_init=1, random_state=0)])
def test_split_intervals_are_the_whole(tmp_path, convention, clusterer):
    points, lens = blobs(7)
    np.save(tmp_path / "points.npy", points)
    mapped, cover = np.load(tmp_path / "points.npy", mmap_mode="r"), IntervalCover(9, 0.4, convention)
    whole = mapper_graph(points, lens, cover, clusterer, min_points=3)
    assert len(whole.edges) > 3
    for split in ([[0, 1, 2, 3], [4, 5, 6, 7, 8]], [[8, 3], [0], [7, 1, 2], [], [6, 4, 5]], [[i] for i in range(9)]):
        parts = [cluster_intervals(mapped, lens, cover, clusterer, own, min_points=3) for own in split]
        assert [[labelled.interval for labelled in part] for part in parts] == split
        assert same(join(len(points), 9, parts), whole)


def test_join_names_the_interval():
    points, lens = blobs(7)
    parts = [cluster_intervals(points, lens, IntervalCover(4), OneCluster(), own) for own in ([0, 1], [2, 3])]
    with pytest.raises(InputError, match="interval 2 0 times"):
        join(len(points), 4, parts[:1])
    with pytest.raises(InputError, match="interval 0 2 times"):
        join(len(points), 4, [*parts, parts[0]])
    with pytest.raises(InputError, match="interval 3 1 times"):
        join(len(points), 3, parts)
    with pytest.raises(InputError, match="no interval 4"):
        cluster_intervals(points, lens, IntervalCover(4), OneCluster(), [4])
    with pytest.raises(InputError, match="no interval -1"):
        cluster_intervals(points, lens, IntervalCover(4), OneCluster(), [-1])


def test_noise_is_in_no_node():
    nothing = np.array([-1, -2, -3])
    graph = join(3, 1, [[LabelledInterval(0, np.arange(3), nothing)]])
    assert (graph.n_nodes, graph.incidence.nnz) == (0, 0)


@pytest.mark.parametrize("clusterer", [dbscan.DBSCAN(1.0), DBSCAN(eps=1.0)])
@pytest.mark.parametrize("overlap", [0, 0.99])
@pytest.mark.parametrize("convention", ["fit", "overhang", "balanced"])
def test_extreme_clouds(clusterer, overlap, convention):
    cover = IntervalCover(5, overlap, convention)
    single = mapper_graph(np.zeros((1, 2)), np.zeros(1), cover, clusterer)
    assert (single.n_points, single.n_nodes) == (1, 0)
    equal = mapper_graph(np.ones((9, 2)), np.full(9, 0.1), cover, clusterer)
    assert equal.sizes.tolist() == [9] * 5
    assert len(equal.edges) == 10


@pytest.mark.parametrize("eps", [0, float("nan"), -1, "wide"])
def test_wrong_eps(eps):
    points, lens = blobs(0)
    with pytest.raises(InputError, match="eps"):
        mapper_graph(points, lens, IntervalCover(4), dbscan.DBSCAN(eps))


@pytest.mark.parametrize("clusterer", [dbscan.DBSCAN(1.0), DBSCAN(), OneCluster()])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_points_must_be_finite(clusterer, value):
    points, lens = blobs(0)
    points[217, 1] = value
    with pytest.raises(InputError, match="point 217 of the cloud"):
        mapper_graph(points, lens, IntervalCover(4), clusterer)
    with pytest.raises(InputError, match="first at point 217"):
        mapper_graph(points, np.linalg.norm(points, axis=1), IntervalCover(4), clusterer)


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (lambda n: np.arange(n) % 4 / 4, "Own returned labels that are no whole numbers"),
        (lambda n: np.full(n, np.nan), "Own returned labels that are no whole numbers"),
        (lambda n: np.full(n, 2.0**70), "Own returned labels that are no whole numbers"),
        (lambda n: ["0"] * n, "Own returned labels that are no whole numbers"),
        (lambda n: ["a"] * n, "Own returned no labels"),
        (lambda n: None, "Own returned no labels"),
        (lambda n: np.zeros(n - 1), r"Own returned labels of shape \(\d+,\) for \d+ points"),
        (lambda n: np.zeros((n, 1)), r"Own returned labels of shape \(\d+, 1\) for \d+ points"),
        (lambda n: 1 / 0, r"Own refuses the \d+ points over an interval \(ZeroDivisionError"),
        (lambda n: sys.exit(2), r"Own refuses the \d+ points over an interval \(it calls sys.exit"),
    ],
)
def test_clusterers_that_go_wrong(labels, words):
    class Own:
        def fit_predict(self, points):
            return labels(len(points))

    with pytest.raises(InputError, match=words):
        mapper_graph(*blobs(0), IntervalCover(4), Own())


def test_labels_of_any_whole_type():
    points, lens = blobs(0)

    class Own:
        def __init__(self, kind):
            self.kind = kind

        def fit_predict(self, points):
            return (np.arange(len(points)) % 3 - 1).astype(self.kind)

    graphs = [mapper_graph(points, lens, IntervalCover(4), Own(kind)) for kind in (np.int64, np.int8, np.float32)]
    for graph in graphs[1:]:
        np.testing.assert_array_equal(graph.incidence.toarray(), graphs[0].incidence.toarray())


def test_clusterer_that_needs_more_points():
    points, lens = blobs(0)
    lens[np.argmax(lens)] = 100
    with pytest.raises(InputError, match="AgglomerativeClustering refuses the 1 points"):
        mapper_graph(points, lens, IntervalCover(9), AgglomerativeClustering(2))
    graph = mapper_graph(points, lens, IntervalCover(9), AgglomerativeClustering(2), min_points=2)
    assert not graph.incidence[[int(np.argmax(lens))]].nnz
