"""Where curves cross the baseline of networks and the floor of batches, for one network and over networks."""

import numpy as np
import pandas as pd
import pytest
from actopo.errors import InputError
from actopo.similarity.detection import crossings, detection_table, same_layer, sensitivity_tables, thresholds
from actopo.similarity.intervals import mean_interval, network_interval
from actopo.similarity.sensitivity import curve_table, deletion_index

THRESHOLDS = ["mean", "quantile", "floor_mean", "floor_quantile"]


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        ([0, 1, 2, 3], (2, 2)),
        ([2, 3], (0, 0)),
        ([0, 1], (None, None)),
        ([1, 1], (None, None)),
        ([0, 2, 1, 3, 4], (1, 3)),
        ([2, 0, 2], (0, 2)),
        ([2, 0], (0, None)),
        ([0, 2, 2, 1], (1, None)),
        ([], (None, None)),
    ],
)
def test_crossings(curve, expected):
    assert crossings(curve, 1) == expected


def test_crossings_by_their_definition():
    rng = np.random.default_rng(3)
    for curve in rng.integers(0, 3, size=(200, 7)):
        above = (curve > 1).tolist()
        first = above.index(True) if True in above else None
        last = next((i for i in range(7) if all(above[i:])), None)
        assert crossings(curve, 1) == (first, last)


def test_thresholds():
    assert thresholds([4, 1, 3, 2, 0], 0.5) == {"mean": 2, "quantile": 2}
    assert thresholds([0, 10], 0.95) == {"mean": 5, "quantile": 9.5}
    assert thresholds([3], 1) == {"mean": 3, "quantile": 3}


def test_undefined_distances_are_left_out_of_a_level():
    assert thresholds([1, np.nan, 3], 1) == {"mean": 2, "quantile": 3}
    assert all(np.isnan(list(thresholds([np.nan], 0.5).values())))
    assert crossings([1, 2], np.nan) == (None, None)


def test_same_layer():
    matrix = np.arange(36).reshape(6, 6)
    found = same_layer(matrix, 3)
    assert found.shape == (3, 2, 2)
    for layer in range(3):
        for a in range(2):
            for b in range(2):
                assert found[layer, a, b] == matrix[3 * a + layer, 3 * b + layer]
    with pytest.raises(InputError, match="blocks of 4 layers"):
        same_layer(matrix, 4)


def curves_of(**distances):
    """Curves of a layer of 8 channels, which loses 1, 2, 3, 4 and 6 components."""
    index = deletion_index({0: 8}, ["smallest"])
    assert index.removed.tolist() == [1, 2, 3, 4, 6]
    return curve_table(index, distances)


@pytest.mark.parametrize(
    ("curve", "first", "last", "censored"),
    [
        ([0, 0, 2, 3, 4], 3, 3, False),
        ([2, 2, 2, 2, 2], 1, 1, True),
        ([2, 0, 0, 0, 2], 1, 6, True),
        ([0, 2, 0, 0, 0], 2, np.nan, False),
        ([0, 0, 0, 0, 1], np.nan, np.nan, False),
        # A single point that cannot be compared is left out.
        ([np.nan, 0, 2, np.nan, np.nan], 3, 3, False),
        ([np.nan] * 5, np.nan, np.nan, False),
    ],
)
def test_first_and_last_crossing(curve, first, last, censored):
    curves = curves_of(a=curve)
    for table in (curves, curves.sample(frac=1, random_state=0)):
        found = detection_table(table, {"a": {0: [0, 2]}}, 0.5)
        assert found.threshold.tolist() == ["mean", "quantile"]
        assert found.level.tolist() == [1, 1]
        for row in found.itertuples():
            np.testing.assert_array_equal([row.first_removed, row.last_removed], [first, last])
            np.testing.assert_array_equal([row.first_fraction, row.last_fraction], [first / 8, last / 8])
            assert row.censored == censored
            assert row.crossed == np.isfinite(first)
            assert np.isnan(row.first_removed_low)


def test_baseline_and_floor_are_levels_of_their_own():
    curves = curves_of(a=[1, 2, 3, 4, 5], b=[1, 2, 3, 4, 5])
    baselines = {name: {0: [2.5, 4.5]} for name in "ab"}
    found = detection_table(curves, baselines, 1, {"a": {0: [0.5, 1.5, 1.0]}})
    by_metric = {metric: rows.set_index("threshold") for metric, rows in found.groupby("metric")}
    assert by_metric["a"].level.to_dict() == dict(zip(THRESHOLDS, [3.5, 4.5, 1.0, 1.5], strict=True))
    assert by_metric["a"].first_removed.to_dict() == dict(zip(THRESHOLDS, [4, 6, 2, 2], strict=True))
    # A measure that pairs rows has no distance between batches.
    assert by_metric["b"].index.tolist() == THRESHOLDS[:2]
    # The quantile is that of 95 % by default.
    assert detection_table(curves_of(a=[1, 2, 3, 4, 5]), {"a": {0: [0, 10]}}).level.tolist() == [5, 9.5]
    assert sensitivity_tables({0: curves}, None, {"a": {0: [0, 10]}})[0].level.tolist() == [5, 9.5]


