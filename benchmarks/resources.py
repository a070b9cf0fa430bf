"""
Time and memory that each rule took in finished runs, and what a profile should ask for.

Every job of the workflow leaves a benchmark file, `results/RUN/benchmarks/RULE/JOB.tsv`. The table has the longest and
the median wall time, the largest CPU time and the largest resident memory of the jobs of a rule. Below it is a block
`set-resources` for a profile: the longest time and the largest memory times a margin, rounded up. They are those of the
machine, the threads and the sizes of these runs: take a run like the one that is planned. Jobs of less than a second
are not measured and shown as 0.

    python benchmarks/resources.py results/demo
    python benchmarks/resources.py results/paper results/paper_short --margin 2 >> profiles/slurm/config.yaml
"""

import argparse
import math
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow/scripts"))

from actopo.benchmarks import read_benchmarks

# Minutes and MB that a job of any size needs. Snakemake's own processes count as the job's.
LEAST_MINUTES, LEAST_MB, OWN_MB = 5, 1000, 500


def requests(jobs, margin):
    """
    What to ask for.

    Parameters
    ----------
    jobs : dict of str to list of dict
        As `read_benchmarks` returns them.
    margin : float
        Factor on what was measured.

    Returns
    -------
    dict of str to dict
        By rule, `runtime` in minutes and `mem_mb`.
    """
    asked = {}
    for rule, measured in jobs.items():
        minutes = math.ceil(margin * max(job["seconds"] for job in measured) / 60)
        memory = margin * max(job["mb"] for job in measured) + OWN_MB
        asked[rule] = {
            "runtime": max(LEAST_MINUTES, minutes),
            "mem_mb": max(LEAST_MB, math.ceil(memory / 500) * 500),
        }
    return asked


def table(jobs):
    """Lines of the table."""
    yield f"{'rule':<28}{'jobs':>6}{'longest':>10}{'median':>10}{'CPU s':>10}{'MB':>8}"
    for rule, measured in jobs.items():
        seconds = [job["seconds"] for job in measured]
        largest = [max(job[key] for job in measured) for key in ("cpu_seconds", "mb")]
        yield (
            f"{rule:<28}{len(measured):>6}{max(seconds):>10.1f}{statistics.median(seconds):>10.1f}"
            f"{largest[0]:>10.1f}{largest[1]:>8.0f}"
        )


def block(asked):
    """Lines of the block for a profile."""
    yield "set-resources:"
    for rule, values in asked.items():
        yield f"  {rule}: {{{', '.join(f'{key}: {value} * attempt' for key, value in values.items())}}}"


def main():
    """Read the command line; print the table to the standard error stream and the block to the standard output."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("runs", nargs="+", help="folders of results, such as results/demo")
    parser.add_argument("--margin", type=float, default=2, help="factor on the longest time and the largest memory")
    options = parser.parse_args()
    jobs = read_benchmarks(options.runs)
    if not jobs:
        sys.exit(f"there are no benchmark files under {', '.join(f'{run}/benchmarks' for run in options.runs)}")
    print(*table(jobs), sep="\n", file=sys.stderr)
    print(*block(requests(jobs, options.margin)), sep="\n")


if __name__ == "__main__":
    main()
