"""
Time, memory and labels of DBSCAN: ours and scikit-learn's on the same cloud.

The cloud models activations after ReLU: class branches that start at a common root, with variances that decay
by a power law. Each radius is a quantile of the distances from a point to its nearest neighbour, times a
factor; the share of noise and the mean number of neighbours are printed beside it. Every run is a new process
that first clusters a small part of the cloud, so that compiling is not timed; the two implementations alternate.
Memory is the largest resident size during the run less that before it.

    python benchmarks/dbscan.py --points 20000 --dimensions 128
"""

import argparse
import multiprocessing
import sys
import threading
import time
from pathlib import Path

import numpy as np
from sklearn.cluster import DBSCAN as Reference
from sklearn.neighbors import NearestNeighbors

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from actopo.mapper.dbscan import DBSCAN

PAGE = 4096 / 2**20


def make_cloud(n_points, n_dimensions, n_classes, seed):
    """Float32 points on noisy branches, one per class, rectified."""
    rng = np.random.default_rng(seed)
    spectrum = np.arange(1, n_dimensions + 1) ** -0.5
    axes = np.linalg.qr(rng.normal(size=(n_dimensions, n_dimensions)))[0]
    branches = rng.normal(size=(n_classes, n_dimensions))[rng.integers(0, n_classes, n_points)]
    length = rng.beta(1.5, 1.5, size=(n_points, 1))
    noise = rng.gamma(2.0, 0.5, size=(n_points, 1)) * rng.normal(size=(n_points, n_dimensions))
    return np.maximum((2 * length * branches + noise) * spectrum @ axes, 0).astype(np.float32)


def resident():
    """Resident size of this process in MiB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def cluster(arguments):
    """Seconds, additional MiB and labels of one run."""
    points, eps, is_ours, device = arguments
    clusterer = DBSCAN(eps, device=device) if is_ours else Reference(eps=eps)
    clusterer.fit_predict(points[:3000])
    before, peak, done = resident(), [0.0], threading.Event()

    def watch():
        while not done.wait(0.005):
            peak[0] = max(peak[0], resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    start = time.perf_counter()
    labels = clusterer.fit_predict(points)
    seconds = time.perf_counter() - start
    done.set()
    watcher.join()
    return seconds, peak[0] - before, labels


def main():
    """Read the command line, make the cloud and print one row per radius."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--points", type=int, default=20000, help="points of the cloud")
    parser.add_argument("--dimensions", type=int, default=128, help="dimensions of the cloud")
    parser.add_argument("--classes", type=int, default=10, help="branches of the cloud")
    parser.add_argument("--cloud", help="a .npy of points to use instead, of which --points are drawn")
    parser.add_argument("--quantile", type=float, default=0.5, help="quantile of nearest-neighbour distances")
    parser.add_argument("--factors", type=float, nargs="+", default=[0.8, 1.0, 1.3, 1.8], help="eps / quantile")
    parser.add_argument("--device", default="cpu", help="device of ours")
    parser.add_argument("--repeats", type=int, default=3, help="runs of which the median is taken")
    parser.add_argument("--seed", type=int, default=0, help="seed of the cloud")
    options = parser.parse_args()
    if options.cloud:
        every = np.load(options.cloud, mmap_mode="r", allow_pickle=False)
        drawn = np.random.default_rng(options.seed).choice(len(every), options.points, replace=False)
        points = every[np.sort(drawn)]
    else:
        points = make_cloud(options.points, options.dimensions, options.classes, options.seed)
    some = points[:: max(1, len(points) // 500)]
    nearest = NearestNeighbors(n_neighbors=2).fit(points).kneighbors(some)[0][:, 1]
    print(f"{points.shape[0]} x {points.shape[1]} {points.dtype}, median of {options.repeats}")
    print("     eps neighbours  noise clusters |  ours s  sklearn s  ratio | ours MiB  sklearn MiB | same labels")
    spawn = multiprocessing.get_context("spawn")
    for factor in options.factors:
        eps = factor * float(np.quantile(nearest, options.quantile))
        runs = {True: [], False: []}
        for _ in range(options.repeats):
            for is_ours in runs:
                with spawn.Pool(1) as pool:
                    runs[is_ours].append(pool.apply(cluster, ((points, eps, is_ours, options.device),)))
        seconds, memory = ({k: np.median([run[i] for run in v]) for k, v in runs.items()} for i in (0, 1))
        labels = runs[True][0][2]
        is_same = all(np.array_equal(labels, run[2]) for both in runs.values() for run in both)
        away = NearestNeighbors(radius=eps).fit(points).radius_neighbors(some, return_distance=False)
        n_neighbours = np.mean([len(indices) for indices in away])
        print(
            f"{eps:8.3f} {n_neighbours:10.0f} {np.mean(labels < 0):6.1%} {labels.max() + 1:8d} |"
            f"{seconds[True]:8.2f} {seconds[False]:10.2f} {seconds[False] / seconds[True]:6.1f} |"
            f"{memory[True]:9.0f} {memory[False]:12.0f} | {is_same}"
        )


if __name__ == "__main__":
    main()
