"""A copy of the workflow with a config that runs every rule on as little as it takes."""

import filecmp
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
from collections import Counter
from functools import cache
from multiprocessing import forkserver
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

import script_server
import yaml

ROOT = Path(__file__).parents[2]

TINY = {
    "run": "tiny",
    "device": "cpu",
    "data": {"dataset": "digits", "root": None, "size": 16, "test_share": 0.1},
    "models": {
        "resnet18_a": {"width": 2, "seeds": 2, "training": {"epochs": 1, "peak_epoch": 0.5, "learning_rate": 0.1}},
        "resnet18_b": {"width": 2, "training": {"epochs": 1, "schedule": "triangular", "peak_epoch": 1}},
    },
    "homology": {"batches": 1, "batch_size": 60, "layers": [0, 8, 9, 16]},
    "similarity": {
        "permutations": 20,
        "sensitivity": {"orders": 2, "references": 1},
        "untrained": {"images": 50},
        "rivals": {"metrics": ["linear_cka", "rtd"], "clouds": ["own", "matched"], "rtd_subsets": 1, "rtd_points": 20},
        "power": {"points": [20], "directions": [5], "draws": 2, "subsets": 3},
        "surrogates": {"draws": 19},
    },
    "mapper": {
        "part": "test",
        "layers": [16],
        "samplings": {"full": {"cap": 300}}
        | dict.fromkeys(["foreground_5", "background_1", "background_5", "matched_1", "central_1"]),
        "noise": {"sigmas": [0.5], "samplings": ["random"]},
        "permutations": 5,
        "comparisons": [],
        "stability": {"intervals": [5], "overlaps": [0.3], "eps": [1], "samples": 2},
        "all_eps": None,
        "intervals": 5,
    },
    "figures": {"purity_class": "4"},
}


PACKAGE = "workflow/scripts/actopo"


def share_compiled(package):
    """Let a copy of the package use what Python and numba compiled of the original; both check times and sizes."""
    for folder in sorted(path for path in (package, *package.rglob("*")) if path.is_dir()):
        compiled = ROOT / PACKAGE / folder.relative_to(package) / "__pycache__"
        compiled.mkdir(exist_ok=True)
        (folder / "__pycache__").symlink_to(compiled)


# Most of the time of a dry run is the import of Snakemake, the reading of rules, and digests of the code: runs are
# forked from a process that has them.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    ["snakemake.cli", "snakemake.report.html_reporter", "smart_open", "jsonschema", "stand_ins"]
)


def start_forks():
    """Start the process that others are forked from, which finds modules by the environment alone."""
    known = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), str(ROOT / "workflow/scripts")])
    try:
        forkserver.ensure_running()
    finally:
        del os.environ["PYTHONPATH"]
        if known is not None:
            os.environ["PYTHONPATH"] = known


def forked_snakemake(arguments, folder, environment, outputs, executable=sys.executable, stand_ins=(), is_edited=False):
    """
    What `python -m snakemake` does in a folder, in a process of its own.

    Parameters
    ----------
    arguments : list of str
    folder : Path
    environment : dict of str to str
    outputs : list of Path
        Files for what it prints to stdout and stderr.
    executable : str or Path
        What runs its scripts.
    stand_ins : sequence of tuple
        Names of functions of `stand_ins`, each with its arguments, that are called first.
    is_edited : bool
        Whether the code in the folder is another than that of the tests, so that its digests are to be found.
    """
    for stream, path in enumerate(outputs, start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), stream)
    os.chdir(folder)
    os.environ.pop("PYTHONPATH", None)
    os.environ.update(environment)
    # The workflow's own package is the copy in the folder.
    sys.path[:] = [str(folder), *(path for path in sys.path if not Path(path).is_relative_to(ROOT / "workflow"))]
    if is_edited:
        assert not stand_ins, "they stand in for what is in the code of the tests"
        for name in [name for name in sys.modules if name.partition(".")[0] == "actopo"]:
            del sys.modules[name]
    else:
        import stand_ins as functions

        for name, *values in stand_ins:
            getattr(functions, name)(*values)
    from snakemake.cli import main

    sys.executable = str(executable)
    main(arguments)


