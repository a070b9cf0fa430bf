"""The figure of sensitivity draws curves, levels and first crossings."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.figures import sensitivity

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
