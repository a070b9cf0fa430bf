"""The gallery of diagrams has every bar, on scales of its own."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.figures import diagrams as gallery

from unit.figures.examples import LAYERS, clouds_diagrams, texts_of


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


def test_many_layers_with_wide_numbers_leave_no_blank_paper():
    given = [{0: [[0, 10.0**scale]], 1: [[10.0**scale / 2, 10.0**scale]]} for scale in range(-3, 5)] * 2
    figure = gallery.plot(given, range(16))
    figure.draw_without_rendering()
    boxes = [axes.get_position() for axes in figure.axes]
    height = figure.get_figheight()
    assert (1 - max(box.y1 for box in boxes)) * height < 0.55
    assert min(box.y0 for box in boxes) * height < 0.55


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
