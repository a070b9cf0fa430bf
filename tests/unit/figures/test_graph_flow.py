"""The figure of flows has their mass, beside distances and chance."""

from itertools import pairwise

import matplotlib
import numpy as np
import pandas as pd
import pytest
from actopo.errors import InputError
from actopo.figures import graph_flow, style
from actopo.graphs.distances import flow_table
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.patches import Rectangle

from unit.figures.examples import CLASSES, SAMPLINGS, collections, described, distances, drawn, flowing, texts_of


def test_graph_distances_stand_against_chance():
    table, axes = distances(), drawn("graph_flow").axes[0]
    assert axes.get_xlabel() == "pair of layers"
    assert axes.get_ylabel() == "distance"
    assert [label.get_text() for label in axes.get_xticklabels()] == ["4–8", "8–16"]
    for sampling, line in zip(SAMPLINGS[:2], axes.lines, strict=True):
        own = table[table.sampling == sampling]
        assert line.get_label() == sampling
        np.testing.assert_array_equal(line.get_ydata(), own.distance)
        np.testing.assert_array_equal(line.get_xdata().round(), [0, 1])
    upright = [lines for lines in collections(axes, LineCollection) if lines.get_linewidth()[0] == 4]
    ends = np.concatenate([[segment[:, 1] for segment in lines.get_segments()] for lines in upright])
    np.testing.assert_array_equal(ends, table[["chance_low", "chance_high"]])
    assert axes.get_ylim()[1] > table.chance_high.max()


def test_markers_are_empty_at_chance_and_bars_show_the_interval():
    table = distances().assign(p=[0.01, 0.2, 0.01, 0.9])
    table["distance_low"], table["distance_high"] = table.distance - 0.1, table.distance + 0.2
    axes = graph_flow.plot(table).axes[0]
    white = [line for line in axes.lines if line.get_markerfacecolor() == "white"]
    np.testing.assert_array_equal(np.concatenate([line.get_ydata() for line in white]), table.distance[table.p > 0.05])
    bars = [lines for lines in collections(axes, LineCollection) if lines.get_linewidth()[0] == 1]
    ends = np.concatenate([[segment[:, 1] for segment in lines.get_segments()] for lines in bars])
    np.testing.assert_array_equal(ends, table[["distance_low", "distance_high"]])
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names[-2:] == ["chance: images permuted", "p > 0.05"]


def test_flows_have_their_mass_and_their_nodes_colour():
    source, _, mass = flowing()[0]
    axes = drawn("graph_flow").axes[1]
    assert axes.get_title() == "the 4 largest flows: 95 % of the images"
    (ribbons,) = collections(axes, PolyCollection)
    colour = dict(zip(CLASSES, matplotlib.colors.to_rgba_array(style.class_colours(4), 0.5), strict=True))
    expected = [colour["dog"], colour["cat"], matplotlib.colors.to_rgba(graph_flow.NO_NODE, 0.5), None]
    assert source.tolist() == [1, 0, 2, 0]
    expected[3] = colour["cat"]
    np.testing.assert_array_equal(ribbons.get_facecolors(), expected)
    heights = []
    for path in ribbons.get_paths():
        x, y = path.vertices[:-1].T
        heights.append([np.ptp(y[x == x.min()]), np.ptp(y[x == x.max()])])
    np.testing.assert_allclose(heights, np.column_stack([mass, mass]), rtol=1e-12)
    bars = {(bar.get_x(), round(bar.get_height(), 9)): bar for bar in axes.patches if isinstance(bar, Rectangle)}
    left = [key for key in bars if key[0] == 0]
    assert sorted(height for _, height in left) == [0.2, 0.35, 0.4]
    # From the bottom up: points in no node, then the nodes by their lens.
    assert [height for _, height in sorted(left, key=lambda key: bars[key].get_y())] == [0.2, 0.4, 0.35]
    assert texts_of(drawn("graph_flow").legends[0]) == ["cat", "dog", "ship", "in no node"]
    assert [text.get_text() for text in axes.texts if text.get_text().startswith("layer")] == ["layer 8", "layer 16"]


def test_flows_fill_their_nodes_without_overlap():
    (ribbons,) = collections(drawn("graph_flow").axes[1], PolyCollection)
    for end in (min, max):
        pieces = []
        for path in ribbons.get_paths():
            x, y = path.vertices.T
            pieces.append((y[x == end(x)].min(), y[x == end(x)].max()))
        pieces.sort()
        assert all(a[1] <= b[0] + 1e-12 for a, b in pairwise(pieces))


