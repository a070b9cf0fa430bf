"""
Print the simulations of docs/methods.md: the knee at several sensitivities, and tests against surrogates of clouds
whose activations are Gaussian.

    python docs/simulate_methods.py
"""

import logging
import sys
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "workflow/scripts"))

from actopo.homology.diagrams import diagrams  # noqa: E402 - the path comes first
from actopo.homology.surrogates import surrogates  # noqa: E402
from actopo.mapper.eps import BEYOND_TIES, SENSITIVITY, choose_eps, nearest_neighbour_curve  # noqa: E402
from actopo.similarity.calibration import calibration_table  # noqa: E402
from actopo.similarity.wasserstein import pairwise_distances  # noqa: E402

SENSITIVITIES = {"1": 1, "beyond ties": BEYOND_TIES, "2": 2, "2.5": SENSITIVITY, "5": 5, "10": 10, "50": 50}


def rectified_branches(rng, n_points, n_branches=5, n_channels=12):
    """Points along rays from the origin, with noise, of which a rectifier leaves what is positive: (n, c)."""
    rays = rng.normal(size=(n_branches, n_channels))[rng.integers(n_branches, size=n_points)]
    noise = 0.2 * rng.normal(size=rays.shape)
    return np.maximum(rng.exponential(size=(n_points, 1)) * rays + noise, 0)


def print_knees(sizes=(5000, 500), n_draws=12, n_population=50_000):
    """How much eps varies over draws of points from one cloud."""
    rng = np.random.default_rng(0)
    cloud = rectified_branches(rng, n_population)
    for size in sizes:
        drawn = [cloud[rng.choice(n_population, size, replace=False)] for _ in range(n_draws)]
        curves = [nearest_neighbour_curve(points) for points in drawn]
        print(f"knee of {n_draws} draws of {size} points: coefficient of variation of eps, ranks of the knee")
        for name, sensitivity in SENSITIVITIES.items():
            found = [choose_eps(curve, sensitivity) for curve in curves]
            eps, ranks = np.array([eps for eps, _ in found]), sorted(details["knee_rank"] for _, details in found)
            print(f"  S {name:<12} {eps.std(ddof=1) / eps.mean():6.1%}  {ranks}")


def estimated_gaussians(clouds, n_draws, rng):
    """Clouds of a Gaussian of the covariance that the given ones have together."""
    centred = [cloud - cloud.mean(axis=0) for cloud in clouds]
    for _ in range(n_draws):
        mixing = rng.normal(size=2 * [len(clouds[0])]) / np.sqrt(len(clouds[0]) - 1)
        yield [cloud.mean(axis=0) + mixing @ own for cloud, own in zip(clouds, centred, strict=True)]


def calibrations(clouds, drawn, dimensions):
    """For each dimension, the rows of both layers and that of their pair, against the draws."""
    found = diagrams([cloud for draw in [clouds, *drawn] for cloud in draw], dimensions=dimensions)
    for dimension in dimensions:
        by_draw = [[own[dimension] for own in found[i : i + 2]] for i in range(0, len(found), 2)]
        between = np.stack([pairwise_distances(draw) for draw in by_draw])
        within = np.stack([pairwise_distances(layer) for layer in zip(*by_draw, strict=True)])
        table = calibration_table(between, within, [0, 1])
        same = table.layer_a == table.layer_b
        yield table[same], table[~same]


def rejected(p_values):
    """Share of tests that reject at the level 0.05, and its standard error."""
    share = np.mean(np.array(p_values) <= 0.05 + 1e-9)
    return f"{share:.1%} rejected (standard error {np.sqrt(share * (1 - share) / len(p_values)):.1%})"


def print_rejections(n_trials=150, n_points=60, n_channels=40, n_draws=19):
    """How often tests reject at the level 0.05 where clouds are Gaussian."""
    rng, found = np.random.default_rng(0), {"estimated Gaussian": [], "rotation": []}
    for trial in range(n_trials):
        noise = rng.normal(size=(n_points, n_channels))
        clouds = [noise, noise @ rng.normal(size=(n_channels, n_channels))]
        for name, drawn in (
            ("estimated Gaussian", estimated_gaussians(clouds, n_draws, rng)),
            ("rotation", surrogates(clouds, n_draws, [trial])),
        ):
            [tables] = calibrations(clouds, drawn, [0])
            found[name].append([table.p_value.to_list() for table in tables])
    print(f"{n_trials} pairs of Gaussian clouds of {n_points} points in {n_channels} dimensions, {n_draws} surrogates")
    for name, values in found.items():
        for what, place in (("a layer", 0), ("a pair", 1)):
            print(f"  {name}, {what}: {rejected([p for own in values for p in own[place]])}")


def print_selected(n_trials=60, n_images=150, n_draws=19):
    """The same with one position of each image, drawn or that of the largest norm, of Gaussian activations."""
    sizes = ((64, 16), (16, 32))
    print(f"{n_trials} pairs of clouds of a position of each of {n_images} images, (positions, channels) {sizes}")
    for chosen in ("random", "top_l2"):
        rng, layers, pairs = np.random.default_rng(0), ([], []), ([], [])
        for trial in range(n_trials):
            clouds = []
            for n_positions, n_channels in sizes:
                spread = np.exp(-0.05 * np.arange(n_channels))
                activations = spread * rng.normal(size=(n_images, n_positions, n_channels))
                largest = np.linalg.norm(activations, axis=2).argmax(axis=1)
                drawn = rng.integers(n_positions, size=n_images)
                clouds.append(activations[np.arange(n_images), largest if chosen == "top_l2" else drawn])
            tables = calibrations(clouds, surrogates(clouds, n_draws, [trial]), [0, 1])
            for dimension, (own, pair) in enumerate(tables):
                layers[dimension].append(own)
                pairs[dimension].append(pair)
        for dimension in (0, 1):
            own, pair = pd.concat(layers[dimension]), pd.concat(pairs[dimension])
            ratios = f"median ratio {own.ratio.median():.2f}; of the pair {pair.ratio.median():.2f}"
            print(f"  {chosen}, H{dimension}, a layer: {rejected(own.p_value)}, {ratios}")


if __name__ == "__main__":
    # Small ranks are warned of, and printed here.
    logging.disable(logging.WARNING)
    print_knees()
    print_rejections()
    print_selected()
