"""Figures of the homology study's statistics: what they draw is in the tables, what is not is refused."""

from functools import cache

import matplotlib
import numpy as np
import pandas as pd
import pytest
from actopo.errors import InputError
from actopo.figures import controls, metrics, sensitivity, style, vietoris_rips
from actopo.figures import diagrams as gallery
from actopo.homology import diagrams
from actopo.sensitivity import curve_table, deletion_index, detection_table
from actopo.similarity import specificity_table
from matplotlib.collections import LineCollection, PolyCollection, QuadMesh
from matplotlib.text import Text

LAYERS = [0, 8, 16]
CHANNELS = {0: 16, 8: 32, 16: 64}


def curves_of(names=("sw_h1",), layers=CHANNELS):
    """Curves that are the removed fraction, times 2 for random and 3 for the largest components."""
    index = deletion_index(layers)
    return curve_table(index, dict.fromkeys(names, index.fraction * index.components.map(FACTORS)))


FACTORS = {"smallest": 1, "random": 2, "largest": 3}


def detection_of(curves, baseline=(0.3, 0.5, 0.7)):
    levels = {metric: dict.fromkeys(curves.layer.unique(), baseline) for metric in curves.metric.unique()}
    return detection_table(curves, levels, quantile=0.75)


@cache
def specificity_of(names, n_layers=5, shift=0.0):
    rng = np.random.default_rng(len(names))
    shape = np.abs(np.subtract.outer(np.arange(n_layers), np.arange(n_layers))) + shift
    blocks = {name: shape + rng.uniform(0, 1, (4, 4, n_layers, n_layers)) for name in names}
    draws = {"n_resamples": 20, "n_permutations": 20}
    return specificity_table(blocks, range(n_layers), [16] * 3 + [32] * (n_layers - 3), **draws)


def kinds(*names):
    return {name: specificity_of((name,), shift=place) for place, name in enumerate(names)}


def comparison(names, layers=range(5)):
    rng = np.random.default_rng(0)
    curves = curves_of(names)
    distances = {name: rng.uniform(1, 2, (len(layers), len(layers))) for name in names}
    return [distances, specificity_of(tuple(names)), curves, detection_of(curves), list(layers)]


def clouds_diagrams(n=3, points=20):
    rng = np.random.default_rng(1)
    return [
        {0: np.column_stack([np.zeros(points), scale * rng.uniform(1, 2, points)]), 1: [[scale, 2 * scale]]}
        for scale in 10.0 ** np.arange(n)
    ]


@cache
def circle():
    points = vietoris_rips.noisy_circle()
    return points, diagrams([points])[0]


ELEVEN = tuple(metrics.NAMES)
FIGURES = {
    "sensitivity": lambda: sensitivity.plot(curves_of(), detection_of(curves_of())),
    "sensitivity of 17 layers": lambda: sensitivity.plot(curves_of(layers=dict.fromkeys(range(17), 512))),
    "metrics": lambda: metrics.plot(*comparison(ELEVEN)),
    "3 metrics": lambda: metrics.plot(*comparison(ELEVEN[:3]), labels={"sw_h1": "a name of some length"}),
    "controls": lambda: controls.plot(kinds(*controls.NAMES)),
    "vietoris_rips": lambda: vietoris_rips.plot(*circle()),
    "diagrams": lambda: gallery.plot(clouds_diagrams(), LAYERS),
    "17 diagrams": lambda: gallery.plot(clouds_diagrams(1) * 17, range(17)),
}


@cache
def drawn(name):
    return FIGURES[name]()


def line_of(axes, label):
    (line,) = [line for line in axes.lines if line.get_label() == label]
    return line


def texts_of(legend):
    return [text.get_text() for text in legend.get_texts()]


@pytest.mark.parametrize("name", ["sensitivity", "3 metrics", "controls", "vietoris_rips", "diagrams"])
def test_bytes_do_not_depend_on_the_users_settings(name):
    first = style.figure_bytes(drawn(name), "svg")
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.hashsalt": "other"}):
        assert style.figure_bytes(FIGURES[name](), "svg") == first
    assert b"<image" not in first


