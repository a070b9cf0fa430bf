"""Distances of diagrams on an emulated GPU: within their bounds, and the same as those of the CPU's grid."""

import numpy as np
import pytest
from actopo.similarity import wasserstein, wasserstein_torch
from actopo.similarity.wasserstein import pairwise_distances
from emulated_cuda import emulated_cuda


def diagrams(n=7, seed=0):
    rng = np.random.default_rng(seed)
    return [np.sort(rng.uniform(size=(size, 2)), axis=1) for size in rng.integers(5, 40, n)] + [np.empty((0, 2))]


@pytest.fixture(autouse=True)
def auto_tries_the_grid(monkeypatch):
    """Few diagrams are enough for "auto"."""
    monkeypatch.setattr(wasserstein, "MANY", 0)


@pytest.mark.parametrize("method", ["grid", "auto"])
@pytest.mark.parametrize("side", [3, 1024])
def test_distances_are_within_their_bounds(method, side, monkeypatch):
    n_blocks = 256 // wasserstein.BINS["grid"]
    monkeypatch.setattr(wasserstein_torch, "TILE_BLOCKS", side**2 * n_blocks)
    exact = pairwise_distances(diagrams(), diagrams(5, seed=1))
    with emulated_cuda() as cuda:
        found, bound = pairwise_distances(
            diagrams(), diagrams(5, seed=1), method=method, n_bins=256, device="cuda", return_bound=True
        )
        assert cuda.to_device
        # Matrices of distances, and never what they are computed from.
        assert max(cuda.to_host) <= min(side, 8) * min(side, 6)
    assert (found <= exact * (1 + 1e-12)).all()
    assert (exact <= (found + bound) * (1 + 1e-6)).all()
    if method == "auto":
        assert (bound <= 0.005 * found).all()


@pytest.mark.parametrize("other", [None, diagrams(5, seed=1)])
@pytest.mark.parametrize("n_bins", [500, 512])
def test_grid_and_bound_are_those_of_the_host(other, n_bins, monkeypatch):
    monkeypatch.setattr(wasserstein_torch, "TILE_BLOCKS", 4**2 * 16)
    monkeypatch.setattr(wasserstein_torch, "FINE_BLOCKS", 50)
    settings = {"method": "grid", "n_bins": n_bins, "return_bound": True}
    expected, expected_bound = pairwise_distances(diagrams(), other, **settings)
    with emulated_cuda():
        found, bound = pairwise_distances(diagrams(), other, device="cuda", **settings)
        alone = pairwise_distances(diagrams(), other, method="grid", n_bins=n_bins, device="cuda")
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(bound, expected_bound, rtol=1e-6, atol=1e-13)
    np.testing.assert_array_equal(alone, found)
    assert (expected_bound > 0).any()


def test_auto_takes_the_grid_for_the_pairs_of_the_host():
    """The choice of a method depends on no device: neither for each pair nor for all of them."""
    settings = {"method": "auto", "n_bins": 256, "tolerance": 0.02, "return_bound": True}
    expected, expected_bound = pairwise_distances(diagrams(), **settings)
    with emulated_cuda() as cuda:
        found, bound = pairwise_distances(diagrams(), device="cuda", **settings)
        np.testing.assert_allclose(found, expected, rtol=1e-12)
        np.testing.assert_array_equal(bound > 0, expected_bound > 0)
        assert 0 < (bound > 0).sum() < bound.size - len(bound)
        cuda.forget()
        wasserstein.MANY = 1000
        pairwise_distances(diagrams(), device="cuda", **settings)
        assert not cuda.to_device


def test_a_tile_needs_indices_of_32_bits():
    assert wasserstein_torch.TILE_BLOCKS < 2**31
    assert wasserstein_torch.FINE_BLOCKS * max(wasserstein.BINS.values()) < 2**31
