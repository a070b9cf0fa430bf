"""
Time and error of sliced-Wasserstein distances: ours, GUDHI's and persim's on the same diagrams.

Diagrams are those of Gaussian clouds whose variances fall off by a power law, as those of activations do,
in the sizes and scales of the layers of a ResNet; every implementation compares the first half of them
with the second half, in the same number of directions. The error is relative to the exact distance in
400 directions. Times are medians per pair and contain the work per diagram, of which ours and GUDHI's is
shared by all pairs; the implementations take turns. persim is so slow that it gets the first few pairs only.

    python benchmarks/sliced_wasserstein.py --diagrams 40 --points 1000
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from gudhi.representations import SlicedWassersteinDistance
from persim import sliced_wasserstein as persim_sliced_wasserstein

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from actopo.homology import diagrams as rips_diagrams
from actopo.wasserstein import pairwise_distances

LAYERS = ((64, 1.0), (64, 2.0), (128, 1.5), (256, 1.5), (512, 3.0))


def make_clouds(n_clouds, n_points, seed):
    """Clouds of all layers of one model, then of the next model, as many as wanted."""
    rng = np.random.default_rng(seed)
    for index in range(n_clouds):
        channels, scale = LAYERS[index % len(LAYERS)]
        spectrum = np.arange(1, channels + 1) ** -rng.uniform(0.45, 0.55)
        yield scale * rng.normal(size=(n_points, channels)) * spectrum


def measure(methods, n_repeats):
    """Median seconds and last result of each method, the methods in turn."""
    seconds, results = {name: [] for name in methods}, {}
    for method in methods.values():
        method(slice(2))
    for _ in range(n_repeats):
        for name, method in methods.items():
            start = time.perf_counter()
            results[name] = method(slice(None))
            seconds[name].append(time.perf_counter() - start)
    return {name: np.median(values) for name, values in seconds.items()}, results


def compare(rows, columns, options):
    """Print a table for the distances from `rows` to `columns`."""

    def ours(**arguments):
        return lambda part: pairwise_distances(rows[part], columns[part], options.directions, **arguments)

    def gudhi(part):
        return SlicedWassersteinDistance(options.directions).fit(columns[part]).transform(rows[part])

    def persim(part):
        some = rows[part][:1], columns[part][: options.persim_pairs]
        return np.array([[persim_sliced_wasserstein(a, b, M=options.directions) for b in some[1]] for a in some[0]])

    methods = {f"exact, {n} thread(s)": ours(n_threads=n) for n in options.threads}
    for n_bins in options.bins:
        methods[f"grid, {n_bins} bins"] = ours(method="grid", n_bins=n_bins)
    if options.device != "cpu":
        methods[f"grid, {options.device}"] = ours(method="grid", device=options.device)
    methods |= {
        "auto, 0.005": ours(method="auto"),
        "GUDHI": gudhi,
        f"persim, {options.persim_pairs} pairs": persim,
    }
    seconds, results = measure(methods, options.repeats)
    reference = pairwise_distances(rows, columns, 400, n_threads=max(options.threads))
    first = next(iter(methods))
    unit = seconds[first] / results[first].size
    print(f"{'method':<22}{'ms/pair':>10}{'ratio':>10}{'median error':>15}{'largest error':>15}")
    for name, matrix in results.items():
        per_pair = seconds[name] / matrix.size
        error = np.abs(matrix / reference[: matrix.shape[0], : matrix.shape[1]] - 1)
        numbers = f"{1e3 * per_pair:>10.4f}{per_pair / unit:>10.3f}"
        print(f"{name:<22}{numbers}{np.median(error):>15.2e}{error.max():>15.2e}")


def main():
    """Read the command line, make the diagrams and print one table per dimension."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--diagrams", type=int, default=80, help="number of diagrams")
    parser.add_argument("--points", type=int, default=1000, help="points per cloud")
    parser.add_argument("--directions", type=int, default=50, help="directions of every implementation")
    parser.add_argument("--bins", type=int, nargs="+", default=[512, 2048], help="bins of the grid")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="threads of the exact method")
    parser.add_argument("--device", default="cpu", help="also time the grid on this device of torch")
    parser.add_argument("--persim-pairs", type=int, default=3, help="pairs given to persim")
    parser.add_argument("--repeats", type=int, default=3, help="runs of which the median is taken")
    parser.add_argument("--seed", type=int, default=0, help="seed of the clouds")
    options = parser.parse_args()
    start = time.perf_counter()
    both = rips_diagrams(list(make_clouds(options.diagrams, options.points, options.seed)))
    print(f"{len(both)} Rips diagrams of {options.points} points in {time.perf_counter() - start:.1f} s")
    for dimension in (0, 1):
        diagrams = [diagram[dimension] for diagram in both]
        half = len(diagrams) // 2
        size = np.mean([len(diagram) for diagram in diagrams])
        print(f"\nH{dimension}: {half} x {len(diagrams) - half} pairs of {size:.0f} points on average")
        compare(diagrams[:half], diagrams[half:], options)


if __name__ == "__main__":
    main()
