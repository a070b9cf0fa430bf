"""Clusters with products on an emulated GPU: the labels of the CPU, and blocks of bounded size."""

from unittest.mock import patch

import numpy as np
import pytest
from actopo.mapper import close_pairs, neighbours_torch
from actopo.mapper.clusterers import describe_clusterer, make_clusterer
from actopo.mapper.covers import make_cover
from actopo.mapper.dbscan import DBSCAN, dbscan, dbscan_each
from actopo.mapper.graph import mapper_graph
from actopo.mapper.neighbour_search import NeighbourSearch
from emulated_cuda import emulated_cuda

from unit.mapper.examples import blobs, reference, same


@pytest.fixture(autouse=True)
def small_leaves(monkeypatch):
    monkeypatch.setattr(close_pairs, "_DEVICE_LEAF", 64)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("c", [2, 40])
def test_labels_are_those_of_the_host(c, dtype):
    points = blobs(c, n=700, c=c)[0].astype(dtype)
    eps = 0.4 if c == 2 else 6.7
    expected = dbscan_each(points, [eps, 1.2 * eps], 5)
    assert all((labels >= 0).any() and (labels < 0).any() for labels in expected)
    with emulated_cuda() as cuda:
        for mine, theirs in zip(dbscan_each(points, [eps, 1.2 * eps], 5, "cuda", block=100), expected, strict=True):
            np.testing.assert_array_equal(mine, theirs)
        # Pairs near eps, and never a block of products.
        assert max(cuda.to_host) <= len(points)


def test_distances_that_equal_eps(cuda):
    points = np.random.default_rng(0).integers(-3, 4, (400, 3)).astype(np.float32)
    for eps in (1.0, 2.0):
        for min_samples in (1, 4, 8):
            labels = DBSCAN(eps, min_samples, "cuda").fit_predict(points)
            np.testing.assert_array_equal(labels, reference(points, eps, min_samples))


@pytest.mark.parametrize("n", [500, 2000])
def test_products_are_no_larger_than_a_block_and_a_leaf(cuda, n):
    points = blobs(0, n=n, c=8)[0].astype(np.float32)
    dbscan(points, 1.0, device="cuda", block=128)
    assert cuda.largest <= max(128 * 64, points.size)


def test_products_at_full_size_have_indices_of_32_bits():
    """A block of rows by a leaf of the device, or by the columns that nearest neighbours are looked for in."""
    assert 2048 * 4096 < 2**31
    assert neighbours_torch._ROWS * neighbours_torch._COLUMNS < 2**31


def test_nearest_neighbours_are_those_of_the_host(monkeypatch):
    monkeypatch.setattr(neighbours_torch, "_ROWS", 100)
    monkeypatch.setattr(neighbours_torch, "_COLUMNS", 150)
    points = blobs(1, n=700, c=20)[0].astype(np.float32)
    points[5] = points[300]
    expected = NeighbourSearch(points).distances()
    with emulated_cuda() as cuda:
        search = NeighbourSearch(points, "cuda")
        np.testing.assert_array_equal(search.distances(), expected)
        assert cuda.largest <= max(100 * 150, points.size)
        # Few pairs are left to the host: place, column of each, and no products.
        assert sum(cuda.to_host) < 20 * len(points)
        assert search.smallest(1.0) == 0
        np.testing.assert_array_equal(search.isolated(1.0), np.flatnonzero(expected > 1.0))


@pytest.mark.parametrize("eps", ["knee", "stable", 1.5])
def test_graphs_are_those_of_the_host(eps):
    points, lens = blobs(2, n=500, c=6)
    cover = make_cover(lens, intervals=4, overlap=0.3, convention="fit")
    few = {"values": 8}

    def graph(device):
        rule = ("dbscan", eps, 5, 2.5, few, lens, cover)
        described, nearest = describe_clusterer(points, *rule, device=device)
        return described, nearest, mapper_graph(points, lens, cover, make_clusterer(described, device=device)[0])

    with patched_searches():
        expected = graph("cpu")
        with emulated_cuda():
            found = graph("cuda")
    assert found[0] == expected[0]
    for name, curve in expected[1].items():
        np.testing.assert_array_equal(found[1][name], curve)
    assert same(found[2], expected[2])


def patched_searches():
    """Nearest neighbours are searched in clouds of any size."""
    return patch("actopo.mapper.clusterers.SEARCHED_POINTS", 0)
