"""Nodes, wedges, edges and layout of drawn mapper graphs."""

from itertools import pairwise

import matplotlib
import numpy as np
import pytest
from actopo.errors import InputError
from actopo.figures import graph_layout, layer_distances, mapper_graphs, purity, specificity, style, training
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.transforms import Affine2D
from scipy.spatial import cKDTree
from scipy.spatial.distance import pdist, squareform

from unit.figures.examples import (
    EMPTY,
    FOUR_LAYERS,
    TEN_CLASSES,
    branched,
    collections,
    make_graph,
    matrices,
    texts_of,
)
from unit.figures.gallery import graph_of


def test_wrong_shapes_are_refused():
    mean, cv = matrices()
    with pytest.raises(InputError, match=r"\(4, 4\)"):
        layer_distances.plot(mean, cv, FOUR_LAYERS[:3], "H1")
    with pytest.raises(InputError, match="at least one layer"):
        layer_distances.plot(np.zeros((0, 0)), np.zeros((0, 0)), [], "H1")
    with pytest.raises(InputError, match="row 9"):
        specificity.plot(mean, cv, FOUR_LAYERS)
    with pytest.raises(InputError, match="rho_layers"):
        specificity.plot(mean, cv, FOUR_LAYERS, 8, rho_layers=[1.0])
    with pytest.raises(InputError, match="2 x 1"):
        mapper_graphs.plot([[EMPTY]], ["random", "full"], [16], TEN_CLASSES)
    with pytest.raises(InputError, match="at least one sampling"):
        purity.plot({})
    with pytest.raises(InputError, match="unequal length"):
        purity.plot({"full": {"layers": [1, 2], "node_purity": [1], "class_purity": [1], "coverage": [1]}})
    with pytest.raises(InputError, match="at least one seed"):
        training.plot([])


def test_node_areas_are_proportional_to_sizes():
    sizes = np.array([4000, 1000, 2000, 1, 500])
    figure = mapper_graphs.plot([[make_graph(sizes, [(0, 1), (1, 2)])]], ["full"], [16], TEN_CLASSES)
    (pies,) = collections(figure.axes[0], PathCollection)
    areas = pies.get_sizes()
    np.testing.assert_allclose(areas[:4] / areas[0], [1, 0.5, 0.25, 0.125], rtol=1e-12)
    assert areas[0] / 4000 < areas[4] < areas[3]


def test_what_few_graphs_have_is_faint():
    """Nodes by their own share; edges by that of their cycle, their branch, or their weaker end."""
    edges = [(0, 1), (1, 2), (0, 2), (2, 3), (3, 4), (1, 5)]
    graph = make_graph([100] * 6, edges, compositions=[{TEN_CLASSES[0]: 100}] * 6)
    shares = [1.0, 0.5, 0.0, 0.25, 1.0, None]
    confidence = {
        "node": [{"nodes": [node], "share": share} for node, share in enumerate(shares)],
        "branch": [{"nodes": [3, 4], "share": 0.9}],
        "cycle": [{"nodes": [0, 1, 2], "share": 0.2}],
    }
    figure = mapper_graphs.plot([[graph, graph]], ["full"], [16, 8], TEN_CLASSES, confidence={(0, 1): confidence})
    colour = np.array(matplotlib.colors.to_rgb(style.class_colours(10)[0]))
    grey = np.array(matplotlib.colors.to_rgb(mapper_graphs.EDGE))
    for axes, of_nodes, of_edges in [
        (figure.axes[0], np.ones(6), np.ones(6)),
        (figure.axes[1], np.array([1, 0.5, 0, 0.25, 1, 0]), np.array([0.2, 0.2, 0.2, 0, 0.9, 0])),
    ]:
        (pies,), (lines,) = collections(axes, PathCollection), collections(axes, LineCollection)
        order = [
            int(np.flatnonzero((pies.get_offsets() == place).all(axis=1))[0]) for place in graph_layout.layout(graph)
        ]
        for drawn, shade, opacity in (
            (pies.get_facecolors()[order], colour, of_nodes),
            (lines.get_colors(), grey, of_edges),
        ):
            if axes is figure.axes[1]:
                opacity = mapper_graphs.FAINTEST + (1 - mapper_graphs.FAINTEST) * opacity
            np.testing.assert_allclose(drawn[:, :3], 1 - opacity[:, None] * (1 - shade), atol=1e-12)
    with pytest.raises(InputError, match="confidence is of 6 nodes"):
        mapper_graphs.plot([[make_graph([5], [])]], ["full"], [16], TEN_CLASSES, confidence={(0, 0): confidence})


