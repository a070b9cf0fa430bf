"""Invariants of known graphs, and that grids and samples are the graphs they say."""

import numpy as np
import pandas as pd
import pytest
from actopo.errors import InputError
from actopo.graphs.stability import grid, invariants, resample
from actopo.mapper.covers import IntervalCover
from actopo.mapper.dbscan import DBSCAN
from actopo.mapper.graph import mapper_graph


def rings(n=900, seed=0):
    """Two nested circles of one class each."""
    rng = np.random.default_rng(seed)
    angle, outer = rng.uniform(0, 2 * np.pi, n), rng.permutation(np.arange(n) < 0.6 * n)
    points = np.where(outer, 2.0, 1.0)[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return points, points[:, 1], outer.astype(int)


def test_invariants_of_two_rings():
    points, lens, labels = rings()
    graph = mapper_graph(points, lens, IntervalCover(8), DBSCAN(0.3))
    found = invariants(graph, labels)
    assert found == {
        "n_nodes": graph.n_nodes,
        "n_edges": graph.n_nodes,
        "n_components": 2,
        "n_cycles": 2,
        "node_purity": 1.0,
        "majority_share": 1.0,
        "coverage": 1.0,
    }


def test_invariants_by_hand():
    points = np.r_[np.linspace(0, 1, 30), 50.0][:, None]
    graph = mapper_graph(points, np.arange(31.0), IntervalCover(1), DBSCAN(0.1))
    labels = np.r_[np.zeros(20), np.ones(10), 2].astype(int)
    assert invariants(graph, labels) == {
        "n_nodes": 1,
        "n_edges": 0,
        "n_components": 1,
        "n_cycles": 0,
        "node_purity": 0.5,
        "majority_share": 2 / 3,
        "coverage": 30 / 31,
    }


def test_invariants_without_a_node():
    points, lens, labels = rings()
    found = invariants(mapper_graph(points, lens, IntervalCover(8), DBSCAN(1e-9)), labels)
    assert [found[name] for name in ("n_nodes", "n_edges", "n_components", "n_cycles", "coverage")] == [0] * 5
    assert np.isnan([found["node_purity"], found["majority_share"]]).all()


@pytest.mark.parametrize("convention", ["fit", "balanced"])
def test_grid(convention):
    points, lens, labels = rings()
    seen = []
    table = grid(
        points,
        lens,
        labels,
        [4, 9],
        [0.2, 0.4],
        [0.1, 0.3, 2.5],
        convention=convention,
        progress=lambda s: seen.append(s) or s,
    )
    assert seen == [range(12)]
    assert table[["n_intervals", "overlap", "eps"]].drop_duplicates().shape == (12, 3)
    for row in table.to_dict("records"):
        cover = IntervalCover(row.pop("n_intervals"), row.pop("overlap"), convention)
        assert row == invariants(mapper_graph(points, lens, cover, DBSCAN(row.pop("eps"))), labels)
    # Rings 1 apart are told apart up to that eps, and not above.
    assert (table[table.eps == 0.3].n_components == 2).all()
    assert (table[table.eps == 2.5].n_components == 1).all()


@pytest.mark.parametrize(
    ("n_intervals", "overlaps", "eps", "message"),
    [([3, 0], [0.2], [1], "n_intervals"), ([3], [0.2, 1], [1], "overlap"), ([3], [0.2], [1, 0], "eps")],
)
def test_grid_refuses_before_it_starts(n_intervals, overlaps, eps, message):
    def never(steps):
        raise AssertionError

    with pytest.raises(InputError, match=message):
        grid(*rings(50), n_intervals, overlaps, eps, progress=never)


def test_resample_of_all_points_is_the_graph():
    points, lens, labels = rings()
    cover = IntervalCover(8)
    table = resample(points, lens, labels, cover, lambda own, _: DBSCAN(0.3), n_samples=3, share=1)
    expected = {"n_points": 900, **invariants(mapper_graph(points, lens, cover, DBSCAN(0.3)), labels)}
    assert table.drop(columns="sample").to_dict("records") == [expected] * 3


def test_resample_draws_parts_without_copies():
    points, lens, labels = rings()
    parts = []

    def make_clusterer(own, own_lens):
        assert len(own) == len(own_lens)
        parts.append(own)
        return DBSCAN(0.4)

    table = resample(points, lens, labels, IntervalCover(6), make_clusterer, n_samples=12, seed=4)
    assert table["sample"].tolist() == list(range(12))
    assert table.n_points.tolist() == [450] * 12
    assert all(len(np.unique(part, axis=0)) == 450 for part in parts)
    assert len({part.tobytes() for part in parts}) == 12
    # The shape outlives the loss of half of its points.
    assert (table.n_components == 2).all()
    assert (table.n_cycles == 2).all()
    again = resample(points, lens, labels, IntervalCover(6), make_clusterer, n_samples=12, seed=4)
    pd.testing.assert_frame_equal(again, table, check_exact=True)
    assert all(a.tobytes() == b.tobytes() for a, b in zip(parts[:12], parts[12:], strict=True))


def test_resample_draws_groups_as_a_whole():
    points, lens, labels = rings()
    image = np.random.default_rng(0).integers(0, 90, 900)
    place = {point.tobytes(): i for i, point in enumerate(points)}
    parts = []

    def make_clusterer(own, own_lens):
        assert len(own) == len(own_lens)
        parts.append({place[point.tobytes()] for point in own})
        return DBSCAN(0.4)

    resample(points, lens, labels, IntervalCover(4), make_clusterer, n_samples=4, share=0.3, groups=image)
    for part in parts:
        drawn = {image[i] for i in part}
        assert len(drawn) == 27
        assert part == set(np.flatnonzero(np.isin(image, list(drawn))))


@pytest.mark.parametrize("share", [0, 1.2, float("nan")])
def test_resample_refuses_the_share(share):
    with pytest.raises(InputError, match="share"):
        resample(*rings(50), IntervalCover(3), lambda own, _: DBSCAN(1), share=share)


def test_resample_refuses_what_does_not_fit():
    points, lens, labels = rings(50)
    with pytest.raises(InputError, match="49 labels"):
        resample(points, lens, labels[1:], IntervalCover(3), lambda own, _: DBSCAN(1))
    with pytest.raises(InputError, match="48 groups"):
        resample(points, lens, labels, IntervalCover(3), lambda own, _: DBSCAN(1), groups=np.arange(48))
    with pytest.raises(InputError, match="lens"):
        resample(points[:0], lens[:0], labels[:0], IntervalCover(3), lambda own, _: DBSCAN(1))
