"""Intervals cover the mean as often as they say."""

import numpy as np
import pytest
from actopo.similarity.bootstrap import bootstrap_interval
from scipy import stats

from unit.similarity.examples import between, within_binomial


def coverage(draw, n_repeats, true_mean):
    intervals = np.array([bootstrap_interval(draw(seed), 400, seed=seed) for seed in range(n_repeats)])
    return ((intervals[:, 0] <= true_mean) & (true_mean <= intervals[:, 1])).sum()


def percentile_coverage(n):
    """Of a mean of n normal values: the percentile interval has z for t, and n for n - 1 in the variance."""
    return 2 * stats.t.cdf(stats.norm.ppf(0.975) * np.sqrt((n - 1) / n), n - 1) - 1


def test_interval_covers_the_mean_of_independent_pairs():
    """With a single reference, pairs are as independent as the other models."""

    def draw(seed):
        return np.random.default_rng([1, seed]).normal(3, 2, size=(1, 41))

    hits = coverage(draw, 500, 3)
    assert within_binomial(hits, 500, percentile_coverage(40)), hits


def test_interval_covers_the_mean_of_pairs_that_share_models():
    """Pairs that are sums over their models carry n values, however many pairs there are."""

    def draw(seed):
        effect = np.random.default_rng([2, seed]).normal(1.5, 1, size=30)
        return effect[:, None] + effect

    hits = coverage(draw, 400, 3)
    assert within_binomial(hits, 400, percentile_coverage(30)), hits


def test_interval_against_a_bootstrap_that_lists_its_pairs():
    values = np.random.default_rng(0).normal(size=(6, 6))
    means = []
    for drawn in np.random.default_rng(1).integers(6, size=(10000, 6)):
        first, second = np.meshgrid(drawn, drawn)
        if (first != second).any():
            means.append(values[first, second][first != second].mean())
    np.testing.assert_allclose(bootstrap_interval(values, 10000), np.quantile(means, [0.025, 0.975]), atol=0.03)


def test_a_single_reference_stays():
    """Two others with values 0 and 1: a resample has mean 0, 1/2 and 1 with probability 1/4, 1/2 and 1/4."""
    assert bootstrap_interval([[9, 0, 1]], 4000, level=0.4) == (0.5, 0.5)
    assert bootstrap_interval([[9, 0, 1]], 4000, level=0.6) == (0, 1)


def test_interval_by_layer():
    values = np.random.default_rng(0).normal(size=(5, 5, 3))
    low, high = bootstrap_interval(values, 200, seed=4)
    one = [bootstrap_interval(values[..., layer], 200, seed=4) for layer in range(3)]
    np.testing.assert_allclose(np.transpose([low, high]), one, rtol=1e-12)
    assert (low < between(values).mean(axis=0)).all()
    assert (high > between(values).mean(axis=0)).all()


def test_interval_does_not_look_at_a_model_against_itself():
    values = np.random.default_rng(0).normal(size=(4, 4))
    changed = values + np.diag([np.nan, 1e6, np.nan, -1e6])
    assert bootstrap_interval(values) == bootstrap_interval(changed)
    assert bootstrap_interval(values[:1]) == bootstrap_interval(changed[:1])


def test_interval_skips_pairs_without_a_value_and_resamples_without_a_pair():
    values = np.full((3, 3), 2.0)
    values[0, 1] = np.nan
    assert bootstrap_interval(values, 300) == (2, 2)
    assert np.isnan(bootstrap_interval(np.full((3, 3), np.nan), 10)).all()


@pytest.mark.parametrize("shape", [(1, 2), (2, 2), (1, 2, 4), (2, 2, 4)])
def test_a_single_pair_has_no_interval(shape):
    low, high = bootstrap_interval(np.ones(shape), 10)
    assert np.shape(low) == np.shape(high) == shape[2:]
    assert np.isnan([low, high]).all()
