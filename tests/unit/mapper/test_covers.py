"""Theorems of the covers of the lens."""

from itertools import pairwise

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.mapper.covers import IntervalCover, RectangleCover
from actopo.mapper.graph import interval_members
from hypothesis import example, given, settings
from hypothesis import strategies as st


@settings(max_examples=150, deadline=None)
@given(
    lens=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20),
    n_intervals=st.integers(1, 60),
    overlap=st.just(0.0) | st.floats(0, 0.99),
    convention=st.sampled_from(["fit", "overhang"]),
)
def test_cover_theorems(lens, n_intervals, overlap, convention):
    lens = np.array(lens)
    bounds = IntervalCover(n_intervals, overlap, convention).intervals(lens)
    low, high = lens.min(), lens.max()
    assert bounds.shape == (n_intervals, 2)
    assert (np.bincount(np.concatenate(interval_members(lens, bounds)), minlength=len(lens)) > 0).all()
    tolerance = 1e-14 * max(abs(low), abs(high))
    if convention == "fit":
        assert bounds[0, 0] == low
        assert bounds[-1, 1] == high
        length = (high - low) / (n_intervals - (n_intervals - 1) * overlap)
    else:
        length = (high - low) / (n_intervals * (1 - overlap))
        centres = low + (high - low) * (0.5 + np.arange(n_intervals)) / n_intervals
        np.testing.assert_allclose(bounds.mean(axis=1), centres, rtol=1e-13, atol=100 * tolerance)
    np.testing.assert_allclose(np.diff(bounds)[:, 0], length, rtol=1e-12, atol=100 * tolerance)
    np.testing.assert_allclose(bounds[:-1, 1] - bounds[1:, 0], overlap * length, rtol=1e-10, atol=100 * tolerance)


@pytest.mark.parametrize("convention", ["fit", "overhang"])
@pytest.mark.parametrize("n_intervals", [3, 7, 40, 49])
def test_rounding_parts_no_neighbours(convention, n_intervals):
    extremes = np.sort(np.random.default_rng(n_intervals).normal(size=(50, 2)), axis=1)
    for lens in extremes:
        bounds = IntervalCover(n_intervals, 0.0, convention).intervals(lens)
        assert (bounds[:-1, 1] >= bounds[1:, 0]).all()


def test_intervals_are_closed():
    lens = np.array([3.0, 0.0, 2.0, 1.0, 4.0])
    members = interval_members(lens, IntervalCover(2, 0.0).intervals(lens))
    assert [m.tolist() for m in members] == [[1, 2, 3], [0, 2, 4]]


@pytest.mark.parametrize(
    ("setting", "key"),
    [
        ({"n_intervals": 0}, "n_intervals"),
        ({"n_intervals": 2.5}, "n_intervals"),
        ({"overlap": 1.0}, "overlap"),
        ({"overlap": -0.1}, "overlap"),
        ({"overlap": float("nan")}, "overlap"),
        ({"convention": "centred"}, "convention"),
    ],
)
def test_cover_names_the_wrong_key(setting, key):
    with pytest.raises(InputError, match=key):
        IntervalCover(**setting)


@pytest.mark.parametrize("lens", [[0.0, np.nan], [np.inf, 0.0], [], [[0.0], [1.0]]])
def test_lens_must_be_finite_numbers(lens):
    with pytest.raises(InputError, match="lens"):
        IntervalCover().intervals(lens)


@pytest.mark.parametrize("lens", [np.zeros(4), *map(np.zeros, [(4, 1), (4, 3), (0, 2)]), np.full((4, 2), np.nan)])
def test_rectangles_need_two_finite_numbers(lens):
    with pytest.raises(InputError, match="lens"):
        RectangleCover(IntervalCover(), IntervalCover()).intervals(lens)


@settings(max_examples=150, deadline=None)
@given(
    n=st.integers(1, 60),
    n_intervals=st.integers(1, 70),
    overlap=st.just(0.0) | st.floats(0, 0.99),
    seed=st.integers(0, 9),
)
@example(n=59, n_intervals=42, overlap=0.0, seed=0)
@example(n=27, n_intervals=45, overlap=0.9, seed=0)
def test_balanced_theorems(n, n_intervals, overlap, seed):
    lens = np.random.default_rng(seed).permutation(n) ** 3 + 0.5
    bounds = IntervalCover(n_intervals, overlap, "balanced").intervals(lens)
    members = interval_members(lens, bounds)
    sizes = np.array([len(own) for own in members])
    size = n / (n_intervals - (n_intervals - 1) * overlap)
    assert (np.bincount(np.concatenate(members), minlength=n) > 0).all()
    assert (bounds[0, 0], bounds[-1, 1]) == (lens.min(), lens.max())
    assert (np.diff(bounds, axis=0) >= 0).all()
    assert sizes.min() >= 1
    assert sizes.max() - sizes.min() <= 1
    assert np.abs(sizes - size).max() <= 1
    if size >= 1:
        shared = [len(set(a) & set(b)) for a, b in pairwise(members)]
        assert np.abs(np.array(shared) - overlap * size).max(initial=0) <= 1 + 1e-9
    if overlap == 0 and n >= n_intervals:
        assert sizes.sum() == n


def test_balanced_by_hand():
    # m = 10 / (3 - 2/2) = 5, so that the places are 0 to 4, 3 to 7 (from 2.5, rounded up) and 5 to 9.
    lens = np.array([90.0, 0, 1, 2, 3, 40, 50, 60, 70, 80])
    cover = IntervalCover(3, 0.5, "balanced")
    np.testing.assert_array_equal(cover.intervals(lens), [[0, 40], [3, 70], [50, 90]])
    assert [len(own) for own in interval_members(lens, cover.intervals(lens))] == [5, 5, 5]
    np.testing.assert_array_equal(IntervalCover(2, 0.0, "balanced").intervals(lens), [[0, 40], [50, 90]])


def test_balanced_keeps_ties_together():
    lens = np.array([0.0, 1, 1, 1, 1, 2])
    bounds = IntervalCover(3, 0.0, "balanced").intervals(lens)
    np.testing.assert_array_equal(bounds, [[0, 1], [1, 1], [1, 2]])
    assert [len(own) for own in interval_members(lens, bounds)] == [5, 4, 5]
