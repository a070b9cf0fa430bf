"""The figure of the variance budget: stacked shares that add up to the total."""

import numpy as np
import pandas as pd
import pytest
from actopo.errors import InputError
from actopo.figures import variance_budget

TERMS = {"seed": 1.0, "images": 0.5, "seed_and_images": -0.25, "position": 0.0, "remainder": 2.75, "total": 4.0}


def table(layers, terms=TERMS):
    rows = [(a, b, term, value) for a in layers for b in layers if a <= b for term, value in terms.items()]
    return pd.DataFrame(rows, columns=["layer_a", "layer_b", "term", "value"]).assign(low=np.nan, high=np.nan)


def test_bars_add_up_and_negative_terms_hang_down():
    figure = variance_budget.plot(table([0, 3, 9]), [0, 3, 9], "H1")
    left, right = figure.axes
    names = [bars.get_label() for bars in left.containers]
    assert names == ["seed", "images", "seed × images", "remainder"]
    for axes, n in ((left, 3), (right, 2)):
        heights = np.array([[bar.get_height() for bar in bars] for bars in axes.containers])
        assert heights.shape == (4, n)
        np.testing.assert_allclose(heights.sum(axis=0), 1)
        np.testing.assert_allclose([bar.get_y() for bar in axes.containers[2]], 0)
        np.testing.assert_allclose([bar.get_y() for bar in axes.containers[3]], 0.375)
    assert [label.get_text() for label in right.get_xticklabels()] == ["0–3", "3–9"]


def test_bars_add_up_where_a_pair_has_no_value_of_a_term():
    """The remainder of a pair whose scale is unknown has it; another pair as far apart has both."""
    unknown, known = {**TERMS, "scale": np.nan}, {**TERMS, "scale": 2.0, "remainder": 0.75}
    both = [own[own.layer_a != own.layer_b] for own in (table([0, 3], unknown), table([3, 9], known))]
    figure = variance_budget.plot(pd.concat(both), [0, 3, 9], "H1")
    for axes in figure.axes:
        heights = np.array([[bar.get_height() for bar in bars] for bars in axes.containers])
        np.testing.assert_allclose(np.nansum(heights, axis=0), 1)


def test_one_layer_has_no_neighbour():
    figure = variance_budget.plot(table([5]), [5], "H0")
    assert figure.axes[1].get_title() == "no neighbouring layers"


def test_missing_columns_are_refused():
    with pytest.raises(InputError, match="variance budget has no column low"):
        variance_budget.plot(table([0, 3]).drop(columns="low"), [0, 3], "H1")
