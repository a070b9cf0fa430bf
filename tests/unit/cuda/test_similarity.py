"""Distances of diagrams on an emulated GPU: within their bounds, and the same as those of the CPU's grid."""

import numpy as np
import pytest
from actopo.similarity import wasserstein
from actopo.similarity.wasserstein import pairwise_distances
from emulated_cuda import emulated_cuda


def diagrams(n=7, seed=0):
    rng = np.random.default_rng(seed)
    return [np.sort(rng.uniform(size=(size, 2)), axis=1) for size in rng.integers(5, 40, n)] + [np.empty((0, 2))]


@pytest.mark.parametrize("method", ["grid", "auto"])
@pytest.mark.parametrize("chunk", [3, 1024])
def test_distances_are_within_their_bounds(method, chunk, monkeypatch):
    monkeypatch.setattr(wasserstein, "CHUNK", chunk)
    exact = pairwise_distances(diagrams(), diagrams(5, seed=1))
    with emulated_cuda() as cuda:
        found, bound = pairwise_distances(
            diagrams(), diagrams(5, seed=1), method=method, n_bins=256, device="cuda", return_bound=True
        )
        assert cuda.to_device
        # Matrices of distances, and never what they are computed from.
        assert max(cuda.to_host) <= min(chunk, 8) * 6
    assert (found <= exact * (1 + 1e-12)).all()
    assert (exact <= (found + bound) * (1 + 1e-6)).all()
    if method == "auto":
        assert (bound <= 0.005 * found).all()


def test_the_grid_is_that_of_the_host():
    expected = pairwise_distances(diagrams(), method="grid", n_bins=512)
    with emulated_cuda():
        found = pairwise_distances(diagrams(), method="grid", n_bins=512, device="cuda")
    np.testing.assert_allclose(found, expected, rtol=1e-12)
