"""The figure of specificity has one scale of colours, the level and the correlations."""

import numpy as np
import pytest
from actopo.figures import specificity
from matplotlib.collections import QuadMesh

from unit.figures.examples import FOUR_LAYERS, collections, matrices, texts_of


@pytest.mark.parametrize(("larger", "expected"), [(0, 50), (1, 70)])
def test_specificity_has_one_colour_scale(larger, expected):
    pair = list(matrices())
    pair[larger][0, 1] = expected
    figure = specificity.plot(*pair, FOUR_LAYERS, 8, (4, 7), [0.9, 0.8, 0.7, 0.6])
    meshes = [collections(axes, QuadMesh)[0] for axes in figure.axes[:2]]
    assert [mesh.get_clim() for mesh in meshes] == [(0, expected)] * 2
    assert [axes.get_title() for axes in figure.axes[:2]] == ["model A (seed 4) – A", "A – B (seed 7)"]
    assert sum("sliced Wasserstein" in axes.get_ylabel() for axes in figure.axes[:3]) == 1


def test_specificity_marks_the_level_and_the_correlations():
    d_aa, d_ab = matrices()
    rho = [0.9, 0.8, 0.7, 0.6]
    figure = specificity.plot(d_aa, d_ab, FOUR_LAYERS, row=8, rho_layers=rho, rho_mean=0.75)
    curves, correlation = figure.axes[-2:]
    within, between, level = curves.lines
    np.testing.assert_array_equal(within.get_ydata(), d_aa[2])
    np.testing.assert_array_equal(between.get_ydata(), d_ab[2])
    assert set(level.get_ydata()) == {d_ab[2, 2]}
    assert level.get_linestyle() == "--"
    assert "0.700" in curves.get_title()
    dots, mean = correlation.lines
    assert set(mean.get_ydata()) == {0.75}
    assert correlation.get_title() == "correlation, mean 0.750 (dashed)"
    np.testing.assert_array_equal(dots.get_ydata(), rho)
    assert correlation.get_ylim() == (0, 1)
    assert len(specificity.plot(d_aa, d_ab, FOUR_LAYERS, row=8).axes) == len(figure.axes) - 1
    assert specificity.plot(d_aa, d_ab, FOUR_LAYERS, 8, rho_layers=[0.9, 0.9, 0.9, -0.32]).axes[-1].get_ylim() == (
        -0.4,
        1,
    )


def test_undefined_correlations_are_said_to_be_so():
    figure = specificity.plot(*np.zeros((2, 4, 4)), FOUR_LAYERS, row=8, rho_layers=[np.nan] * 4)
    curves, correlation = figure.axes[-2:]
    assert "no correlation, a row is constant" in curves.get_title()
    assert "no correlation is defined" in correlation.texts[-1].get_text()
    assert correlation.get_legend() is None
    some = specificity.plot(*matrices(), FOUR_LAYERS, row=8, rho_layers=[np.nan, 0.5, 0.7, np.nan]).axes[-1]
    assert set(some.lines[-1].get_ydata()) == {0.6}


def test_a_distance_that_is_not_known_has_no_level():
    d_aa, d_ab = matrices()
    d_ab[2, 2] = np.nan
    figure = specificity.plot(d_aa, d_ab, FOUR_LAYERS, row=8, rho_layers=[0.9, 0.8, -0.7, 0.6])
    curves, correlation = figure.axes[-2:]
    assert len(curves.lines) == 2
    assert "over all B: −0.700" in curves.get_title()
    assert "nan" not in " ".join([curves.get_title(), *texts_of(curves.get_legend())])
    assert not correlation.lines[0].get_clip_on()
