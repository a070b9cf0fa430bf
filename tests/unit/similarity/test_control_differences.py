"""Differences from controls are those of the pairs of the same networks."""

import numpy as np
import pandas as pd
import pytest
from actopo.errors import InputError
from actopo.similarity.control_differences import COLUMNS, control_table
from actopo.similarity.intervals import network_interval
from actopo.similarity.specificity import ding_criterion, specificity
from actopo.similarity.specificity_table import specificity_table

from unit.similarity.examples import between

LAYERS, WIDTHS = [0, 3, 5, 8, 9], [2, 2, 2, 4, 4]


def distances(n_models=6, seed=0):
    shape = np.abs(np.subtract.outer(np.arange(5), np.arange(5)))
    return shape + np.random.default_rng(seed).uniform(0, 2, (n_models, n_models, 5, 5))


def select(table, **names):
    return table[(table[list(names)] == pd.Series(names)).all(axis=1)].set_index("layer")


def test_table_holds_the_differences_of_all_statistics():
    trained, control = distances(), distances(seed=1)
    table = control_table({"sw_h1": trained}, {"x": {"sw_h1": control}}, LAYERS, WIDTHS, level=0.9)
    assert list(table) == COLUMNS
    assert set(table.n_models) == {6}
    difference = specificity(trained, "spearman", False) - specificity(control, "spearman", False)
    rows = select(table, statistic="rho", correlation="spearman", own_layer="without", models="all")
    assert rows.index.tolist() == ["mean", *map(str, LAYERS)]
    np.testing.assert_allclose(rows.difference[1:], between(difference).mean(axis=0))
    np.testing.assert_allclose(rows[["low", "high"]][1:].T, network_interval(difference, 0.9))
    difference = ding_criterion(trained)[:1] - ding_criterion(control)[:1]
    rows = select(table, statistic="ding", models="fixed")
    assert rows.difference["mean"] == pytest.approx(np.nanmean(difference))
    assert rows["min"]["mean"] == pytest.approx(np.nanmin(difference.mean(axis=2)))
    np.testing.assert_allclose(rows[["low", "high"]].T["mean"], network_interval(difference.mean(axis=2), 0.9))


def test_means_are_those_of_the_tables_of_specificity():
    kinds = {"trained": {"sw_h1": distances()}, "x": {"sw_h1": distances(seed=1)}}
    table = control_table(kinds["trained"], {"x": kinds["x"]}, LAYERS, WIDTHS)
    names = ["statistic", "correlation", "own_layer", "models", "layer"]
    for kind, column in (("trained", "trained"), ("x", "value")):
        expected = specificity_table(kinds[kind], LAYERS, WIDTHS, n_permutations=2)
        both = expected.rename(columns={"value": "expected"}).merge(table, on=names)
        assert len(both) == len(expected) == len(table)
        np.testing.assert_allclose(both[column], both.expected, rtol=1e-12)


def test_pairs_without_a_value_in_the_control_take_no_part():
    trained, control = distances(), distances(seed=1)
    control[2] = 0
    table = control_table({"m": trained}, {"x": {"m": control}}, LAYERS, WIDTHS)
    row = select(table, statistic="rho", correlation="pearson", own_layer="with", models="all").loc["mean"]
    assert row.n_pairs == 25
    assert row.trained == pytest.approx(np.nanmean(np.delete(specificity(trained), 2, axis=0)))
    assert row.difference == pytest.approx(row.trained - row.value)


def test_fewer_than_five_networks_have_a_range():
    table = control_table({"m": distances(4)}, {"x": {"m": distances(4, 1)}}, LAYERS, WIDTHS)
    assert table[["low", "high"]].isna().all(axis=None)
    assert np.isfinite(select(table, statistic="retrieval")[["min", "max"]]).all(axis=None)


@pytest.mark.parametrize("control", [{}, {"m": distances(5)}])
def test_another_set_of_networks_is_refused(control):
    with pytest.raises(InputError, match=r"the control x has distances m .*give the same networks and layers"):
        control_table({"m": distances()}, {"x": control}, LAYERS, WIDTHS)


def test_layers_without_distances_in_either_are_left_out():
    trained, control = distances(), distances(seed=1)
    control[2, :, 3], control[:, 2, :, 3] = np.nan, np.nan
    table = control_table({"sw_h1": trained}, {"x": {"sw_h1": control}}, LAYERS, WIDTHS)
    kept = [0, 1, 2, 4]
    D = [each[:, :, kept][..., kept] for each in (trained, control)]
    widths = np.array(WIDTHS)[kept]
    expected = control_table({"sw_h1": D[0]}, {"x": {"sw_h1": D[1]}}, np.array(LAYERS)[kept], widths)
    pd.testing.assert_frame_equal(table, expected)
