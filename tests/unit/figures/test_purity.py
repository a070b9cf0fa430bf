"""The figure of purity shows its tables, and which class it is of."""

import numpy as np
import pandas as pd
import pytest
from actopo.errors import InputError
from actopo.figures import purity, style
from matplotlib.collections import LineCollection

from unit.figures.examples import SAMPLINGS, collections, drawn, plain_purity_table, purity_table


def test_purity_lines_run_by_layer_above_the_lowest_possible():
    figure = purity.plot(plain_purity_table(), "deer", n_classes=4)
    assert [axes.get_ylabel() for axes in figure.axes] == [
        "mean node-wise purity",
        "class-wise purity",
        "share of points in a node",
    ]
    assert figure.axes[1].get_title() == "class deer"
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["4", "8", "16"]
    for axes, divisor in zip(figure.axes, (1, 2, 3), strict=True):
        np.testing.assert_allclose(axes.lines[0].get_ydata() * divisor, [0.55, 0.2, 0.9])
    assert [set(axes.lines[-1].get_ydata()) == {0.25} for axes in figure.axes] == [True, True, False]
    lines = figure.axes[0].lines[:2]
    assert len({line.get_marker() for line in lines}) == len({line.get_linestyle() for line in lines}) == 2


def test_purity_of_one_sampling_and_one_layer():
    table = {"full": plain_purity_table((12,))["full"]}
    figure = purity.plot(table, "cat")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["full", "lowest possible, 1/10"]
    assert len(style.figure_bytes(figure, "png", dpi=40)) > 0


def test_graphs_without_a_node_are_told():
    table = {"full": plain_purity_table((12,))["full"]}
    table["full"]["node_purity"] = table["full"]["class_purity"] = [float("nan")]
    figure = purity.plot(table, "cat")
    assert [[text.get_text() for text in axes.texts].count("no node") for axes in figure.axes] == [1, 1, 0]


def spans(axes):
    """Ends of the error bars, by their place."""
    return np.array([s for lines in collections(axes, LineCollection) for s in lines.get_segments()])


def test_purity_draws_lines_intervals_and_further_panels():
    table, figure = purity_table(), drawn("purity")
    labels = [axes.get_ylabel() for axes in figure.axes[:5]]
    assert labels[3:] == ["share of the majority class", "normalised entropy"]
    keys = ["node_purity", "class_purity", "coverage", "majority_share", "entropy"]
    for axes, key in zip(figure.axes, keys, strict=False):
        lines = {line.get_label(): line for line in axes.lines}
        for sampling in SAMPLINGS:
            np.testing.assert_array_equal(np.round(lines[sampling].get_xdata()), [0, 1, 2])
            np.testing.assert_array_equal(lines[sampling].get_ydata(), table[sampling][key][[1, 2, 0]])
            low, high = axes.get_ylim()
            assert low <= min(table[sampling][key]) <= max(table[sampling][key]) <= high
        # Where values are equal no sampling hides another.
        assert len({lines[sampling].get_xdata()[0] for sampling in SAMPLINGS}) == len(SAMPLINGS)
        floors = [line for line in axes.lines if line.get_label() == "lowest possible, 1/4"]
        assert len(floors) == (key not in ("coverage", "entropy"))
    bars = spans(figure.axes[0])
    assert bars.shape == (18, 2, 2)
    np.testing.assert_allclose(bars[:, :, 1], np.broadcast_to([0.26, 0.28], (18, 2)), rtol=1e-12)
    np.testing.assert_array_equal(np.sort(bars[:, 0, 0].round()), np.repeat([0, 1, 2], 6))
    assert len(np.unique(bars[:, 0, 0])) == 18
    assert all(len(spans(axes)) == 0 for axes in figure.axes[1:5])
    names = [text.get_text() for text in figure.axes[5].get_legend().get_texts()]
    assert names == [*SAMPLINGS, "lowest possible, 1/4", "labels permuted"]


def test_purity_draws_the_interval_over_graphs_and_what_is_at_chance():
    table = {"full": plain_purity_table()["full"]}
    values = table["full"]["node_purity"]
    table["full"] |= {"node_purity_p": [0.01, 0.2, 0.06], "node_purity_graphs_low": values - 0.1}
    table["full"]["node_purity_graphs_high"] = values + 0.2
    figure = purity.plot(table, n_classes=4)
    line, empty = figure.axes[0].lines[:2]
    assert empty.get_markerfacecolor() == "white"
    np.testing.assert_allclose(np.sort(empty.get_ydata()), np.sort(np.asarray(values)[[1, 2]]))
    (bars,) = [lines for lines in collections(figure.axes[0], LineCollection) if lines.get_linewidth()[0] == 3]
    ends = np.array([segment[:, 1] for segment in bars.get_segments()])
    np.testing.assert_allclose(ends, line.get_ydata()[:, None] + [-0.1, 0.2])
    assert figure.legends[0].get_texts()[-1].get_text() == "p > 0.05"


