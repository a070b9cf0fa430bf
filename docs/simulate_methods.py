"""
Print the simulations of docs/methods.md: the knee at several sensitivities, and tests against surrogates.

    python docs/simulate_methods.py
"""

import logging
import sys
from pathlib import Path

import numpy as np

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


def p_values(clouds, drawn):
    """p-values of both layers and of their pair, in H0."""
    found = diagrams([cloud for draw in [clouds, *drawn] for cloud in draw], dimensions=[0])
    by_draw = [[own[0] for own in found[i : i + 2]] for i in range(0, len(found), 2)]
    between = np.stack([pairwise_distances(draw) for draw in by_draw])
    within = np.stack([pairwise_distances(layer) for layer in zip(*by_draw, strict=True)])
    table = calibration_table(between, within, [0, 1])
    same = table.layer_a == table.layer_b
    return table[same].p_value.to_list(), table[~same].p_value.to_list()


def print_rejections(n_trials=150, n_points=60, n_channels=40, n_draws=19):
    """How often tests reject at the level 0.05 where clouds are Gaussian."""
    rng, found = np.random.default_rng(0), {"estimated Gaussian": [], "rotation": []}
    for trial in range(n_trials):
        noise = rng.normal(size=(n_points, n_channels))
        clouds = [noise, noise @ rng.normal(size=(n_channels, n_channels))]
        found["estimated Gaussian"].append(p_values(clouds, estimated_gaussians(clouds, n_draws, rng)))
        found["rotation"].append(p_values(clouds, surrogates(clouds, n_draws, [trial])))
    print(f"{n_trials} pairs of Gaussian clouds of {n_points} points in {n_channels} dimensions, {n_draws} surrogates")
    for name, values in found.items():
        for what, place in (("a layer", 0), ("a pair", 1)):
            rejected = np.array([p for own in values for p in own[place]]) <= 0.05 + 1e-9
            error = np.sqrt(rejected.mean() * (1 - rejected.mean()) / len(rejected))
            print(f"  {name}, {what}: {rejected.mean():.1%} rejected (standard error {error:.1%})")


if __name__ == "__main__":
    # Small ranks are warned of, and printed here.
    logging.disable(logging.WARNING)
    print_knees()
    print_rejections()