def test_one_network_has_a_floor_alone_and_one_batch_a_baseline_alone():
    curves = curves_of(a=[1, 2, 3, 4, 5])
    floors = {"a": {0: [1.5]}}
    assert detection_table(curves, None, 0.5, floors).threshold.tolist() == THRESHOLDS[2:]
    assert detection_table(curves, {"a": {0: [1.5]}}, 0.5).threshold.tolist() == THRESHOLDS[:2]
    table, by_network = sensitivity_tables({0: curves}, None, floors)
    assert table.threshold.tolist() == THRESHOLDS[2:]
    assert (table.networks == 1).all()
    assert table.low.isna().all()
    assert (table.lowest_fraction == table.first_fraction).all()
    table, by_network = sensitivity_tables({0: curves})
    assert table.empty
    assert by_network.empty
    assert {"first_fraction", "mean_fraction", "level_low"} <= set(table)


def test_random_orders_give_the_median_order_and_quantiles():
    index = deletion_index({0: 8}, ["random"], n_orders=5)
    # Order i crosses at the i-th count; the last two never do.
    distances = np.zeros((5, 5))
    for order in range(3):
        distances[order, order:] = 2
    found = detection_table(curve_table(index, {"a": distances.ravel()}), {"a": {0: [1.0]}}, 0.5)
    row = found.iloc[0]
    assert row.crossed == 0.6
    assert (row.first_removed, row.first_fraction) == (3, 3 / 8)
    assert row.first_removed_low == 1
    assert np.isnan(row.first_removed_high)
    assert not row.censored
    distances[3:] = 2
    found = detection_table(curve_table(index, {"a": distances.ravel()}), {"a": {0: [1.0]}}, 0.5)
    assert found.first_removed[0] == 1
    assert found.censored[0]
    # Three of five never cross: so does the median order.
    distances[2:] = 0
    found = detection_table(curve_table(index, {"a": distances.ravel()}), {"a": {0: [1.0]}}, 0.5)
    assert np.isnan(found.first_removed[0])
    assert found.crossed[0] == 0.4


@pytest.fixture
def six_networks():
    rng = np.random.default_rng(0)
    matrix = rng.uniform(1, 2, (6, 6))
    matrix += matrix.T
    np.fill_diagonal(matrix, 0)
    # Network i crosses at the i-th count, the sixth where the first does.
    curves = {}
    for network in range(6):
        distances = np.zeros(5)
        distances[network % 5 :] = 9
        curves[network] = curves_of(a=distances)
    return curves, {"a": {0: matrix}}


def test_every_network_takes_its_turn(six_networks):
    curves, pairs = six_networks
    table, by_network = sensitivity_tables(curves, pairs, {"a": {0: [0.1]}}, 0.9, 0.8)
    matrix = pairs["a"][0]
    fractions = np.array([1, 2, 3, 4, 6, 1]) / 8
    own = by_network[by_network.threshold == "mean"]
    np.testing.assert_array_equal(own.network, range(6))
    np.testing.assert_array_equal(own.first_fraction, fractions)
    np.testing.assert_allclose(own.level, matrix.sum(axis=1) / 5)
    row = table[table.threshold == "mean"].iloc[0]
    assert (row.networks, row.networks_crossed, row.networks_censored) == (6, 6, 2)
    assert row.first_fraction == 1 / 8
    assert row.level == pytest.approx(matrix[0].sum() / 5)
    assert row.mean_fraction == pytest.approx(fractions.mean())
    assert (row.low, row.high) == pytest.approx(mean_interval(fractions, 0.8))
    assert (row.lowest_fraction, row.highest_fraction) == (1 / 8, 6 / 8)
    assert row.median_fraction == 2 / 8
    assert row.mean_level == pytest.approx(matrix.sum() / 30)
    assert (row.level_low, row.level_high) == pytest.approx(network_interval(matrix, 0.8))
    assert row.level_low < row.mean_level < row.level_high
    floor = table[table.threshold == "floor_mean"].iloc[0]
    assert floor.mean_level == floor.level == 0.1
    assert np.isnan(floor.level_low)


