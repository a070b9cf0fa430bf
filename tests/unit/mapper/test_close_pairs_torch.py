"""Products on a device lead to the same decisions as those on the host, and to those of all distances."""

import numpy as np
import pytest
from actopo.mapper.close_pairs import sieved_clouds
from actopo.mapper.close_pairs_torch import TorchCloud
from actopo.mapper.union_find import find_roots
from scipy.spatial.distance import cdist


def one_by_one(f, items):
    return [f(item) for item in items]


def clouds(points, eps):
    """The cloud on the host and on a device, and which positions of the latter are close."""
    points = np.ascontiguousarray(points)
    host, device = (
        next(sieved_clouds(points, [eps], "cpu", one_by_one)),
        next(sieved_clouds(points, [eps], "cpu:0", one_by_one, None, TorchCloud)),
    )
    return host, device, [cdist(points[cloud.order], points[cloud.order]) <= eps for cloud in (host, device)]


def points_of(seed, n=60, d=6):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(5, d))[rng.integers(0, 5, n)] + 0.4 * rng.normal(size=(n, d))


@pytest.mark.parametrize("limit", [1, 4, 1000])
@pytest.mark.parametrize("seed", range(4))
def test_neighbours_are_counted_up_to_the_limit_and_listed(seed, limit):
    *both, close = clouds(points_of(seed), 1.0)
    for cloud, near in zip(both, close, strict=True):
        rows = np.array([3, 17, 40, 59])
        selected, counts = cloud.select(rows), np.zeros(4, dtype=np.int64)
        found = np.full((4, min(limit - 1, 60)), -1, dtype=np.int32)
        # Two slices, one after the other, as leaves come.
        for a, b in ((0, 25), (25, 60)):
            selected.multiply(a, b)
            selected.count(limit, counts, found)
        np.testing.assert_array_equal(counts, np.minimum(near[rows].sum(axis=1), limit))
        for row, count, listed in zip(rows, counts, found, strict=True):
            if count < limit:
                assert sorted(listed[:count]) == np.flatnonzero(near[row]).tolist()


@pytest.mark.parametrize("seed", range(4))
def test_first_links_lead_to_the_first_neighbour_of_another_root(seed):
    rng = np.random.default_rng(seed)
    *both, close = clouds(points_of(seed), 1.0)
    roots = rng.integers(0, 3, 60)
    for cloud, near in zip(both, close, strict=True):
        rows = np.arange(5, 45)
        selected = cloud.select(rows)
        selected.multiply(10, 60)
        links = selected.first_links(roots[rows], roots[10:])
        for row, link in zip(rows, links, strict=True):
            other = [j for j in range(50) if near[row, 10 + j] and roots[10 + j] != roots[row]]
            assert link == (other[0] if other else -1)


@pytest.mark.parametrize("seed", range(4))
def test_neighbours_are_joined(seed):
    *both, close = clouds(points_of(seed), 0.9)
    for cloud, near in zip(both, close, strict=True):
        rows, parent = np.arange(0, 60, 2), np.arange(60)
        selected = cloud.select(rows)
        selected.multiply(0, 60)
        linked = np.flatnonzero(near[rows].sum(axis=1) > 1)
        selected.unite(parent, linked)
        roots = find_roots(parent, np.arange(60))
        expected = np.arange(60)
        for _ in range(60):
            for row in rows[linked]:
                members = np.flatnonzero(near[row])
                expected[np.isin(expected, expected[members])] = expected[members].min()
        assert {tuple(np.flatnonzero(roots == root)) for root in roots} == {
            tuple(np.flatnonzero(expected == root)) for root in expected
        }


def test_pairs_at_exactly_eps_are_decided_on_the_host():
    line = np.outer(np.arange(40.0), np.ones(4) / 2)
    for eps, expected in ((1.0, 3), (1 - 1e-12, 1), (1 + 1e-12, 3)):
        _, cloud, _ = clouds(line, eps)
        inner = np.flatnonzero((cloud.order > 0) & (cloud.order < 39))
        selected, counts = cloud.select(inner), np.zeros(38, dtype=np.int64)
        selected.multiply(0, 40)
        selected.count(100, counts, np.empty((38, 0), dtype=np.int32))
        assert set(counts) == {expected}
