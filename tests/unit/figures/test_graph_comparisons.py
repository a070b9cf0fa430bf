"""The figure of comparisons has the numbers of its table, a row for each kind."""

import numpy as np
import pandas as pd
import pytest
from actopo.errors import InputError
from actopo.figures import graph_comparisons
from matplotlib.collections import LineCollection

from unit.figures.examples import collections


def comparisons():
    rows = [("noise", name, name, 16, sigma) for name in ("random", "full") for sigma in (1.0, 0.1)]
    rows += [("samplings", "random", "full", layer, 0.0) for layer in (16, 8)]
    rows += [("networks", name, name, layer, 0.0) for name in ("random", "full") for layer in (16, 8)]
    table = pd.DataFrame(rows, columns=["kind", "sampling_a", "sampling_b", "layer", "sigma"])
    rng = np.random.default_rng(0)
    for name in ("distance", "branches_kept", "cycles_kept", "chance_low", "chance_high", "p"):
        table[name] = rng.uniform(0.1, 0.9, len(table))
    table["distance_low"], table["distance_high"] = table.distance - 0.05, table.distance + 0.1
    is_noise = table.kind == "noise"
    table["test_accuracy"] = np.where(is_noise, np.where(table.sigma == 1, 0.3, 0.8), np.nan)
    table["clean_accuracy"] = np.where(is_noise, 0.9, np.nan)
    return table


def test_lines_are_the_rows_of_the_table():
    table = comparisons()
    figure = graph_comparisons.plot(table)
    panels = np.array(figure.axes).reshape(3, 3)
    assert [row[0].get_title(loc="left") for row in panels] == [
        "clean and noisy images",
        "two samplings",
        "two networks",
    ]
    assert [label.get_text() for label in panels[0, 0].get_xticklabels()] == ["0.1", "1"]
    assert [label.get_text() for label in panels[1, 0].get_xticklabels()] == ["8", "16"]
    for row, kind, names in zip(
        panels,
        ("noise", "samplings", "networks"),
        (["random, layer 16", "full, layer 16"], ["random – full"], ["random", "full"]),
        strict=True,
    ):
        own = table[table.kind == kind].sort_values("sigma" if kind == "noise" else "layer", kind="stable")
        for axes, column in zip(row, graph_comparisons.PANELS, strict=True):
            lines = {line.get_label(): line for line in axes.lines}
            for name in names:
                of_line = own if kind == "samplings" else own[own.sampling_b == name.split(",")[0]]
                np.testing.assert_array_equal(lines[name].get_ydata(), of_line[column])
    accuracy = {line.get_label(): line for line in panels[0, 1].lines}
    np.testing.assert_array_equal(accuracy["test accuracy"].get_ydata(), [0.8, 0.3])
    assert set(accuracy["on clean images"].get_ydata()) == {0.9}
    assert "test accuracy" not in [line.get_label() for line in panels[1, 1].lines]


def test_chance_and_intervals_stand_behind_distances():
    table = comparisons()
    axes = graph_comparisons.plot(table).axes[3]
    own = table[table.kind == "samplings"].sort_values("layer")
    for width, columns in ((4, ["chance_low", "chance_high"]), (1, ["distance_low", "distance_high"])):
        (lines,) = [lines for lines in collections(axes, LineCollection) if lines.get_linewidth()[0] == width]
        np.testing.assert_array_equal([segment[:, 1] for segment in lines.get_segments()], own[columns])
    empty = [line for line in axes.lines if line.get_markerfacecolor() == "white"]
    np.testing.assert_array_equal(np.concatenate([line.get_ydata() for line in empty]), own.distance[own.p > 0.05])


def test_what_is_refused():
    with pytest.raises(InputError, match="table of comparisons"):
        graph_comparisons.plot(comparisons().drop(columns="p"))
    with pytest.raises(InputError, match="table compares 'layers'"):
        graph_comparisons.plot(comparisons().replace({"kind": {"noise": "layers"}}))
