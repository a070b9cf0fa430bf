"""Nearest neighbours, isolated points and closest pairs against those that compare all pairs."""

from contextlib import contextmanager
from unittest.mock import patch

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.mapper.nearest_neighbours import nearest_neighbour_distances
from actopo.mapper.neighbour_search import NeighbourImage, NeighbourSearch, closest_pair, nearest_distances

from unit.mapper.test_nearest_neighbours import clouds


def one_by_one(f, items):
    return [f(item) for item in items]


@contextmanager
def image_of(rank):
    """An image of that many axes, whether it pays or not; threads for clouds of any size."""
    with (
        patch("actopo.mapper.neighbour_search.choose_rank", lambda *_: rank),
        patch.multiple("actopo.mapper.dbscan", _SMALL=8),
        patch.multiple("actopo.mapper.neighbour_search", _BLOCK=37, _LEAVES=3),
    ):
        yield


@pytest.mark.parametrize("axes", ["none", "few", "half", "all"])
@pytest.mark.parametrize(("name", "points"), clouds())
def test_any_image_gives_the_exact_distances(name, points, axes):
    d = points.shape[1]
    every = nearest_neighbour_distances(points)
    queries = np.random.default_rng(3).integers(0, len(points), 90)
    with image_of({"none": 0, "few": min(2, d // 2), "half": d // 2, "all": d}[axes]):
        search = NeighbourSearch(points)
        assert search.image.is_cut == (axes != "all")
        np.testing.assert_array_equal(search.distances(queries), every[queries])
        np.testing.assert_array_equal(search.distances(np.arange(len(points))), every)
        np.testing.assert_array_equal(search.distances(), every)
        assert search.distances(np.empty(0, dtype=int)).shape == (0,)
        for distance in (every.max(), np.median(every), every.min()):
            assert search.smallest(distance) == every.min()
        # Between two distances, since in more than 15 dimensions rounding may decide about one that equals eps.
        for eps in np.quantile(every[every > 0], [0.1, 0.5, 0.9], method="lower") * (1 + 1e-12) if every.any() else ():
            np.testing.assert_array_equal(search.isolated(eps), np.flatnonzero(every > eps))


def test_products_too_small_for_float32_leave_no_neighbour_out():
    """Points 21 orders of magnitude closer to each other, and to the mean, than to the others."""
    rng = np.random.default_rng(0)
    far = rng.normal(size=(300, 64)) * np.r_[np.ones(4), np.full(60, 1e-3)]
    half = np.concatenate([far, 1e-22 * rng.normal(size=(100, 64))])
    points = np.stack([half, -half], axis=1).reshape(-1, 64)
    image = NeighbourImage(points, one_by_one)
    assert image.is_cut
    found = nearest_distances(image, np.arange(len(points)), one_by_one)
    np.testing.assert_array_equal(found, nearest_neighbour_distances(points))


@pytest.mark.parametrize("leaf", [2, 7, 64])
@pytest.mark.parametrize("rank", [0, 3, 6])
def test_leaves_of_any_size(leaf, rank):
    """Also where a leaf is one point or the whole cloud."""
    points = np.random.default_rng(0).gamma(1, size=(150, 12)).astype(np.float32)
    every = nearest_neighbour_distances(points)
    with image_of(rank):
        image = NeighbourImage(points, one_by_one)
        np.testing.assert_array_equal(nearest_distances(image, np.arange(150), one_by_one, leaf), every)
        assert closest_pair(image, every.max(), one_by_one, leaf) == every.min()


def test_few_axes_are_chosen_where_they_tell_points_apart():
    rng = np.random.default_rng(0)
    flat = rng.normal(size=(3000, 6)) @ rng.normal(size=(6, 200)) + 1e-3 * rng.normal(size=(3000, 200))
    assert NeighbourImage(flat, one_by_one).z.shape[1] < 40
    assert not NeighbourImage(rng.normal(size=(3000, 200)), one_by_one).is_cut
    assert not NeighbourImage(rng.normal(size=(100, 3)), one_by_one).is_cut


def test_a_duplicate_ends_the_search():
    points = np.random.default_rng(0).normal(size=(60, 40))
    points[7] = points[50]
    with image_of(3):
        search = NeighbourSearch(points)
        assert search.smallest(5.0) == search.smallest(0.0) == 0.0


def test_points_must_be_finite():
    points = np.zeros((30, 3))
    points[4] = np.inf
    with pytest.raises(InputError, match="Row 4"):
        NeighbourSearch(points)
