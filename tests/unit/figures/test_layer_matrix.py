"""One matrix between layers."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.figures.layer_matrix import plot
from matplotlib.collections import QuadMesh

from unit.figures.examples import collections

MATRIX = np.array([[0, 1, 2.5], [1, 0, np.nan], [2.5, np.nan, 0]])


@pytest.mark.parametrize("layers", [[0, 8, 16], ["stem", "block1.wide", "block2.wide"]])
def test_the_matrix_is_shown_with_its_layers(layers):
    figure = plot(MATRIX, layers, "distance", "mine")
    (axes,) = figure.axes
    (bar,) = axes.child_axes
    (mesh,) = collections(axes, QuadMesh)
    np.testing.assert_array_equal(np.ma.filled(mesh.get_array(), np.nan).reshape(3, 3), MATRIX)
    assert mesh.get_clim() == (0, 2.5)
    for labels in (axes.get_xticklabels(), axes.get_yticklabels()):
        assert [label.get_text() for label in labels] == list(map(str, layers))
    assert (axes.get_title(), bar.get_ylabel()) == ("mine", "distance")
    assert axes.yaxis_inverted()


@pytest.mark.parametrize("layers", [[], [0, 1]])
def test_a_matrix_of_other_layers_is_refused(layers):
    with pytest.raises(InputError, match="the matrix has"):
        plot(MATRIX, layers)
