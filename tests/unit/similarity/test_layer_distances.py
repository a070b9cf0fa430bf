"""Statistics over batches, by hand and against SciPy."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.similarity.layer_distances import layer_statistics, layer_table
from scipy import stats

from unit.similarity.examples import random_distances


def test_layer_statistics():
    matrices = np.array([[[0, 1, 4], [1, 0, 2], [4, 2, 0]], [[0, 3, 4], [3, 0, 4], [4, 4, 0]]])
    mean, sd, cv = layer_statistics(matrices)
    nan, root = np.nan, np.sqrt(2)
    np.testing.assert_array_equal(mean, [[0, 2, 4], [2, 0, 3], [4, 3, 0]])
    np.testing.assert_allclose(sd, [[0, root, 0], [root, 0, root], [0, root, 0]], atol=1e-15)
    np.testing.assert_allclose(cv, [[nan, root / 2, 0], [root / 2, nan, root / 3], [0, root / 3, nan]])


def test_layer_statistics_against_scipy():
    matrices = np.array([random_distances(1, 6, seed) for seed in range(10)])
    off = ~np.eye(6, dtype=bool)
    np.testing.assert_allclose(layer_statistics(matrices)[2][off], stats.variation(matrices, ddof=1)[off])


def test_layer_statistics_without_a_spread():
    mean, sd, cv = layer_statistics([[[0, 1], [1, 0]]])
    assert mean[0, 1] == 1
    assert np.isnan(sd).all()
    assert np.isnan(cv).all()
    assert np.isnan(layer_statistics(np.zeros((3, 2, 2)))[2]).all()


@pytest.mark.parametrize("matrices", [np.zeros((3, 3)), np.zeros((2, 3, 4)), np.zeros((0, 3, 3))])
def test_bad_matrices(matrices):
    with pytest.raises(InputError, match="shape"):
        layer_statistics(matrices)


def test_table_has_every_pair_of_layers_once():
    rng = np.random.default_rng(3)
    matrices = {name: rng.random((4, 3, 3)) for name in ("h0", "sum")}
    table = layer_table(matrices, [9, 0, 16])
    assert table.columns.tolist() == ["dimension", "layer_a", "layer_b", "mean", "sd", "cv"]
    pairs = [(9, 0), (9, 16), (0, 16)]
    keys = [(name, *pair) for name in matrices for pair in pairs]
    assert list(table[["dimension", "layer_a", "layer_b"]].itertuples(index=False, name=None)) == keys
    for row in table.itertuples():
        values = matrices[row.dimension][:, [9, 0, 16].index(row.layer_a), [9, 0, 16].index(row.layer_b)]
        assert (row.mean, row.sd) == pytest.approx((np.mean(values), np.std(values, ddof=1)), rel=1e-14)
        assert row.cv == pytest.approx(row.sd / row.mean, rel=1e-14)
