"""The figure of metrics has a map, a curve and a row for each."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.figures import metrics
from matplotlib.collections import QuadMesh

from unit.figures.examples import ELEVEN, comparison, line_of


@pytest.mark.parametrize("n", [1, 7])
def test_metrics_have_a_map_a_curve_and_a_row_each(n):
    names = ELEVEN[:n]
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
    assert [axes.get_title() for axes in lower.axes] == ["specificity", "layer retrieval", "Ding's criterion"]
    assert [text.get_text() for text in lower.axes[0].get_yticklabels()] == [metrics.LABELS[name] for name in names]
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
