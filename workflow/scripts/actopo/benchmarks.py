"""
Time and memory of the jobs of a run.

Every job leaves a benchmark file of Snakemake's, `results/RUN/benchmarks/RULE/JOB.tsv`, or `RULE.tsv` where a rule has
one job.
"""

import csv
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

FOLDER = "benchmarks"


def read_benchmarks(runs):
    """
    Measurements of all jobs of some runs.

    Parameters
    ----------
    runs : sequence of str or Path
        Folders of results.

    Returns
    -------
    dict of str to list of dict
        By rule, of each job `seconds`, `cpu_seconds` and `mb`. A file that cannot be read counts as no job.
    """
    jobs = defaultdict(list)
    for run in runs:
        folder = Path(run, FOLDER)
        for path in sorted(folder.rglob("*.tsv")):
            with suppress(OSError, UnicodeDecodeError, csv.Error):
                jobs[rule_of(path, folder)] += _measurements(path)
    return {rule: measured for rule, measured in sorted(jobs.items()) if measured}


def _measurements(path):
    """Measurements of the jobs of one file."""
    columns = {"seconds": "s", "cpu_seconds": "cpu_time", "mb": "max_rss"}
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [{name: _number(row.get(column)) for name, column in columns.items()} for row in rows]


def rule_of(benchmark, folder):
    """Rule of a benchmark file below the folder of all."""
    return Path(benchmark).relative_to(folder).parts[0].removesuffix(".tsv")


def _number(text):
    """A number of a benchmark file; 0 for one that was not measured."""
    try:
        return float(text)
    except (TypeError, ValueError):
        return 0.0
