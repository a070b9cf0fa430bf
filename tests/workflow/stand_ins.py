"""
What stands in for jobs and for PyTorch while Snakemake plans, in processes forked from one that has imported it.

A test of what runs again needs no results: it is enough that every output of a plan is there, with Snakemake's own
record of the job. `pretend_jobs` lets Snakemake run a whole plan in which jobs leave empty files, and `keep_plan`
writes down what Snakemake compares: the rule, params and inputs of every output.
"""

import gc
import json
import os
import traceback
from functools import cache
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

# Imported once, in the process that others are forked from.
import snakemake.executors.local
import snakemake.workflow
from actopo.config import layers
from actopo.digests import code_digest
from snakemake.cli import get_argument_parser
from snakemake.dag import DAG
from snakemake.io import is_flagged
from snakemake.sourcecache import LocalSourceFile

SCRIPTS = Path(layers.__file__).parents[2]
ROOT = SCRIPTS.parents[1]
# Bytes of a file that Snakemake compares by its time, unless it is told otherwise.
LARGE = 1_500_000


def pretend_jobs():
    """Let jobs write empty outputs, or zeros for images, instead of running their scripts."""

    def pretend(rule, _input, output, _params, _wildcards, _threads, _resources, log, benchmark, *_others):
        for place in [*output, *log, *filter(None, [benchmark])]:
            Path(place).parent.mkdir(parents=True, exist_ok=True)
            if "/activations/" in place and not place.endswith((".json", ".log", ".tsv")):
                Path(place).mkdir()
            else:
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
    """
    Let Snakemake read every file of rules of the workflow once, for the processes that are forked from this one.

    What it makes of a file depends on the text, and on the path, which it names in each rule.
    """
    parse, known = snakemake.workflow.parse, {}

    def remembered(path, workflow, linemap, overwrite_shellcmd=None, rulecount=0):
        place = path.get_path_or_uri(secret_free=True)
        text = Path(place).read_bytes() if overwrite_shellcmd is None and Path(place).is_file() else None
        if text not in known:
            return parse(path, workflow, linemap, overwrite_shellcmd, rulecount)
        code, n_rules, lines, before = known[text]
        linemap.update(lines)
        return code.replace(f"snakefile={before!r}", f"snakefile={place!r}"), rulecount + n_rules

    texts = SimpleNamespace(open=lambda file: StringIO(Path(file.path).read_text(encoding="utf-8")))
    for file in [*ROOT.glob("Snakefile"), *(ROOT / "workflow").glob("**/*.smk")]:
        lines = {}
        code, n_rules = parse(LocalSourceFile(str(file)), SimpleNamespace(sourcecache=texts), lines)
        known[file.read_bytes()] = code, n_rules, lines, str(file)
    snakemake.workflow.parse = remembered
    # Forks have what was compiled before; the name stands before that of Python.
    snakemake.workflow.compile = cache(compile)


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


for path in SCRIPTS.glob("*.py"):
    code_digest(path.stem)
remember_rules()
# Snakemake looks for its plugins once, among all that is installed.
get_argument_parser()
# What is here stays in every fork: no collection of garbage looks at it, which would also copy its memory.
gc.collect()
gc.freeze()
