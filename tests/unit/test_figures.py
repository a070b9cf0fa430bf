"""The figures: what they draw is the data, on the axes they promise, in bytes that never differ."""

from functools import cache
from itertools import pairwise

import matplotlib
import numpy as np
import pytest
from actopo.errors import InputError
from actopo.figures import layer_distances, mapper_graphs, purity, specificity, style, training
from matplotlib.collections import LineCollection, PathCollection, QuadMesh
from matplotlib.text import Text
from scipy.spatial.distance import pdist

LAYERS = [0, 3, 8, 16]
CLASSES = [f"class {index}" for index in range(10)]


def matrices(n=4, seed=0):
    first, second = np.random.default_rng(seed).uniform(1, 9, (2, n, n))
    return first + first.T, 3 * second


def make_graph(sizes, links, lens=None, compositions=None):
    nodes = [
        {
            "id": f"n{index}",
            "size": int(size),
            "composition": {CLASSES[index % 10]: int(size)} if compositions is None else compositions[index],
            "lens_mean": float(index if lens is None else lens[index]),
        }
        for index, size in enumerate(sizes)
    ]
    links = [{"source": f"n{a}", "target": f"n{b}", "shared": 1 + a} for a, b in links]
    return {"graph": {"eps": 1.25}, "nodes": nodes, "links": links}


def branched(n_branches=10, length=4, trunk=8):
    """Mixed trunk with pure branches at its end, in which branch b is the nodes of class b."""
    links = [(index, index + 1) for index in range(trunk - 1)]
    lens = list(range(trunk))
    compositions = [{label: 9 for label in CLASSES} for _ in range(trunk)]
    for branch in range(n_branches):
        for step in range(length):
            links.append((trunk - 1 if step == 0 else len(lens) - 1, len(lens)))
            lens.append(trunk + step)
            compositions.append({CLASSES[branch]: 20})
    return make_graph([sum(each.values()) for each in compositions], links, lens, compositions)


EMPTY = make_graph([], [])
CURVES = [{"seed": seed, "loss": [2.0, 1.0 + seed, 0.5], "test_accuracy": 0.8 + seed / 100} for seed in range(3)]


def purity_table(layers=(16, 4, 8)):
    values = np.linspace(0.9, 0.2, len(layers))
    return {
        name: {"layers": layers, "node_purity": values, "class_purity": values / 2, "coverage": values / 3}
        for name in ("random", "full")
    }


FIGURES = {
    "layer_distances": lambda: layer_distances.plot(*matrices(), LAYERS, "H1"),
    "specificity": lambda: specificity.plot(*matrices(), LAYERS, 8, (0, 1), [0.9, 0.8, 0.7, 0.6], 0.75),
    "mapper_graphs": lambda: mapper_graphs.plot([[branched(), EMPTY]], ["random"], [16, 4], CLASSES),
    "purity": lambda: purity.plot(purity_table()),
    "training": lambda: training.plot(CURVES, "small"),
}


@cache
def drawn(name):
    return FIGURES[name]()


def collections(axes, kind):
    return [collection for collection in axes.collections if isinstance(collection, kind)]


@pytest.mark.parametrize("name", FIGURES)
def test_bytes_do_not_depend_on_the_time_or_on_the_users_settings(name, monkeypatch):
    figure = drawn(name)
    first = {kind: style.figure_bytes(figure, kind, dpi=60) for kind in ("png", "svg")}
    assert first["png"].startswith(b"\x89PNG")
    assert b"<svg" in first["svg"]
    assert b"<image" not in first["svg"]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.hashsalt": "other"}):
        before = dict(matplotlib.rcParams)
        again = FIGURES[name]()
        second = {kind: style.figure_bytes(again, kind, dpi=60) for kind in ("svg", "png")}
        assert dict(matplotlib.rcParams) == before
    assert second == first


@pytest.mark.parametrize("name", FIGURES)
def test_text_is_legible_at_print_size_and_inside_the_figure(name):
    figure = drawn(name)
    texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    assert texts
    assert min(text.get_fontsize() for text in texts) >= 6
    box = figure.get_tightbbox()
    assert min(box.x0, box.y0) > -0.02
    assert box.x1 < figure.get_figwidth() + 0.02
    assert box.y1 < figure.get_figheight() + 0.02


def test_unknown_format_is_named():
    with pytest.raises(InputError, match="'bmp'"):
        style.figure_bytes(drawn("training"), "bmp")