@pytest.mark.parametrize(("references", "networks", "effect"), [(5, 5, 0.2), (5, 10, 0.2), (10, 10, 0.2), (6, 6, 0.0)])
def test_the_interval_covers_where_networks_move_the_baselines_of_all(references, networks, effect):
    """Student's t would in 0.72, 0.86 and 0.74 of the cases, and where networks have no effect in 0.95."""
    rng = np.random.default_rng(0)
    index, found = deletion_index({0: 128}, ["smallest"]), []
    for _ in range(150):
        of_network, of_pair = effect * rng.normal(size=networks), 0.1 * rng.normal(size=(networks, networks))
        matrix = np.exp(-0.7 + of_network[:, None] + of_network + (of_pair + of_pair.T) / np.sqrt(2))
        np.fill_diagonal(matrix, 0)
        scales = np.exp(0.1 * rng.normal(size=references))
        curves = {i: curve_table(index, {"a": 2.4 * scales[i] * index.fraction**2}) for i in range(references)}
        row = sensitivity_tables(curves, {"a": {0: matrix}})[0].iloc[0]
        if np.isfinite(row.low):
            found.append((row.mean_fraction, row.low, row.high))
    mean, low, high = np.transpose(found)
    assert len(found) > 120
    assert 0.9 <= np.mean((low <= mean.mean()) & (mean.mean() <= high)) <= 0.99


def test_networks_whose_layer_has_no_curve_or_no_distance(six_networks):
    """A layer that is a single point in one network, and one whose reduced clouds are single points."""
    curves, pairs = six_networks
    pairs["b"] = pairs["a"]
    five = {i: curves[i] for i in range(5)}
    without = sensitivity_tables(five, pairs)[0].iloc[0]
    other = sensitivity_tables(five | {5: curves_of(b=np.ones(5))}, pairs)[0].iloc[0]
    assert (other.low, other.high) == (without.low, without.high)
    assert without.low < without.high
    curves[3] = curves_of(a=np.full(5, np.nan))
    row = sensitivity_tables(curves, pairs)[0].iloc[0]
    assert row.networks_crossed == 5
    assert np.isnan([row.low, row.high]).all()


def test_networks_that_cross_at_one_share_have_no_interval():
    """Means of four and of five equal fractions may differ in their last bit."""
    index = deletion_index({0: 100}, ["smallest"])
    curves = {i: curve_table(index, {"a": 9.0 * (index.fraction > 0.3)}) for i in range(5)}
    table, _ = sensitivity_tables(curves, {"a": {0: 1 - np.eye(5)}})
    assert table.mean_fraction.notna().all()
    assert table.low.isna().all()


def test_fewer_than_five_networks_have_a_range_alone(six_networks):
    curves, pairs = six_networks
    table, _ = sensitivity_tables({i: curves[i] for i in range(4)}, pairs)
    row = table.iloc[0]
    assert np.isnan([row.low, row.high]).all()
    assert (row.mean_fraction, row.lowest_fraction, row.highest_fraction) == (10 / 32, 1 / 8, 4 / 8)
    # The baseline is that of all six.
    assert np.isfinite(row.level_low)


def test_a_network_that_never_crosses_leaves_no_mean(six_networks):
    curves, pairs = six_networks
    curves[3] = curves_of(a=np.zeros(5))
    row = sensitivity_tables(curves, pairs)[0].iloc[0]
    assert (row.networks, row.networks_crossed) == (6, 5)
    assert np.isnan([row.mean_fraction, row.low, row.high, row.highest_fraction]).all()
    assert (row.lowest_fraction, row.median_fraction) == (1 / 8, 2 / 8)


def test_two_networks_whose_layer_is_a_point_have_no_level():
    matrix = np.array([[0, np.nan], [np.nan, np.nan]])
    table, _ = sensitivity_tables({0: curves_of(a=[1, 2, 3, 4, 5])}, {"a": {0: matrix}})
    assert table.level.isna().all()
    assert table.first_fraction.isna().all()
    assert table.networks_crossed.tolist() == [0, 0]


def test_a_network_whose_layer_is_a_point_has_no_level_and_the_others_have(six_networks):
    curves, pairs = six_networks
    matrix = pairs["a"][0]
    matrix[5], matrix[:, 5] = np.nan, np.nan
    row = sensitivity_tables(curves, pairs)[0].iloc[0]
    levels = matrix[:5, :5].sum(axis=1) / 4
    assert row.mean_level == pytest.approx(levels.mean())
    assert (row.lowest_level, row.highest_level) == pytest.approx((levels.min(), levels.max()))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: crossings([0, np.nan], 1), "not finite"),
        (lambda: crossings([0, 1], np.inf), "not finite"),
        (lambda: thresholds([], 0.5), "a level needs finite distances"),
        (lambda: thresholds([1, np.inf], 0.5), "a level needs finite distances"),
        (lambda: thresholds([1, 2], 1.5), "quantile is 1.5"),
        (lambda: detection_table(curves_of(a=np.ones(5)), {"a": {8: [1]}}, 0.5), "a has no baseline for layer 0"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_no_curve_at_all():
    table, by_network = sensitivity_tables({0: pd.DataFrame(columns=curves_of(a=np.ones(5)).columns)}, {}, {})
    assert table.empty
    assert by_network.empty
