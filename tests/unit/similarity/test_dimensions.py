"""Sums of distances over homology dimensions."""

import numpy as np
from actopo.similarity.dimensions import with_sum


def test_sum_of_several_dimensions():
    h0, h1 = np.arange(6.0).reshape(2, 3), np.full((2, 3), 0.5)
    given = {"h0": h0, "h1": h1}
    found = with_sum(given)
    assert list(found) == ["h0", "h1", "sum"]
    np.testing.assert_array_equal(found["sum"], [[0.5, 1.5, 2.5], [3.5, 4.5, 5.5]])
    assert list(given) == ["h0", "h1"]
    assert list(with_sum({"sw_h0": h0, "sw_h1": h1}, "sw_sum")) == ["sw_h0", "sw_h1", "sw_sum"]


def test_one_dimension_has_no_sum():
    given = {"h1": np.ones(3)}
    found = with_sum(given, "all")
    assert list(found) == ["h1"]
    assert found is not given
