"""
What a conda environment holds, on a machine without conda: the packages of its file, and all that they need.

The versions are those that are installed here. Everything else that is installed here cannot be imported in a process
for which `forbid` was called, or which runs the Python of an environment that `make_environment` made.
"""

import json
import re
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import yaml
from packaging.requirements import Requirement

# What conda-forge calls otherwise, and what is no package of Python's.
DISTRIBUTIONS = {"pytorch": "torch", "opencv": "opencv-python-headless"}
NO_DISTRIBUTIONS = {"python", "pip"}

FORBIDDING = """
import json, os, sys

NAMES = frozenset(json.loads({names!r}))

# What finds the other modules, as the finder that it stands for.
class Allowed:
    def __init__(self, finder):
        self.finder = finder

    def __getattr__(self, name):
        return getattr(self.finder, name)

    def find_spec(self, name, path=None, target=None):
        return None if name.partition(".")[0] in NAMES else self.finder.find_spec(name, path, target)

sys.meta_path[:] = map(Allowed, sys.meta_path)
"""


def canonical(name):
    """Name of a distribution in one spelling."""
    return re.sub(r"[-_.]+", "-", name).lower()


def listed(env):
    """Distributions that the file of an environment names."""
    for entry in yaml.safe_load(Path(env).read_text(encoding="utf-8"))["dependencies"]:
        for line in entry["pip"] if isinstance(entry, dict) else [entry]:
            name = re.split("[=<>]", line)[0]
            if name not in NO_DISTRIBUTIONS:
                yield DISTRIBUTIONS.get(name, name)


def with_requirements(names):
    """Distributions and all that they require on this machine."""
    found, waiting = set(), list(names)
    while waiting:
        name = canonical(waiting.pop())
        if name in found:
            continue
        try:
            needed = map(Requirement, requires(name) or [])
        except PackageNotFoundError:
            continue
        found.add(name)
        waiting += [item.name for item in needed if item.marker is None or item.marker.evaluate({"extra": ""})]
    return found


@cache
def owners():
    """Distributions by the import names of what is installed here."""
    return packages_distributions()


def forbidden(env, besides=()):
    """Import names of what is installed here and is not in an environment, nor among some other distributions."""
    allowed = with_requirements([*listed(env), *besides, "setuptools"])
    return sorted(name for name, holders in owners().items() if not {canonical(owner) for owner in holders} & allowed)


def forbidding(env, besides=()):
    """Program that lets a process import nothing else."""
    return FORBIDDING.format(names=json.dumps(forbidden(env, besides)))


def make_environment(prefix, env):
    """A folder with a Python of its own, as `conda env create` makes one: it runs the one that is here, and forbids."""
    (prefix / "bin").mkdir(parents=True)
    (prefix / "lib").mkdir()
    # The object that Snakemake passes to a script is one of its own.
    (prefix / "lib/sitecustomize.py").write_text(forbidding(env, ["snakemake"]), encoding="utf-8")
    python = prefix / "bin/python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH={prefix}/lib exec {sys.executable} "$@"\n', encoding="utf-8")
    python.chmod(0o755)


def make_conda(folder):
    """An executable that does what Snakemake asks of conda; the environment in which it is found."""
    tool, activate = folder / "bin/conda", folder / "bin/activate"
    tool.parent.mkdir(parents=True)
    lines = [
        f"#!{sys.executable}",
        "import json, sys",
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})",
        "given = sys.argv[1:]",
        "if given[:1] == ['info']:",
        f"    print(json.dumps({{'conda_prefix': {str(folder)!r}, 'platform': 'linux-64', 'channels': []}}))",
        "elif given[:1] == ['--version']:",
        "    print('conda 24.7.1')",
        "elif given[:1] == ['config']:",
        "    print(json.dumps({'channel_priority': 'strict', 'get': {'channel_priority': 'strict'}}))",
        "elif given[:2] == ['env', 'create']:",
        "    from pathlib import Path",
        "    from isolation import make_environment",
        "    named = dict(zip(given, given[1:]))",
        "    make_environment(Path(named['--prefix']), named['--file'])",
    ]
    tool.write_text("\n".join(lines) + "\n", encoding="utf-8")
    activate.write_text('export CONDA_PREFIX="$1" PATH="$1/bin:$PATH"\n', encoding="utf-8")
    tool.chmod(0o755)
    return tool.parent