@pytest.mark.parametrize("name", FIGURES)
def test_text_is_legible_inside_the_figure_and_apart(name):
    figure = drawn(name)
    box = figure.get_tightbbox()
    assert min(box.x0, box.y0) > -0.02
    assert box.x1 < figure.get_figwidth() + 0.02
    assert box.y1 < figure.get_figheight() + 0.02
    texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    assert min(text.get_fontsize() for text in texts) >= 6
    axes = [axes for axes in figure.findobj(matplotlib.axes.Axes) if axes.axison and axes.get_visible()]
    labels = [text for each in axes for text in (each.title, each._left_title, each.xaxis.label, each.yaxis.label)]
    legends = figure.findobj(matplotlib.legend.Legend)
    boxes = [each.get_window_extent() for each in [*labels, *legends] if not isinstance(each, Text) or each.get_text()]
    for index, first in enumerate(boxes):
        assert not any(first.overlaps(other.padded(-0.5)) for other in boxes[:index])


def test_sensitivity_draws_curves_levels_and_first_crossings():
    curves = curves_of()
    figure = sensitivity.plot(curves.sample(frac=1, random_state=0), detection_of(curves))
    assert [axes.get_title() for axes in figure.axes] == [f"layer {n} ($c$ = {CHANNELS[n]})" for n in LAYERS]
    assert "k/c" in figure.get_supxlabel()
    assert "filtration units" in figure.get_supylabel()
    for axes, layer in zip(figure.axes, LAYERS, strict=True):
        for components, factor in FACTORS.items():
            line = line_of(axes, f"{components} components")
            expected = curves[(curves.layer == layer) & (curves.components == components)]
            np.testing.assert_array_equal(line.get_xdata(), expected.fraction)
            np.testing.assert_allclose(line.get_ydata(), factor * expected.fraction)
        for threshold, level in (("mean", 0.5), ("quantile", 0.6)):
            assert set(line_of(axes, f"baseline, {threshold}").get_ydata()) == {level}
            x, y = line_of(axes, f"first above the {threshold}").get_data()
            assert len(x) == 3
            fractions = np.unique(curves.fraction[curves.layer == layer])
            first = {factor: fractions[factor * fractions > level].min() for factor in FACTORS.values()}
            np.testing.assert_allclose(sorted(zip(x, y, strict=True)), sorted((f, k * f) for k, f in first.items()))
    assert len(texts_of(figure.legends[0])) == 7


def test_a_curve_that_never_crosses_has_no_ring():
    curves = curves_of()
    figure = sensitivity.plot(curves, detection_of(curves, baseline=(2.5,)))
    for axes, channels in zip(figure.axes, CHANNELS.values(), strict=True):
        last = curves.fraction[curves.channels == channels].max()
        rings = [line for line in axes.lines if line.get_label() == "first above the mean"]
        assert sum(len(ring.get_xdata()) for ring in rings) == len(rings) == (3 * last > 2.5)


def test_sensitivity_of_one_network_has_no_baseline():
    figure = sensitivity.plot(curves_of(layers={8: 32}))
    assert len(figure.axes[0].lines) == 3
    assert texts_of(figure.legends[0]) == [f"{components} components" for components in sensitivity.COMPONENTS]
    released = curves_of()[lambda table: table.components == "smallest"]
    assert [len(axes.lines) for axes in sensitivity.plot(released).axes] == [1, 1, 1]


def test_bad_tables_of_sensitivity_are_named():
    curves = curves_of()
    detection = detection_of(curves)
    with pytest.raises(InputError, match="no column channels"):
        sensitivity.plot(curves.drop(columns="channels"))
    with pytest.raises(InputError, match="no column level"):
        sensitivity.plot(curves, detection.drop(columns="level"))
    with pytest.raises(InputError, match="no row"):
        sensitivity.plot(curves[:0])
    with pytest.raises(InputError, match="sw_h0, sw_h1"):
        sensitivity.plot(curves_of(("sw_h0", "sw_h1")))
    with pytest.raises(InputError, match="'middle'"):
        sensitivity.plot(curves.assign(components="middle"))
    with pytest.raises(InputError, match="'median'"):
        sensitivity.plot(curves, detection.assign(threshold="median"))
    with pytest.raises(InputError, match="no point"):
        sensitivity.plot(curves, detection.assign(first_fraction=0.123))