def test_the_interval_of_entropy_over_graphs_is_not_cut():
    table = {"full": purity_table(SAMPLINGS[:2])["full"]}
    low = np.array([0.9, 0.6, 0.8])
    table["full"] |= {"entropy": low + 0.08, "entropy_graphs_low": low, "entropy_graphs_high": low + 0.1}
    assert purity.plot(table).axes[4].get_ylim()[0] < 0.55


def test_samplings_whose_names_differ_in_the_middle_stay_different():
    names = [f"foreground_positions_{n}_of_the_masks" for n in (1, 5)]
    table = dict(zip(names, purity_table(SAMPLINGS[:2]).values(), strict=True))
    labels = [line.get_label() for line in purity.plot(table).axes[0].lines[:2]]
    assert len(set(labels)) == 2


@pytest.mark.parametrize("key", ["majority_share", "entropy"])
def test_purity_leaves_out_panels_without_data(key):
    table = purity_table(SAMPLINGS[:2], optional=False)
    table["full"][key] = [0.5, np.nan, 0.6]
    figure = purity.plot(table)
    assert [len(axes.lines) for axes in figure.axes] == [3, 3, 2, 1 + (key == "majority_share")]
    assert "labels permuted" not in [text.get_text() for text in figure.legends[0].get_texts()]


def test_purity_refuses_what_does_not_fit():
    for key, value, message in [
        ("entropy", [1.0], "unequal length"),
        ("node_purity_high", None, "node_purity_low and node_purity_high"),
        ("coverage", None, "lacks coverage"),
    ]:
        table = purity_table()
        table["full"].pop(key)
        if value is not None:
            table["full"][key] = value
        with pytest.raises(InputError, match=message):
            purity.plot(table)


def test_tables_become_lines_by_sampling():
    rows = [(sampling, layer) for sampling in ("random", "full") for layer in (16, 4)]
    graphs = pd.DataFrame(rows, columns=["sampling", "layer"])
    graph_columns = ["node_purity", "majority_share"]
    graph_columns += [f"{name}_null_{end}" for name in graph_columns for end in ("low", "high")] + [
        "entropy",
        "coverage",
    ]
    for place, column in enumerate(graph_columns):
        graphs[column] = place + np.arange(4) / 10
    # Classes in another order than the graphs, and a coverage of their own that is not drawn.
    classes = pd.DataFrame([(*row, name) for row in rows[::-1] for name in ("cat", "dog")])
    classes.columns = ["sampling", "layer", "class"]
    for place, column in enumerate(("purity", "purity_null_low", "purity_null_high", "coverage")):
        classes[column] = 100 + 10 * place + np.arange(8)
    found = purity.by_sampling(graphs, classes, "dog")
    assert list(found) == ["random", "full"]
    names = {"node_purity": "node_purity", "majority_share": "majority_share"}
    names |= {f"{name}_{end}": f"{name}_null_{end}" for name in list(names) for end in ("low", "high")}
    names |= {"entropy": "entropy", "coverage": "coverage"}
    for sampling, lines in found.items():
        assert lines["layers"] == [16, 4]
        own = graphs[graphs.sampling == sampling]
        for key, column in names.items():
            assert lines[key] == own[column].tolist(), key
        of_class = classes[(classes.sampling == sampling) & (classes["class"] == "dog")].set_index("layer").loc[[16, 4]]
        for end in ("", "_low", "_high"):
            assert lines[f"class_purity{end}"] == of_class["purity" + end.replace("_", "_null_")].tolist()
        assert set(lines) == {"layers", "class_purity", "class_purity_low", "class_purity_high", *names}
    averaged = graphs.assign(node_purity_low=0.1, node_purity_high=0.9, node_purity_p=0.2, class_purity=7)
    of_classes = classes.assign(purity_low=0.3, purity_high=0.4, purity_p=0.6)
    lines = purity.by_sampling(averaged, of_classes, "dog")["full"]
    ends = [
        lines[f"{key}_{end}"][0]
        for key in ("node_purity", "class_purity")
        for end in ("graphs_low", "graphs_high", "p")
    ]
    assert ends == [0.1, 0.9, 0.2, 0.3, 0.4, 0.6]
    assert lines["class_purity"] == found["full"]["class_purity"]
    assert purity.plot(found, "dog", 2).axes[1].get_title() == "class dog"


def test_outputs_of_modules_are_named_and_stand_in_the_order_of_the_study():
    """Their numbers are beyond those of all convolutions, wherever they lie."""
    table = plain_purity_table((16, 10_003, 4))
    figure = purity.plot(table, order=[4, 10_003, 16], layer_names={10_003: "layer2.1"})
    plain = purity.plot(plain_purity_table((16, 8, 4)))
    for axes, other in zip(figure.axes, plain.axes, strict=True):
        assert [label.get_text() for label in axes.get_xticklabels()] == ["4", "layer2.1", "16"]
        for line, expected in zip(axes.lines, other.lines, strict=True):
            np.testing.assert_array_equal(line.get_xydata(), expected.get_xydata())
