"""How specificity, floor and detection depend on points, directions and networks."""

import numpy as np
import pandas as pd
import pytest
from actopo.errors import InputError
from actopo.similarity.power import (
    COLUMNS,
    KEYS,
    detected_shares,
    network_counts,
    over_networks,
    power_table,
    statistics,
)
from actopo.similarity.sensitivity import deletion_index
from actopo.similarity.specificity import blocks

from unit.similarity.examples import random_distances

LAYERS = [0, 4, 9]


def curves_of(slope, layers=(0, 9), channels=8):
    """Curves of distance `slope` times the share that is removed."""
    index = deletion_index(dict.fromkeys(layers, channels), ["smallest"])
    return index, slope * index.fraction.to_numpy()


def test_numbers_of_networks():
    assert network_counts(2) == [2]
    assert network_counts(3) == [2, 3]
    assert network_counts(10) == [2, 5, 10]
    assert network_counts(100) == [2, 5, 10, 20, 50, 100]
    assert network_counts(120) == [2, 5, 10, 20, 50, 100, 120]
    with pytest.raises(InputError, match="2 seeds"):
        network_counts(1)


def test_detected_share_is_the_first_above_the_baseline():
    index, distances = curves_of(2.0)
    shares = sorted(set(index.fraction))
    # On a curve of slope 2 the first removed share above b / 2.
    for baseline in (0.0, 2 * shares[0], 1.3 * shares[-1]):
        expected = min(share for share in shares if 2 * share > baseline)
        assert detected_shares(index, distances, {0: baseline, 9: 1e9}) == {0: expected, 9: 1.0}
    # The distance that is undefined is no crossing.
    distances[0] = np.nan
    assert detected_shares(index, distances, {0: 0.0, 9: 0.0})[0] == shares[1]
    # Without a baseline, or without a distance, nothing is known.
    distances[index.layer == 0] = np.nan
    assert np.isnan(list(detected_shares(index, distances, {0: 0.0, 9: np.nan}).values())).all()


def table_of(rows, statistic, correlation=""):
    rows = rows[(rows.statistic == statistic) & (rows.correlation == correlation)]
    return rows.set_index("layer").value


def test_statistics_of_networks_that_are_alike():
    """Networks with the same distances between their layers have rho 1; their layers are 0.5 from each other."""
    own = np.abs(np.subtract.outer([0, 1, 3], [0, 1, 3])).astype(float)
    D = np.stack([own, *[own + 0.5] * 4])[None]
    rows = statistics(D, np.array([0.1, 0.2, 0.6]), curves_of(1.0), LAYERS)
    for correlation in ("pearson", "spearman"):
        np.testing.assert_allclose(table_of(rows, "rho", correlation), 1)
    floor = table_of(rows, "floor")
    assert list(floor.index) == ["mean", "0", "4", "9"]
    np.testing.assert_allclose(floor, [0.6, 0.2, 0.4, 1.2])
    index, _ = curves_of(1.0)
    first = min(share for share in index.fraction if share > 0.5)
    # No curve was computed for layer 4.
    np.testing.assert_allclose(table_of(rows, "detection"), [first, first, np.nan, first])


def test_a_layer_at_which_all_networks_agree_has_no_floor():
    D = np.abs(np.subtract.outer(np.arange(3.0), np.arange(3)))[None, None].repeat(2, axis=1)
    floor = table_of(statistics(D, np.array([0.0, 1, 1]), curves_of(1.0), LAYERS), "floor")
    assert floor.isna().all()


def test_all_networks_give_what_they_give_without_a_draw():
    D = blocks(random_distances(6, 3), 6, 3)
    between, curves = np.array([0.1, 0.2, 0.3]), curves_of(2.0)
    found = list(over_networks(D, between, curves, LAYERS, 30, seed=1))
    assert [count for count, _ in found] == [2] * 30 + [5] * 30 + [6] * 6
    keys = ["statistic", "correlation", "layer"]
    whole = statistics(D[:1], between, curves, LAYERS).set_index(keys).value
    for _, rows in found[60:]:
        same = rows.set_index(keys).value.loc[["floor", "detection"]]
        pd.testing.assert_series_equal(same, whole.loc[["floor", "detection"]])
    # rho of all networks differs by the reference alone, and each is it once.
    references = [
        round(
            table_of(
                statistics(D[[r]][:, [r, *np.delete(np.arange(6), r)]], between, curves, LAYERS), "rho", "pearson"
            )["mean"],
            10,
        )
        for r in range(6)
    ]
    assert [round(table_of(rows, "rho", "pearson")["mean"], 10) for _, rows in found[60:]] == references


def test_two_networks_draw_every_ordered_pair():
    D = blocks(random_distances(4, 3), 4, 3)
    found = [rows for count, rows in over_networks(D, np.ones(3), curves_of(1.0), LAYERS, 200) if count == 2]
    pairs = {
        round(table_of(statistics(D[[a]][:, [a, b]], np.ones(3), curves_of(1.0), LAYERS), "rho", "pearson")["mean"], 10)
        for a in range(4)
        for b in range(4)
        if a != b
    }
    assert {round(table_of(rows, "rho", "pearson")["mean"], 10) for rows in found} == pairs
    floors = {round(table_of(rows, "floor")["0"], 10) for rows in found}
    assert floors == {round(1 / D[0, b, 0, 0], 10) for b in (1, 2, 3)}


def test_table_has_mean_and_range_over_draws():
    keys = {"varied": "points", "directions": 5, "networks": 3, "metric": "sw_h1", "layer": "mean"}
    keys |= {"statistic": "floor", "correlation": ""}
    frames = [
        pd.DataFrame({**keys, "points": [size], "value": [value]})
        for size, values in {10: (1.0, 2.0, 6.0), 20: (4.0,), 30: (np.nan, 2.0)}.items()
        for value in values
    ]
    table = power_table(frames, level=0.5)
    assert list(table.columns) == COLUMNS
    assert table.points.tolist() == [10, 20, 30]
    assert table.n_draws.tolist() == [3, 1, 1]
    assert table.value.tolist() == [3, 4, 2]
    assert table.low.tolist() == [1.5, 4, 2]
    assert table.high.tolist() == [4, 4, 2]


def test_the_range_holds_95_percent_of_the_draws_by_default():
    table = power_table([pd.DataFrame({**dict.fromkeys(KEYS, ""), "value": np.arange(41.0)})])
    np.testing.assert_allclose(table[["value", "low", "high"]].to_numpy(), [[20, 1, 39]])
