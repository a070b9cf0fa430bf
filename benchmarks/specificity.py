"""
Time and memory of the tests of specificity.

Networks are random points, whose distances are those of the layers. Each size is measured in a process of its own, for
its peak memory, which includes the libraries; the first call, which compiles, is not timed. The table has the first
network as the reference, and every network.

    python benchmarks/specificity.py --sizes 94x4 17x100 --threads 2
"""

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))


def measure(n_layers, n_models, n_permutations, n_threads):
    """Seconds of a table on the clock and of all threads, and peak memory in MB."""
    from actopo.similarity.specificity import blocks
    from actopo.similarity.specificity_table import specificity_table

    def table(layers, models):
        points = np.random.default_rng(0).normal(size=(models * layers, 3))
        D = blocks(np.linalg.norm(points[:, None] - points[None], axis=2), models, layers)
        widths = np.arange(layers) // 4
        start = np.array([time.perf_counter(), time.process_time()])
        specificity_table({"x": D}, range(layers), widths, n_permutations, n_threads=n_threads)
        return np.array([time.perf_counter(), time.process_time()]) - start

    table(8, 5)
    return table(n_layers, n_models), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", default=["94x4", "17x100"], help="layers x networks")
    parser.add_argument("--permutations", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--one", action="store_true", help="measure in this process")
    options = parser.parse_args()
    if options.one:
        n_layers, n_models = map(int, options.sizes[0].split("x"))
        (clock, cpu), memory = measure(n_layers, n_models, options.permutations, options.threads)
        print(f"{n_layers:4d} layers, {n_models:4d} networks: {clock:.1f} s ({cpu:.1f} s of CPU), {memory:.0f} MB")
        return
    for size in options.sizes:
        rest = ["--permutations", str(options.permutations), "--threads", str(options.threads), "--one"]
        subprocess.run([sys.executable, __file__, "--sizes", size, *rest], check=True)


if __name__ == "__main__":
    main()
