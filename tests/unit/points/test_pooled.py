"""Pooled clouds are means over positions, whatever the batches."""

import numpy as np
from actopo.points.pooled import MeanPool


def test_means_over_positions_of_all_batches():
    rng = np.random.default_rng(0)
    layers = {0: rng.normal(size=(7, 4, 4, 3)), 9: rng.normal(size=(7, 2, 3, 5))}
    layers = {layer: activations.astype(np.float32) for layer, activations in layers.items()}
    pool, index, labels = MeanPool(), np.array([4, 2, 9, 0, 5, 1, 3]), np.arange(7) % 2
    for start, stop in ((0, 3), (3, 7)):
        for layer, activations in layers.items():
            pool.append(layer, activations[start:stop])
    arrays = pool.arrays(index, labels)
    assert len(arrays) == 2 * 4
    for layer, activations in layers.items():
        points = arrays[f"layer{layer:02d}.points"]
        assert points.dtype == np.float32
        np.testing.assert_allclose(points, activations.mean(axis=(1, 2)), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(arrays[f"layer{layer:02d}.norm"], np.linalg.norm(points, axis=1), rtol=1e-6)
        np.testing.assert_array_equal(arrays[f"layer{layer:02d}.image"], index)
        np.testing.assert_array_equal(arrays[f"layer{layer:02d}.label"], labels)
