"""The figure of two networks."""

import numpy as np
import pandas as pd
from actopo.figures import network_pair
from actopo.similarity.network_pairs import pair_table
from matplotlib.collections import QuadMesh

from unit.figures.examples import collections

LAYERS = ([0, 8, 16], [4, 2, 10_003, 7])
NAMES = (["conv", "c8", "c16"], ["a", "b", "block", "d"])


def test_a_matrix_for_each_measure_with_the_nearest_layers():
    rng = np.random.default_rng(0)
    matrices = {name: rng.uniform(1, 2, (3, 4)) for name in ("sw_h1", "linear_cka", "rtd")}
    matrices["rtd"][1] = np.nan
    table = pair_table({name: (own, np.full_like(own, np.nan)) for name, own in matrices.items()}, LAYERS, NAMES)
    # Clouds that are far apart by chance are nearer than their distance says.
    chance = 1 + 4 * rng.random((3, 4))
    table.loc[table.measure == "linear_cka", "chance"] = chance.ravel()
    graphs = table[table.measure == "rtd"].assign(measure="graphs", p=0.5)
    figure = network_pair.plot(pd.concat([table, graphs]), ["first", "sec_ond"])
    panels = [axes for axes in figure.axes if axes.get_title()]
    assert [axes.get_title() for axes in panels] == ["SW, H1", "linear CKA", "RTD", "mapper graphs, memberships"]
    assert matrices["linear_cka"].argmin(axis=1).tolist() != (matrices["linear_cka"] / chance).argmin(axis=1).tolist()
    compared = matrices | {"linear_cka": matrices["linear_cka"] / chance, "graphs": matrices["rtd"]}
    for axes, matrix, ratio in zip(panels, [*matrices.values(), matrices["rtd"]], compared.values(), strict=True):
        (mesh,) = collections(axes, QuadMesh)
        np.testing.assert_array_equal(np.ma.filled(mesh.get_array(), np.nan).reshape(3, 4), matrix)
        rows = [row for row in range(3) if np.isfinite(matrix[row]).any()]
        [dots] = axes.lines
        np.testing.assert_array_equal(dots.get_xdata(), [ratio[row].argmin() + 0.5 for row in rows])
        np.testing.assert_array_equal(dots.get_ydata(), np.add(rows, 0.5))
    assert [text.get_text() for text in panels[0].get_xticklabels()] == ["4", "2", "block", "7"]


def test_the_left_panel_of_each_row_names_the_first_network():
    matrix = np.ones((3, 4))
    names = ("sw_h0", "sw_h1", "sw_sum", "sw_h0_scaled", "sw_h1_scaled", "scale")
    table = pair_table({name: (matrix, np.full_like(matrix, np.nan)) for name in names}, LAYERS, NAMES)
    panels = [axes for axes in network_pair.plot(table, ["A", "B"]).axes if axes.get_title()]
    left = min(axes.get_position().x0 for axes in panels)
    assert [axes.get_ylabel() for axes in panels] == ["A" if axes.get_position().x0 == left else "" for axes in panels]


def test_equal_distances_have_no_nearest():
    matrix = np.array([[1.0, 1, 2, 3], [3, 2, 1, 2], [np.nan, 1, np.nan, 2]])
    table = pair_table({"sw_h1": (matrix, np.full_like(matrix, np.nan))}, LAYERS, NAMES)
    [axes] = [axes for axes in network_pair.plot(table, ["A", "B"]).axes if axes.get_title()]
    [dots] = axes.lines
    assert (dots.get_xdata().tolist(), dots.get_ydata().tolist()) == ([2.5, 1.5], [1.5, 2.5])
