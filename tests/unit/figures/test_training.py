"""The figure of training shows every seed and the means."""

import numpy as np
from actopo.figures import style, training

from unit.figures.examples import CURVES


def test_training_shows_every_seed_and_the_means():
    curves = [*CURVES[::-1], {"seed": 9, "loss": [6.0], "test_accuracy": 0.9}]
    losses, accuracies = training.plot(curves, "small").axes
    np.testing.assert_allclose(losses.lines[4].get_ydata(), [3, 2, 0.5])
    assert len(losses.lines) == 6
    level, dots = accuracies.lines
    np.testing.assert_array_equal(dots.get_xdata(), [0, 1, 2, 9])
    np.testing.assert_allclose(dots.get_ydata(), [0.8, 0.81, 0.82, 0.9])
    np.testing.assert_allclose(level.get_ydata(), 0.8325)
    assert losses.get_yscale() == "log"
    assert accuracies.get_title().startswith("mean 0.8325 ±")
    assert training.plot(CURVES[:1]).axes[1].get_title() == "test accuracy 0.8000"


def test_training_without_test_images():
    figure = training.plot([{**curve, "test_accuracy": None} for curve in CURVES], "small")
    assert [text.get_text() for text in figure.axes[1].texts] == ["no test images"]
    assert len(style.figure_bytes(figure, "png", dpi=40)) > 0