@cache
def forked_python():
    """A program that runs scripts as Python does, but in forks of a process that has their libraries."""
    return script_server.executable(Path(mkdtemp(prefix="scripts-")))


def start_another_server():
    """Fork the jobs of later runs from a process that starts anew, whose strings have other hashes."""
    forked_python.cache_clear()


class Workflow:
    """The workflow in a folder of its own."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(exist_ok=True)
        for name in ("config", "envs", "profiles", "workflow"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "Snakefile", folder)
        share_compiled(folder / PACKAGE)
        self.config(TINY)

    def config(self, values, name="tiny.yaml"):
        """Write a config file."""
        (self.folder / name).write_text(yaml.safe_dump(values))
        return name

    def command(self, *arguments, configfiles=("tiny.yaml",)):
        """The call of snakemake; `arguments` come after the options."""
        return [sys.executable, "-m", "snakemake", "--configfile", *configfiles, "--cores", "2", *arguments]

    def run(self, *arguments, **kwargs):
        """Run snakemake, and what it starts, in forked processes."""
        return self.forked(self.command(*arguments, **kwargs), {"OMP_NUM_THREADS": "1"}, executable=forked_python())

    def is_edited(self):
        """Whether the code in the folder is another than that of the tests."""
        code = [folder / "workflow/scripts" for folder in (ROOT, self.folder)]
        names = [sorted(str(path.relative_to(scripts)) for path in scripts.rglob("*.py")) for scripts in code]
        return names[0] != names[1] or len(filecmp.cmpfiles(*code, names[0])[0]) < len(names[0])

    def forked(self, command, environment, timeout=600, **kwargs):
        """Run snakemake in a forked process, see `forked_snakemake`; it ends after `timeout` seconds at the latest."""
        with TemporaryDirectory() as folder:
            outputs = [Path(folder, name) for name in ("stdout", "stderr")]
            arguments = (command[3:], self.folder, environment, outputs)
            kwargs["is_edited"] = self.is_edited()
            start_forks()
            process = FORKS.Process(target=forked_snakemake, args=arguments, kwargs=kwargs)
            process.start()
            process.join(timeout)
            if process.is_alive():
                process.kill()
                process.join()
            return subprocess.CompletedProcess(command, process.exitcode, *(path.read_text() for path in outputs))

    def planned(self, *arguments, environment=None, **kwargs):
        """Number of jobs of every rule that a dry run would run."""
        command = self.command("--dry-run", *arguments, **kwargs)
        done = self.forked(command, environment or {}, executable=forked_python())
        assert done.returncode == 0, done.stdout + done.stderr
        rules = [
            line.split()[1].rstrip(":") for line in done.stdout.splitlines() if line.startswith(("rule ", "localrule "))
        ]
        return Counter(rule for rule in rules if rule != "all")

    def plans(self, names, environment=None):
        """Jobs of dry runs with some config files, as `stand_ins.keep_plan` writes them."""
        with TemporaryDirectory() as folder:
            files = [Path(folder, f"plan{i}.json") for i in range(len(names))]
            calls = [self.command("--dry-run", "--quiet", "all", configfiles=[name])[3:] for name in names]
            stand_ins = [("plan_all", list(zip(calls, files, strict=True)))]
            # A fraction of a second each, if nothing else runs on the machine.
            timeout = 600 + 30 * len(names)
            done = self.forked(self.command("--version"), environment or {}, timeout, stand_ins=stand_ins)
            failed = [name for name, file in zip(names, files, strict=True) if not file.exists()]
            assert not failed, f"{failed}: {done.stderr[-5000:]}"
            return [json.loads(file.read_text(encoding="utf-8")) for file in files]

    def pretend(self, *arguments, environment=None, **kwargs):
        """Run snakemake with jobs that leave empty outputs."""
        # A second --cores stands for the first: as many jobs side by side as Snakemake can start.
        command = self.command("--scheduler", "greedy", "--cores", "64", *arguments, **kwargs)
        done = self.forked(command, environment or {}, stand_ins=[("pretend_networks",), ("pretend_jobs",)])
        assert done.returncode == 0, done.stdout + done.stderr
