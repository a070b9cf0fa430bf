"""Figures of mapper graphs: artists are the data, the axes say what they are, and bytes never differ."""

from functools import cache
from itertools import combinations, pairwise, product

import matplotlib
import numpy as np
import pandas as pd
import pytest
from actopo.branching import merge_levels
from actopo.dbscan import DBSCAN
from actopo.errors import InputError
from actopo.figures import branching, eps_choice, graph_flow, nested_circles, noise, purity, stability, style
from actopo.graph_distance import flow_table
from actopo.mapper import mapper_graph, n_components, n_cycles
from actopo.neighbours import choose_eps
from matplotlib.collections import LineCollection, PathCollection, PolyCollection, QuadMesh
from matplotlib.patches import Rectangle
from matplotlib.text import Text

CLASSES = ["cat", "dog", "ship", "frog"]
SAMPLINGS = ["random", "full", "foreground top-1", "foreground top-5", "background top-1", "background top-5"]


def pictures():
    rng = np.random.default_rng(0)
    images = rng.integers(256, size=(2, 8, 6, 3), dtype=np.uint8)
    noisy = {sigma: images / 255 + sigma * rng.normal(size=images.shape) for sigma in (1.0, 0.1)}
    return images, noisy, ["cat", "dog"]


def purity_table(samplings=SAMPLINGS, layers=(16, 4, 8), optional=True):
    table, rng = {}, np.random.default_rng(1)
    for name in samplings:
        values = {key: rng.uniform(0.3, 0.9, len(layers)) for key in ("node_purity", "class_purity", "coverage")}
        if optional:
            values |= {key: rng.uniform(0.4, 0.9, len(layers)) for key in ("majority_share", "entropy")}
            values |= {"node_purity_low": np.full(len(layers), 0.26), "node_purity_high": np.full(len(layers), 0.28)}
        table[name] = {"layers": layers, **values}
    return table


def class_levels():
    """Cats and dogs part at 3, ships leave them at 1, frogs are alone."""
    edges = [(0, 1), (1, 2), (1, 3), (0, 4)]
    placed = np.eye(4, dtype=bool)[[2, 0, 0, 1, 2, 3]]
    return merge_levels(edges, [1.0, 3.0, 6.0, 5.0, 4.0, 2.0], placed)


def agreement_table(samplings=("random", "full"), layers=(16, 4)):
    graphs, rng = list(product(samplings, layers)), np.random.default_rng(2)
    rows = [(*a, *b, rng.uniform(-1, 1), rng.choice([0.01, 0.5])) for a, b in combinations(graphs, 2)]
    return pd.DataFrame(rows, columns=branching.AGREEMENT_COLUMNS)


def distances():
    rng = np.random.default_rng(3)
    rows = [(s, a, b, d, d + 0.1, d + 0.2) for s in SAMPLINGS[:2] for a, b in ((4, 8), (8, 16)) for d in rng.random(1)]
    return pd.DataFrame(rows, columns=graph_flow.COLUMNS)


def described(compositions, lens):
    return {"nodes": [{"composition": c, "lens_mean": x} for c, x in zip(compositions, lens, strict=True)], "links": []}


def flowing():
    """Two nodes to two nodes, the last row and column for points in none."""
    matrix = np.array([[0.3, 0.05, 0], [0, 0.4, 0.05], [0.2, 0, 0]])
    first = described([{"cat": 5, "dog": 3}, {"dog": 9}], [2.0, 1.0])
    second = described([{"ship": 4}, {"cat": 1, "dog": 3}], [1.0, 2.0])
    return flow_table(matrix, 4), (first, second)


def stability_tables():
    rng = np.random.default_rng(4)

    def invariants(n):
        counts = {key: rng.integers(1, 60, n) for key in ("n_nodes", "n_components", "n_cycles")}
        return {**counts, "node_purity": rng.random(n)}

    grid = pd.DataFrame(product([10, 20, 40], [0.2, 0.3], [1.5, 3.0]), columns=stability.PARAMETERS)
    return grid.assign(**invariants(12)), pd.DataFrame({"layer": [4, 16] * 6, **invariants(12)})


def eps_curves():
    rng, curves = np.random.default_rng(5), []
    for sampling, layer in product(["random", "full"], [16, 8, 4]):
        values = rng.exponential(size=700)
        eps, details = choose_eps(values)
        curves.append({"sampling": sampling, "layer": layer, "distances": values, "eps": eps, "noise_share": 0.0123})
        curves[-1]["rule"] = details["rule"]
    return curves


