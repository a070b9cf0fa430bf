"""
What stands in for jobs and for PyTorch while Snakemake plans, in processes forked from one that has imported it.

A test of what runs again needs no results: it is enough that every output of a plan is there, with Snakemake's own
record of the job. `pretend_jobs` lets Snakemake run a whole plan in which jobs leave empty files, and `keep_plan`
writes down what Snakemake compares: the rule, params and inputs of every output.
"""

import json
import os
import traceback
from pathlib import Path

# Imported once, in the process that others are forked from.
import snakemake.executors.local
import snakemake.workflow
from actopo.config import layers
from actopo.digests import code_digest
from snakemake.dag import DAG
from snakemake.io import is_flagged

SCRIPTS = Path(layers.__file__).parents[2]
# Bytes of a file that Snakemake compares by its time, unless it is told otherwise.
LARGE = 1_500_000

for path in SCRIPTS.glob("*.py"):
    code_digest(path.stem)


def pretend_jobs():
    """Let jobs write empty outputs, or zeros for images, instead of running their scripts."""

    def pretend(rule, _input, output, _params, _wildcards, _threads, _resources, log, benchmark, *_others):
        for place in [*output, *log, *filter(None, [benchmark])]:
            Path(place).parent.mkdir(parents=True, exist_ok=True)
            Path(place).touch()
            if place.endswith("images.npy"):
                os.truncate(place, LARGE)

    snakemake.executors.local.run_wrapper = pretend


def pretend_networks():
    """Give networks that would have to be built 20 layers and a module, unchecked: PyTorch takes seconds to import."""
    layer = {"type": "Conv2d", "shape": [8, 8, 4], "taps": ["conv", "bn", "relu"], "is_pooled": False}
    layer |= {"is_convolution": True, "inputs": {"patches": [8, 8, 4]}, "has_residual": True}
    part = {"key": "", "shapes": {"patches": [4, 4, 8], "class": [1, 1, 8]}, "problem": ""}
    known = {
        layers.LISTING: [{"name": f"conv{i}"} | layer for i in range(20)],
        layers.OUTPUTS: [{"name": "block", "type": "Block", "parts": [part], "inputs": {}, "has_residual": False}],
    }
    layers._ask = lambda listing, *_others: known.get(listing)


def remember_rules():
    """Let Snakemake read every file of rules once, for this process and those that are forked from it."""
    parse, known = snakemake.workflow.parse, {}

    def remembered(path, workflow, linemap, rulecount=0, **settings):
        key = path.get_path_or_uri(secret_free=True), rulecount
        if key not in known:
            known[key] = *parse(path, workflow, linemap, rulecount=rulecount, **settings), dict(linemap)
        code, n_rules, lines = known[key]
        linemap.update(lines)
        return code, n_rules

    snakemake.workflow.parse = remembered


def keep_plan():
    """Write every plan into the file `PLAN` of the environment, as soon as Snakemake knows which jobs have to run."""
    postprocess = DAG.postprocess

    async def kept(dag, *arguments, **settings):
        await postprocess(dag, *arguments, **settings)
        persistence = dag.workflow.persistence
        jobs = [
            {
                "rule": job.rule.name,
                "outputs": list(job.output),
                "is_temporary": all(is_flagged(output, "temp") for output in job.output),
                "inputs": persistence._input(job),
                "params": persistence._params(job),
                "runs": dag.needrun(job),
            }
            for job in dag.jobs
            if job.output
        ]
        Path(os.environ["PLAN"]).write_text(json.dumps(jobs), encoding="utf-8")
        # What follows is the order in which they would run.
        raise SystemExit

    DAG.postprocess = kept


def plan_all(calls):
    """
    Plan several configurations, each in a process of its own that is forked after the first.

    Parameters
    ----------
    calls : list of (list of str, Path)
        Arguments of Snakemake, and the file that its plan goes to.
    """
    from snakemake.cli import main

    pretend_networks()
    remember_rules()
    keep_plan()
    for number, (arguments, file) in enumerate(calls):
        child = os.fork() if number else 0
        if child:
            os.waitpid(child, 0)
            continue
        os.environ["PLAN"] = str(file)
        try:
            main(arguments)
        except SystemExit:
            pass
        except BaseException:
            traceback.print_exc()
        if number:
            os._exit(0)
