"""
Time of Vietoris-Rips diagrams in H0 and H1: ours, giotto-tda's, GUDHI's and ripser.py's on the same clouds.

Each gets all clouds in one call and as many jobs as wanted, except ripser.py, which has no jobs. GUDHI's is its
`RipsPersistence`, since a complex of 1000 points with its triangles does not fit into memory. The implementations
alternate; the first round is shown separately, because it includes the start of worker processes, which happens in
every job of the workflow. The ratio compares medians of the other rounds with ours. CPU time includes the worker
processes; divided by wall time it is the number of busy cores, which is lower on a machine with other work. The
difference is the largest relative difference to our births and deaths.

    python benchmarks/homology.py --clouds 17 --size 1000 --jobs 2
    python benchmarks/homology.py --points results/RUN/points/MODEL/seed0/FILE.npz
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import psutil
from gtda.homology import VietorisRipsPersistence
from gudhi.sklearn import RipsPersistence
from ripser import ripser
from sliced_wasserstein import make_clouds

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from actopo.homology.diagrams import diagrams


def read_clouds(path):
    """Clouds of all layers in a file of points of the workflow."""
    with np.load(path, allow_pickle=False) as arrays:
        return [arrays[name] for name in sorted(arrays) if name.endswith(".points")]


def cpu_seconds():
    """CPU time of this process, of its living children and of those that have ended."""
    process = psutil.Process()
    return sum(sum(part.cpu_times()[:4]) for part in [process, *process.children(recursive=True)])


def rounded(result):
    """Finite bars of a cloud in each dimension, in float32 as in most implementations, without empty ones, sorted."""
    bars = [np.asarray(result[dimension], dtype=np.float32).reshape(-1, 2) for dimension in (0, 1)]
    bars = [rows[np.isfinite(rows[:, 1]) & (rows[:, 0] < rows[:, 1])] for rows in bars]
    return [rows[np.lexsort((rows[:, 1], rows[:, 0]))].astype(np.float64) for rows in bars]


def difference(theirs, ours):
    """Largest relative difference of births and deaths; infinite where the numbers of bars differ."""
    largest = 0.0
    for a, b in zip(map(rounded, theirs), map(rounded, ours), strict=True):
        for x, y in zip(a, b, strict=True):
            if x.shape != y.shape:
                return np.inf
            largest = max(largest, np.max(np.abs(x - y) / np.maximum(y, np.finfo(float).tiny), initial=0))
    return largest


def main():
    """Read the command line, make or read the clouds and print one line per implementation."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--points", type=Path, help="file of points of the workflow, instead of Gaussian clouds")
    parser.add_argument("--clouds", type=int, default=17, help="number of Gaussian clouds")
    parser.add_argument("--size", type=int, default=1000, help="points of a Gaussian cloud")
    parser.add_argument("--jobs", type=int, default=2, help="clouds at the same time")
    parser.add_argument("--repeats", type=int, default=3, help="rounds after the first")
    parser.add_argument("--seed", type=int, default=0, help="seed of the Gaussian clouds")
    options = parser.parse_args()
    if options.points:
        clouds = read_clouds(options.points)
    else:
        clouds = list(make_clouds(options.clouds, options.size, options.seed))
    jobs = options.jobs

    def giotto():
        rips = VietorisRipsPersistence(metric="euclidean", homology_dimensions=(0, 1), n_jobs=jobs)
        return [[rows[rows[:, 2] == dimension, :2] for dimension in (0, 1)] for rows in rips.fit_transform(clouds)]

    gudhi = RipsPersistence([0, 1], homology_coeff_field=2, n_jobs=jobs)
    methods = {
        f"actopo, {jobs} jobs": lambda: diagrams(clouds, n_jobs=jobs),
        "actopo, 1 job": lambda: diagrams(clouds),
        f"giotto-tda, {jobs} jobs": giotto,
        f"GUDHI, {jobs} jobs": lambda: gudhi.fit_transform(clouds),
        "ripser.py": lambda: [ripser(cloud)["dgms"] for cloud in clouds],
    }
    wall, cpu, results = {name: [] for name in methods}, {name: [] for name in methods}, {}
    for _ in range(options.repeats + 1):
        for name, method in methods.items():
            start, before = time.perf_counter(), cpu_seconds()
            results[name] = method()
            wall[name].append(time.perf_counter() - start)
            cpu[name].append(cpu_seconds() - before)
    ours = next(iter(methods))
    shapes = sorted({cloud.shape for cloud in clouds})
    print(f"{len(clouds)} clouds of shapes {', '.join(f'{n} x {c}' for n, c in shapes)}; {options.repeats} rounds")
    header = f"{'method':<22}{'first [s]':>10}{'median [s]':>12}{'ratio':>8}{'CPU [s]':>9}{'CPU/wall':>10}"
    print(f"{header}{'difference':>12}")
    for name in methods:
        later, cores = np.array(wall[name][1:]), np.array(cpu[name][1:])
        numbers = f"{wall[name][0]:>10.2f}{np.median(later):>12.2f}{np.median(later) / np.median(wall[ours][1:]):>8.2f}"
        numbers += f"{np.median(cores):>9.2f}{np.median(cores / later):>10.2f}"
        print(f"{name:<22}{numbers}{difference(results[name], results[ours]):>12.1e}")


if __name__ == "__main__":
    main()