def test_a_node_has_the_colour_of_the_class_of_which_it_holds_the_largest_share():
    """Of 100 cats and 10 dogs the second node has 40 % and 60 %."""
    graph = described([{"cat": 60, "dog": 4}, {"cat": 40, "dog": 6}], [1.0, 2.0])
    figure = graph_flow.plot(distances(), ([0, 1], [0, 1], [0.5, 0.5]), (graph, graph), class_names=CLASSES)
    bars = [bar for bar in figure.axes[1].patches if isinstance(bar, Rectangle) and bar.get_x() == 0]
    expected = matplotlib.colors.to_rgba_array(style.class_colours(4)[:2])
    np.testing.assert_array_equal([bar.get_facecolor() for bar in bars], expected)


def test_the_earlier_layer_is_on_the_left():
    table = pd.DataFrame({"sampling": "full", "layer_a": [16, 8, 16], "layer_b": [8, 4, 8], "distance": [1, 2, 3]})
    flows = np.arange(6.0).reshape(2, 3)
    found, turned = graph_flow.in_order(table, flows, [16, 8], [4, 8, 16])
    expected = [("full", 4, 8, 2), ("full", 8, 16, 1), ("full", 8, 16, 3)]
    assert list(found.itertuples(index=False, name=None)) == expected
    np.testing.assert_array_equal(turned, flows.T)
    same, kept = graph_flow.in_order(table, flows, [16, 8], [16, 8, 4])
    assert same.distance.tolist() == [1, 3, 2]
    assert same.layer_a.tolist() == [16, 16, 8]
    np.testing.assert_array_equal(kept, flows)


def test_the_axis_of_the_nodes_tells_which_lens():
    flows, graphs = flowing()
    figure = graph_flow.plot(distances(), flows, graphs, class_names=CLASSES)
    assert "mean lens of the node" in [text.get_text() for text in figure.axes[1].texts]
    two = [{**graph, "nodes": [{**node, "lens2_mean": 0.5} for node in graph["nodes"]]} for graph in graphs]
    figure = graph_flow.plot(distances(), flows, two, class_names=CLASSES)
    assert "mean first lens of the node" in [text.get_text() for text in figure.axes[1].texts]


def test_graph_flow_alone_and_bad_input():
    flows, graphs = flowing()
    assert len(graph_flow.plot(distances()).axes) == 1
    with pytest.raises(InputError, match="no column chance_low"):
        graph_flow.plot(distances().drop(columns="chance_low"))
    with pytest.raises(InputError, match="two graphs"):
        graph_flow.plot(distances(), flows)
    with pytest.raises(InputError, match="names node 7"):
        graph_flow.plot(distances(), ([0], [7], [0.1]), graphs, class_names=CLASSES)
    with pytest.raises(InputError, match="'ship'"):
        graph_flow.plot(distances(), flows, graphs, class_names=CLASSES[:2])
    with pytest.raises(InputError, match="at least one"):
        graph_flow.plot(distances(), flow_table(np.zeros((3, 3))), graphs, class_names=CLASSES)


def test_outputs_of_modules_have_names():
    table = distances().replace({"layer_a": {8: 10_005}, "layer_b": {8: 10_005}})
    axes = graph_flow.plot(table, layer_names={10_005: "layer2.1"}).axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["4–\nlayer2.1", "layer2.1–\n16"]


def test_of_many_classes_some_have_colours_of_their_own():
    """A node of each class; the flow of a class is the larger the higher its number."""
    names = [f"class {index}" for index in range(300)]
    graphs = [described([{name: 1} for name in names[:50]], list(range(50))) for _ in range(2)]
    nodes = np.arange(50)
    flows = nodes, nodes, (1.0 + nodes) / 2000

    def drawn_with(classes):
        figure = graph_flow.plot(distances(), flows, graphs, class_names=names, classes=classes)
        (ribbons,) = collections(figure.axes[1], PolyCollection)
        return texts_of(figure.legends[0]), matplotlib.colors.to_rgba_array(ribbons.get_facecolors(), 1)

    legend, shades = drawn_with(3)
    assert legend == ["class 47", "class 48", "class 49", "47 others"]
    np.testing.assert_array_equal(shades[47:], matplotlib.colors.to_rgba_array(style.class_colours(3)))
    assert (shades[:47] == matplotlib.colors.to_rgba(graph_flow.OTHERS)).all()
    assert drawn_with(["class 5", "class 299"])[0] == ["class 5", "49 others"]
    # A colour for one class alone is spared none.
    assert len(drawn_with(49)[0]) == len(drawn_with(None)[0]) == 50


def test_few_classes_have_the_same_colours_in_all_figures():
    figure = graph_flow.plot(distances(), *flowing(), class_names=CLASSES, classes=1)
    colours = dict(zip(CLASSES, style.class_colours(len(CLASSES)), strict=True))
    [legend] = figure.legends
    shown = {
        text.get_text(): handle.get_facecolor()
        for text, handle in zip(legend.texts, legend.legend_handles, strict=True)
    }
    [name] = [name for name in CLASSES if name in shown]
    assert shown[name] == matplotlib.colors.to_rgba(colours[name])
