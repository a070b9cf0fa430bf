"""Ranks against surrogates: exact under the null, and what the table says of known cases."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.homology.diagrams import diagrams
from actopo.homology.surrogates import surrogates
from actopo.similarity.calibration import (
    calibration_table,
    calibration_tables,
    holm,
    mean_to_others,
    rank_p_value,
)
from actopo.similarity.wasserstein import pairwise_distances
from scipy import stats


def distances_of_draws(clouds, n_draws, seed):
    """H0: between the layers in each draw, and between the draws of each layer."""
    drawn = [clouds, *surrogates(clouds, n_draws, [seed])]
    found = diagrams([cloud for draw in drawn for cloud in draw], dimensions=[0])
    by_draw = [[own[0] for own in found[i : i + len(clouds)]] for i in range(0, len(found), len(clouds))]
    between = np.stack([pairwise_distances(draw, n_directions=8) for draw in by_draw])
    return between, np.stack([pairwise_distances(draw, n_directions=8) for draw in zip(*by_draw, strict=True)])


def test_p_values_of_exchangeable_statistics_are_uniform():
    statistics = np.random.default_rng(0).exponential(size=(20, 4000))
    for two_sided in (False, True):
        p = rank_p_value(statistics, two_sided)
        counts = np.bincount(np.rint(p * 20).astype(int), minlength=21)[1:]
        assert stats.chisquare(counts).pvalue > 1e-3


def test_p_value_by_hand():
    assert rank_p_value([3, 1, 2, 4], two_sided=False) == 0.5
    assert rank_p_value([9, 1, 2, 1]) == 0.25
    assert rank_p_value([0.1, 8, 9, 8]) == 0.25
    assert rank_p_value([2, 2, 2]) == 1
    # Larger by rounding alone.
    assert rank_p_value([0.1 + 0.2, 0.3], two_sided=False) == rank_p_value([0.1 + 0.2, 0.3, 0.3]) == 1
    with pytest.raises(InputError, match="no surrogate"):
        rank_p_value([1.0])
    with pytest.raises(InputError, match="not finite"):
        rank_p_value([1.0, np.nan])
    with pytest.raises(InputError, match="not finite"):
        rank_p_value([1.0, np.inf], two_sided=False)


def test_holm_by_hand():
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06])
    np.testing.assert_allclose(holm([0.9, 0.8]), [1, 1])


def test_mean_to_others():
    matrix = [[0, 1, 3], [1, 0, 5], [3, 5, 0]]
    np.testing.assert_allclose(mean_to_others(matrix), [2, 3, 4])


def test_gaussian_layers_are_seldom_told_from_their_surrogates():
    """Narrow and wide (singular covariance) Gaussian layers that depend on each other."""
    p_values, rng = [], np.random.default_rng(1)
    for trial in range(30):
        noise = rng.normal(size=(24, 40))
        clouds = [noise[:, :4] * [1, 2, 3, 4], noise @ rng.normal(size=(40, 40))]
        between, within = distances_of_draws(clouds, 9, trial)
        p_values.append(calibration_table(between, within, [0, 1]).p_value)
    p_values = np.array(p_values)
    for column in p_values.T:
        assert stats.binom.ppf(1e-4, 30, 0.2) <= (column <= 0.2001).sum() <= stats.binom.ppf(1 - 1e-4, 30, 0.2)


def test_a_circle_is_told_from_its_surrogates_and_a_gaussian_is_not():
    rng = np.random.default_rng(3)
    angle = rng.uniform(0, 2 * np.pi, 60)
    clouds = [np.column_stack([np.cos(angle), np.sin(angle)]), rng.normal(size=(60, 2))]
    between, within = distances_of_draws(clouds, 39, 0)
    table = calibration_table(between, within, [4, 9]).set_index(["layer_a", "layer_b"])
    circle, gaussian, pair = table.loc[(4, 4)], table.loc[(9, 9)], table.loc[(4, 9)]
    assert circle.p_value == pair.p_value == 1 / 40
    assert circle.ratio > 1.5
    assert circle.z > 5
    assert gaussian.p_value > 0.05
    # The layers are one family of two, the pair is a family of its own.
    assert circle.p_holm == circle.q_value == 2 / 40
    assert pair.p_holm == 1 / 40
    assert pair.observed == between[0, 0, 1]
    assert pair.surrogate_mean == pytest.approx(between[1:, 0, 1].mean())


def test_a_layer_at_equal_scale_has_the_same_p_value():
    rng = np.random.default_rng(4)
    between, within = distances_of_draws([rng.normal(size=(20, 2)), rng.uniform(size=(20, 3))], 5, 0)
    table = calibration_tables({"own": {"h0": between}, "equal": {"h0": between}}, {"h0": within}, [2.0, 5.0], [0, 1])
    own, equal = (table[(table.scale == scale) & (table.layer_a == table.layer_b)] for scale in ("own", "equal"))
    np.testing.assert_array_equal(own.p_value, equal.p_value)
    np.testing.assert_allclose(own.observed.to_numpy() / equal.observed.to_numpy(), [2, 5])


def test_table_by_hand():
    between = np.zeros((4, 3, 3))
    between[:, 0, 1], between[:, 0, 2], between[:, 1, 2] = [5, 1, 2, 3], [5, 0, 0, 0], 2
    # Of layer 0 the observed draw is nearer to the surrogates than they are to each other, of layer 2 farther.
    apart, first = 1 - np.eye(4), np.arange(4) == 0
    is_observed = first[:, None] | first
    within = np.stack([apart * np.where(is_observed, *near) for near in ((1, 2.5), (0, 0), (4, 1))])
    table = calibration_table(between, within, [3, 5, 8])
    nan = np.nan
    expected = {
        "layer_a": [3, 5, 8, 3, 3, 5],
        "layer_b": [3, 5, 8, 5, 8, 8],
        "observed": [1, 0, 4, 5, 5, 2],
        "surrogate_mean": [2, 0, 2, 2, 0, 2],
        "surrogate_sd": [0, 0, 0, 1, 0, 0],
        "ratio": [0.5, nan, 2, 2.5, nan, 1],
        "z": [nan, nan, nan, 3, nan, nan],
        "p_value": [1, 1, 0.25, 0.25, 0.25, 1],
        "p_holm": [1, 1, 0.75, 0.75, 0.75, 1],
        "q_value": [1, 1, 0.75, 0.375, 0.375, 1],
        "draws": [3] * 6,
    }
    assert list(table) == list(expected)
    for name, values in expected.items():
        np.testing.assert_array_equal(table[name], values, err_msg=name)


@pytest.mark.filterwarnings("error")
def test_a_single_surrogate_has_no_deviation():
    table = calibration_table(np.ones((2, 2, 2)), 1 - np.eye(2) + np.zeros((2, 1, 1)), [0, 1])
    assert table[["surrogate_sd", "z"]].isna().all(axis=None)
    np.testing.assert_array_equal(table[["ratio", "draws"]], 1)


def test_empty_diagrams_are_no_topology():
    table = calibration_table(np.zeros((4, 2, 2)), np.zeros((2, 4, 4)), [0, 1])
    assert (table.p_value == 1).all()
    assert table[["ratio", "z"]].isna().all(axis=None)


def test_the_unit_of_distances_changes_no_ratio_and_no_p_value():
    rng = np.random.default_rng(5)
    between, within = distances_of_draws([rng.normal(size=(20, 2)), rng.uniform(size=(20, 3))], 5, 0)
    table, small = (calibration_table(unit * between, unit * within, [0, 1]) for unit in (1, 1e-6))
    columns = ["ratio", "z", "p_value", "p_holm", "q_value"]
    assert table[columns].notna().all(axis=None)
    np.testing.assert_allclose(small[columns], table[columns], rtol=1e-9)