FIGURES = {
    "nested_circles": lambda: nested_circles.plot(*nested_circles.nested_circles()),
    "noise": lambda: noise.plot(*pictures()),
    "purity": lambda: purity.plot(purity_table(), "cat", 4),
    "branching": lambda: branching.plot({4: class_levels(), 16: class_levels()}, CLASSES, agreement_table()),
    "graph_flow": lambda: graph_flow.plot(distances(), *flowing(), ("layer 8", "layer 16"), CLASSES),
    "stability": lambda: stability.plot(*stability_tables(), used=(20, 0.3, 1.5)),
    "eps_choice": lambda: eps_choice.plot(eps_curves()),
}


@cache
def drawn(name):
    return FIGURES[name]()


def collections(axes, kind):
    return [collection for collection in axes.collections if isinstance(collection, kind)]


def titled(figure, part):
    (axes,) = (axes for axes in figure.axes if part in axes.get_title())
    return axes


@pytest.mark.parametrize("name", FIGURES)
def test_bytes_do_not_depend_on_the_users_settings(name):
    first = style.figure_bytes(drawn(name), "svg")
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red"}):
        np.random.seed(1)  # noqa: NPY002 - the legacy global state must not matter
        assert style.figure_bytes(FIGURES[name](), "svg") == first


@pytest.mark.parametrize("name", FIGURES)
def test_text_is_legible_and_inside_the_figure(name):
    figure = drawn(name)
    texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    assert min(text.get_fontsize() for text in texts) >= 6
    box = figure.get_tightbbox()
    assert figure.get_figwidth() <= 7.2
    assert min(box.x0, box.y0) > -0.02
    assert box.x1 < figure.get_figwidth() + 0.02
    assert box.y1 < figure.get_figheight() + 0.02


@pytest.mark.parametrize("name", FIGURES)
def test_titles_and_legends_overlap_nothing_of_their_kind(name):
    figure = drawn(name)
    boxes = [axes.title.get_window_extent() for axes in figure.axes if axes.get_title()]
    boxes += [
        legend.get_window_extent() for part in (figure, *figure.subfigs, *figure.axes) for legend in _legends(part)
    ]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


def _legends(part):
    own = part.get_legend() if hasattr(part, "get_legend") else None
    return [*getattr(part, "legends", []), *([own] if own else [])]


