"""Intervals cover the mean as often as they say, and count that pairs share networks."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.similarity.intervals import mean_interval, network_interval, pair_range
from actopo.similarity.specificity import blocks, ding_criterion, layer_retrieval, specificity, with_mean
from scipy import stats
from scipy.spatial import distance

from unit.similarity.examples import between

REPEATS = {5: 3000, 10: 3000, 30: 1500}
NOISES = {
    "normal": lambda rng, size: rng.normal(size=size),
    "skewed": lambda rng, size: rng.exponential(size=size) - 1,
}


def pairs_of_networks(n, n_repeats, share, noise, seed):
    """Random effects of both networks with this share of the variance of a pair, and noise of its own; mean 0."""
    rng = np.random.default_rng([n, seed])
    first, second = rng.normal(0, np.sqrt(share / 2), (2, n, n_repeats))
    return first[:, None] + second + np.sqrt(1 - share) * NOISES[noise](rng, (n, n, n_repeats)), first[0]


def coverage(interval, mean):
    low, high = interval
    return ((low <= mean) & (mean <= high)).mean()


@pytest.mark.parametrize("n", REPEATS)
@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("share", [0.25, 0.5, 0.9])
def test_interval_over_all_pairs_covers_the_mean(n, share, noise):
    values, _ = pairs_of_networks(n, REPEATS[n], share, noise, seed=0)
    assert 0.92 <= coverage(network_interval(values), 0) <= 0.98


@pytest.mark.parametrize("n", REPEATS)
def test_interval_of_pairs_without_effects_of_networks_is_not_too_short(n):
    """Pairs are then independent, which the rule does not take for granted: it covers more, the more so for few."""
    values, _ = pairs_of_networks(n, REPEATS[n], 0, "normal", seed=0)
    assert 0.95 <= coverage(network_interval(values), 0) <= 0.998


@pytest.mark.parametrize("n", REPEATS)
def test_interval_covers_the_mean_of_a_bounded_statistic(n):
    """Correlations of vectors that share a part; their mean is that of very many pairs."""
    rng = np.random.default_rng(n)
    shared = rng.normal(size=17)

    def draw(*shape):
        vectors = shared + 0.6 * rng.normal(size=(*shape, 17))
        vectors -= vectors.mean(axis=-1, keepdims=True)
        return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)

    mean = np.einsum("rm,rm->r", draw(400_000), draw(400_000)).mean()
    vectors = draw(n, REPEATS[n])
    covered = coverage(network_interval(np.einsum("irm,jrm->ijr", vectors, vectors)), mean)
    assert 0.92 <= covered <= 0.98


@pytest.mark.parametrize("n", [5, 10])
def test_intervals_of_tests_of_layers_cover_less(n):
    """Layers are points of their own and noise, of which some networks have more; tests are near their limit, 1."""
    layers, rng = np.random.default_rng(5).normal(size=(8, 6)), np.random.default_rng(n)

    def tests_of(n_networks):
        noise = 0.4 * np.exp(0.2 * rng.normal(size=(n_networks, 1, 1))) * rng.normal(size=(n_networks, 8, 6))
        points = (layers + noise).reshape(-1, 6)
        D = blocks(distance.cdist(points, points), n_networks, 8)
        return np.concatenate([with_mean(test(D)) for test in (specificity, layer_retrieval, ding_criterion)], axis=2)

    truth = np.mean([between(tests_of(60)).mean(axis=0) for _ in range(20)], axis=0)
    low, high = np.transpose([network_interval(tests_of(n)) for _ in range(200)], (1, 2, 0))
    given = ~np.isnan(low)
    covered = ((low <= truth[:, None]) & (truth[:, None] <= high)).reshape(3, -1)
    covered = covered.sum(axis=1) / given.reshape(3, -1).sum(axis=1)
    assert ((covered > 0.8) & (covered < 0.96)).all()
    # Without the pairs that are all equal: at 5 networks a third of those of a layer's retrieval.
    assert given[:9].all()
    assert (0.5 if n == 5 else 0.8) < given[9:].mean() < 0.98


def test_equal_values_have_no_interval():
    values = np.full((6, 6, 2), 0.5)
    values[1, 4, 1] = np.nan
    for shaped in (values, values[:1]):
        assert np.isnan(network_interval(shaped)).all()
    assert np.isnan(mean_interval(values[0])).all()
    values[2, 0, 1] = 1
    low, high = network_interval(values)
    assert np.isnan([low[0], high[0]]).all()
    assert low[1] < high[1]


@pytest.mark.parametrize("n", REPEATS)
def test_interval_of_a_single_reference_covers_its_mean(n):
    """Conditionally on the reference, whose own effect is part of the mean."""
    values, reference = pairs_of_networks(n, REPEATS[n], 0.5, "normal", seed=1)
    assert 0.92 <= coverage(network_interval(values[:1]), reference) <= 0.98
    if n > 5:
        assert coverage(network_interval(values[:1]), 0) < 0.85


@pytest.mark.parametrize("n", REPEATS)
def test_interval_of_networks_covers_their_mean(n):
    values = np.random.default_rng(n).normal(3, 2, (n, 4000))
    assert 0.92 <= coverage(mean_interval(values), 3) <= 0.98
    expected = stats.ttest_1samp(values[:, 0], 0).confidence_interval(0.9)
    np.testing.assert_allclose(mean_interval(values[:, 0], 0.9), expected)


def test_interval_of_a_difference_of_the_same_networks_covers_and_is_shorter():
    first, _ = pairs_of_networks(8, 2000, 0.5, "normal", seed=2)
    noise, _ = pairs_of_networks(8, 2000, 0.5, "normal", seed=3)
    difference = first - (0.9 * first + 0.2 * noise - 1)
    low, high = network_interval(difference)
    assert 0.92 <= coverage((low, high), 1) <= 0.98
    assert (high - low).mean() < 0.3 * np.ptp(network_interval(first), axis=0).mean()


def test_pairs_that_are_sums_over_networks_carry_one_value_a_network():
    effects = np.random.default_rng(0).normal(size=12)
    pairs = effects[:, None] + effects
    np.testing.assert_allclose(network_interval(pairs), mean_interval(2 * effects))
    # Neither does it matter which direction carries the effect.
    np.testing.assert_allclose(network_interval(np.broadcast_to(2 * effects, (12, 12))), mean_interval(2 * effects))


def test_width_against_the_deletion_of_networks_and_least_squares():
    values, n = np.random.default_rng(3).normal(size=(7, 7)) + np.random.default_rng(4).normal(size=7), 7
    without = [between(np.delete(np.delete(values, i, 0), i, 1)).mean() for i in range(n)]
    jackknife = (n - 1) / n * ((without - between(values).mean()) ** 2).sum()
    first, second = np.triu_indices(n, 1)
    design = np.column_stack([np.ones(len(first)), np.eye(n)[first] + np.eye(n)[second]])
    observed = (values + values.T)[first, second] / 2
    residual = observed - design @ np.linalg.lstsq(design, observed, rcond=None)[0]
    noise = (residual**2).sum() / (n * (n - 3) / 2)
    half = stats.t.ppf(0.95, n - 1) * np.sqrt(jackknife - 2 * noise / ((n - 1) * (n - 2)))
    mean = between(values).mean()
    np.testing.assert_allclose(network_interval(values, 0.9), [mean - half, mean + half])


@pytest.mark.parametrize("references", [1, 6])
def test_statistics_side_by_side_and_one_by_one(references):
    values = np.random.default_rng(0).normal(size=(references, 6, 3))
    low, high = network_interval(values)
    one = [network_interval(values[..., statistic]) for statistic in range(3)]
    np.testing.assert_allclose(np.transpose([low, high]), one, rtol=1e-12)
    mean = between(values).mean(axis=0)
    np.testing.assert_allclose((low + high) / 2, mean)
    lowest, highest = pair_range(values)
    np.testing.assert_array_equal(lowest, between(values).min(axis=0))
    np.testing.assert_array_equal(highest, between(values).max(axis=0))


@pytest.mark.parametrize("references", [1, 6])
def test_a_network_against_itself_is_not_looked_at(references):
    values = np.random.default_rng(0).normal(size=(6, 6))[:references]
    changed = values.copy()
    changed[np.arange(references), np.arange(references)] = [np.nan, 1e6, np.nan, -1e6, 0, 1][:references]
    assert network_interval(values) == network_interval(changed)
    assert pair_range(values) == pair_range(changed)


def test_pairs_without_a_value():
    values = np.random.default_rng(1).normal(size=(8, 8))
    # One direction is enough.
    one_way = values.copy()
    one_way[2, :] = np.nan
    symmetric = np.where(np.isnan(one_way), one_way.T, (one_way + one_way.T) / 2)
    np.testing.assert_allclose(np.diff(network_interval(one_way), axis=0), np.diff(network_interval(symmetric), axis=0))
    # A network without any value does not count; nor one of two whose pair has none.
    without = one_way.copy()
    without[:, 2] = np.nan
    seven = np.delete(np.delete(values, 2, 0), 2, 1)
    np.testing.assert_allclose(network_interval(without), network_interval(seven))
    assert np.isfinite(network_interval(np.where(np.arange(8) < 4, np.nan, values))).all()
    single = values[:1].copy()
    single[0, 3] = np.nan
    np.testing.assert_allclose(network_interval(single), network_interval(np.delete(values[:1], 3, axis=1)))
    for shape in ((6, 6), (1, 6)):
        assert np.isnan(network_interval(np.full(shape, np.nan))).all()
        assert np.isnan(pair_range(np.full(shape, np.nan))).all()


@pytest.mark.parametrize("shape", [(1, 4), (4, 4), (1, 4, 3), (4, 4, 3), (1, 2), (2, 2)])
def test_fewer_than_five_networks_have_a_range_and_no_interval(shape):
    values = np.random.default_rng(0).normal(size=shape)
    interval = network_interval(values)
    assert np.shape(interval) == (2, *shape[2:])
    assert np.isnan(interval).all()
    assert np.isfinite(pair_range(values)).all()
    assert np.isnan(mean_interval(values[0])).all()


def test_values_of_five_networks_have_an_interval():
    values = np.random.default_rng(0).normal(size=(5, 5))
    assert np.isfinite([network_interval(values), network_interval(values[:1]), mean_interval(values[0])]).all()


@pytest.mark.parametrize("shape", [(5,), (2, 5), (5, 5, 2, 2)])
def test_values_of_another_shape(shape):
    for function in (network_interval, pair_range):
        with pytest.raises(InputError, match="one reference or as many as networks"):
            function(np.zeros(shape))
