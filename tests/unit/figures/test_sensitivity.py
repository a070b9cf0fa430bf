"""The figure of sensitivity draws curves, levels and first crossings."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.figures import sensitivity
from actopo.similarity.detection import detection_table
from actopo.similarity.sensitivity import curve_table, deletion_index

from unit.figures.examples import CHANNELS, FACTORS, LAYERS, curves_of, detection_of, line_of, texts_of


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
        x, y = line_of(axes, "first above the baseline's mean").get_data()
        fractions = np.unique(curves.fraction[curves.layer == layer])
        first = {factor: fractions[factor * fractions > 0.5].min() for factor in FACTORS.values()}
        np.testing.assert_allclose(sorted(zip(x, y, strict=True)), sorted((f, k * f) for k, f in first.items()))
        # Filled where the paper has a point, hollow elsewhere.
        for in_paper in (True, False):
            fills = [line for line in axes.lines if (line.get_markerfacecolor() != "white") == in_paper]
            marks = [line for line in fills if line.get_label() == "_smallest components" and len(line.get_xdata())]
            (mark,) = marks
            expected = curves[(curves.layer == layer) & (curves.components == "smallest")]
            np.testing.assert_array_equal(mark.get_xdata(), expected.fraction[expected.in_paper == in_paper])
    assert len(texts_of(figure.legends[0])) == 6


def test_the_floor_has_levels_and_rings_of_its_own():
    curves = curves_of()
    floors = {"sw_h1": {layer: [0.01, 0.01] for layer in LAYERS}}
    detection = detection_table(curves, {"sw_h1": {layer: [0.5] for layer in LAYERS}}, 0.75, floors)
    figure = sensitivity.plot(curves, detection)
    for axes, layer in zip(figure.axes, LAYERS, strict=True):
        for name in ("mean", "quantile"):
            assert set(line_of(axes, f"floor, {name}").get_ydata()) == {0.01}
        found = detection[(detection.layer == layer) & (detection.threshold == "floor_quantile")]
        x, _ = line_of(axes, "first above the floor's quantile").get_data()
        np.testing.assert_array_equal(x, found.first_fraction)
        # A sign at each crossing that may lie before the first point.
        signs = [text for text in axes.texts if text.get_text() == "≤"]
        assert len(signs) == found.censored.sum() >= 1


def test_random_orders_are_a_median_and_a_band_and_other_networks_thin_lines():
    index = deletion_index({0: 16}, ["random"], n_orders=3)
    curves = curve_table(index, {"sw_h1": index.fraction * (1 + index.order)})
    figure = sensitivity.plot(curves, detection_of(curves, (0.3,)), [curves.assign(distance=0.1)])
    (axes,) = figure.axes
    line = line_of(axes, "random (median, 10 to 90 %)")
    np.testing.assert_allclose(line.get_ydata(), 2 * line.get_xdata())
    ((path,),) = [band.get_paths() for band in axes.collections]
    last = np.isclose(path.vertices[:, 0], index.fraction.max())
    np.testing.assert_allclose(np.unique(path.vertices[last, 1]) / index.fraction.max(), [1.2, 2.8])
    # Half of the orders have crossed where the ring stands, on the level.
    assert line_of(axes, "first above the baseline's mean").get_xydata().tolist() == [[3 / 16, 0.3]]
    (thin,) = [other for other in axes.lines if other.get_label() == "_other"]
    assert set(thin.get_ydata()) == {0.1}
    assert thin.get_linewidth() < line.get_linewidth()


def test_a_curve_that_never_crosses_has_no_ring():
    curves = curves_of()
    figure = sensitivity.plot(curves, detection_of(curves, baseline=(2.5,)))
    for axes, channels in zip(figure.axes, CHANNELS.values(), strict=True):
        last = curves.fraction[curves.channels == channels].max()
        rings = [line for line in axes.lines if line.get_label() == "first above the baseline's mean"]
        assert sum(len(ring.get_xdata()) for ring in rings) == len(rings) == (3 * last > 2.5)


def test_sensitivity_of_one_network_has_no_baseline():
    figure = sensitivity.plot(curves_of(layers={8: 32}))
    assert {line.get_label().strip("_") for line in figure.axes[0].lines} == {f"{c} components" for c in FACTORS}
    assert texts_of(figure.legends[0]) == [f"{components} components" for components in sensitivity.COMPONENTS]
    released = curves_of()[lambda table: table.components == "smallest"]
    assert texts_of(sensitivity.plot(released).legends[0]) == ["smallest components"]
    # Without a network or a batch to compare with, the table of detection has no row.
    empty = detection_of(released)[:0]
    assert texts_of(sensitivity.plot(released, empty).legends[0]) == ["smallest components"]


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


@pytest.mark.parametrize("layers", [{16: 32}, {0: 8, 16: 32}])
def test_the_legend_is_within_the_figure(layers):
    curves = curves_of(layers=layers)
    figure = sensitivity.plot(curves, detection_of(curves))
    figure.draw_without_rendering()
    box = figure.legends[0].get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.width
