"""
Make the report of a finished run, results/RUN/report.html: one page with its figures, tables and explorer.

    python workflow/scripts/write_report.py mine.yaml

It is Snakemake's report, with a few lines by which it can also open the explorer, which is too large for the address of
a frame. Config files are those of the run, laid over config/config.yaml as Snakemake does. Run it where Snakemake is
run, or give the run's --directory.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from actopo.checksums import check
from actopo.config.config_files import merged, seen_from
from actopo.errors import InputError

ROOT = Path(__file__).parents[2]


def write_report(configfiles):
    """Let Snakemake write the report, and return its path."""
    run = merged([ROOT / "config" / "config.yaml", *configfiles]).get("run")
    results = Path("results") / str(run)
    if not (results / "summary.json").is_file():
        raise InputError(f"{results} is no finished run, which has a summary.json; run snakemake first")
    # Snakemake takes them as they are.
    tables = [path for study in ("similarity", "mapper") for path in sorted((results / study).rglob("*.csv"))]
    for path in (results / "summary.json", *tables):
        check(path)
    path = results / "report.html"
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--report", str(path)]
    command += ["--configfile", *configfiles] if configfiles else []
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise InputError(f"Snakemake cannot make the report:\n{done.stderr.strip()}")
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
    print(f"report:  {write_report(configfiles)}")


if __name__ == "__main__":
    try:
        main()
    except (InputError, OSError) as error:
        sys.exit(f"error: {error}")
