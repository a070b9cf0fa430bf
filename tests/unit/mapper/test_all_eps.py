"""Graphs at every eps are those of DBSCAN, one by one; the stable eps of clouds of known shape."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.graphs.stability import resample
from actopo.mapper.all_eps import AllEps, eps_range, longest_plateau, stable_eps
from actopo.mapper.clusterers import describe_clusterer
from actopo.mapper.covers import IntervalCover
from actopo.mapper.dbscan import DBSCAN
from actopo.mapper.graph import mapper_graph, n_components, n_cycles
from actopo.mapper.reachability import reachability_tree

from unit.mapper.examples import blobs, same


def rings(n=900, seed=0):
    """Two nested circles of radius 1 and 2."""
    rng = np.random.default_rng(seed)
    angle, outer = rng.uniform(0, 2 * np.pi, n), rng.permutation(np.arange(n) < 0.6 * n)
    points = np.where(outer, 2.0, 1.0)[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return points, points[:, 1]


@pytest.mark.parametrize("most_points", [0, 60, 10_000])
@pytest.mark.parametrize("convention", ["fit", "balanced"])
def test_graphs_are_those_of_dbscan(most_points, convention):
    """With and without trees, and with both."""
    points, lens = blobs(1)
    cover = IntervalCover(7, 0.3, convention)
    every = AllEps(points, lens, cover, 4, most_points)
    assert {tree is None for tree in every.trees} == {0: {True}, 60: {True, False}, 10_000: {False}}[most_points] or (
        convention == "balanced"
    )
    eps_values = [1.7, 0.2, 0.6, 1.0, 4.0]
    graphs = list(every.graphs(eps_values))
    assert len({graph.n_nodes for graph in graphs}) > 2
    for eps, graph in zip(eps_values, graphs, strict=True):
        assert same(graph, mapper_graph(points, lens, cover, DBSCAN(eps, 4)))


@pytest.mark.parametrize("most_points", [0, 10_000])
def test_core_distances_of_all_intervals(most_points):
    points, lens = blobs(2)
    cover = IntervalCover(5)
    every = AllEps(points, lens, cover, 3, most_points)
    expected = np.concatenate([np.sqrt(reachability_tree(points[own], 3).core) for own in every.members])
    found = every.core_distances()
    assert (np.diff(found) >= 0).all()
    # No interval has more points than the sample of those without a tree.
    np.testing.assert_array_equal(found, np.sort(expected[np.isfinite(expected)]))


def test_core_distances_of_a_sample(monkeypatch):
    points, lens = blobs(3, 400)
    whole = AllEps(points, lens, IntervalCover(2)).core_distances()
    monkeypatch.setattr("actopo.mapper.all_eps._SAMPLE", 90)
    found = AllEps(points, lens, IntervalCover(2), most_points=0).core_distances()
    assert len(found) == pytest.approx(len(whole), rel=0.3)
    assert np.isin(found, whole).all()


def test_range_is_even_in_the_logarithm_and_between_quantiles():
    distances = np.r_[0.0, 0.0, np.linspace(1, 101, 101)]
    values = eps_range(distances, np.linspace(100, 200, 101), 7, (0.25, 0.9))
    assert values[[0, -1]] == pytest.approx([26, 190])
    np.testing.assert_allclose(np.diff(np.log(values)), np.log(190 / 26) / 6)
    # It ends with the last merge, however early that comes.
    assert eps_range(distances, np.array([5.0, 30.0]), 7, (0.25, 1))[[0, -1]] == pytest.approx([26, 30])
    # Without a merge, and where all merges come before the core points.
    assert eps_range(distances, np.empty(0), 7, (0.25, 0.9))[[0, -1]] == pytest.approx([26, 91])
    assert eps_range(distances, np.ones(3), 7, (0.25, 0.9))[[0, -1]] == pytest.approx([26, 52])
    # Every point is a core point.
    assert eps_range(np.zeros(5), np.linspace(0, 4, 5), 7, (0.0, 0.5))[[0, -1]] == pytest.approx([1, 2.5])
    with pytest.raises(InputError, match="duplicates"):
        eps_range(np.zeros(5), np.zeros(2))


def test_plateau_is_the_longest_run_in_the_logarithm():
    eps = np.geomspace(1, 2**20, 21)
    components = np.array([0] * 8 + [5, 5, 5, 4, 4, 4, 4, 3, 2, 2, 1, 1, 1])
    # Graphs without a node are none, a change of the cycles ends a range.
    assert longest_plateau(eps, components, np.zeros(21, int)) == (11, 14)
    assert longest_plateau(eps, np.arange(1, 22), np.zeros(21, int)) is None
    assert longest_plateau(eps, np.zeros(21, int), np.zeros(21, int)) is None
    assert longest_plateau(np.ones(21), np.ones(21, int)) is None
    # Two values of 21 are a twentieth of the range.
    assert longest_plateau(eps, np.r_[1, 1, np.arange(2, 21)], np.zeros(21, int)) is None
    assert longest_plateau(eps, np.r_[1, 1, 1, 1, np.arange(2, 19)], np.zeros(21, int)) == (0, 3)


@pytest.mark.parametrize("unit", [0.1, 1, 3, 7])
def test_plateaus_of_as_many_steps_are_as_long_in_any_unit(unit):
    components = np.array([0] * 8 + [5, 5, 5, 4, 4, 4, 4, 3, 2, 2, 1, 1, 1])
    cycles = np.r_[np.zeros(13, int), np.ones(8, int)]
    for low, high in ((1, 2**20), (1.3, 2.9), (0.37, 0.4)):
        assert longest_plateau(np.geomspace(unit * low, unit * high, 21), components, cycles) == (8, 10)
        # A tenth of the range is enough.
        for n_values in (11, 21, 31, 61, 101):
            steps = (n_values - 1) // 10
            counts = np.r_[np.full(steps + 1, 2), np.arange(3, n_values - steps + 2)]
            values = np.geomspace(unit * low, unit * high, n_values)
            assert longest_plateau(values, counts, np.zeros(n_values, int)) == (0, steps)


def test_stable_eps_of_two_rings():
    points, lens = rings()
    cover = IntervalCover(8)
    eps, details = stable_eps(points, lens, cover)
    graph = mapper_graph(points, lens, cover, DBSCAN(eps))
    assert details["rule"] == "stable"
    assert (details["n_components"], details["n_cycles"]) == (n_components(graph), n_cycles(graph)) == (2, 2)
    low, high = details["plateau"]
    assert eps == pytest.approx(np.sqrt(low * high))
    for end in (low, high):
        graph = mapper_graph(points, lens, cover, DBSCAN(end))
        assert (n_components(graph), n_cycles(graph)) == (2, 2)


def test_every_point_may_be_a_core_point():
    """With `min_samples` of 1 all core distances are 0, and the heights are those of single linkage."""
    points, lens = rings()
    cover = IntervalCover(8)
    eps, details = stable_eps(points, lens, cover, min_samples=1)
    low, high = details["plateau"]
    for radius in (low, eps, high):
        graph = mapper_graph(points, lens, cover, DBSCAN(radius, 1))
        assert (n_components(graph), n_cycles(graph)) == (details["n_components"], details["n_cycles"])


def test_without_a_plateau_it_says_so(caplog):
    """Groups at distances that double: two merge at every scale."""
    points = (4 * 2.0 ** np.arange(40)[:, None] + 0.3 * np.arange(8)).reshape(-1, 1)
    assert len(AllEps(points, points[:, 0], IntervalCover(1)).merge_heights()) == 2 * 39
    eps, details = stable_eps(points, points[:, 0], IntervalCover(1))
    assert (eps, details) == (None, {})
    assert "no plateau" in caplog.text


@pytest.mark.parametrize("which", ["sparse", "duplicates"])
def test_without_core_points_there_is_no_plateau(which, caplog):
    """60 points over 200 intervals, and intervals of which each holds copies of one point."""
    points = np.random.default_rng(0).normal(size=(60, 3))
    cover = IntervalCover(200)
    if which == "duplicates":
        points, cover = np.repeat(points[:4], 10, axis=0), IntervalCover(4, 0.0)
        points[:, 0] = np.repeat(np.arange(4), 10)
    lens = points[:, 0]
    assert stable_eps(points, lens, cover) == (None, {})
    assert "no interval has min_samples (5) points" in caplog.text
    if which == "sparse":
        rule = {"clusterer": "dbscan", "min_samples": 5, "lens": lens, "cover": cover}
        described, _ = describe_clusterer(points, eps="stable", **rule)
        knee, _ = describe_clusterer(points, eps="knee", **rule)
        assert described["eps"] == knee["eps"]
        assert described["eps_choice"] == {"knee": knee["eps"], **knee["eps_choice"], "plateau": None}
        # Nor in halves of the images.
        labels = np.zeros(60, int)
        resample(
            points,
            lens,
            labels,
            cover,
            lambda own, own_lens: DBSCAN(
                describe_clusterer(own, eps="stable", **{**rule, "lens": own_lens})[0]["eps"], 5
            ),
            n_samples=2,
        )


def test_lens_must_fit():
    with pytest.raises(InputError, match="3 points but 2"):
        AllEps(np.zeros((3, 2)), np.zeros(2), IntervalCover(2))