@pytest.mark.parametrize("n", [1, 7])
def test_metrics_have_a_map_a_curve_and_a_row_each(n):
    names = ELEVEN[:n]
    distances, specificity, curves, detection, layers = comparison(names)
    figure = metrics.plot(distances, specificity, curves, detection, layers, layer=16)
    upper, lower = figure.subfigs
    shown = [axes for axes in upper.axes if axes.axison]
    maps = [axes for axes in shown if axes.get_ylabel() != "<colorbar>" and axes.get_xlabel() == "layer of B"]
    ratios = [axes for axes in shown if axes.get_xlabel() == "share removed, $k/c$"]
    assert [axes.get_title() for axes in maps] == [metrics.NAMES[name] for name in names]
    assert len(ratios) == n
    assert ratios[0].get_ylabel() == "layer 16:\ndistance / baseline"
    for axes, matrix in zip(maps, distances.values(), strict=True):
        (mesh,) = [each for each in axes.collections if isinstance(each, QuadMesh)]
        np.testing.assert_array_equal(mesh.get_array(), matrix)
        assert mesh.get_clim() == (matrix.min(), matrix.max())
    fractions = np.unique(curves.fraction[curves.layer == 16])
    for axes in ratios:
        assert axes.get_yscale() == "log"
        assert axes.get_ylim() == ratios[0].get_ylim()
        np.testing.assert_allclose(line_of(axes, "largest components").get_ydata(), 3 * fractions / 0.5)
        assert set(line_of(axes, "baseline, mean").get_ydata()) == {1}
    assert [axes.get_title() for axes in lower.axes] == ["specificity", "layer retrieval", "Ding's criterion"]
    assert [text.get_text() for text in lower.axes[0].get_yticklabels()] == [metrics.NAMES[name] for name in names]
    mean = specificity[(specificity.layer == "mean") & (specificity.models == "all")].set_index("metric")
    pearson = mean[(mean.correlation == "pearson") & (mean.own_layer == "with")]
    for axes, rows in zip(
        lower.axes,
        (pearson[pearson.statistic == "rho"], mean[mean.statistic == "retrieval"], mean[mean.statistic == "ding"]),
        strict=True,
    ):
        dots = [line for line in axes.lines if line.get_marker() == "o"]
        np.testing.assert_array_equal([line.get_xdata()[0] for line in dots], rows.value[list(names)])
        assert [line.get_ydata()[0] for line in dots] == list(range(n))
    assert set(lower.axes[1].lines[-1].get_xdata()) == {1 / 5}


def test_metrics_fall_back_to_what_all_have():
    names = ("sw_h1", "rtd")
    distances, specificity, curves, detection, layers = comparison(names)
    specificity = specificity[(specificity.metric == "sw_h1") | (specificity.models == "fixed")]
    figure = metrics.plot(distances, specificity, curves[curves.metric == "sw_h1"], detection, layers)
    assert figure.subfigs[1].get_suptitle() == "first network against the others"
    texts = [[text.get_text() for text in axes.texts] for axes in figure.subfigs[0].axes]
    assert texts.count(["not\nmeasured"]) == 1


def test_ratios_that_vanish_are_below_the_axis():
    distances, specificity, curves, detection, layers = comparison(("sw_h1",))
    curves.loc[curves.components == "smallest", "distance"] = [0, *[1e-12] * (sum(curves.components == "smallest") - 1)]
    figure = metrics.plot(distances, specificity, curves, detection.assign(first_fraction=np.nan), layers)
    (ratio,) = [axes for axes in figure.subfigs[0].axes if axes.get_yscale() == "log"]
    assert ratio.get_ylim()[0] == pytest.approx(metrics.FLOOR / 1.4)


