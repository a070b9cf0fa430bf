"""The figure of controls draws all variants with their nulls."""

import numpy as np
import pandas as pd
import pytest
from actopo.errors import InputError
from actopo.figures import controls
from matplotlib.collections import LineCollection

from unit.figures.examples import kinds, specificity_of, texts_of


def test_chance_of_retrieval_is_that_of_the_layers_that_a_row_has():
    tables = kinds("trained", "untrained")
    left_out = tables["untrained"]
    left_out.loc[(left_out.statistic == "retrieval") & (left_out.layer == left_out.layer.iloc[-1]), "value"] = np.nan
    figure = controls.plot(tables)
    (panel,) = [axes for axes in figure.subfigs[1].axes if axes.get_title() == "layer retrieval"]
    n_layers = len(controls.layers_of(left_out))
    dotted = [line for line in panel.lines if line.get_linestyle() == ":" and len(line.get_xdata()) == 2]
    chance = [(*map(float, set(line.get_xdata())), *map(float, line.get_ydata())) for line in dotted]
    assert {(1 / n_layers, -0.5, 0.5), (1 / (n_layers - 1), 0.5, 1.5)} <= set(chance)


def test_controls_draw_all_variants_with_their_nulls():
    tables = kinds("trained", "untrained")
    figure = controls.plot(tables, labels={"untrained": "before training"})
    upper, lower = figure.subfigs
    titles = [axes.get_title().replace("\n", " ") for axes in upper.axes]
    assert titles == [
        f"{c}, {o} $m = l$".replace(",", "") for c in ("Pearson", "Spearman") for o in ("with", "without")
    ]
    assert [text.get_text() for text in upper.axes[0].get_yticklabels()] == ["trained", "before training"]
    for axes, title in zip(upper.axes, titles, strict=True):
        correlation, own, *_ = title.lower().split()
        dots = [line.get_xdata()[0] for line in axes.lines]
        whiskers = [each for each in axes.collections if isinstance(each, LineCollection)]
        for place, table in enumerate(tables.values()):
            row = table.query(
                f"statistic == 'rho' and correlation == '{correlation}' and own_layer == '{own}' "
                "and models == 'all' and layer == 'mean'"
            ).squeeze()
            assert dots[place] == row.value
            assert any(np.array_equal(each.get_segments()[0][:, 0], [row.low, row.high]) for each in whiskers)
            bars = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in axes.patches[2 * place : 2 * place + 2]]
            expected = [(row.null_mean, row.null_high), (row.width_null_mean, row.width_null_high)]
            np.testing.assert_allclose(bars, expected)
    assert len(texts_of(upper.legends[0])) == 2
    by_layer = lower.axes[0]
    assert by_layer.get_xlabel() == "layer $l$"
    for line, table in zip(by_layer.lines, tables.values(), strict=True):
        rows = controls.select(table, "rho", "all", "pearson", "with")
        np.testing.assert_array_equal(line.get_ydata(), rows.value[rows.layer != "mean"])
    assert texts_of(lower.legends[0]) == ["trained", "before training"]


def test_layers_are_in_numerical_order_and_numbers_in_csv_stay_numbers(tmp_path):
    table = specificity_of(("sw_h1",), n_layers=12).sample(frac=1, random_state=0)
    table.to_csv(tmp_path / "table.csv", index=False)
    figure = controls.plot({"trained": pd.read_csv(tmp_path / "table.csv")})
    ticks = [text.get_text() for text in figure.subfigs[1].axes[0].get_xticklabels()]
    assert ticks == [str(layer) for layer in range(12)]
    (line,) = figure.subfigs[1].axes[0].lines
    rows = controls.select(table, "rho", "all", "pearson", "with").set_index("layer")
    np.testing.assert_allclose(line.get_ydata(), rows.value[ticks])


def test_negative_correlations_and_missing_numbers_are_in_range():
    table = specificity_of(("sw_h1",)).copy()
    table.loc[table.statistic == "rho", ["value", "low", "high"]] = [-0.43, -0.61, -0.2]
    table["null_mean"] = np.nan
    figure = controls.plot({"trained": table})
    assert all(axes.get_xlim()[0] <= -0.61 for axes in figure.subfigs[0].axes)
    assert figure.subfigs[1].axes[0].get_ylim()[0] < -0.43
    assert texts_of(figure.subfigs[0].legends[0]) == [controls.NULLS["width_null"][0]]


def test_few_networks_have_ranges_and_undefined_correlations_are_said_to_be_so():
    tables = kinds("trained", "scaled")
    tables = {kind: table.assign(low=np.nan, high=np.nan) for kind, table in tables.items()}
    tables["scaled"] = tables["scaled"].assign(value=np.nan, min=np.nan, max=np.nan)
    figure = controls.plot(tables)
    panel = figure.subfigs[0].axes[0]
    row = controls.mean_row(tables["trained"], "trained", "rho", "all", "pearson", "with")
    (line,) = [each for each in panel.collections if each.get_label() == controls.RANGE]
    np.testing.assert_array_equal(line.get_segments()[0], [[row["min"], 0], [row["max"], 0]])
    assert [(text.get_text(), text.get_position()[1]) for text in panel.texts if text.get_text() == "undefined"] == [
        ("undefined", 1)
    ]
    assert controls.RANGE in texts_of(figure.subfigs[0].legends[0])


def test_differences_have_a_panel_with_their_intervals():
    tables = kinds("trained", "scaled", "gaussian")
    names = {"statistic": "rho", "correlation": "pearson", "own_layer": "with", "models": "all", "layer": "mean"}
    differences = pd.DataFrame(
        [
            {"control": "scaled", **names, "difference": 0.2, "low": 0.1, "high": 0.3, "min": 0, "max": 1},
            {"control": "gaussian", **names, "difference": np.nan},
        ]
    )
    panel = controls.plot(tables, differences).subfigs[0].axes[4]
    assert [line.get_xdata()[0] for line in panel.lines[:1]] == [0.2]
    segments = [each.get_segments()[0].tolist() for each in panel.collections if isinstance(each, LineCollection)]
    assert segments == [[[0.1, 1], [0.3, 1]]]
    assert panel.get_xlim()[0] < 0 < 0.3 < panel.get_xlim()[1]
    assert ("undefined", 2) in [(text.get_text(), text.get_position()[1]) for text in panel.texts]
    with pytest.raises(InputError, match="gaussian has 0 rows"):
        controls.plot(tables, differences[:1])


def test_bad_tables_of_controls_are_named():
    tables = kinds("trained", "scaled")
    with pytest.raises(InputError, match="trained networks"):
        controls.plot({})
    with pytest.raises(InputError, match="scaled has no column low"):
        controls.plot(tables | {"scaled": tables["scaled"].drop(columns="low")})
    with pytest.raises(InputError, match="trained has 2 rows for the mean rho pearson with the own layer"):
        controls.plot({"trained": pd.concat([tables["trained"]] * 2)})
    with pytest.raises(InputError, match="each of the layers 0, 1, 2, 3, 4"):
        controls.plot(tables | {"scaled": tables["scaled"][tables["scaled"].layer != "3"]})
