"""The figure of layer distances shows the mean and the variation."""

import numpy as np
import pytest
from actopo.figures import layer_distances, specificity
from actopo.similarity.layer_distances import layer_statistics
from matplotlib.collections import QuadMesh

from unit.figures.examples import FOUR_LAYERS, collections, matrices


@pytest.mark.parametrize(("n", "shown"), [(17, 17), (18, 9), (57, 15)])
def test_every_layer_is_labelled_while_labels_fit(n, shown):
    figure = layer_distances.plot(*matrices(n), range(n), "H0")
    labels = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert len(labels) == shown
    assert labels[-1] == str((shown - 1) * -(-n // 17))


def test_layer_distances_shows_both_matrices_and_the_largest_variation():
    mean, cv = matrices()
    cv[1, 3] = 99
    cv[2, 2] = 1000
    figure = layer_distances.plot(mean, cv, FOUR_LAYERS, "H1")
    left, right = figure.axes
    bars = [bar for axes in (left, right) for bar in axes.child_axes]
    assert [bar.get_ylabel() for bar in bars] == [
        "sliced Wasserstein distance (filtration units)",
        "coefficient of variation over batches",
    ]
    assert left.get_title() == "mean over batches, H1"
    assert right.get_title() == "maximum CV 99.000 (layers 3 and 16)"
    shown = [collections(axes, QuadMesh)[0].get_array() for axes in (left, right)]
    np.testing.assert_array_equal(shown[0], mean)
    np.testing.assert_array_equal(np.ma.getmaskarray(shown[1]), np.eye(4, dtype=bool))
    assert left.yaxis_inverted()


def test_the_largest_possible_variation_is_said():
    """One of two distances is 0: their deviation is the root of 2 times their mean."""
    _, _, cv = layer_statistics([np.zeros((2, 2)), np.ones((2, 2))])
    np.testing.assert_allclose(cv, np.sqrt(2), rtol=1e-15)
    figure = layer_distances.plot(np.ones((2, 2)), cv, [4, 8], "H1", 2)
    (bar,) = figure.axes[1].child_axes
    assert bar.get_ylabel() == r"coefficient of variation over 2 batches (at most $\sqrt{2}$)"


def test_one_layer_has_no_pair():
    figure = layer_distances.plot([[0.0]], [[np.nan]], [5], "H0")
    assert figure.axes[1].get_title() == "no pair of layers"
    assert len(specificity.plot([[0.0]], [[2.0]], [9], rho_layers=[1.0]).axes) == 5
