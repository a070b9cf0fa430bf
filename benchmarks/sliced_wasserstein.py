"""
Time and error of sliced-Wasserstein distances: ours, GUDHI's and persim's on the same diagrams.

Diagrams are those that a run wrote (--files), or else those of Gaussian clouds whose variances decay by a
power law, as those of activations do, in the sizes and scales of the layers of a ResNet. Every implementation
compares the first half of them with the second half, in the same number of directions. The error is relative to
the exact distance in 400 directions, over pairs of different layers. Times are medians per pair and include the work
per diagram, which ours and GUDHI's do once for all pairs; the implementations alternate. GUDHI gets no more
than 60 x 60 pairs; persim, which is far slower, gets the first few. Another section says what bounds the exact method:
how many steps it merges, what a step costs, and what the rest costs. A last section times all pairs of many diagrams:
the same ones, repeated with every coordinate changed by up to one in a million.

    python benchmarks/sliced_wasserstein.py --files results/cifar10_cpu/diagrams/*/*/*.npz --all-pairs 1700
"""

import argparse
import resource
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
from gudhi.representations import SlicedWassersteinDistance
from persim import sliced_wasserstein as persim_sliced_wasserstein

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from actopo.homology.diagrams import diagrams as rips_diagrams
from actopo.similarity.wasserstein import _share, _Steps, _tiles, pairwise_distances
from actopo.similarity.wasserstein_kernels import add_exact

LAYERS = ((64, 1.0), (64, 2.0), (128, 1.5), (256, 1.5), (512, 3.0))


def make_clouds(n_clouds, n_points, seed):
    """Clouds of all layers of one model, then of the next model, as many as wanted."""
    rng = np.random.default_rng(seed)
    for index in range(n_clouds):
        channels, scale = LAYERS[index % len(LAYERS)]
        spectrum = np.arange(1, channels + 1) ** -rng.uniform(0.45, 0.55)
        yield scale * rng.normal(size=(n_points, channels)) * spectrum


def measure(methods, n_repeats):
    """Median seconds and last result of each method; the methods alternate."""
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
    """Print a table for the distances from `rows` to `columns`; return GUDHI's seconds per pair."""

    def ours(**arguments):
        return lambda part: pairwise_distances(rows[part], columns[part], options.directions, **arguments)

    def gudhi(part):
        some = rows[part][:60], columns[part][:60]
        return SlicedWassersteinDistance(options.directions).fit(some[1]).transform(some[0])

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
    unit = seconds["GUDHI"] / results["GUDHI"].size
    # Diagrams of one layer differ little, so that an error relative to their distance means little.
    distinct = reference > np.median(reference) / 10
    print(f"{'method':<22}{'ms/pair':>10}{'x GUDHI':>10}{'median error':>15}{'largest error':>15}")
    for name, matrix in results.items():
        per_pair, part = seconds[name] / matrix.size, (slice(matrix.shape[0]), slice(matrix.shape[1]))
        error = np.abs(matrix / reference[part] - 1)[distinct[part]]
        numbers = f"{1e3 * per_pair:>10.4f}{unit / per_pair:>10.1f}"
        print(f"{name:<22}{numbers}{np.median(error):>15.2e}{error.max():>15.2e}")
    return unit


def bounds(diagrams, options):
    """Print where the exact method spends its time on one thread, and the numbers of steps and blocks behind it."""
    n, n_directions, n_pairs = len(diagrams), options.directions, len(diagrams) * (len(diagrams) - 1) // 2
    wanted = np.triu(np.ones((n, n), bool), 1)
    steps = _Steps(diagrams, n_directions, 8192, "exact", partial(_share, None, 1))
    tiles, distances = _tiles(wanted), np.zeros(wanted.shape)
    cpu = {"diagrams": 0.0, "blocks": 0.0, "all": 0.0}
    n_steps, merged = 0, 0
    for direction in steps.directions:
        begun = time.process_time()
        integral, low, high = steps._turn(*direction)
        cpu["diagrams"] += time.process_time() - begun
        arguments = steps.position, steps.level, steps.start, steps.edges, distances
        # Ranges that never overlap leave the sum over blocks alone.
        for name, ranges in {"blocks": (np.ones_like(low), np.zeros_like(high)), "all": (low, high)}.items():
            begun = time.process_time()
            add_exact(0, len(tiles), 1, tiles, 0, wanted, integral, *ranges, *arguments)
            cpu[name] += time.process_time() - begun
        sizes = np.diff(steps.start)
        for i in range(n - 1):
            overlap = (low[i] < high[i + 1 :]) & (low[i + 1 :] < high[i])
            merged += (overlap * (sizes[i] + sizes[i + 1 :])).sum()
        n_steps += (n - 1) * sizes.sum()
    count, n_blocks = n_pairs * len(steps.directions), integral.shape[1]
    whole = cpu["all"] + cpu["diagrams"]
    print(
        f"{n} diagrams, one thread, {len(steps.directions)} of {n_directions} directions differ: a pair has "
        f"{n_steps / count:.0f} steps a direction, of which {merged / count:.0f} are merged"
    )
    for name, seconds, detail in (
        (
            "work per diagram",
            cpu["diagrams"],
            f"{1e6 * cpu['diagrams'] / n / len(steps.directions):.0f} us a direction",
        ),
        ("sum over blocks", cpu["blocks"], f"{1e9 * cpu['blocks'] / count / n_blocks:.2f} ns for each of {n_blocks}"),
        ("merge", cpu["all"] - cpu["blocks"], f"{1e9 * (cpu['all'] - cpu['blocks']) / max(merged, 1):.2f} ns a step"),
    ):
        print(f"  {name:<18}{seconds:>8.2f} s {seconds / whole:>5.0%}  {detail}")


