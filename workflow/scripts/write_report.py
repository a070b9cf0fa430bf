"""
Make the report of a finished run, results/RUN/report.html: one page with its figures, tables and explorer.

    python workflow/scripts/write_report.py mine.yaml

It is Snakemake's report, with a few lines by which it can also open the explorer, which is too large for the address of
a frame. Config files are those of the run, laid over config/config.yaml as Snakemake does. Run it where Snakemake is
run, or give the run's --directory. A run that is not finished, or that its config would change, has no report: numbers
in captions are those of the config, and figures those of the last run.
"""

import argparse
import os
import re
import shlex
import sys
from pathlib import Path

from actopo.checksums import check
from actopo.config.config_files import over_defaults, seen_from
from actopo.config.snakemake_calls import call_snakemake
from actopo.errors import InputError

ROOT = Path(__file__).parents[2]
# Rules that a message names.
MOST_RULES = 4


def given(configfiles):
    """Options of Snakemake by which it reads config files."""
    return ["--configfile", *configfiles] if configfiles else []


def jobs_to_do(printed):
    """Number of jobs of each rule that a dry run counts, without the target."""
    _, _, table = printed.partition("Job stats:\n")
    counts = dict(re.findall(r"^(\w+) +(\d+)$", table.partition("\n\n")[0], re.MULTILINE))
    return {rule: int(count) for rule, count in counts.items() if rule not in ("all", "total")}


def check_is_finished(results, configfiles):
    """Refuse a run of which a number was edited, or of which Snakemake would run anything."""
    advice = "run snakemake with the same config first, or give the config that was run"
    if not (results / "summary.json").is_file():
        raise InputError(f"{results} is no finished run, which has a summary.json; {advice}")
    # Snakemake takes them as they are.
    tables = [path for study in ("similarity", "mapper") for path in sorted((results / study).rglob("*.csv"))]
    for path in (results / "summary.json", *tables, *sorted((results / "captions").glob("*.rst"))):
        check(path)
    printed = call_snakemake(["--dry-run", "--quiet", "rules", *given(configfiles)], "plan the run")
    jobs = jobs_to_do(printed)
    if jobs:
        rules = sorted(jobs, key=lambda rule: -jobs[rule])
        named = ", ".join(rules[:MOST_RULES]) + (", ..." if len(rules) > MOST_RULES else "")
        n = sum(jobs.values())
        if "missing provenance/metadata" in printed:
            advice += "; with results that are copied, copy .snakemake too"
        raise InputError(
            f"what is in {results} is not of this config, or not of this version of the workflow: snakemake would run "
            f"{n} job{'s' * (n > 1)} ({named}); {advice}"
        )


def write_report(configfiles):
    """Let Snakemake write the report, and return its path."""
    run = over_defaults(ROOT, configfiles).get("run")
    results = Path("results") / str(run)
    check_is_finished(results, configfiles)
    path = results / "report.html"
    try:
        call_snakemake(["--report", str(path), *given(configfiles)], "make the report")
    except InputError as error:
        # Snakemake does not make again what only the report reads.
        if missing := re.search(r"File (.+) marked for report but does not exist", str(error)):
            raise InputError(
                f"{missing[1]} is missing; to make it again, run snakemake as before with "
                f"-- {shlex.quote(missing[1])} at its end"
            ) from None
        raise
    script = (ROOT / "workflow/report/frames.js").read_text(encoding="utf-8")
    with open(path, "a", encoding="utf-8") as page:
        page.write(f"<script>\n{script}</script>\n")
    return path


def main():
    """Read the command line, and say where the report is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("configfiles", nargs="*", metavar="CONFIG", help="config files over config/config.yaml")
    parser.add_argument("--directory", "-d", default=".", help="where Snakemake runs")
    options = parser.parse_args()
    configfiles = seen_from(options.directory, options.configfiles)
    os.chdir(options.directory)
    print(f"report:  {Path(options.directory, write_report(configfiles))}")


if __name__ == "__main__":
    try:
        main()
    except (InputError, OSError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("\nInterrupted; no report is made.")