@pytest.mark.parametrize("n", [0, 1, 10, 11, 40])
def test_class_colours_are_distinct(n):
    assert len(set(style.class_colours(n))) == len(style.class_colours(n)) == n


def test_line_styles_are_distinct_without_colour():
    lines = {(line["marker"], str(line["linestyle"])) for line in style.line_styles(12)}
    assert len(lines) == 12


@pytest.mark.parametrize(("n", "shown"), [(17, 17), (18, 9), (57, 15)])
def test_every_layer_is_labelled_while_labels_fit(n, shown):
    figure = layer_distances.plot(*matrices(n), range(n), "H0")
    labels = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert len(labels) == shown
    assert labels[-1] == str((shown - 1) * -(-n // 17))


def test_layer_distances_shows_both_matrices_and_the_largest_variation():
    mean, cv = matrices()
    cv[1, 3] = 99
    cv[2, 2] = 1000
    figure = layer_distances.plot(mean, cv, LAYERS, "H1")
    left, right, *bars = figure.axes
    assert [bar.get_ylabel() for bar in bars] == [
        "sliced Wasserstein distance (filtration units)",
        "coefficient of variation over batches",
    ]
    assert left.get_title() == "mean over batches, H1"
    assert right.get_title() == "maximum CV 99.000 (layers 3 and 16)"
    shown = [collections(axes, QuadMesh)[0].get_array() for axes in (left, right)]
    np.testing.assert_array_equal(shown[0], mean)
    np.testing.assert_array_equal(np.ma.getmaskarray(shown[1]), np.eye(4, dtype=bool))
    assert left.yaxis_inverted()


def test_one_layer_has_no_pair():
    figure = layer_distances.plot([[0.0]], [[np.nan]], [5], "H0")
    assert figure.axes[1].get_title() == "no pair of layers"
    assert len(specificity.plot([[0.0]], [[2.0]], [9], rho_layers=[1.0]).axes) == 5


@pytest.mark.parametrize(("larger", "expected"), [(0, 50), (1, 70)])
def test_specificity_has_one_colour_scale(larger, expected):
    pair = list(matrices())
    pair[larger][0, 1] = expected
    figure = specificity.plot(*pair, LAYERS, 8, (4, 7), [0.9, 0.8, 0.7, 0.6])
    meshes = [collections(axes, QuadMesh)[0] for axes in figure.axes[:2]]
    assert [mesh.get_clim() for mesh in meshes] == [(0, expected)] * 2
    assert [axes.get_title() for axes in figure.axes[:2]] == ["model A (seed 4) – A", "A – B (seed 7)"]
    assert sum("sliced Wasserstein" in axes.get_ylabel() for axes in figure.axes[:3]) == 1


def test_specificity_marks_the_level_and_the_correlations():
    d_aa, d_ab = matrices()
    rho = [0.9, 0.8, 0.7, 0.6]
    figure = specificity.plot(d_aa, d_ab, LAYERS, row=8, rho_layers=rho, rho_mean=0.75)
    curves, correlation = figure.axes[-2:]
    within, between, level = curves.lines
    np.testing.assert_array_equal(within.get_ydata(), d_aa[2])
    np.testing.assert_array_equal(between.get_ydata(), d_ab[2])
    assert set(level.get_ydata()) == {d_ab[2, 2]}
    assert level.get_linestyle() == "--"
    assert "0.700" in curves.get_title()
    mean, dots = correlation.lines
    assert set(mean.get_ydata()) == {0.75}
    np.testing.assert_array_equal(dots.get_ydata(), rho)
    assert correlation.get_ylim() == (0, 1)
    assert len(specificity.plot(d_aa, d_ab, LAYERS, row=8).axes) == len(figure.axes) - 1
    assert specificity.plot(d_aa, d_ab, LAYERS, 8, rho_layers=[0.9, 0.9, 0.9, -0.32]).axes[-1].get_ylim() == (
        -0.4,
        1,
    )


def test_wrong_shapes_are_refused():
    mean, cv = matrices()
    with pytest.raises(InputError, match=r"\(4, 4\)"):
        layer_distances.plot(mean, cv, LAYERS[:3], "H1")
    with pytest.raises(InputError, match="at least one layer"):
        layer_distances.plot(np.zeros((0, 0)), np.zeros((0, 0)), [], "H1")
    with pytest.raises(InputError, match="row 9"):
        specificity.plot(mean, cv, LAYERS)
    with pytest.raises(InputError, match="rho_layers"):
        specificity.plot(mean, cv, LAYERS, 8, rho_layers=[1.0])
    with pytest.raises(InputError, match="2 x 1"):
        mapper_graphs.plot([[EMPTY]], ["random", "full"], [16], CLASSES)
    with pytest.raises(InputError, match="at least one sampling"):
        purity.plot({})
    with pytest.raises(InputError, match="unequal length"):
        purity.plot({"full": {"layers": [1, 2], "node_purity": [1], "class_purity": [1], "coverage": [1]}})
    with pytest.raises(InputError, match="at least one seed"):
        training.plot([])


def test_node_areas_are_proportional_to_sizes():
    sizes = np.array([4000, 1000, 2000, 1, 500])
    figure = mapper_graphs.plot([[make_graph(sizes, [(0, 1), (1, 2)])]], ["full"], [16], CLASSES)
    (pies,) = collections(figure.axes[0], PathCollection)
    areas = pies.get_sizes()
    np.testing.assert_allclose(areas[:4] / areas[0], [1, 0.5, 0.25, 0.125], rtol=1e-12)
    assert areas[0] / 4000 < areas[4] < areas[3]


def test_areas_are_comparable_within_a_row():
    graphs = [[make_graph([800], []), make_graph([200], [])], [make_graph([200], []), EMPTY]]
    figure = mapper_graphs.plot(graphs, ["random", "full"], [16, 8], CLASSES)
    large, small, other = (collections(axes, PathCollection)[0].get_sizes()[0] for axes in figure.axes[:3])
    assert large == pytest.approx(4 * small, rel=1e-12)
    assert other == large


def test_wedges_have_the_shares_of_the_classes():
    graph = make_graph([10], [], compositions=[{CLASSES[7]: 5, CLASSES[1]: 2, CLASSES[2]: 3, CLASSES[4]: 0}])
    figure = mapper_graphs.plot([[graph]], ["full"], [16], CLASSES)
    (pies,) = collections(figure.axes[0], PathCollection)
    disc, *wedges = pies.get_paths()
    np.testing.assert_array_equal(
        pies.get_facecolors(), matplotlib.colors.to_rgba_array([style.MUTED[label] for label in (7, 1, 2, 7)])
    )
    areas = [abs(_area(path)) for path in (disc, *wedges)]
    # Bezier arcs and their polygons are within a thousandth of the circle.
    np.testing.assert_allclose(np.array(areas[1:]) / np.pi, [0.2, 0.3, 0.5], atol=2e-3)
    assert areas[0] == pytest.approx(np.pi, rel=2e-3)


def _area(path):
    # Curves become polygons of about a pixel's precision, so measure on a large scale.
    x, y = (path.to_polygons(matplotlib.transforms.Affine2D().scale(1000))[0] / 1000).T
    return 0.5 * (x @ np.roll(y, -1) - y @ np.roll(x, -1))


def test_edges_are_the_links():
    graph = branched()
    figure = mapper_graphs.plot([[graph]], ["full"], [16], CLASSES)
    (edges,) = collections(figure.axes[0], LineCollection)
    index = {node["id"]: place for place, node in enumerate(graph["nodes"])}
    position = mapper_graphs.layout(graph)
    expected = [[position[index[link["source"]]], position[index[link["target"]]]] for link in graph["links"]]
    np.testing.assert_array_equal(edges.get_segments(), expected)
    shared = [link["shared"] for link in graph["links"]]
    np.testing.assert_allclose(edges.get_linewidths(), 0.2 + 1.2 * np.sqrt(np.divide(shared, max(shared))))


def test_layout_is_a_function_of_graph_and_seed():
    first = mapper_graphs.layout(branched(), seed=3)
    np.random.seed(1)  # noqa: NPY002 - the legacy global state must not matter
    assert first.tobytes() == mapper_graphs.layout(branched(), seed=3).tobytes()
    assert not np.allclose(first, mapper_graphs.layout(branched(), seed=4))


@pytest.mark.parametrize("n", [2, 3, 12, 31])
def test_a_path_is_drawn_straight_from_small_to_large_lens(n):
    order = np.random.default_rng(n).permutation(n)
    graph = make_graph([50] * n, list(pairwise(order)), lens=np.argsort(order))
    position = mapper_graphs.layout(graph)[order]
    assert np.all(np.diff(position[:, 0]) > 0)
    # A path can be drawn without stress: steps of one edge's length, 1 + 2.5 (1 + 1). The descent's last
    # steps correct a tenth of what is wrong, hence the tolerance.
    np.testing.assert_allclose(pdist(position), 6 * pdist(np.arange(n)[:, None]), rtol=mapper_graphs.LAST_STEP)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_branches_stand_apart_beyond_the_trunk(seed):
    graph = branched()
    position = mapper_graphs.layout(graph, seed)
    lens = np.array([node["lens_mean"] for node in graph["nodes"]])
    assert np.corrcoef(position[:, 0], lens)[0, 1] > 0.7
    tips = np.flatnonzero(lens == lens.max())
    gaps = np.linalg.norm(position[tips][:, None] - position[tips], axis=2)[~np.eye(10, dtype=bool)]
    edge = np.median(np.linalg.norm(np.diff(position[:8], axis=0), axis=1))
    assert gaps.min() > edge


def test_components_do_not_overlap_and_single_nodes_are_below():
    sizes = [30] * 30
    chains = [range(0, 12), range(12, 18), range(18, 23), range(23, 25)]
    links = [(index, index + 1) for chain in chains for index in chain[:-1]]
    position = mapper_graphs.layout(make_graph(sizes, links))
    boxes = [(position[list(chain)].min(axis=0), position[list(chain)].max(axis=0)) for chain in chains]
    for index, (low, high) in enumerate(boxes):
        for other_low, other_high in boxes[:index]:
            assert np.any(low > other_high) or np.any(other_low > high)
    assert position[25:, 1].max() < position[:25, 1].min()
    assert len(np.unique(position[25:], axis=0)) == 5


@pytest.mark.parametrize("n", [0, 1, 7])
def test_graphs_without_edges(n):
    graph = make_graph([5] * n, [])
    figure = mapper_graphs.plot([[graph]], ["full"], ["noise 0.1"], CLASSES)
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert f"{n} node{'' if n == 1 else 's'}, 0 edges\nε = 1.25" in texts
    assert ("no node: all noise" in texts) == (n == 0)
    assert figure.axes[0].get_title() == "noise 0.1"
    assert len(np.unique(mapper_graphs.layout(graph), axis=0)) == n


def test_mapper_legends_name_classes_and_sizes():
    figure = mapper_graphs.plot(
        [[make_graph([9, 4, 1], [(0, 1)])] * 6] * 2, ["random", "full"], [16, 15, 14, 12, 8, 4], CLASSES
    )
    assert 7 <= figure.get_figwidth() <= 10
    assert len(figure.axes) == 12
    *sizes, classes = figure.legends
    assert [text.get_text() for text in classes.get_texts()] == CLASSES
    assert [legend.get_title().get_text() for legend in sizes] == ["points in a node"] * 2


def test_bad_graphs_are_named():
    with pytest.raises(InputError, match="'n5'"):
        mapper_graphs.layout(make_graph([1, 1], [(0, 5)]))
    with pytest.raises(InputError, match="class 9"):
        mapper_graphs.plot([[make_graph([3], [], compositions=[{CLASSES[9]: 3}])]], ["full"], [16], CLASSES[:9])


def test_purity_lines_run_by_layer_above_the_lowest_possible():
    figure = purity.plot(purity_table(), "deer", n_classes=4)
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
    table = {"full": purity_table((12,))["full"]}
    figure = purity.plot(table, "cat")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["full", "lowest possible, 1/10"]
    assert len(style.figure_bytes(figure, "png", dpi=40)) > 0


def test_training_shows_every_seed_and_the_means():
    curves = [*CURVES[::-1], {"seed": 9, "loss": [6.0], "test_accuracy": 0.9}]
    losses, accuracies = training.plot(curves, "small").axes
    np.testing.assert_allclose(losses.lines[4].get_ydata(), [3, 2, 0.5])
    assert len(losses.lines) == 6
    level, dots = accuracies.lines
    np.testing.assert_array_equal(dots.get_xdata(), [0, 1, 2, 9])
    np.testing.assert_allclose(dots.get_ydata(), [0.8, 0.81, 0.82, 0.9])
    np.testing.assert_allclose(level.get_ydata(), 0.8325)
    assert losses.get_yscale() == "log"
    assert accuracies.get_title().startswith("mean 0.8325 ±")
    assert training.plot(CURVES[:1]).axes[1].get_title() == "test accuracy 0.8000"


def test_training_without_test_images():
    figure = training.plot([{**curve, "test_accuracy": None} for curve in CURVES], "small")
    assert [text.get_text() for text in figure.axes[1].texts] == ["no test images"]
    assert len(style.figure_bytes(figure, "png", dpi=40)) > 0