def test_bad_input_of_metrics_is_named():
    distances, specificity, curves, detection, layers = comparison(("sw_h1", "rtd"))
    with pytest.raises(InputError, match="one at least"):
        metrics.plot({}, specificity, curves, detection, layers)
    with pytest.raises(InputError, match="D_AB of sw_h1"):
        metrics.plot(distances, specificity, curves, detection, layers[:3])
    with pytest.raises(InputError, match="layer 3 has no"):
        metrics.plot(distances, specificity, curves, detection, layers, layer=3)
    with pytest.raises(InputError, match="specificity of rtd has no row"):
        metrics.plot(distances, specificity[specificity.metric != "rtd"], curves, detection, layers)
    with pytest.raises(InputError, match="no column metric"):
        metrics.plot(distances, specificity.drop(columns="metric"), curves, detection, layers)
    with pytest.raises(InputError, match="sw_h1 has 0 rows for the mean ding"):
        metrics.plot(distances, specificity[specificity.statistic != "ding"], curves, detection, layers)


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
    table.loc[table.statistic == "rho", ["value", "low"]] = [-0.43, -0.61]
    table[["null_mean", "high"]] = np.nan
    figure = controls.plot({"trained": table})
    assert all(axes.get_xlim()[0] <= -0.61 for axes in figure.subfigs[0].axes)
    assert figure.subfigs[1].axes[0].get_ylim()[0] < -0.43
    assert texts_of(figure.subfigs[0].legends[0]) == [controls.NULLS["width_null"][0]]


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


OCTAHEDRON = np.concatenate([np.eye(3), -np.eye(3)])
POLYGON = np.exp(2j * np.pi * np.arange(12) / 12).view(float).reshape(-1, 2)
SQUARES = np.array([(x + 10 * k, y) for k in range(3) for x in (0, 1) for y in (0, 1)], float)


@pytest.mark.parametrize(
    ("points", "scale", "betti"),
    [
        (POLYGON, 0.5, (12, 0)),
        (POLYGON, 0.6, (1, 1)),
        # A triangle of vertices four steps apart fills the polygon; the step of three leaves it open.
        (POLYGON, 1.5, (1, 1)),
        (POLYGON, 1.75, (1, 0)),
        (SQUARES, 1.0, (3, 3)),
        (SQUARES, 1.5, (3, 0)),
        # The sphere: three pairs of opposite vertices are not joined, and no loop is left.
        (OCTAHEDRON, 1.5, (1, 0)),
        (np.zeros((5, 2)), 0.1, (1, 0)),
    ],
)
def test_betti_numbers_of_known_complexes(points, scale, betti):
    assert vietoris_rips.betti_numbers(points, scale) == betti


@pytest.mark.parametrize("dimension", [2, 4])
def test_betti_numbers_are_the_bars_alive(dimension):
    points = np.random.default_rng(dimension).uniform(size=(22, dimension))
    states = diagrams([points])[0]
    lengths = np.unique(np.linalg.norm(points[:, None] - points, axis=2))
    scales = (lengths[1:] + lengths[:-1])[10:180:7] / 2
    numbers = [vietoris_rips.betti_numbers(points, scale) for scale in scales]
    assert numbers == [vietoris_rips.bars_alive(states, scale) for scale in scales]
    assert max(loops for _, loops in numbers) >= 2


def test_a_bar_is_alive_from_birth_until_before_death():
    states = {0: np.array([[0.0, 1.0]]), 1: np.array([[2.0, 3.0]])}
    assert [vietoris_rips.bars_alive(states, scale) for scale in (0.9, 1, 2, 3)] == [(2, 0), (1, 0), (1, 1), (1, 0)]


