"""
A process that has imported what scripts import, and forks a child for each case, which takes milliseconds.

Cases come as lines of JSON on the standard input: what to run, and in what surroundings. Each is answered by the exit
code of its child, negative for a signal.
"""

import gc
import importlib
import json
import os
import resource
import runpy
import signal
import sys
import traceback
from contextlib import suppress
from types import SimpleNamespace

PRELOADED = (
    *("actopo.networks.print_layers", "actopo.networks.seeds_per_job", "actopo.points.study", "actopo.points.spool"),
    *("actopo.images.datasets", "actopo.images.mask_folder", "actopo.points.segmentation", "actopo.points.positions"),
    *("actopo.homology.diagrams", "actopo.similarity.specificity", "actopo.similarity.metrics.pairwise"),
    *("actopo.mapper.clusterers", "actopo.graphs.purity_tables", "actopo.graphs.distances", "actopo.graphs.formats"),
    *("actopo.figures.style", "actopo.figures.mapper_graphs", "actopo.figures.graph_flow", "torch", "torchvision"),
    # What is imported late, since another user may not read it where it lies.
    *("joblib", "safetensors.torch"),
)


class Named(SimpleNamespace):
    """Named files or params, as attributes, as items and in order."""

    def __getitem__(self, key):
        return list(vars(self).values())[key] if isinstance(key, int) else vars(self)[key]

    def __iter__(self):
        return iter(vars(self).values())

    def items(self):
        return vars(self).items()


def job_object(job):
    """What a script knows as `snakemake`."""
    named = {name: Named(**job[name]) for name in ("input", "output", "params", "wildcards", "resources")}
    return SimpleNamespace(**{**job, **named})


def run(case):
    """Run a script of the workflow, a module or some code."""
    if "job" in case:
        runpy.run_path(case["script"], init_globals={"snakemake": job_object(case["job"])}, run_name="__main__")
    elif "module" in case:
        sys.argv = [case["module"], *case["arguments"]]
        runpy.run_module(case["module"], run_name="__main__")
    else:
        exec(case["code"], {"__name__": "__main__"})


def child(case):
    """Take the surroundings of a case, run it, and end as the interpreter would."""
    for stream, path in enumerate([case["stdin"], case["stdout"], case["stderr"]]):
        if path is None:
            os.close(stream)
        else:
            os.dup2(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), stream)
    sys.stdout, sys.stderr = (
        os.fdopen(stream, "w", encoding="utf-8", errors="backslashreplace", closefd=False) for stream in (1, 2)
    )
    os.environ.update(case["environment"])
    os.umask(case["umask"])
    os.chdir(case["folder"])
    # The limit counts the files that this process has inherited, and those of the interpreter.
    os.closerange(3, 100)
    for name, limit in case["limits"].items():
        resource.setrlimit(getattr(resource, name), (limit, limit))
    if case["user"]:
        os.setgroups([])
        os.setgid(case["user"])
        os.setuid(case["user"])
    # Ignored where the tests run in the background of a shell.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    code = 0
    try:
        run(case)
    except SystemExit as error:
        if isinstance(error.code, str):
            print(error.code, file=sys.stderr)
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = 1
    for stream in (sys.stdout, sys.stderr):
        # The disk of a log may be full.
        with suppress(OSError):
            stream.flush()
    os._exit(code)


def main():
    """Import, and fork for every line."""
    for name in PRELOADED:
        importlib.import_module(name)
    import torch

    torch.set_num_threads(1)
    # No case looks through what is imported for garbage, which would also copy its memory.
    gc.collect()
    gc.freeze()
    # Nothing is given back to a terminal that a child may spoil.
    answers = os.fdopen(os.dup(1), "w")
    print("ready", file=answers, flush=True)
    while line := sys.stdin.readline():
        case = json.loads(line)
        pid = os.fork()
        if not pid:
            signal.alarm(case["seconds"])
            try:
                child(case)
            except BaseException:
                traceback.print_exc()
                os._exit(99)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)


if __name__ == "__main__":
    main()
