"""Nearest-neighbour distances against scikit-learn's trees."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.mapper.nearest_neighbours import nearest_neighbour_distances
from sklearn.neighbors import NearestNeighbors


def clouds():
    rng = np.random.default_rng(0)
    gauss = rng.normal(size=(501, 64))
    yield "gauss", gauss.astype(np.float32)
    yield "float16", gauss.astype(np.float16)
    yield "integers", rng.integers(0, 4, size=(501, 5))
    yield "far_from_origin", gauss + 1e6
    yield "line", np.sort(rng.normal(size=(501, 1)), axis=0)
    scales = rng.gamma(1, size=(501, 1))
    yield "relu", (np.maximum(gauss - 0.5, 0) * scales).astype(np.float32)
    yield "norms_apart", gauss * 10.0 ** rng.uniform(-4, 4, size=(501, 1))
    centres = 100 * rng.normal(size=(10, 64))[rng.integers(0, 10, 501)]
    yield "near_duplicates", centres + 1e-7 * gauss
    yield "near_duplicates_float32", (centres + 1e-4 * gauss).astype(np.float32)
    yield "pairs", np.r_[gauss[:250], gauss[:250] + 1e-9 * gauss[250:500]]
    yield "exact_duplicates", np.r_[gauss[:100], gauss[:200], np.zeros((50, 64))]


@pytest.mark.parametrize("block", [37, 4096])
@pytest.mark.parametrize(("name", "points"), clouds())
def test_distances_are_exact(name, points, block):
    tree = NearestNeighbors(n_neighbors=2, algorithm="kd_tree").fit(points.astype(np.float64))
    expected = tree.kneighbors()[0][:, 0]
    found = nearest_neighbour_distances(points, block=block)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=0)


def test_a_near_duplicate_is_beyond_float32():
    """The clouds above must hold distances that the float32 product alone would get wrong."""
    points = dict(clouds())["pairs"]
    float32 = points.astype(np.float32)
    squares = (float32**2).sum(axis=1)
    naive = squares[:250] + squares[250:] - 2 * (float32[:250] * float32[250:]).sum(axis=1)
    exact = nearest_neighbour_distances(points)[:250]
    assert (np.abs(np.sqrt(np.maximum(naive, 0)) / exact - 1) > 1e-2).mean() > 0.9


@pytest.mark.parametrize("exponent", [-300, -60, 60, 300])
def test_scale_equivariance(exponent):
    points = np.random.default_rng(1).normal(size=(90, 7))
    scaled = nearest_neighbour_distances(np.ldexp(points, exponent), block=32)
    np.testing.assert_allclose(scaled, np.ldexp(nearest_neighbour_distances(points), exponent), rtol=1e-13)


def test_memory_map_and_permutation(tmp_path):
    rng = np.random.default_rng(2)
    points, order = rng.normal(size=(300, 12)).astype(np.float32), rng.permutation(300)
    np.save(tmp_path / "points.npy", points[order])
    mapped = np.load(tmp_path / "points.npy", mmap_mode="r")
    np.testing.assert_allclose(
        nearest_neighbour_distances(mapped, block=64), nearest_neighbour_distances(points)[order], rtol=1e-13
    )


def test_all_points_equal():
    assert not nearest_neighbour_distances(np.full((10, 3), 0.1)).any()


@pytest.mark.parametrize("points", [np.zeros((1, 3)), np.zeros(5), np.zeros((5, 0))])
def test_too_few_points(points):
    with pytest.raises(InputError, match="shape"):
        nearest_neighbour_distances(points)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_points_must_be_finite(value):
    points = np.random.default_rng(0).normal(size=(20, 3))
    points[7, 1] = value
    with pytest.raises(InputError, match="not finite"):
        nearest_neighbour_distances(points)


@pytest.mark.parametrize("block", [37, 4096])
@pytest.mark.parametrize(("name", "points"), clouds())
def test_queries_are_those_of_all(name, points, block):
    every = nearest_neighbour_distances(points)
    queries = np.random.default_rng(3).integers(0, len(points), 90)
    found = nearest_neighbour_distances(points, queries, block=block)
    np.testing.assert_allclose(found, every[queries], rtol=1e-13, atol=0)
    assert nearest_neighbour_distances(points, np.empty(0, dtype=int)).shape == (0,)
