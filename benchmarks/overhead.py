"""
Share of a run that is not computing: planning, start-up, imports, and cores that wait.

A run, of the demo by default, starts from nothing in a temporary folder, with one thread a job. Its core time, the wall
time times the cores, falls into

  computing   wall time of the jobs by their benchmark files, less their imports
  imports     start of Python, and all that a job imports, Snakemake's part and libraries in functions included
  planning    a dry run: start of Snakemake, parsing, jobs and their order, on one core while the others wait
  the rest    scheduling, and cores that wait because no job is ready

Below it are the import statements that took most, of all jobs together, and the rules whose jobs import most. On a
machine with other work all of these grow: take a quiet one.

    python benchmarks/overhead.py
    python benchmarks/overhead.py --configfile config/fashion_mnist.yaml mine.yaml --cores 4
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from resources import read_benchmarks

ROOT = Path(__file__).parents[1]
CLOCK = ROOT / "benchmarks" / "import_clock"


def seconds_of(command, **variables):
    """Wall time of a command, in whose output an error is shown, with variables in its environment."""
    start = time.perf_counter()
    environment = os.environ | variables
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command[:6]))} ... failed\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.perf_counter() - start


def timing_imports(folder):
    """Variables of an environment in which jobs leave the times of their imports in a folder."""
    path = [str(CLOCK), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(path), "ACTOPO_IMPORT_TIMES": str(folder)}


def read_import_times(folder):
    """
    Times that jobs left.

    Returns
    -------
    by_name, by_rule : Counter
        Seconds of all jobs by the name that they import, and by their rule.
    """
    by_name, by_rule = Counter(), Counter()
    for file in Path(folder).iterdir():
        seconds = json.loads(file.read_text(encoding="utf-8"))
        by_name.update(seconds)
        by_rule[file.name.partition(".")[0]] += sum(seconds.values())
    return by_name, by_rule


def parts_of(wall, planning, cores, jobs, imports):
    """
    Core time of a run by what it went into.

    Parameters
    ----------
    wall, planning : float
        Seconds of the run and of a dry run.
    cores : int
    jobs : dict of str to list of dict
        As `read_benchmarks` returns them.
    imports : float
        Seconds that start-up and imports took in all jobs.

    Returns
    -------
    dict of str to float
        Core seconds, which add up to `wall` times `cores`.
    """
    spent = sum(job["seconds"] for measured in jobs.values() for job in measured)
    parts = {"computing": spent - imports, "imports": imports, "planning": planning * cores}
    return {**parts, "the rest": wall * cores - sum(parts.values())}


def main():
    """Run the configuration and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--configfile", nargs="+", default=[str(ROOT / "config" / "demo.yaml")])
    parser.add_argument("--cores", type=int, default=os.cpu_count())
    options = parser.parse_args()
    snakemake = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--configfile"]
    snakemake += [*map(os.path.abspath, options.configfile), "--cores", str(options.cores), "--max-threads", "1"]
    with TemporaryDirectory() as folder, TemporaryDirectory() as times:
        planning = seconds_of([*snakemake, "--directory", folder, "--dry-run", "--quiet"])
        wall = seconds_of([*snakemake, "--directory", folder], **timing_imports(times))
        jobs = read_benchmarks(Path(folder, "results").iterdir())
        imported, of_rules = read_import_times(times)
    n_jobs, start = sum(map(len, jobs.values())), seconds_of([sys.executable, "-c", ""])
    parts = parts_of(wall, planning, options.cores, jobs, imported.total() + n_jobs * start)
    total = wall * options.cores
    print(f"{n_jobs} jobs, {wall:.1f} s on {options.cores} cores")
    for name, seconds in parts.items():
        print(f"{name:<12}{seconds:>9.1f} core seconds {seconds / total:>7.1%}")
    print(f"not computing: {1 - parts['computing'] / total:.1%}\n")
    for name, seconds in imported.most_common(12):
        print(f"{name:<40}{seconds:>7.1f} core seconds {seconds / total:>7.1%}")
    print(f"\n{'rule':<28}{'jobs':>6}{'seconds':>10}{'imports':>10}")
    for rule, seconds in of_rules.most_common(12):
        own = jobs.get(rule, ())
        print(f"{rule:<28}{len(own):>6}{sum(job['seconds'] for job in own):>10.1f}{seconds:>10.1f}")


if __name__ == "__main__":
    main()