def test_areas_are_comparable_within_a_row():
    graphs = [[make_graph([800], []), make_graph([200], [])], [make_graph([200], []), EMPTY]]
    figure = mapper_graphs.plot(graphs, ["random", "full"], [16, 8], TEN_CLASSES)
    large, small, other = (collections(axes, PathCollection)[0].get_sizes()[0] for axes in figure.axes[:3])
    assert large == pytest.approx(4 * small, rel=1e-12)
    assert other == large


def test_wedges_have_the_shares_of_the_classes():
    graph = make_graph(
        [10], [], compositions=[{TEN_CLASSES[7]: 5, TEN_CLASSES[1]: 2, TEN_CLASSES[2]: 3, TEN_CLASSES[4]: 0}]
    )
    figure = mapper_graphs.plot([[graph]], ["full"], [16], TEN_CLASSES)
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


def test_edges_join_the_nodes_of_the_links():
    graph = branched()
    figure = mapper_graphs.plot([[graph]], ["full"], [16], TEN_CLASSES)
    (edges,), (pies,) = (collections(figure.axes[0], kind) for kind in (LineCollection, PathCollection))
    # Discs are drawn from the largest to the smallest, each before its wedges.
    places = pies.get_offsets()[np.array(pies.get_linewidths()) > 0]
    order = np.argsort([-node["size"] for node in graph["nodes"]], kind="stable")
    position = dict(zip((graph["nodes"][place]["id"] for place in order), places, strict=True))
    expected = [[position[link["source"]], position[link["target"]]] for link in graph["links"]]
    np.testing.assert_array_equal(edges.get_segments(), expected)
    shared = [link["shared"] for link in graph["links"]]
    np.testing.assert_allclose(edges.get_linewidths(), 0.2 + 1.2 * np.sqrt(np.divide(shared, max(shared))))


def discs(figure, axes):
    """Places and radii of the discs of a graph, in points."""
    (pies,) = collections(axes, PathCollection)
    kept = np.array(pies.get_linewidths()) > 0
    places = axes.transData.transform(pies.get_offsets()[kept]) * 72 / figure.dpi
    return places, np.sqrt(pies.get_sizes()[kept])


@pytest.mark.parametrize(("n_nodes", "n_single"), [(48, 0), (1, 0), (1, 40), (60, 12), (200, 40)])
def test_discs_do_not_touch_and_stay_in_their_cell(n_nodes, n_single):
    graph = branched() if n_nodes == 48 else graph_of(TEN_CLASSES, n_nodes, singles=n_single)
    figure = mapper_graphs.plot([[graph, graph]], ["full"], [16, 8], TEN_CLASSES)
    for axes in figure.axes:
        places, radii = discs(figure, axes)
        assert len(places) == n_nodes + n_single
        apart = pdist(places) - pdist(radii[:, None], lambda a, b: (a + b)[0])
        assert apart.min(initial=1) > 0
        frame = axes.get_position().transformed(Affine2D().scale(*(72 * figure.get_size_inches())))
        assert (places - radii[:, None] > frame.p0).all()
        assert (places + radii[:, None] < frame.p1).all()


def test_nodes_that_nothing_touches_stay():
    position = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 3.0]])
    found, scale = graph_layout.spread(position, np.array([1.0, 1.0, 2.0]), (44.0, 34.0))
    assert found is position
    # The height is the narrower room: 34 less the largest disc.
    assert scale == pytest.approx(10)
    found, scale = graph_layout.spread(position[:1], np.ones(1), (44.0, 34.0))
    assert found is not None
    assert scale > 0
    apart, scale = graph_layout.spread(np.zeros((2, 2)), np.full(2, 5.0), (44.0, 34.0), gap=1)
    assert scale * np.hypot(*(apart[0] - apart[1])) >= 11 - 1e-4


