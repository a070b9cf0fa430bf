"""The figure of eps shows the sorted distances and the rule."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.figures import eps_choice

from unit.figures.examples import drawn, eps_curves


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
        assert [text.get_text() for text in axes.texts] == [
            f"{(curve['distances'] > curve['eps']).sum()} of 700 beyond ε"
        ]
        assert axes.get_ylabel() == ("distance" if index % 3 == 0 else "")
        assert axes.get_xlabel() == ("rank of the point" if index > 2 else "")
    rows = {axes.get_subplotspec().rowspan.start for axes in figure.axes[:3]}
    assert rows == {0}


def test_eps_rules_are_told_apart():
    curve = eps_curves()[0]
    curves = [curve, {**curve, "rule": "median", "noise_share": None}, {**curve, "rule": "fixed", "eps": 99.0}]
    curves.append({**curve, "rule": "stable"})
    figure = eps_choice.plot(curves)
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["distance to nearest neighbour", "ε", "knee", "median: no knee", "fixed", "middle of the plateau"]
    assert "noise" not in figure.axes[1].get_title()
    assert figure.axes[2].get_ylim()[1] > 99
    assert figure.axes[2].lines[2].get_xdata()[0] == 1
    assert len({axes.lines[2].get_marker() for axes in figure.axes}) == 4
    assert [len(axes.texts) for axes in figure.axes] == [1, 0, 0, 0]


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


def test_outputs_of_modules_have_names():
    curve = {**eps_curves()[0], "sampling": "random", "layer": 10_005}
    (axes,) = eps_choice.plot([curve], {10_005: "layer2.1"}).axes
    assert axes.get_title().startswith("random\nlayer2.1, ε = ")
