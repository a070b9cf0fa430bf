"""The figure of power draws means over layers with their ranges."""

import numpy as np
import pandas as pd
import pytest
from actopo.errors import InputError
from actopo.figures import power
from matplotlib.collections import LineCollection

from unit.figures.examples import collections, drawn, power_of, texts_of

STATISTICS = {"rho": ["pearson", "spearman"], "floor": [""], "detection": [""]}


def test_lines_and_bars_are_the_means_over_layers():
    table = power_of().fillna({"correlation": ""})
    table = table[table.layer == "mean"]
    panels = np.array(drawn("power").axes).reshape(3, 3)
    for row, (statistic, correlations) in zip(panels, STATISTICS.items(), strict=True):
        for axes, varied in zip(row, ("points", "directions", "networks"), strict=True):
            lines = [line for line in axes.lines if len(line.get_xdata()) == 3]
            bars = collections(axes, LineCollection)
            expected = [(metric, correlation) for metric in ("sw_h0", "sw_h1") for correlation in correlations]
            for line, bar, (metric, correlation) in zip(lines, bars, expected, strict=True):
                key = {"varied": varied, "statistic": statistic, "metric": metric, "correlation": correlation}
                rows = table[(table[list(key)] == pd.Series(key)).all(axis=1)].sort_values(varied)
                np.testing.assert_array_equal(line.get_ydata(), rows.value)
                # Lines are moved apart, by less than a number is from the next.
                np.testing.assert_allclose(line.get_xdata(), rows[varied], rtol=0.08)
                ends = np.array([segment[:, 1] for segment in bar.get_segments()])
                np.testing.assert_array_equal(ends, rows[["low", "high"]])
            assert axes.get_xscale() == "log"


def test_axes_name_what_varies():
    figure = drawn("power")
    panels = np.array(figure.axes).reshape(3, 3)
    assert [axes.get_xlabel() for axes in panels[-1]] == ["points per cloud", "directions", "networks"]
    ticks = [[label.get_text() for label in axes.get_xticklabels()] for axes in panels[-1]]
    assert ticks == [["125", "250", "1000"], ["10", "50", "400"], ["2", "5", "10"]]
    names = [f"{dimension} (rho: {name})" for dimension in ("H0", "H1") for name in ("Pearson", "Spearman")]
    assert texts_of(figure.legends[0]) == names


@pytest.mark.parametrize(
    ("undefined", "rows"),
    [
        (["floor"], ["mean $\\rho$", "first detected, $k/c$"]),
        (["detection"], ["mean $\\rho$", "floor / baseline"]),
        (["rho", "floor", "detection"], ["mean $\\rho$"]),
    ],
)
def test_rows_are_what_is_defined(undefined, rows):
    """A single batch has no floor, and two layers no rho, whose row says so."""
    table = power_of(("sw_h1",))
    table.loc[table.statistic.isin(undefined), ["value", "low", "high"]] = np.nan
    panels = np.array(power.plot(table).axes).reshape(len(rows), 3)
    assert [row[0].get_ylabel() for row in panels] == rows
    words = [text.get_text() for axes in panels[0] for text in axes.texts]
    assert words == ["not defined"] * 3 * ("rho" in undefined)


def test_bad_tables_of_power_are_named():
    table = power_of()
    with pytest.raises(InputError, match="no column varied"):
        power.plot(table.drop(columns="varied"))
    with pytest.raises(InputError, match="no row"):
        power.plot(table[table.layer != "mean"])