def test_a_graph_takes_the_room_that_it_needs():
    small, large = (graph_of(TEN_CLASSES, n) for n in (6, 120))
    widths = [
        mapper_graphs.plot([[graph] * 2], ["full"], [16, 8], TEN_CLASSES).get_figwidth() for graph in (small, large)
    ]
    assert widths[0] < 0.6 * widths[1]
    path = make_graph([50] * 12, list(pairwise(range(12))))
    flat, high = (mapper_graphs.plot([[graph]], ["full"], [16], TEN_CLASSES).get_figheight() for graph in (path, small))
    assert flat < high


def test_layout_is_a_function_of_graph_and_seed():
    first = graph_layout.layout(branched(), seed=3)
    np.random.seed(1)  # noqa: NPY002 - the legacy global state must not matter
    assert first.tobytes() == graph_layout.layout(branched(), seed=3).tobytes()
    assert not np.allclose(first, graph_layout.layout(branched(), seed=4))


@pytest.mark.parametrize("n", [2, 3, 12, 31])
def test_a_path_is_drawn_straight_from_small_to_large_lens(n):
    order = np.random.default_rng(n).permutation(n)
    graph = make_graph([50] * n, list(pairwise(order)), lens=np.argsort(order))
    position = graph_layout.layout(graph)[order]
    assert np.all(np.diff(position[:, 0]) > 0)
    # A path can be drawn without stress: steps of one edge's length, 1 + 2.5 (1 + 1). The descent's last
    # steps correct a tenth of what is wrong, hence the tolerance.
    np.testing.assert_allclose(pdist(position), 6 * pdist(np.arange(n)[:, None]), rtol=graph_layout.LAST_STEP)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_branches_stand_apart_beyond_the_trunk(seed):
    graph = branched()
    position = graph_layout.layout(graph, seed)
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
    position = graph_layout.layout(make_graph(sizes, links))
    boxes = [(position[list(chain)].min(axis=0), position[list(chain)].max(axis=0)) for chain in chains]
    for index, (low, high) in enumerate(boxes):
        for other_low, other_high in boxes[:index]:
            assert np.any(low > other_high) or np.any(other_low > high)
    assert position[25:, 1].max() < position[:25, 1].min()
    assert len(np.unique(position[25:], axis=0)) == 5


def sparse_graph(n_nodes, n_links, n_large=0):
    """Few random links, and nodes of few points besides some large ones."""
    rng = np.random.default_rng(n_nodes)
    sizes = np.append(np.full(n_large, 500), rng.geometric(0.2, n_nodes - n_large))
    links = {tuple(map(int, np.sort(rng.choice(n_nodes, 2, replace=False)))) for _ in range(n_links)}
    return make_graph(sizes, sorted(links), lens=rng.random(n_nodes))


def crossed(places, radii, ends):
    """Links that run through the disc of a node that is not theirs."""
    found = []
    for first, second in ends:
        along = places[second] - places[first]
        part = np.clip((places - places[first]) @ along / (along @ along), 0, 1)
        apart = np.hypot(*(places - places[first] - part[:, None] * along).T)
        apart[[first, second]] = np.inf
        if (apart < radii).any():
            found.append((first, second))
    return found


@pytest.mark.parametrize(
    ("n_nodes", "n_links", "n_large"), [(60, 3, 0), (300, 5, 1), (400, 150, 0), (1269, 11, 1), (1269, 100, 2)]
)
def test_graphs_of_single_nodes_have_room_for_all_of_them(n_nodes, n_links, n_large):
    graph = sparse_graph(n_nodes, n_links, n_large)
    ends = graph_layout.ends_of(graph)
    position = graph_layout.layout(graph)
    single = np.setdiff1d(np.arange(n_nodes), ends)
    linked = np.unique(ends)
    assert position[single, 1].max() < position[linked, 1].min()
    # As in the explorer, in a panel of the shape of the drawing.
    size = np.array([node["size"] for node in graph["nodes"]])
    width, height = np.ptp(position, axis=0)
    assert 0.6 < height / width < 1.1
    radii = 0.42 * np.maximum(np.sqrt(size / size.max()), 0.2) * np.sqrt(width * height / n_nodes)
    apart = squareform(pdist(position)) - radii[:, None] - radii
    apart[np.ix_(linked, linked)] = 1
    np.fill_diagonal(apart, 1)
    assert apart.min() > 0
    figure = mapper_graphs.plot([[graph]], ["full"], [16], TEN_CLASSES)
    places, radii = discs(figure, figure.axes[0])
    assert (pdist(places) - pdist(radii[:, None], lambda a, b: (a + b)[0])).min() > 0
    (lines,) = collections(figure.axes[0], LineCollection)
    drawn = figure.axes[0].transData.transform(np.concatenate(lines.get_segments())) * 72 / figure.dpi
    distance, nearest = cKDTree(places).query(drawn)
    assert distance.max() < 1e-6
    assert crossed(places, radii, nearest.reshape(-1, 2)) == []


