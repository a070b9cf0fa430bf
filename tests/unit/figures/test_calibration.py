"""The figure of the calibration: two scalings in one matrix, and dots where topology goes beyond moments."""

import numpy as np
import pandas as pd
import pytest
from actopo.errors import InputError
from actopo.figures import calibration
from matplotlib.collections import QuadMesh

from unit.figures.examples import collections


def table(layers, own=4.0, equal=0.5):
    pairs = [(a, b, scale) for a in layers for b in layers if a <= b for scale in ("own", "equal")]
    rows = pd.DataFrame(pairs, columns=["layer_a", "layer_b", "scale"])
    return rows.assign(
        ratio=np.where(rows.layer_a == rows.layer_b, 1.0, np.where(rows.scale == "own", own, equal)),
        q_value=np.where(rows.scale == "own", 0.01, 0.2),
        draws=99,
    )


def test_scalings_lie_on_two_sides_of_the_diagonal():
    figure = calibration.plot({"gaussian": table([0, 3, 9]), "class_gaussian": table([0, 3, 9])}, [0, 3, 9], "H1")
    left, right, bar = figure.axes
    shown = collections(left, QuadMesh)[0].get_array().reshape(3, 3)
    np.testing.assert_allclose(shown, [[0, 2, 2], [-1, 0, 2], [-1, -1, 0]])
    dots = left.lines[0]
    assert sorted(zip(dots.get_ydata(), dots.get_xdata(), strict=True)) == [(0.5, 1.5), (0.5, 2.5), (1.5, 2.5)]
    assert right.get_title() == "H1 against surrogates of the same\nmean and covariance of each class"
    assert bar.get_ylabel() == "observed distance / mean of surrogates"
    assert "99 surrogates" in figure.get_supxlabel()


@pytest.mark.parametrize(("own", "ends"), [(4.0, 2), (9.0, 4), (1 / 9, 4), (1e6, 6)])
def test_a_factor_and_its_inverse_are_equally_strong_colours(own, ends):
    mesh = collections(calibration.plot({"gaussian": table([0, 3], own)}, [0, 3], "H1").axes[0], QuadMesh)[0]
    assert mesh.get_clim() == (-ends, ends)


def test_undefined_ratios_are_grey():
    rows = table([0, 3]).assign(ratio=np.nan, q_value=1.0)
    figure = calibration.plot({"gaussian": rows}, [0, 3], "H1")
    assert np.ma.getmaskarray(collections(figure.axes[0], QuadMesh)[0].get_array()).all()


def test_missing_columns_are_refused():
    with pytest.raises(InputError, match="calibration by gaussian has no column q_value"):
        calibration.plot({"gaussian": table([0, 3]).drop(columns="q_value")}, [0, 3], "H1")
