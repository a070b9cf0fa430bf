"""The profile is that of graphs made one by one; branches of clouds of known shape."""

import numpy as np
import pytest
from actopo.graphs.eps_profile import BRANCHES, SEGMENTS, persistent_segments, profile
from actopo.graphs.stability import invariants
from actopo.mapper.all_eps import AllEps
from actopo.mapper.covers import IntervalCover
from actopo.mapper.dbscan import DBSCAN
from actopo.mapper.graph import mapper_graph

CLASSES = ["left", "middle", "right"]


def star(n=1800, seed=0):
    """Three branches out of one root in the plane, a class each; the lens is the distance from the root."""
    rng = np.random.default_rng(seed)
    label, length = rng.integers(0, 3, n), rng.uniform(0, 10, n)
    angle = 2 * np.pi / 3 * label
    points = length[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1) + rng.normal(scale=0.1, size=(n, 2))
    return points, np.linalg.norm(points, axis=1), label


@pytest.mark.parametrize("most_points", [0, 10_000])
def test_profile_has_the_invariants_of_each_graph(most_points):
    points, lens, labels = star()
    cover = IntervalCover(6)
    seen, visited = [], []
    table = profile(
        AllEps(points, lens, cover, 4, most_points),
        [0.2, 0.5, 3.0],
        labels,
        progress=lambda steps: seen.append(steps) or steps,
        visit=lambda place, graph: visited.append((place, graph.n_nodes)),
    )
    assert len(seen) == 1
    assert visited == list(enumerate(table.n_nodes))
    for row in table.to_dict("records"):
        assert row == invariants(mapper_graph(points, lens, cover, DBSCAN(row.pop("eps"), 4)), labels) | {}


def test_three_branches_live_from_their_density_to_their_distance():
    points, lens, labels = star()
    every = AllEps(points, lens, IntervalCover(10))
    # In a plane the gaps of a thin sample last long: over three times their birth they do not.
    segments, branches = persistent_segments(every, labels, CLASSES, prominence=3)
    assert list(segments.columns) == SEGMENTS
    assert list(branches.columns) == BRANCHES
    assert branches.branch.tolist() == list(range(1, len(branches) + 1))
    # The root is a part of its own: at no eps does its interval have several clusters.
    assert (len(branches), branches.first_interval[0], branches.last_interval[0]) == (4, 0, 0)
    assert np.isinf(branches.death[0])
    three = branches[1:]
    assert set(three["class"]) == set(CLASSES)
    assert (three.class_share > 0.99).all()
    assert (three.first_interval == 1).all()
    assert (three.last_interval == 9).all()
    # In the last interval, branches are about 2 x 9 sin(60 degrees) apart.
    assert three.death.between(14, 17).all()
    assert (three.birth < 0.3).all()
    assert (np.diff(np.log(branches.death / branches.birth)) <= 1e-12).all()
    own = segments[segments.branch == 2]
    assert own.interval.tolist() == list(range(1, 10))
    assert branches.birth[1] == own.birth.min()
    assert branches.death[1] == own.death.max()


def test_segments_of_an_interval_are_clusters_of_dbscan_in_the_middle_of_their_lives():
    points, lens, labels = star(900, 1)
    every = AllEps(points, lens, IntervalCover(5))
    segments, _ = persistent_segments(every, labels, CLASSES)
    for row in segments[segments.death < np.inf].itertuples():
        own = every.members[row.interval]
        found = DBSCAN(row.death * (1 - 1e-9)).fit_predict(points[own])
        sizes = [
            (labels[own[found == k]] == CLASSES.index(row[5])).sum()
            for k in range(found.max() + 1)
            if (found == k).sum() >= row.n_points
        ]
        assert any(size >= round(row.class_share * row.n_points) for size in sizes)
    assert (segments.branch.eq(-1) == ~segments.is_leaf.astype(bool)).all()


def test_one_blob_is_one_branch_that_never_dies():
    points = np.stack(np.meshgrid(np.arange(40.0), np.arange(20.0)), axis=-1).reshape(-1, 2)
    segments, branches = persistent_segments(
        AllEps(points, points[:, 0], IntervalCover(4)), np.zeros(800, int), ["all"]
    )
    assert len(branches) == 1
    assert (branches.first_interval[0], branches.last_interval[0], branches.n_points[0]) == (0, 3, 800)
    assert np.isinf(branches.death[0])
    assert segments.branch.tolist() == [1] * 4


@pytest.mark.parametrize("toward", [1, -1])
def test_branches_end_where_a_cluster_divides_whichever_side_is_first(toward):
    """Two arms of a U, 2 apart, and its end, which holds a half of its shared points in common with each."""
    along, across = np.arange(0, 2.01, 0.1), np.arange(-0.9, 0.91, 0.1)
    arms = [np.column_stack([along, np.full(len(along), y)]) for y in (-1.0, 1.0)]
    points = np.concatenate([*arms, np.column_stack([np.full(len(across), 2.0), across])])
    every = AllEps(points, toward * points[:, 0], IntervalCover(2, 0.4))
    segments, branches = persistent_segments(every, np.zeros(len(points), int), ["all"])
    leaves = segments[segments.is_leaf.astype(bool)]
    assert sorted(leaves.interval) == ([0, 0, 1] if toward == 1 else [0, 1, 1])
    assert len(branches) == 3


@pytest.mark.parametrize(("n_large", "n_small", "n_leaves"), [(200, 10, 2), (200, 9, 1), (1029, 21, 2), (1029, 20, 1)])
def test_a_cluster_counts_from_2_percent_and_twice_min_samples_on(n_large, n_small, n_leaves):
    points = np.r_[np.arange(n_large), n_large + 50.0 + np.arange(n_small)][:, None]
    every = AllEps(points, np.zeros(len(points)), IntervalCover(1), 5)
    segments, _ = persistent_segments(every, np.zeros(len(points), int), ["all"])
    assert segments.is_leaf.sum() == n_leaves


def test_without_a_cluster_both_tables_are_empty():
    points = np.arange(12.0)[:, None]
    for most_points in (0, 10_000):
        segments, branches = persistent_segments(
            AllEps(points, points[:, 0], IntervalCover(3), most_points=most_points), np.zeros(12, int), ["all"]
        )
        assert segments.empty
        assert branches.empty
        assert list(segments.columns) == SEGMENTS
        assert list(branches.columns) == BRANCHES
