"""
CPU time of planning: start of Snakemake, parsing, and all jobs in their order, in dry runs that print none of them.

Each number of networks of the homology study is planned several times from nothing, and the median is shown, with what
a job took of it beyond the start: the time of one job, a figure that needs nothing. Printing the jobs, which a dry run
without `--quiet` does, takes about a third more.

    python benchmarks/planning.py
    python benchmarks/planning.py --configfile config/demo.yaml --seeds 3 100
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow/scripts"))

from actopo.config.config_files import over_defaults

ROOT = Path(__file__).parents[1]


def dry_run(folder, *arguments):
    """
    Plan a run.

    Parameters
    ----------
    folder : path
        Where the run would be.
    *arguments : str

    Returns
    -------
    seconds : float
        CPU time.
    printed : str
    """
    command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--directory", folder, "--dry-run"]
    before = os.times()
    done = subprocess.run([*command, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    after = os.times()
    if done.returncode:
        sys.exit(f"planning failed\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return after.children_user + after.children_system - before.children_user - before.children_system, done.stdout


def count_jobs(printed):
    """Jobs of a dry run that printed their number by rule."""
    return int(re.search(r"^total\s+(\d+)$", printed, re.MULTILINE)[1])


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--configfile", default=str(ROOT / "config" / "config.yaml"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        given, more = os.path.abspath(options.configfile), Path(folder, "seeds.yaml")
        config = over_defaults(ROOT, [given])
        model = config["homology"]["model"]

        def plan(*arguments):
            return dry_run(folder, "--configfile", given, *map(str, arguments))

        one = f"results/{config['run']}/figures/vietoris_rips.png"
        start = statistics.median(plan("--quiet", "--", one)[0] for _ in range(options.repeats))
        print(f"{'networks':>8}{'jobs':>8}{'CPU s':>8}{'ms a job':>10}   (one job: {start:.1f} s)")
        for seeds in options.seeds:
            more.write_text(yaml.safe_dump({"models": {model: {"seeds": seeds}}}), encoding="utf-8")
            jobs = count_jobs(plan(more)[1])
            spent = statistics.median(plan(more, "--quiet")[0] for _ in range(options.repeats))
            print(f"{seeds:>8}{jobs:>8}{spent:>8.1f}{1000 * (spent - start) / jobs:>10.2f}", flush=True)


if __name__ == "__main__":
    main()