@pytest.mark.parametrize(("n", "seed"), [(300, 0), (300, 1), (700, 2), (2000, 3)])
def test_nested_circles_have_two_components_and_two_cycles(n, seed):
    points, _, cover, graph = nested_circles.nested_circles(n, seed)
    assert (n_components(graph), n_cycles(graph)) == (2, 2)
    radius = np.linalg.norm(points, axis=1)
    assert ((radius < 1.4) == (np.arange(n) < n // 3)).all()
    again = mapper_graph(points, points[:, 1], cover, DBSCAN(nested_circles.EPS))
    np.testing.assert_array_equal(graph.incidence.toarray(), again.incidence.toarray())
    # No node holds points of both circles.
    assert (graph.incidence[: n // 3].sum(axis=0) * graph.incidence[n // 3 :].sum(axis=0) == 0).all()


def test_nested_circles_shows_points_clusters_and_graph():
    points, lens, cover, graph = nested_circles.nested_circles()
    figure = drawn("nested_circles")
    cloud, clusters, nodes, bar = figure.axes
    assert bar.get_ylabel().startswith("lens: height")
    assert nodes.get_title() == "graph: 2 components, 2 cycles"
    (dots,) = collections(cloud, PathCollection)
    np.testing.assert_array_equal(dots.get_offsets(), points)
    np.testing.assert_array_equal(dots.get_array(), lens)
    intervals = cover.intervals(lens)
    np.testing.assert_array_equal([[line.get_ydata().min(), line.get_ydata().max()] for line in cloud.lines], intervals)
    scatters = collections(clusters, PathCollection)
    own = [each for each in scatters if each.get_zorder() == 2]
    assert [len(each.get_offsets()) for each in own] == graph.sizes.tolist()
    for each, interval in zip(own, graph.interval, strict=True):
        y = each.get_offsets()[:, 1] - nested_circles.GAP * interval
        assert (y >= intervals[interval, 0] - 1e-12).all()
        assert (y <= intervals[interval, 1] + 1e-12).all()
    (discs,), (edges,) = collections(nodes, PathCollection), collections(nodes, LineCollection)
    dense = graph.incidence.toarray()
    means = dense.T @ points / graph.sizes[:, None]
    np.testing.assert_allclose(discs.get_offsets(), means, atol=1e-12)
    np.testing.assert_allclose(discs.get_sizes() / discs.get_sizes()[0], graph.sizes / graph.sizes[0], rtol=1e-12)
    np.testing.assert_allclose(edges.get_segments(), means[graph.edges], atol=1e-12)
    # A node has its cluster's colour, and its interval has no other of it.
    np.testing.assert_array_equal(discs.get_facecolors(), np.concatenate([each.get_facecolors() for each in own]))
    shades = [(i, tuple(colour)) for i, colour in zip(graph.interval, discs.get_facecolors(), strict=True)]
    assert len(set(shades)) == len(shades)


def test_nested_circles_refuses_another_shape():
    points, lens, cover, graph = nested_circles.nested_circles()
    whole = mapper_graph(points, lens, cover, DBSCAN(3.0))
    with pytest.raises(InputError, match="1 components and 0 cycles"):
        nested_circles.plot(points, lens, cover, whole)
    with pytest.raises(InputError, match="second coordinate"):
        nested_circles.plot(points, points[:, 0], cover, graph)
    with pytest.raises(InputError, match="699 points"):
        nested_circles.plot(points[1:], lens[1:], cover, graph)
    with pytest.raises(InputError, match="lens"):
        nested_circles.nested_circles(0)


@pytest.mark.parametrize(("units", "word"), [("normalised", "standard deviations"), ("pixel", "pixel values")])
@pytest.mark.parametrize("channels", [1, 3])
def test_noise_is_clipped_on_display_only(channels, units, word):
    images, noisy, names = pictures()
    images, noisy = images[..., :channels], {sigma: values[..., :channels] for sigma, values in noisy.items()}
    before = {sigma: values.copy() for sigma, values in noisy.items()}
    figure = noise.plot(images, noisy, names, units)
    grid = np.array(figure.axes).reshape(2, 3)
    assert [axes.get_title() for axes in grid[0]] == ["clean", r"$\sigma$ = 0.1", r"$\sigma$ = 1"]
    assert [axes.get_ylabel() for axes in grid[:, 0]] == names
    assert word in figure.texts[0].get_text()
    for i, row in enumerate(grid):
        for axes, values in zip(row, (images / 255, noisy[0.1], noisy[1.0]), strict=True):
            expected = np.broadcast_to(np.clip(values[i], 0, 1), (8, 6, 3))
            np.testing.assert_array_equal(axes.images[0].get_array(), expected)
    assert all(np.array_equal(noisy[sigma], before[sigma]) for sigma in before)
    assert noisy[1.0].max() > 1


def test_noise_refuses_what_does_not_fit():
    images, noisy, names = pictures()
    for arguments, message in [
        ((images, noisy, []), "empty"),
        ((images, {}, names), "empty"),
        ((images, noisy, names, "dB"), "'dB'"),
        ((images / 255, noisy, names), "8-bit"),
        ((images, noisy, names[:1]), "1 names"),
        ((images, {0.1: noisy[0.1][:1]}, names), r"noise 0.1 have shape \(1, 8, 6, 3\)"),
        ((images, {0.1: noisy[0.1] * np.nan}, names), "not finite"),
    ]:
        with pytest.raises(InputError, match=message):
            noise.plot(*arguments)


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
            np.testing.assert_array_equal(lines[sampling].get_xdata(), [0, 1, 2])
            np.testing.assert_array_equal(lines[sampling].get_ydata(), table[sampling][key][[1, 2, 0]])
            low, high = axes.get_ylim()
            assert low <= min(table[sampling][key]) <= max(table[sampling][key]) <= high
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


def test_dendrogram_joins_classes_at_their_merge_levels():
    axes = titled(drawn("branching"), "layer 16")
    assert [label.get_text() for label in axes.get_yticklabels()][::-1] == _leaf_order(axes)
    joins = sorted(lines.get_segments()[0][0, 0] for lines in collections(axes, LineCollection))
    # Frogs never merge and are joined, dotted, below the lowest level by a tenth of the range from 1 to 6.
    np.testing.assert_allclose(joins, [0.5, 1, 3], rtol=1e-12)
    tips, swatches = collections(axes, PathCollection)
    np.testing.assert_array_equal(np.sort(tips.get_offsets()[:, 0]), [2, 4, 5, 6])
    dotted = [line for line in axes.lines if line.get_linestyle() == ":"]
    assert [line.get_xdata()[0] for line in dotted] == [0.5, 0.5]
    shades = matplotlib.colors.to_rgba_array(style.class_colours(4))
    ticks = [label.get_text() for label in axes.get_yticklabels()]
    np.testing.assert_array_equal(swatches.get_facecolors(), shades[[CLASSES.index(name) for name in ticks]])
    assert drawn("branching").subfigs[0].get_supxlabel() == "lens ($l_2$ norm)"
    left, right = axes.get_xlim()
    assert left < 0.5 < 6 < right


def _leaf_order(axes):
    """Class names from top to bottom, by the highest lens of each."""
    tips = collections(axes, PathCollection)[0].get_offsets()
    names = {6: "cat", 5: "dog", 4: "ship", 2: "frog"}
    return [names[x] for x, _ in sorted(tips.tolist(), key=lambda tip: -tip[1])]


def test_dendrogram_of_fewer_classes():
    levels = class_levels()
    levels[3], levels[:, 3] = np.nan, np.nan
    alone = np.full((4, 4), np.nan)
    alone[0, 0] = 2.0
    three, one = branching.plot({1: levels, 2: alone}, CLASSES).axes
    assert {label.get_text() for label in three.get_yticklabels()} == {"ship", "dog", "cat"}
    assert len(three.lines) == 4
    assert not [line for line in three.lines if line.get_linestyle() == ":"]
    assert one.texts[0].get_text() == "no two classes have a node"
    assert not one.lines


def test_agreement_is_a_symmetric_matrix_by_sampling_and_layer():
    table = agreement_table()
    (axes,) = (axes for axes in drawn("branching").axes if axes.get_title().startswith("agreement"))
    assert [label.get_text() for label in axes.get_yticklabels()] == ["4", "16"] * 2
    (mesh,) = collections(axes, QuadMesh)
    assert mesh.get_clim() == (-1, 1)
    graphs = [("random", 4), ("random", 16), ("full", 4), ("full", 16)]
    values = mesh.get_array()
    np.testing.assert_array_equal(np.ma.getmaskarray(values), np.eye(4, dtype=bool))
    for row in table.itertuples():
        i, j = graphs.index((row.sampling_a, row.layer_a)), graphs.index((row.sampling_b, row.layer_b))
        assert values[i, j] == values[j, i] == row.rho
    stars = [text for text in axes.texts if text.get_text() == "*"]
    assert len(stars) == 2 * (table.p <= 0.05).sum() > 0
    assert [text.get_text() for text in axes.texts].count("full") == 2


def test_agreement_of_many_graphs_has_no_numbers_but_every_layer():
    figure = branching.plot({4: class_levels()}, CLASSES, agreement_table(SAMPLINGS, (4, 8, 12, 14, 15, 16)))
    axes = titled(figure, "agreement")
    assert [label.get_text() for label in axes.get_xticklabels()] == ["4", "8", "12", "14", "15", "16"] * 6
    names = {sampling.replace(" ", "\n") for sampling in SAMPLINGS}
    assert {text.get_text() for text in axes.texts} == {"*", *names}
    boxes = [label.get_window_extent() for label in (*axes.get_xticklabels(), *axes.get_yticklabels())]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


def test_branching_refuses_what_does_not_fit():
    with pytest.raises(InputError, match="at least one layer"):
        branching.plot({}, CLASSES)
    with pytest.raises(InputError, match=r"layer 4 have shape \(4, 4\)"):
        branching.plot({4: class_levels()}, CLASSES[:3])
    with pytest.raises(InputError, match="no column rho"):
        branching.plot({4: class_levels()}, CLASSES, agreement_table().drop(columns="rho"))


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
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names == ["cat", "dog", "ship", "in no node"]
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


def test_stability_maps_are_the_grid():
    grid, _ = stability_tables()
    figure = drawn("stability")
    panels = np.array(figure.axes[:12]).reshape(4, 3)
    assert [axes.get_title() for axes in panels[0]] == ["ε = 1.5", "ε = 3", "12 subsamples"]
    assert [axes.get_xlabel() for axes in panels[-1]] == ["overlap", "overlap", ""]
    assert [axes.get_ylabel() for axes in panels[:, 0]] == ["intervals"] * 4
    assert [axes.get_ylabel() for axes in panels[:, 2]] == list(stability.INVARIANTS.values())
    assert [axes.get_ylabel() for axes in figure.axes[12:]] == list(stability.INVARIANTS.values())
    for row, key in zip(panels, stability.INVARIANTS, strict=True):
        clims = set()
        for axes, eps in zip(row, (1.5, 3.0), strict=False):
            (mesh,) = collections(axes, QuadMesh)
            clims.add(mesh.get_clim())
            np.testing.assert_array_equal(mesh.get_array().ravel(), grid.loc[grid.eps == eps, key])
            assert [label.get_text() for label in axes.get_yticklabels()] == ["10", "20", "40"]
            assert [label.get_text() for label in axes.get_xticklabels()] == ["0.2", "0.3"]
            assert len(axes.texts) == 6
        assert len(clims) == 1
    frames = [axes.patches for axes in panels[:, :2].ravel()]
    assert [len(patches) for patches in frames] == [1, 0] * 4
    assert frames[0][0].get_xy() == (1, 1)


@pytest.mark.parametrize("by", [None, "layer"])
def test_stability_boxes_are_the_samples(by):
    grid, samples = stability_tables()
    figure = drawn("stability") if by is None else stability.plot(grid, samples, (20, 0.3, 1.5), by)
    groups = [samples] if by is None else [samples[samples.layer == layer] for layer in (4, 16)]
    used = grid[(grid.n_intervals == 20) & (grid.overlap == 0.3) & (grid.eps == 1.5)].iloc[0]
    for row, key in enumerate(stability.INVARIANTS):
        axes = figure.axes[3 * row + 2]
        for dots, own in zip(collections(axes, PathCollection), groups, strict=True):
            np.testing.assert_array_equal(dots.get_offsets()[:, 1], own[key])
        medians = [line.get_ydata()[0] for line in axes.lines if line.get_linewidth() == 1.2]
        np.testing.assert_allclose(medians, [own[key].median() for own in groups], rtol=1e-12)
        marks = [line.get_ydata()[0] for line in axes.lines if line.get_linestyle() == "--"]
        assert marks == ([used[key]] if by is None else [])
    assert figure.axes[11].get_xlabel() == (by or "")


def test_stability_without_samples_and_bad_input():
    grid, samples = stability_tables()
    # Without a node there is no purity.
    assert len(stability.plot(grid[grid.eps == 3].assign(node_purity=np.nan)).axes) == 4 + 4
    for arguments, message in [
        ((grid.drop(columns="eps"),), "no column eps"),
        ((grid, samples, None, "seed"), "no column seed"),
        ((grid, samples.iloc[:0]), "no row"),
        ((pd.concat([grid, grid]),), "twice"),
        ((grid, None, (20, 0.3, 9.0)), "9.0"),
        ((pd.concat([grid.assign(eps=grid.eps + step) for step in range(0, 9, 4)]),), "6 values of eps"),
    ]:
        with pytest.raises(InputError, match=message):
            stability.plot(*arguments)


def test_eps_is_on_the_curve_of_sorted_distances():
    curves, figure = eps_curves(), drawn("eps_choice")
    assert len(figure.axes) == 6
    for index, (axes, curve) in enumerate(zip(figure.axes, curves, strict=True)):
        line, level, mark = axes.lines
        descending = np.sort(curve["distances"])[::-1]
        np.testing.assert_array_equal(line.get_ydata(), descending[line.get_xdata() - 1])
        assert line.get_xdata()[[0, -1]].tolist() == [1, 700]
        assert level.get_ydata()[0] == curve["eps"] == mark.get_ydata()[0]
        assert descending[mark.get_xdata()[0] - 1] == curve["eps"]
        assert axes.get_xscale() == "log"
        assert axes.get_title().startswith(
            f"{curve['sampling']}\nlayer {curve['layer']}, ε = {curve['eps']:.2f}\nnoise"
        )
        assert axes.get_title().endswith("noise 1.2 %")
        assert axes.get_ylabel() == ("distance" if index % 3 == 0 else "")
        assert axes.get_xlabel() == ("rank of the point" if index > 2 else "")
    rows = {axes.get_subplotspec().rowspan.start for axes in figure.axes[:3]}
    assert rows == {0}


def test_eps_rules_are_told_apart():
    curve = eps_curves()[0]
    curves = [curve, {**curve, "rule": "median", "noise_share": None}, {**curve, "rule": "fixed", "eps": 99.0}]
    figure = eps_choice.plot(curves)
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["distance to nearest neighbour", "ε", "knee", "median: no knee", "fixed"]
    assert "noise" not in figure.axes[1].get_title()
    assert figure.axes[2].get_ylim()[1] > 99
    assert figure.axes[2].lines[2].get_xdata()[0] == 1
    assert len({axes.lines[2].get_marker() for axes in figure.axes}) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"distances": np.array([])}, "at least one"),
        ({"distances": np.array([1.0, np.nan])}, "random, layer 16"),
        ({"rule": "elbow"}, "'elbow'"),
        ({"eps": 0.0}, "positive"),
    ],
)
def test_eps_choice_refuses(change, message):
    with pytest.raises(InputError, match=message):
        eps_choice.plot([{**eps_curves()[0], **change}])
    with pytest.raises(InputError, match="at least one curve"):
        eps_choice.plot([])
