"""Observed numbers among those of permutations, each p-value counted by hand."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.graphs.permutations import beside_permutations, check_permutations


def test_either_end_may_speak_against_the_null():
    drawn = [1.0, 2.0, 3.0, 3.0]
    assert beside_permutations(3.0, drawn, "high", 0)["p"] == 3 / 5
    assert beside_permutations(2.0, drawn, "low", 0)["p"] == 3 / 5
    assert beside_permutations(9.0, drawn, "high", 0)["p"] == beside_permutations(0.0, drawn, "low", 0)["p"] == 1 / 5


def test_rounding_does_not_make_numbers_differ():
    assert beside_permutations(0.1 + 0.2, [0.3, 0.3], "high", 1e-12)["p"] == 1
    assert beside_permutations(0.3, [0.1 + 0.2], "low", 1e-12)["p"] == 1


def test_permutations_without_a_value_count_against_what_is_observed():
    found = beside_permutations(5.0, [np.nan, 1.0, 2.0, np.nan], "high", 0)
    assert found["p"] == 3 / 5
    assert (found["mean"], found["low"], found["high"]) == pytest.approx((1.5, 1.025, 1.975))
    assert beside_permutations(5.0, [np.nan], "low", 0)["p"] == 1


@pytest.mark.filterwarnings("error")
def test_several_numbers_at_once():
    drawn = np.array([[1.0, 4.0, np.nan], [2.0, 3.0, np.nan]])
    found = beside_permutations([2.0, np.nan, 1.0], drawn, "high", 0)
    np.testing.assert_array_equal(found["p"], [2 / 3, np.nan, 1])
    np.testing.assert_array_equal(found["mean"], [1.5, 3.5, np.nan])
    np.testing.assert_allclose(found["low"], [1.025, 3.025, np.nan])
    np.testing.assert_allclose(found["high"], [1.975, 3.975, np.nan])


def test_there_is_a_permutation():
    check_permutations(1)
    with pytest.raises(InputError, match="not 0"):
        check_permutations(0)
