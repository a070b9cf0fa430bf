"""The figure of comparisons has the numbers of its table, a row for each kind."""

from itertools import combinations

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.figures import graph_comparisons
from matplotlib.collections import LineCollection, PathCollection, QuadMesh

from unit.figures.examples import EIGHT_SAMPLINGS, collections, comparisons, drawn


def test_lines_are_the_rows_of_the_table():
    table = comparisons()
    figure = graph_comparisons.plot(table)
    panels = np.array(figure.axes).reshape(3, 3)
    assert [row[0].get_title(loc="left") for row in panels] == ["a", "b", "c"]
    assert [row[1].get_title() for row in panels] == [
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


def test_outputs_of_modules_have_names():
    """Layers are in the order of the study."""
    table = comparisons().replace({"layer": {8: 10_002}})
    figure = graph_comparisons.plot(table, [16, 10_002], {10_002: "features.denseblock4.denselayer16"})
    panels = np.array(figure.axes).reshape(3, 3)
    assert [label.get_text() for label in panels[1, 0].get_xticklabels()] == ["16", "features.d…yer16"]
    own = table[table.kind == "samplings"].set_index("layer")
    (line,) = [line for line in panels[1, 1].lines if line.get_label() == "random – full"]
    np.testing.assert_array_equal(line.get_ydata(), own.branches_kept[[16, 10_002]])
    noisy = graph_comparisons.plot(table.replace({"layer": {16: 10_002}}), [10_002], {10_002: "layer2.1"})
    numbers = {16: 10_002, 8: 10_001}
    names = {10_001: "encoder.layers.encoder_layer_0.mlp", 10_002: "encoder.layers.encoder_layer_10.mlp"}
    alike = graph_comparisons.plot(comparisons().replace({"layer": numbers}), [10_001, 10_002], names)
    assert len({label.get_text() for label in np.array(alike.axes).reshape(3, 3)[1, 0].get_xticklabels()}) == 2
    assert "random, layer2.1" in [line.get_label() for line in noisy.axes[0].lines]


def test_samplings_of_odd_and_long_names_are_in_the_legends_and_leave_room_for_the_panels():
    names = {"random": "_" + "a" * 59, "full": "_" + "a" * 58 + "b"}
    table = comparisons().replace({"sampling_a": names, "sampling_b": names})
    figure = graph_comparisons.plot(table)
    figure.draw_without_rendering()
    panels = np.array(figure.axes).reshape(3, 3)
    shown = [[text.get_text() for text in row[-1].get_legend().get_texts()] for row in panels]
    assert [len(set(own)) for own in shown] == [4, 1, 2]
    assert all(axes.get_position().width > 0.15 for axes in figure.axes)


def test_chance_and_intervals_stand_behind_distances():
    table = comparisons()
    axes = graph_comparisons.plot(table).axes[3]
    own = table[table.kind == "samplings"].sort_values("layer")
    for width, columns in ((4, ["chance_low", "chance_high"]), (1, ["distance_low", "distance_high"])):
        (lines,) = [lines for lines in collections(axes, LineCollection) if lines.get_linewidth()[0] == width]
        np.testing.assert_array_equal([segment[:, 1] for segment in lines.get_segments()], own[columns])
    empty = [line for line in axes.lines if line.get_markerfacecolor() == "white"]
    np.testing.assert_array_equal(np.concatenate([line.get_ydata() for line in empty]), own.distance[own.p > 0.05])


def test_many_lines_are_a_heat_map_with_the_numbers_of_the_table():
    table, figure = comparisons(EIGHT_SAMPLINGS), drawn("comparisons of 8 samplings")
    shown = [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]
    panels = np.array(shown).reshape(3, 3)
    pairs = [f"{a} – {b}" for a, b in combinations(EIGHT_SAMPLINGS, 2)]
    of_noise = [f"{name}, layer 16" for name in EIGHT_SAMPLINGS]
    for row, kind, names in zip(
        panels, ("noise", "samplings", "networks"), (of_noise, pairs, EIGHT_SAMPLINGS), strict=True
    ):
        labels = [label.get_text() for label in row[0].get_yticklabels()]
        assert labels == [*names, *["test accuracy"] * (kind == "noise")]
        own = table[table.kind == kind].sort_values("sigma" if kind == "noise" else "layer", kind="stable")
        for axes, column in zip(row, graph_comparisons.PANELS, strict=True):
            mesh, *accuracy = collections(axes, QuadMesh)
            expected = own[column].to_numpy().reshape(2, len(names)).T
            np.testing.assert_array_equal(mesh.get_array(), expected)
            assert [found.get_array().tolist() for found in accuracy] == (
                [[[0.8, 0.3]]] if kind == "noise" and column != "distance" else []
            )
        (rings,) = collections(row[0], PathCollection)
        np.testing.assert_array_equal(
            sorted((rings.get_offsets() - 0.5).tolist()),
            sorted(np.argwhere(own.p.to_numpy().reshape(2, len(names)) > 0.05).tolist()),
        )


@pytest.mark.parametrize("name", ["comparisons of 8 samplings", "comparisons"])
def test_labels_of_neighbouring_rows_do_not_overlap(name):
    figure = drawn(name)
    for axes in figure.axes:
        for labels in (axes.get_xticklabels(), axes.get_yticklabels()):
            boxes = [label.get_window_extent() for label in labels if label.get_text()]
            assert not any(a.overlaps(b.padded(-0.5)) for a, b in combinations(boxes, 2))


def test_what_is_refused():
    with pytest.raises(InputError, match="table of comparisons"):
        graph_comparisons.plot(comparisons().drop(columns="p"))
    with pytest.raises(InputError, match="table compares 'layers'"):
        graph_comparisons.plot(comparisons().replace({"kind": {"noise": "layers"}}))
