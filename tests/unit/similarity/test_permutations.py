"""Permutations of layers that keep their widths."""

import numba
import numpy as np
import pytest
from actopo.similarity.permutations import draw_permutations, threads
from scipy import stats


def test_draw_permutations():
    groups = np.array([5, 3, 5, 5, 3, 8])
    drawn = draw_permutations(groups, (6000, 2), np.random.default_rng(0))
    np.testing.assert_array_equal(np.sort(drawn, axis=-1), np.broadcast_to(np.arange(6), drawn.shape))
    np.testing.assert_array_equal(groups[drawn], np.broadcast_to(groups, drawn.shape))
    # Twelve orders, each as likely.
    assert stats.chisquare(np.unique(drawn[:, 0], axis=0, return_counts=True)[1]).pvalue > 1e-3
    assert len(np.unique(drawn[:, 0], axis=0)) == 12
    assert 0 < (drawn[:, 0] == drawn[:, 1]).all(axis=1).sum() < 1000


def test_numba_has_its_threads_again():
    before = numba.get_num_threads()
    with pytest.raises(ZeroDivisionError), threads(1):
        assert numba.get_num_threads() == 1
        raise ZeroDivisionError
    assert numba.get_num_threads() == before
