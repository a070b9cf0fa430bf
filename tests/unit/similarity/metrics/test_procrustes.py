"""Procrustes against SciPy's."""

import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes

from unit.similarity.metrics.examples import centred, distance, pair


@pytest.mark.parametrize(("n", "p", "q"), [(60, 5, 7), (6, 20, 4), (6, 20, 30)])
def test_procrustes_against_scipy(n, p, q):
    x, y = (centred(np.pad(z, [(0, 0), (0, max(p, q) - z.shape[1])])) for z in pair(9, n, p, q))
    x, y = x / np.linalg.norm(x), y / np.linalg.norm(y)
    turn, _ = orthogonal_procrustes(x, y)
    assert distance("procrustes", x[:, :p], y[:, :q]) == pytest.approx(np.linalg.norm(x @ turn - y) ** 2, abs=1e-14)
