"""Nearest neighbours with products on a device against those of the host, bit for bit."""

from unittest.mock import patch

import numpy as np
import pytest
from actopo.mapper import neighbours_torch
from actopo.mapper.eps import nearest_neighbour_curve
from actopo.mapper.nearest_neighbours import nearest_neighbour_distances
from actopo.mapper.neighbour_search import NeighbourSearch
from actopo.mapper.neighbours_torch import TorchNeighbours

from unit.mapper.test_nearest_neighbours import clouds

# It takes the path of CUDA devices, on the host.
DEVICE = "cpu:0"


@pytest.fixture(params=[(2048, 1 << 15, 1 << 22), (200, 180, 300)], ids=["whole", "pieces"], autouse=True)
def sizes(request):
    """Rows and columns of a product, and pairs at a time: of one product, and of many, which are split."""
    rows, columns, pairs = request.param
    with patch.multiple(neighbours_torch, _ROWS=rows, _COLUMNS=columns, _PAIRS=pairs):
        yield


@pytest.mark.parametrize(("name", "points"), clouds())
def test_distances_are_those_of_the_host(name, points):
    every = nearest_neighbour_distances(points)
    queries = np.random.default_rng(3).integers(0, len(points), 90)
    search = NeighbourSearch(points, DEVICE)
    np.testing.assert_array_equal(search.distances(), every)
    np.testing.assert_array_equal(search.distances(queries), every[queries])
    assert search.distances(np.empty(0, dtype=int)).shape == (0,)
    for distance in (every.max(), np.median(every), every.min()):
        assert search.smallest(distance) == every.min()
    for eps in np.quantile(every[every > 0], [0.1, 0.9], method="lower") * (1 + 1e-12) if every.any() else ():
        np.testing.assert_array_equal(search.isolated(eps), np.flatnonzero(every > eps))


@pytest.mark.parametrize("exponent", [-300, 0, 300])
def test_any_scale(exponent):
    points = np.ldexp(np.random.default_rng(1).normal(size=(200, 7)), exponent // 2)
    np.testing.assert_array_equal(TorchNeighbours(points, DEVICE).distances(), NeighbourSearch(points).distances())


def test_many_duplicates():
    points = np.repeat(np.random.default_rng(0).normal(size=(3, 20)), 200, axis=0)
    assert not NeighbourSearch(points, DEVICE).distances().any()
    points[0, 0] += 1
    found = NeighbourSearch(points, DEVICE).distances()
    np.testing.assert_array_equal(np.flatnonzero(found), [0])


def test_the_curve_of_eps():
    points = np.random.default_rng(0).gamma(1, size=(900, 12)).astype(np.float32)
    curve = nearest_neighbour_curve(points, n_queries=100)
    np.testing.assert_array_equal(nearest_neighbour_curve(points, n_queries=100, device=DEVICE), curve)
