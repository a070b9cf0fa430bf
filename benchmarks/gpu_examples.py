"""Point clouds and diagrams for the checks and measurements of a GPU."""

import numpy as np


def example_cloud(n, dimension):
    """Points in float32 on noisy branches, as activations after a ReLU, and an eps by which some of them are noise."""
    rng = np.random.default_rng(0)
    directions = rng.normal(size=(10, dimension)).astype(np.float32)
    points = np.empty((n, dimension), np.float32)
    for start in range(0, n, 50_000):
        part = slice(start, min(start + 50_000, n))
        size = part.stop - part.start
        length = rng.gamma(2.0, 1.0, (size, 1)).astype(np.float32)
        noise = rng.standard_normal((size, dimension), np.float32)
        points[part] = np.maximum(length * directions[rng.integers(0, 10, size)] + 0.3 * noise, 0)
    sample = points[:: max(1, n // 500)][:500].astype(np.float64)
    squares = (sample**2).sum(axis=1)
    away = np.maximum(squares[:, None] + squares - 2 * sample @ sample.T, 0)
    np.fill_diagonal(away, np.inf)
    return points, float(np.sqrt(np.median(away.min(axis=1))))


def example_diagrams(n):
    """Diagrams of about a hundred pairs, as H1 of clouds of a thousand points has."""
    rng = np.random.default_rng(0)
    sizes = rng.integers(60, 140, n)
    births = (rng.gamma(4.0, 0.2, (size, 1)) for size in sizes)
    return [np.hstack([birth, birth + rng.exponential(0.1, birth.shape)]) for birth in births]
