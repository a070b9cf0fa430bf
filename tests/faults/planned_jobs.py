"""
Print one job of each rule of a planned workflow as JSON: files, params and wildcards, as its script gets them.

    python planned_jobs.py OPTIONS-OF-SNAKEMAKE
"""

import json
import sys
from pathlib import Path

from snakemake.cli import main
from snakemake.workflow import Workflow


def plain(values):
    """A named list as a dict; what has no name is left out."""
    return {name: [str(item) for item in value] if is_several(value) else value for name, value in values.items()}


def is_several(value):
    return isinstance(value, list | tuple) or (not isinstance(value, str) and hasattr(value, "__iter__"))


def describe(job):
    return {
        "rule": job.rule.name,
        "script": Path(str(job.rule.script)).name,
        "input": {name: value if is_several(value) else str(value) for name, value in plain(job.input).items()},
        "output": {name: value if is_several(value) else str(value) for name, value in plain(job.output).items()},
        "params": dict(job.params.items()),
        "wildcards": dict(job.wildcards_dict),
        "config": dict(job.rule.workflow.config),
        "resources": {"device": "cpu"},
        "threads": 1,
        "log": [str(path) for path in job.log],
    }


def print_jobs(workflow):
    """In the place of what Snakemake prints of a plan."""
    workflow._prepare_dag(forceall=True, ignore_incomplete=True, lock_warn_only=True)
    workflow._build_dag()
    jobs = {}
    for job in sorted(workflow.dag.jobs, key=lambda job: (job.rule.name, str(job.output))):
        if job.rule.script is not None:
            jobs.setdefault(job.rule.name, describe(job))
    print(json.dumps(list(jobs.values())))


Workflow.printdag = print_jobs
main(["--dag", "--forceall", *sys.argv[1:]])