def test_complex_is_drawn_as_it_is():
    points, states = circle()
    figure = vietoris_rips.plot(points, states, scales=(0.75, 0.4))
    *complexes, diagram = figure.axes
    for axes, scale in zip(complexes, (0.4, 0.75), strict=True):
        near = np.linalg.norm(points[:, None] - points, axis=2) <= scale
        np.fill_diagonal(near, False)
        (edges,) = [each for each in axes.collections if isinstance(each, LineCollection)]
        (triangles,) = [each for each in axes.collections if isinstance(each, PolyCollection)]
        assert len(edges.get_segments()) == near.sum() / 2
        assert len(triangles.get_paths()) == np.trace(np.linalg.matrix_power(near.astype(int), 3)) / 6
        np.testing.assert_array_equal(axes.lines[0].get_xydata(), points)
        b0, b1 = vietoris_rips.betti_numbers(points, scale)
        title = f"scale {scale}: $b_0$ = {b0}, $b_1$ = {b1}\nbars alive: {b0} in H0, {b1} in H1"
        assert axes.get_title() == title
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("$x$", "$y$")
    assert (diagram.get_xlabel(), diagram.get_ylabel()) == ("birth", "death")
    assert texts_of(diagram.get_legend()) == ["H0", "H1", "scale 0.4", "scale 0.75"]
    drawn = {len(line.get_xdata()) for line in diagram.lines if line.get_linestyle() == "None"}
    assert drawn >= {len(states[0]), len(states[1])}
    assert [text.get_text() for text in diagram.get_yticklabels()][-1] == "∞"


def test_the_cloud_is_a_function_of_its_seed():
    assert vietoris_rips.noisy_circle(9, 0.1, 3).tobytes() == vietoris_rips.noisy_circle(9, 0.1, 3).tobytes()
    assert vietoris_rips.noisy_circle(9, 0.1, 3).shape == (9, 2)
    np.testing.assert_allclose(np.linalg.norm(vietoris_rips.noisy_circle(50, 0), axis=1), 1)


def test_diagrams_of_another_cloud_are_refused():
    points, states = circle()
    with pytest.raises(InputError, match=r"\(6, 0\), but the diagrams have \(5, 0\)"):
        vietoris_rips.plot(points, states | {0: states[0][:-1]})
    with pytest.raises(InputError, match=r"\(1, 1\), but the diagrams have \(1, 0\)"):
        vietoris_rips.plot(points, states | {1: []})
    with pytest.raises(InputError, match=r"\(24, 3\)"):
        vietoris_rips.plot(np.zeros((24, 3)), states)
    with pytest.raises(InputError, match=r"dimensions \[0\]"):
        vietoris_rips.plot(points, {0: states[0]})
    with pytest.raises(InputError, match="two positive"):
        vietoris_rips.plot(points, states, scales=(0.3, 0))


def test_gallery_has_every_bar_on_scales_of_its_own():
    given = clouds_diagrams()
    figure = gallery.plot(given, LAYERS)
    assert (figure.get_supxlabel(), figure.get_supylabel()) == ("birth (filtration units)", "death (filtration units)")
    assert texts_of(figure.legends[0]) == ["H0", "H1"]
    for axes, layer, each in zip(figure.axes, LAYERS, given, strict=True):
        assert axes.get_title() == f"layer {layer}"
        diagonal, *points = axes.lines
        np.testing.assert_array_equal(diagonal.get_xdata(), diagonal.get_ydata())
        for line, pairs in zip(points, each.values(), strict=True):
            np.testing.assert_array_equal(line.get_xydata(), pairs)
        assert axes.texts[0].get_text() == "20 H0\n1 H1"
        assert axes.get_xlim() == axes.get_ylim()
        deaths = np.concatenate([np.asarray(pairs)[:, 1] for pairs in each.values()])
        assert deaths.max() < axes.get_ylim()[1] < 1.1 * deaths.max()


def test_a_dimension_looks_the_same_without_the_other():
    both, alone = gallery.plot(clouds_diagrams(1), [4]), gallery.plot([{1: []}], [4])
    first, second = (figure.axes[0].lines[-1] for figure in (both, alone))
    assert (first.get_color(), first.get_marker()) == (second.get_color(), second.get_marker())
    assert alone.axes[0].texts[0].get_text() == "0 H1"


@pytest.mark.parametrize("pairs", [[1.0, 2.0], [[1, 2, 1]], [[0, np.inf]], [[2, 1]]])
def test_bad_diagrams_are_named(pairs):
    with pytest.raises(InputError, match="H1 of layer 7"):
        gallery.plot([{1: []}, {1: pairs}], [3, 7])


def test_diagrams_without_a_layer_are_refused():
    with pytest.raises(InputError, match="1 layers have diagrams, but 2"):
        gallery.plot([{}], [1, 2])
    with pytest.raises(InputError, match="0 layers"):
        gallery.plot([], [])
