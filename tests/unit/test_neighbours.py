"""Nearest-neighbour distances against scikit-learn's trees, and the eps rule on curves with known knees."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.neighbours import BEYOND_TIES, choose_eps, nearest_neighbour_curve, nearest_neighbour_distances
from kneed import KneeLocator
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


def activations(seed, n=4000, c=12):
    """Branches of very different density: a long tail of nearest-neighbour distances."""
    rng = np.random.default_rng(seed)
    points = rng.gamma(2, size=(n, 1)) * rng.normal(size=(5, c))[rng.integers(0, 5, n)] + rng.normal(size=(n, c))
    return np.maximum(points, 0).astype(np.float32)


@pytest.mark.parametrize("seed", range(6))
def test_curve_is_exact_down_to_the_knee(seed):
    points = activations(seed)
    exact = np.sort(nearest_neighbour_distances(points))[::-1]
    curve = nearest_neighbour_curve(points, n_queries=600, seed=seed)
    eps, details = choose_eps(exact, BEYOND_TIES)
    assert details["rule"] == "knee"
    n_exact = np.flatnonzero(~np.isclose(curve, exact, rtol=1e-13))[0]
    assert details["knee_rank"] + 1 < n_exact < 600
    assert choose_eps(curve, BEYOND_TIES) == pytest.approx((eps, details))
    assert curve.shape == exact.shape
    assert curve[-1] == exact[-1]
    assert (np.diff(curve) <= 0).all()
    # The largest distance between 600 and 4000 draws of one distribution exceeds 0.1 in one of 10^5 cases.
    assert np.abs(np.searchsorted(-curve, -exact) - np.arange(4000)).max() < 400
    np.testing.assert_array_equal(nearest_neighbour_curve(points, n_queries=600, seed=seed), curve)


@pytest.mark.parametrize("n_queries", [2, 30, 400])
def test_curve_without_a_knee_is_exact(n_queries):
    """On a lattice with holes all distances are equal or nearly so; duplicates leave none above 0."""
    lattice = np.stack(np.meshgrid(*[np.arange(8.0)] * 3), axis=-1).reshape(-1, 3)
    for points in (lattice, np.r_[lattice, lattice], np.r_[lattice, lattice, [[20, 20, 20]]]):
        expected = np.sort(nearest_neighbour_distances(points))[::-1]
        np.testing.assert_array_equal(nearest_neighbour_curve(points, n_queries), expected)


def test_curve_of_few_points_is_exact():
    points = activations(0, n=300)
    expected = np.sort(nearest_neighbour_distances(points))[::-1]
    np.testing.assert_array_equal(nearest_neighbour_curve(points, n_queries=300), expected)
    with pytest.raises(InputError, match="at least 2 queries"):
        nearest_neighbour_curve(points, n_queries=1)


@pytest.mark.parametrize("seed", range(12))
def test_eps_beyond_ties_is_the_rule_in_exact_arithmetic(seed):
    distances = nearest_neighbour_distances(np.random.default_rng(seed).gamma(2, size=(400, 6)))
    exact = [Fraction(d) for d in np.sort(distances)[::-1].tolist()]
    steps = [1 - 399 * (a - b) / (exact[0] - exact[-1]) for a, b in pairwise(exact)]
    peak, fallen = None, 0
    for rank, step in enumerate(steps):
        peak, fallen = (peak if fallen else rank, fallen + step) if step > 0 else (None, 0)
        if fallen > 1:
            break
    eps, details = choose_eps(distances, BEYOND_TIES)
    assert (eps, details["knee_rank"]) == (float(exact[peak]), exact.index(exact[peak]))
    jitter = 1 + 1e-13 * np.random.default_rng(seed).normal(size=400)
    assert choose_eps(distances * jitter, BEYOND_TIES)[0] == pytest.approx(eps, rel=1e-12)


@pytest.mark.parametrize("seed", range(8))
def test_eps_is_the_first_descent_of_more_than_one_rank(seed):
    # Without ties no descent is of exactly one rank, so that rounding decides nothing.
    distances = np.unique(nearest_neighbour_distances(np.random.default_rng(seed).gamma(2, size=(400, 6))))
    n, descending = len(distances), distances[::-1]
    curve = (descending[0] - descending) / (descending[0] - descending[-1]) - np.arange(n) / (n - 1)
    falling = np.r_[False, np.diff(curve) < 0, False]
    peaks = np.flatnonzero(~falling[:-1] & falling[1:])
    troughs = np.flatnonzero(falling[:-1] & ~falling[1:])
    rank = next(p for p, t in zip(peaks, troughs, strict=True) if curve[p] - curve[t] > 1 / (n - 1))
    eps, details = choose_eps(np.random.default_rng(seed).permutation(distances))
    assert (eps, details) == (descending[rank], {"rule": "knee", "knee_rank": rank})


@pytest.mark.parametrize("seed", range(8))
def test_eps_is_the_released_rule_with_ties(seed):
    distances = nearest_neighbour_distances(np.random.default_rng(seed).gamma(2, size=(400, 6)))
    assert len(np.unique(distances)) < 400
    released = KneeLocator(np.sort(distances)[::-1], np.linspace(0, 1, num=400), curve="convex", direction="decreasing")
    assert choose_eps(distances)[0] == released.knee


@pytest.mark.parametrize(
    ("distances", "eps", "details"),
    [
        ([1.0] * 20 + [10.0], 1.0, {"rule": "knee", "knee_rank": 1}),
        ([0.0] * 20 + [10.0], 10.0, {"rule": "median", "knee_rank": None}),
        ([0.0, 1.0, 4.0], 2.5, {"rule": "median", "knee_rank": None}),
        ([1.0, 3.0], 2.0, {"rule": "median", "knee_rank": None}),
        ([0.3] * 7, 0.3, {"rule": "median", "knee_rank": None}),
        ([2.0], 2.0, {"rule": "median", "knee_rank": None}),
    ],
)
def test_eps_of_known_curves(distances, eps, details):
    assert choose_eps(np.array(distances)) == (eps, details)


@pytest.mark.parametrize(
    ("distances", "message"), [([0.0, 0.0], "duplicate"), ([], "at least one"), ([1.0, np.nan], "finite")]
)
def test_eps_of_no_distances(distances, message):
    with pytest.raises(InputError, match=message):
        choose_eps(np.array(distances))
