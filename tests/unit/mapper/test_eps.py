"""The eps rule on curves with known knees, and in exact arithmetic."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.mapper.eps import BEYOND_TIES, SENSITIVITY, choose_eps, nearest_neighbour_curve
from actopo.mapper.nearest_neighbours import nearest_neighbour_distances
from kneed import KneeLocator


def activations(seed, n=4000, c=12):
    """Branches of very different density: a long tail of nearest-neighbour distances."""
    rng = np.random.default_rng(seed)
    points = rng.gamma(2, size=(n, 1)) * rng.normal(size=(5, c))[rng.integers(0, 5, n)] + rng.normal(size=(n, c))
    return np.maximum(points, 0).astype(np.float32)


@pytest.mark.parametrize("sensitivity", [BEYOND_TIES, SENSITIVITY, 6.3])
@pytest.mark.parametrize("seed", range(6))
def test_curve_is_exact_down_to_the_knee(seed, sensitivity):
    points = activations(seed)
    exact = np.sort(nearest_neighbour_distances(points))[::-1]
    curve = nearest_neighbour_curve(points, n_queries=600, seed=seed, sensitivity=sensitivity)
    eps, details = choose_eps(exact, sensitivity)
    assert details["rule"] == "knee"
    n_exact = np.flatnonzero(~np.isclose(curve, exact, rtol=1e-13))[0]
    assert details["knee_rank"] + 1 < n_exact < (600 if sensitivity == BEYOND_TIES else 4000)
    assert choose_eps(curve, sensitivity) == pytest.approx((eps, details))
    assert curve.shape == exact.shape
    assert curve[-1] == exact[-1]
    assert (np.diff(curve) <= 0).all()
    # The largest distance between 600 and 4000 draws of one distribution exceeds 0.1 in one of 10^5 cases.
    assert np.abs(np.searchsorted(-curve, -exact) - np.arange(4000)).max() < 400
    again = nearest_neighbour_curve(points, n_queries=600, seed=seed, sensitivity=sensitivity)
    np.testing.assert_array_equal(again, curve)


@pytest.mark.parametrize("n_queries", [2, 30, 400])
def test_curve_without_a_knee_is_exact(n_queries):
    """On a lattice with holes all distances are equal or nearly so; duplicates leave none above 0."""
    lattice = np.stack(np.meshgrid(*[np.arange(8.0)] * 3), axis=-1).reshape(-1, 3)
    for points in (lattice, np.r_[lattice, lattice], np.r_[lattice, lattice, [[20, 20, 20]]]):
        expected = np.sort(nearest_neighbour_distances(points))[::-1]
        np.testing.assert_array_equal(nearest_neighbour_curve(points, n_queries), expected)


def test_curve_of_a_line_whose_steps_are_rounded():
    """The square of the rounded distance, sqrt(3), is below 3, so that no point is nearer to another."""
    line = np.repeat(np.arange(1200.0)[:, None], 3, axis=1)
    far = np.column_stack([1e6 + 50.0 * np.arange(20) ** 2, np.zeros((20, 2))])
    points = np.concatenate([line, far])
    expected = np.sort(nearest_neighbour_distances(points))[::-1]
    np.testing.assert_allclose(nearest_neighbour_curve(points, n_queries=500), expected, rtol=1e-13)


def test_curve_of_few_points_is_exact():
    points = activations(0, n=300)
    expected = np.sort(nearest_neighbour_distances(points))[::-1]
    for settings in ({"n_queries": 300}, {}):
        np.testing.assert_array_equal(nearest_neighbour_curve(points, **settings), expected)
    with pytest.raises(InputError, match="at least 2 queries"):
        nearest_neighbour_curve(points, n_queries=1)


@pytest.mark.parametrize("sensitivity", [BEYOND_TIES, 1.5, SENSITIVITY, 10.5])
@pytest.mark.parametrize("seed", range(12))
def test_eps_beyond_ties_is_the_rule_in_exact_arithmetic(seed, sensitivity):
    distances = nearest_neighbour_distances(np.random.default_rng(seed).gamma(2, size=(400, 6)))
    exact = [Fraction(d) for d in np.sort(distances)[::-1].tolist()]
    steps = [1 - 399 * (a - b) / (exact[0] - exact[-1]) for a, b in pairwise(exact)]
    peak, fallen = None, 0
    for rank, step in enumerate(steps):
        peak, fallen = (peak if fallen else rank, fallen + step) if step > 0 else (None, 0)
        if fallen > (1 if sensitivity == BEYOND_TIES else sensitivity):
            break
    eps, details = choose_eps(distances, sensitivity)
    assert (eps, details["knee_rank"]) == (float(exact[peak]), exact.index(exact[peak]))
    assert details["knee_share"] == sum(distance > exact[peak] for distance in exact) / 400
    jitter = 1 + 1e-13 * np.random.default_rng(seed).normal(size=400)
    assert choose_eps(distances * jitter, sensitivity)[0] == pytest.approx(eps, rel=1e-12)


CURVES = {
    "random": lambda rng, n: rng.gamma(2, size=n),
    "pairs": lambda rng, n: np.repeat(rng.gamma(1, size=n), 2),
    "groups of any scale": lambda rng, n: np.repeat(rng.pareto(1, size=n), 3) * 10.0 ** rng.uniform(-200, 200),
    "few values": lambda rng, n: rng.integers(0, 6, n),
    "steps": lambda rng, n: np.round(rng.gamma(2, size=n), 1),
    "lines and powers": lambda rng, n: np.linspace(0, 1, n) ** rng.choice([0.5, 1, 2, 3]),
}


@pytest.mark.parametrize("kind", CURVES)
def test_eps_is_that_of_the_package_kneed(kind):
    """Bit for bit, at ties too, where rounding decides."""
    rng, knees = np.random.default_rng(0), 0
    for _ in range(500):
        distances = np.sort(CURVES[kind](rng, rng.integers(2, 120)).astype(float))[::-1]
        if distances[0] == distances[-1]:
            continue
        sensitivity, share = rng.choice([0.5, 1, BEYOND_TIES, 2, SENSITIVITY, 10]), np.linspace(0, 1, len(distances))
        knee = KneeLocator(distances, share, S=sensitivity, curve="convex", direction="decreasing").knee
        eps, details = choose_eps(distances, sensitivity)
        if knee is not None and knee > 0:
            knees += 1
            assert (eps, details["rule"]) == (knee, "knee")
        else:
            assert details["rule"] == "median"
    assert knees > 50


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
    eps, details = choose_eps(np.random.default_rng(seed).permutation(distances), 1)
    assert (eps, details) == (descending[rank], {"rule": "knee", "knee_rank": rank, "knee_share": rank / n})


@pytest.mark.parametrize("seed", range(8))
def test_eps_is_the_released_rule_with_ties(seed):
    distances = nearest_neighbour_distances(np.random.default_rng(seed).gamma(2, size=(400, 6)))
    assert len(np.unique(distances)) < 400
    released = KneeLocator(np.sort(distances)[::-1], np.linspace(0, 1, num=400), curve="convex", direction="decreasing")
    assert choose_eps(distances, 1)[0] == released.knee


@pytest.mark.parametrize(
    ("distances", "eps", "details"),
    [
        ([1.0] * 20 + [10.0], 1.0, {"rule": "knee", "knee_rank": 1, "knee_share": 1 / 21}),
        ([0.0] * 20 + [10.0], 10.0, {"rule": "median", "knee_rank": None, "knee_share": None}),
        ([0.0, 1.0, 4.0], 2.5, {"rule": "median", "knee_rank": None, "knee_share": None}),
        ([1.0, 3.0], 2.0, {"rule": "median", "knee_rank": None, "knee_share": None}),
        ([0.3] * 7, 0.3, {"rule": "median", "knee_rank": None, "knee_share": None}),
        ([2.0], 2.0, {"rule": "median", "knee_rank": None, "knee_share": None}),
    ],
)
def test_eps_of_known_curves(distances, eps, details):
    assert choose_eps(np.array(distances), 1) == (eps, details)


def test_the_default_passes_over_ties_that_make_a_knee_of_the_first_points(caplog):
    """Two outliers that are each other's neighbours, and then a curve with a knee at rank 60."""
    slope = np.r_[np.linspace(20, 8, 60), np.linspace(7.99, 0, 540)]
    distances = np.r_[100.0, 100.0, slope]
    with caplog.at_level("INFO"):
        # An exact tie is a descent of one rank: rounding decides, so a descent of more than 0.9 ranks stands for it.
        assert choose_eps(distances, 0.9)[1]["knee_rank"] == 0
    assert "only 1 of 602 points decide about the knee" in caplog.text
    caplog.clear()
    with caplog.at_level("INFO"):
        details = choose_eps(distances)[1]
    assert details["knee_rank"] >= 2
    assert "knee at rank" in caplog.text


def test_ranks_are_reported_and_small_ones_warned_of(caplog):
    distances = np.r_[np.linspace(20, 8, 60), np.linspace(7.99, 0, 540)]
    with caplog.at_level("INFO"):
        choose_eps(distances)
    [record] = caplog.records
    assert record.levelname == "INFO"
    assert "knee at rank 59 of 600 (9.83 %)" in record.getMessage()
    caplog.clear()
    with caplog.at_level("WARNING"):
        choose_eps(np.r_[50.0, 49.0, np.linspace(1, 0.99, 100)])
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "3 of 102 points" in caplog.text


@pytest.mark.parametrize(
    ("distances", "message"),
    [
        ([0.0, 0.0], "duplicate"),
        ([], "at least one"),
        ([1.0, np.nan], "finite"),
        ([1.0, np.inf], "finite"),
        ([2.0, 1.0, -1.0], "none negative"),
    ],
)
def test_eps_of_no_distances(distances, message):
    with pytest.raises(InputError, match=message):
        choose_eps(np.array(distances))
