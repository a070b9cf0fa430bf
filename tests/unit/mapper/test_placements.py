"""Placements against a search of all pairs, and of the graph's own points, which go to their own nodes."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.mapper.covers import IntervalCover, make_cover
from actopo.mapper.dbscan import DBSCAN, core_points
from actopo.mapper.graph import mapper_graph
from actopo.mapper.nearest_neighbours import nearest_neighbour_distances
from actopo.mapper.placements import place_points
from scipy.spatial.distance import cdist
from sklearn.cluster import DBSCAN as Reference

from unit.mapper.examples import blobs


def brute_force(new_points, new_lens, points, lens, graph, cover, eps, min_samples):
    """Sets of nodes, by lists and loops."""
    inside = graph.incidence.toarray().astype(bool)
    found = [set() for _ in new_points]
    for i, (low, high) in enumerate(cover.intervals(lens)):
        members = [x for x in range(len(points)) if low <= lens[x] <= high]
        core = [x for x in members if sum(np.linalg.norm(points[y] - points[x]) <= eps for y in members) >= min_samples]
        for new, (point, value) in enumerate(zip(new_points, new_lens, strict=True)):
            if low <= value <= high:
                near = [x for x in core if np.linalg.norm(points[x] - point) <= eps]
                nodes = [k for x in near for k in np.flatnonzero(inside[x]) if graph.interval[k] == i]
                if nodes:
                    found[new].add(min(nodes))
    return found


def sets(placed):
    return [set(placed.indices[a:b]) for a, b in zip(placed.indptr, placed.indptr[1:], strict=False)]


@pytest.mark.parametrize("convention", ["fit", "overhang", "balanced"])
@pytest.mark.parametrize("seed", range(3))
def test_placements_are_brute_force(seed, convention):
    points, lens = blobs(seed, n=150)
    new_points = np.random.default_rng(seed).normal(scale=4, size=(80, 3))
    new_lens, cover = np.linalg.norm(new_points, axis=1), IntervalCover(5, 0.4, convention)
    graph = mapper_graph(points, lens, cover, DBSCAN(1.3, 4))
    args = (new_points, new_lens, points, lens)
    placed = place_points(*args, graph.incidence, graph.interval, cover, 1.3, 4)
    expected = brute_force(*args, graph, cover, 1.3, 4)
    assert sets(placed) == expected
    assert {len(nodes) for nodes in expected} >= {0, 1, 2}
    # Beyond the ends of a cover there is no node.
    beyond = place_points(new_points, new_lens + 1000, *args[2:], graph.incidence, graph.interval, cover, 1.3, 4)
    assert beyond.nnz == 0


@pytest.mark.parametrize(("n", "c", "dtype"), [(400, 3, np.float64), (3000, 40, np.float32), (500, 200, np.float32)])
@pytest.mark.parametrize("lens", ["norm", "two"])
def test_points_of_the_graph_go_to_their_own_nodes(n, c, dtype, lens):
    points, norms = blobs(1, n=n, c=c)
    points = points.astype(dtype)
    # An eps at which pairs of points tie: a distance of nearest neighbours, as the knee is.
    eps = float(np.quantile(nearest_neighbour_distances(points), 0.8, method="lower"))
    values = norms if lens == "norm" else np.stack([norms, points[:, 0].astype(float)], axis=1)
    cover = make_cover(values, 6, 0.4, "fit")
    graph = mapper_graph(points, values, cover, DBSCAN(eps, 4))
    placed = place_points(points, values, points, values, graph.incidence, graph.interval, cover, eps, 4)
    assert (placed != graph.incidence.astype(bool)).nnz == 0
    degrees = np.diff(placed.indptr)
    assert placed.nnz > n / 10
    assert (degrees == 0).any()
    assert graph.n_nodes > 4
    # Copies that are far away go nowhere.
    far = points + dtype(1e4)
    assert place_points(far, values, points, values, graph.incidence, graph.interval, cover, eps, 4).nnz == 0


def test_new_points_do_not_see_each_other():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(50, 2))
    lens, cover = points[:, 0], IntervalCover(2, 0.3)
    graph = mapper_graph(points, lens, cover, DBSCAN(0.5, 5))
    crowd = np.full((30, 2), [0.0, 9.0])
    args = (points, lens, graph.incidence, graph.interval, cover, 0.5)
    assert place_points(crowd, crowd[:, 0], *args).nnz == 0
    both = np.concatenate([points, crowd])
    alone, together = (place_points(own, own[:, 0], *args) for own in (points, both))
    assert (together[:50] != alone).nnz == 0


@pytest.mark.parametrize("eps", [0.3, 1.0, 3.0])
@pytest.mark.parametrize(("n", "c"), [(1, 2), (300, 2), (2500, 30)])
def test_core_points_are_scikit_learns(n, c, eps):
    points = np.random.default_rng(0).normal(size=(n, c)) * (1 if c == 2 else 0.3)
    expected = np.zeros(n, dtype=bool)
    expected[Reference(eps=eps, min_samples=5).fit(points).core_sample_indices_] = True
    np.testing.assert_array_equal(core_points(points, eps, 5), expected)
    assert len(core_points(points[:0], eps)) == 0
    np.testing.assert_array_equal(expected, (cdist(points, points) <= eps).sum(axis=1) >= 5)


def test_graph_without_nodes():
    points, lens = blobs(0)
    cover = IntervalCover(4)
    graph = mapper_graph(points, lens, cover, DBSCAN(1e-9, 5))
    placed = place_points(points, lens, points, lens, graph.incidence, graph.interval, cover, 1e-9)
    assert placed.shape == (300, 0)
    graph = mapper_graph(points, lens, cover, DBSCAN(1.0, 5))
    none = place_points(points[:0], lens[:0], points, lens, graph.incidence, graph.interval, cover, 1.0)
    assert none.shape == (0, graph.n_nodes)


def test_what_does_not_fit_is_named():
    points, lens = blobs(0)
    cover = IntervalCover(4)
    graph = mapper_graph(points, lens, cover, DBSCAN(1.0, 5))
    rest = (points, lens, graph.incidence, graph.interval, cover, 1.0)
    with pytest.raises(InputError, match="do not lie in the space of the graph's, which have 3 coordinates"):
        place_points(points[:, :2], lens, *rest)
    with pytest.raises(InputError, match="300 new points have 299 lens values"):
        place_points(points, lens[1:], *rest)
    with pytest.raises(InputError, match="not those of one graph"):
        place_points(points, lens, points[1:], lens[1:], *rest[2:])
    broken = points.copy()
    broken[7, 1] = np.nan
    with pytest.raises(InputError, match="new point 7 has a coordinate that is not finite"):
        place_points(broken, lens, *rest)