def load(paths):
    """Diagrams of all layers of the files of a run, by dimension."""
    files = [np.load(path) for path in paths]
    return [[file[name] for file in files for name in file.files if name.endswith(f".h{dim}")] for dim in (0, 1)]


def all_pairs(both, gudhi, options):
    """Print the time of all pairs of many diagrams in both dimensions; `gudhi` has its seconds per pair in each."""
    rng = np.random.default_rng(options.seed)
    n, n_threads, total = options.all_pairs, max(options.threads), {}
    print(f"\nall pairs of {n} diagrams on {n_threads} threads; CPU time per pair, and x GUDHI by its time above")
    for dimension, diagrams in enumerate(both):
        many = [diagrams[index % len(diagrams)] for index in range(n)]
        many = [diagram * (1 + 1e-6 * rng.uniform(size=(len(diagram), 1))) for diagram in many]
        methods = {"exact": {}} | {f"grid, {bins} bins": {"method": "grid", "n_bins": bins} for bins in options.bins}
        for name, arguments in methods.items():
            start = np.array([time.perf_counter(), time.process_time()])
            pairwise_distances(many, n_directions=options.directions, n_threads=n_threads, **arguments)
            seconds, cpu = np.array([time.perf_counter(), time.process_time()]) - start
            total[name] = total.get(name, 0) + np.array([seconds, cpu])
            per_pair = cpu / (n * (n - 1) / 2)
            print(f"H{dimension} {name:<19}{seconds:>8.1f} s{cpu:>8.1f} CPU s{1e3 * per_pair:>10.4f} ms/pair", end="")
            print(f"{gudhi[dimension] / per_pair:>8.1f} x GUDHI")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    both = (f"{name} {seconds:.1f} s ({cpu:.1f} CPU s)" for name, (seconds, cpu) in total.items())
    print("; ".join(both), f"for both; {peak:.2f} GB at most")


def main():
    """Read the command line, make the diagrams and print one table per dimension."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--files", type=Path, nargs="+", help="diagrams/*/*/*.npz of a run")
    parser.add_argument("--diagrams", type=int, default=80, help="number of diagrams to compare")
    parser.add_argument("--all-pairs", type=int, default=1700, help="number of diagrams of the last section")
    parser.add_argument("--points", type=int, default=1000, help="points per cloud")
    parser.add_argument("--directions", type=int, default=50, help="directions of every implementation")
    parser.add_argument("--bins", type=int, nargs="+", default=[4096, 16384], help="bins of the grid")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="threads of the exact method")
    parser.add_argument("--device", default="cpu", help="also time the grid on this device of torch")
    parser.add_argument("--persim-pairs", type=int, default=3, help="pairs given to persim")
    parser.add_argument("--repeats", type=int, default=3, help="runs of which the median is taken")
    parser.add_argument("--seed", type=int, default=0, help="seed of the clouds")
    options = parser.parse_args()
    if options.files:
        both = load(options.files)
        print(f"{len(both[0])} diagrams of {len(options.files)} files")
    else:
        found = rips_diagrams(make_clouds(options.diagrams, options.points, options.seed), n_jobs=2)
        both = [[diagram[dimension] for diagram in found] for dimension in (0, 1)]
        print(f"{len(found)} diagrams of Gaussian clouds of {options.points} points")
    gudhi = []
    for dimension in (0, 1):
        diagrams = both[dimension][: options.diagrams]
        half = len(diagrams) // 2
        size = np.mean([len(diagram) for diagram in diagrams])
        print(f"\nH{dimension}: {half} x {len(diagrams) - half} pairs of {size:.0f} points on average")
        gudhi.append(compare(diagrams[:half], diagrams[half:], options))
        bounds(diagrams, options)
    all_pairs(both, gudhi, options)


if __name__ == "__main__":
    main()
