"""The figure of metrics has a map, a curve and a row for each."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.figures import metrics
from matplotlib.collections import QuadMesh

from unit.figures.examples import ALL_METRICS, comparison, line_of


@pytest.mark.parametrize("n", [1, 7])
def test_metrics_have_a_map_a_curve_and_a_row_each(n):
    names = ALL_METRICS[:n]
    distances, specificity, curves, detection, layers = comparison(names)
    figure = metrics.plot(distances, specificity, curves, detection, layers, layer=16)
    upper, lower = figure.subfigs
    shown = [axes for axes in upper.axes if axes.axison]
    maps = [axes for axes in shown if axes.get_ylabel() != "<colorbar>" and axes.get_xlabel() == "layer of B"]
    ratios = [axes for axes in shown if axes.get_xlabel() == "share removed, $k/c$"]
    assert [axes.get_title() for axes in maps] == [metrics.LABELS[name] for name in names]
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
    invariant, *tests = lower.axes
    assert [axes.get_title() for axes in tests] == ["specificity", "layer retrieval", "Ding's criterion"]
    assert [text.get_text() for text in lower.axes[0].get_yticklabels()] == [metrics.LABELS[name] for name in names]
    mean = specificity[(specificity.layer == "mean") & (specificity.models == "all")].set_index("metric")
    pearson = mean[(mean.correlation == "pearson") & (mean.own_layer == "with")]
    for axes, rows in zip(
        tests,
        (pearson[pearson.statistic == "rho"], mean[mean.statistic == "retrieval"], mean[mean.statistic == "ding"]),
        strict=True,
    ):
        dots = [line for line in axes.lines if line.get_marker() == "o" and len(line.get_xdata())]
        np.testing.assert_array_equal([line.get_xdata()[0] for line in dots], rows.value[list(names)])
        assert [line.get_ydata()[0] for line in dots] == list(range(n))
    assert {1 / 5} in [set(line.get_xdata()) for line in tests[1].lines]
    # The sliced-Wasserstein distance is the first metric.
    kept = [line.get_xdata()[0] for line in invariant.lines if line.get_ydata()[0] == 0 and line.get_markersize() > 2]
    assert [invariant.get_xticklabels()[place].get_text() for place in kept] == [
        *("translation", "rotation", "order of rows")
    ]


def test_rows_of_other_clouds_stand_below_those_of_the_networks_own():
    names = ("sw_h1", "rtd", "rtd_matched", "sw_h1_pooled", "rtd_pooled")
    distances, specificity, curves, detection, layers = comparison(names)
    curves = curves[curves.metric.isin(["sw_h1", "rtd"])]
    figure = metrics.plot(distances, specificity, curves, detection, layers)
    upper, lower = figure.subfigs
    assert [axes.get_title() for axes in upper.axes if axes.get_xlabel() == "layer of B"] == ["SW, H1", "RTD"]
    axes = lower.axes[1]
    assert list(axes.get_yticks()) == [0.5, 3]
    assert [text.get_text() for text in lower.axes[0].get_yticklabels()] == ["SW, H1", "RTD"]
    mean = specificity.query("statistic == 'rho' and correlation == 'pearson' and own_layer == 'with'")
    mean = mean[(mean.layer == "mean") & (mean.models == "all")].set_index("metric").value
    dots = [line for line in axes.lines if line.get_marker() == "o" and len(line.get_xdata())]
    order = ["sw_h1", "sw_h1_pooled", "rtd", "rtd_matched", "rtd_pooled"]
    np.testing.assert_array_equal([line.get_xdata()[0] for line in dots], mean[order])
    colours = [line.get_color() for line in dots]
    assert colours[0] == colours[2] != colours[3]
    assert colours[1] == colours[4] not in colours[2:4]


def test_metrics_fall_back_to_what_all_have():
    names = ("sw_h1", "rtd")
    distances, specificity, curves, detection, layers = comparison(names)
    specificity = specificity[(specificity.metric == "sw_h1") | (specificity.models == "fixed")]
    figure = metrics.plot(distances, specificity, curves[curves.metric == "sw_h1"], detection, layers)
    assert figure.subfigs[1].get_suptitle() == "first network against the others"
    texts = [[text.get_text() for text in axes.texts] for axes in figure.subfigs[0].axes]
    assert texts.count(["not\nmeasured"]) == 1


@pytest.mark.parametrize("n", [1, 8])
def test_metrics_without_a_curve_have_maps_and_tests(n):
    distances, specificity, curves, detection, layers = comparison(ALL_METRICS[:n])
    upper, lower = metrics.plot(distances, specificity, curves[:0], detection[:0], layers).subfigs
    shown = [axes for axes in upper.axes if axes.axison and axes.get_label() != "<colorbar>"]
    assert [axes.get_title() for axes in shown if axes.get_title()] == [metrics.LABELS[name] for name in distances]
    assert not any(axes.get_xlabel() == "share removed, $k/c$" for axes in upper.axes)
    letters = [axes.get_title("left") for axes in (*upper.axes, *lower.axes)]
    assert [letter for letter in letters if letter] == ["a", "b", "c", "d", "e"]
    with pytest.raises(InputError, match="layer 3 has no"):
        metrics.plot(distances, specificity, curves[:0], detection[:0], layers, layer=3)


def test_ratios_that_vanish_are_below_the_axis():
    distances, specificity, curves, detection, layers = comparison(("sw_h1",))
    curves.loc[curves.components == "smallest", "distance"] = [0, *[1e-12] * (sum(curves.components == "smallest") - 1)]
    figure = metrics.plot(distances, specificity, curves, detection.assign(first_fraction=np.nan), layers)
    (ratio,) = [axes for axes in figure.subfigs[0].axes if axes.get_yscale() == "log"]
    assert ratio.get_ylim()[0] == pytest.approx(metrics.FLOOR / 1.4)
    assert set(line_of(ratio, "smallest components").get_ydata()) == {metrics.FLOOR}
    assert line_of(ratio, "largest components").get_ydata().min() > metrics.FLOOR
    assert "≤ 0.001" in [label.get_text() for label in ratio.get_yticklabels()]


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
