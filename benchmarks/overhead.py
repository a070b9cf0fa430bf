"""
Share of a run that is not computing: planning, start-up, imports, and cores that wait.

A run, of the demo by default, starts from nothing in a temporary folder, with one thread a job. Its core time, the wall
time times the cores, falls into

  computing   wall time of the jobs by their benchmark files, less their imports
  imports     start of Python and imports of the scripts, measured one by one afterwards, for each job
  planning    a dry run: start of Snakemake, parsing, jobs and their order, on one core while the others wait
  the rest    scheduling, and cores that wait because no job is ready

On a machine with other work all of these grow, and imports are measured when the run is over: take a quiet one.

    python benchmarks/overhead.py
    python benchmarks/overhead.py --configfile config/fashion_mnist.yaml mine.yaml --cores 4
"""

import argparse
import ast
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from resources import read_benchmarks

ROOT = Path(__file__).parents[1]
SCRIPTS = ROOT / "workflow" / "scripts"


def import_statements(script):
    """The imports of a script, at the top and inside functions, as a program."""
    tree = ast.parse(script.read_text(encoding="utf-8"))
    return "\n".join(ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))


def seconds_of(command, folder=SCRIPTS):
    """Wall time of a command, in whose output an error is shown."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command[:6]))} ... failed\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.perf_counter() - start


def script_of(rule):
    """Script of a rule, which has the rule's name unless one rule takes another's."""
    own = SCRIPTS / f"{rule}.py"
    if own.exists():
        return own
    for file in (ROOT / "workflow" / "rules").glob("*.smk"):
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.startswith("use rule ") and line.endswith(f" as {rule} with:"):
                return SCRIPTS / f"{line.split()[2]}.py"
    raise FileNotFoundError(f"rule {rule} has no script")


def parts_of(wall, planning, cores, jobs, imports):
    """
    Core time of a run by what it went into.

    Parameters
    ----------
    wall, planning : float
        Seconds of the run and of a dry run.
    cores : int
    jobs : dict of str to list of dict
        As `resources.read_benchmarks` returns them.
    imports : dict of str to float
        Seconds that the imports of a rule's script take.

    Returns
    -------
    dict of str to float
        Core seconds, which add up to `wall` times `cores`.
    """
    spent = {
        rule: (sum(job["seconds"] for job in measured), sum(min(imports[rule], job["seconds"]) for job in measured))
        for rule, measured in jobs.items()
    }
    imported = sum(both[1] for both in spent.values())
    parts = {
        "computing": sum(both[0] for both in spent.values()) - imported,
        "imports": imported,
        "planning": planning * cores,
    }
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
    with TemporaryDirectory() as folder:
        planning = seconds_of([*snakemake, "--directory", folder, "--dry-run", "--quiet"], ROOT)
        wall = seconds_of([*snakemake, "--directory", folder], ROOT)
        jobs = read_benchmarks(Path(folder, "results").iterdir())
    scripts = {rule: script_of(rule) for rule in jobs}
    imports = {
        script: seconds_of([sys.executable, "-c", import_statements(script)])
        for script in sorted(set(scripts.values()))
    }
    parts = parts_of(wall, planning, options.cores, jobs, {rule: imports[script] for rule, script in scripts.items()})
    total = wall * options.cores
    print(f"{sum(map(len, jobs.values()))} jobs, {wall:.1f} s on {options.cores} cores")
    for name, seconds in parts.items():
        print(f"{name:<12}{seconds:>9.1f} core seconds {seconds / total:>7.1%}")
    print(f"not computing: {1 - parts['computing'] / total:.1%}")


if __name__ == "__main__":
    main()
