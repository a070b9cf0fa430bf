"""
Time of the released study's persistent homology against ours, from point clouds to distances, and their agreement.

The released pipeline: ripser.py on the cloud of each layer, only H1, then persim's sliced-Wasserstein distance in 50
directions in a double Python loop over the layers of two models, for every pair of models and each model with itself.
Ours: `actopo.homology.diagrams.diagrams` (also H0) and one call of
`actopo.similarity.wasserstein.pairwise_distances`. Both start with the same clouds. Times are medians of alternating
rounds; compiling is not timed. persim takes tenths of a second per pair, so it is run on pairs drawn at random and its
time is scaled up to all of them; the distances of those pairs must agree to 1e-5, the accuracy of float32 directions.
The numbers for more models are extrapolated by the numbers of clouds and of pairs.

    python benchmarks/released_ph.py --models 3 --jobs 2
    python benchmarks/released_ph.py --points results/RUN/points/MODEL/seed{0,1,2}/FILE.npz --layers 0 8 16
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from homology import read_clouds
from persim import sliced_wasserstein as persim_sliced_wasserstein
from ripser import ripser
from sliced_wasserstein import make_clouds

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from actopo.homology.diagrams import diagrams
from actopo.similarity.wasserstein import pairwise_distances

DIRECTIONS = 50
AGREEMENT = 1e-5


def timed(function):
    """Seconds and result of a call."""
    start = time.perf_counter()
    result = function()
    return time.perf_counter() - start, result


def readable(seconds):
    """Seconds in a unit that suits them."""
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.2f} s"


def row(name, released, ours):
    """Print one line of the table."""
    print(f"{name:<34}{readable(released):>12}{readable(ours):>12}{released / ours:>10.1f}")


def main():
    """Read the command line, run both pipelines and print their times, ratios and differences."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument(
        "--points", type=Path, nargs="+", help="files of points, one a model, instead of Gaussian clouds"
    )
    parser.add_argument("--models", type=int, default=3, help="number of models of Gaussian clouds")
    parser.add_argument("--size", type=int, default=1000, help="points of a Gaussian cloud")
    parser.add_argument("--layers", type=int, nargs="+", default=list(range(17)), help="layers to take")
    parser.add_argument("--persim-pairs", type=int, default=150, help="pairs given to persim; 0 for all")
    parser.add_argument("--jobs", type=int, default=2, help="processes and threads of ours")
    parser.add_argument("--repeats", type=int, default=3, help="rounds of everything but persim")
    parser.add_argument("--extrapolate", type=int, default=100, help="models to extrapolate to")
    parser.add_argument("--seed", type=int, default=0, help="seed of the Gaussian clouds and of the choice of pairs")
    options = parser.parse_args()
    if options.points:
        models = [read_clouds(path) for path in options.points]
    else:
        n_layers = max(options.layers) + 1
        every = list(make_clouds(options.models * n_layers, options.size, options.seed))
        models = [every[start : start + n_layers] for start in range(0, len(every), n_layers)]
    clouds = [model[layer] for model in models for layer in options.layers]
    n_models, n_layers = len(models), len(options.layers)

    def our_distances(bars):
        return pairwise_distances([bar[1] for bar in bars], n_directions=DIRECTIONS, n_threads=options.jobs)

    our_distances(diagrams(clouds[:2]))
    seconds = {"ripser": [], "diagrams": [], "distances": []}
    for _ in range(options.repeats):
        elapsed, released_bars = timed(lambda: [ripser(cloud)["dgms"][1] for cloud in clouds])
        seconds["ripser"].append(elapsed)
        elapsed, our_bars = timed(lambda: diagrams(clouds, n_jobs=options.jobs))
        seconds["diagrams"].append(elapsed)
        elapsed, matrix = timed(lambda bars=our_bars: our_distances(bars))
        seconds["distances"].append(elapsed)
    median = {name: np.median(values) for name, values in seconds.items()}

    pairs = [
        (a * n_layers + i, b * n_layers + j)
        for a in range(n_models)
        for b in range(a, n_models)
        for i in range(n_layers)
        for j in range(n_layers)
    ]
    chosen = pairs
    if 0 < options.persim_pairs < len(pairs):
        rng = np.random.default_rng(options.seed)
        chosen = [pairs[k] for k in rng.choice(len(pairs), options.persim_pairs, replace=False)]
    a_pair, errors = [], []
    for i, j in chosen:
        elapsed, distance = timed(
            lambda i=i, j=j: persim_sliced_wasserstein(released_bars[i], released_bars[j], DIRECTIONS)
        )
        a_pair.append(elapsed)
        errors.append(abs(distance - matrix[i, j]) / (matrix[i, j] or 1.0))
    persim = np.mean(a_pair) * len(pairs)

    bars = np.mean([len(bar[1]) for bar in our_bars])
    print(f"{n_models} models of {n_layers} layers, {len(clouds[0])} points a cloud, {bars:.0f} bars in H1 on average")
    print(
        f"persim on {len(chosen)} of {len(pairs)} pairs: median {np.median(a_pair):.3f} s, mean {np.mean(a_pair):.3f} s"
    )
    print(f"\n{'step':<34}{'released':>12}{f'{options.jobs} jobs':>12}{'ratio':>10}")
    row(f"diagrams of {len(clouds)} clouds", median["ripser"], median["diagrams"])
    scaled = "" if len(chosen) == len(pairs) else " (scaled up)"
    row(f"distances of {len(pairs)} pairs{scaled}", persim, median["distances"])
    row("together", median["ripser"] + persim, median["diagrams"] + median["distances"])
    more = options.extrapolate / n_models
    many = options.extrapolate * (options.extrapolate + 1) / 2 * n_layers**2 / len(pairs)
    extrapolated = median["ripser"] * more + persim * many, median["diagrams"] * more + median["distances"] * many
    row(f"{options.extrapolate} models (extrapolated)", *extrapolated)
    print(f"\nlargest relative difference of distances on {len(chosen)} pairs: {max(errors):.1e}")
    if max(errors) > AGREEMENT:
        sys.exit(f"the distances differ by more than {AGREEMENT}")


if __name__ == "__main__":
    main()