def test_components_of_dense_graphs_stay_together_in_narrow_cells():
    """Chains of three besides single nodes, which are small beside the largest, in the cells of six columns."""
    n_chains, n_nodes = 90, 400
    links = [(first + step, first + step + 1) for first in range(0, 3 * n_chains, 3) for step in (0, 1)]
    graph = make_graph([500, *[5] * (n_nodes - 1)], links, lens=np.arange(n_nodes) % 23)
    figure = mapper_graphs.plot([[graph] * 6], ["full"], list(range(6)), TEN_CLASSES)
    places, radii = discs(figure, figure.axes[0])
    # The order of the discs is that of the nodes.
    assert crossed(places, radii, graph_layout.ends_of(graph)) == []
    position = graph_layout.layout(graph)
    assert position[3 * n_chains :, 1].max() < position[: 3 * n_chains, 1].min()


@pytest.mark.parametrize("n", [0, 1, 7])
def test_graphs_without_edges(n):
    graph = make_graph([5] * n, [])
    figure = mapper_graphs.plot([[graph]], ["full"], ["noise 0.1"], TEN_CLASSES)
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert f"{n} node{'' if n == 1 else 's'}, 0 edges\nε = 1.25" in texts
    assert ("no node: all noise" in texts) == (n == 0)
    assert figure.axes[0].get_title() == "noise 0.1"
    assert len(np.unique(graph_layout.layout(graph), axis=0)) == n


def test_mapper_legends_name_classes_and_sizes():
    figure = mapper_graphs.plot(
        [[make_graph([9, 4, 1], [(0, 1)])] * 6] * 2, ["random", "full"], [16, 15, 14, 12, 8, 4], TEN_CLASSES
    )
    assert 7 <= figure.get_figwidth() <= 7.2
    assert len(figure.axes) == 12
    *sizes, classes = figure.legends
    assert [text.get_text() for text in classes.get_texts()] == TEN_CLASSES
    assert [texts_of(legend) for legend in sizes] == [["5", "1 point", "1 shared"]] * 2


@pytest.mark.parametrize(("second", "named"), [({}, "the lens grows"), ({"lens2_mean": 0.5}, "the first lens grows")])
def test_the_note_tells_which_lens_grows(second, named):
    graph = make_graph([9, 4, 1], [(0, 1)])
    nodes = [{**node, **second} for node in graph["nodes"]]
    figure = mapper_graphs.plot([[{**graph, "nodes": nodes}]], ["full"], [16], TEN_CLASSES)
    assert any(named in text.get_text() for text in figure.texts)


def test_bad_graphs_are_named():
    with pytest.raises(InputError, match="'n5'"):
        graph_layout.layout(make_graph([1, 1], [(0, 5)]))
    with pytest.raises(InputError, match="class 9"):
        mapper_graphs.plot([[make_graph([3], [], compositions=[{TEN_CLASSES[9]: 3}])]], ["full"], [16], TEN_CLASSES[:9])


def test_what_labels_are_of_is_said():
    for labels in (None, "brightness"):
        figure = mapper_graphs.plot([[graph_of(TEN_CLASSES, 12)]], ["random"], [16], TEN_CLASSES, labels=labels)
        notes = [text.get_text() for text in figure.texts]
        assert ("colours: brightness" in notes) == (labels is not None)
