import numpy as np
import pytest
from actopo.errors import InputError
from actopo.graphs.random_parts import random_parts


def test_groups_are_drawn_as_a_whole_and_each_as_often():
    groups = np.repeat([7, 3, 5, 9], 5)[np.random.default_rng(0).permutation(20)]
    drawn = np.zeros(20)
    for part in random_parts(groups, 400, share=0.5, seed=1):
        assert (np.diff(part) > 0).all()
        found = np.unique(groups[part])
        assert len(found) == 2
        np.testing.assert_array_equal(part, np.flatnonzero(np.isin(groups, found)))
        drawn[part] += 1
    # Half of 400 draws, with a standard deviation of 10.
    assert np.abs(drawn - 200).max() < 50


def test_a_seed_gives_the_same_parts_and_a_part_is_never_empty():
    first, second = (list(random_parts(np.arange(9), 3, share=0.01, seed=4)) for _ in range(2))
    assert [len(part) for part in first] == [1, 1, 1]
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("share", [0, -0.1, 1.5, float("nan")])
def test_an_impossible_share_is_refused_before_the_first_draw(share):
    with pytest.raises(InputError, match="share must be above 0"):
        random_parts(np.arange(9), 3, share)
