"""Every conda environment works alone: no rule, with no option, imports what only the host has."""

import json
import os
import re
import subprocess
import sys

import pytest
import yaml
from actopo.digests import files_behind
from isolation import DISTRIBUTIONS, canonical, forbidden, forbidding, make_conda
from test_envs import ENVIRONMENTS, ROOT, RULES, SCRIPTS, imports
from tiny import Workflow

ENVS = sorted(set(RULES.values()))
# Imported only in functions that rules of the environment do not call.
LAZY = {"plot": {"torch", "numba", "actopo.similarity.permutations"}, "torch": {"numba"}}
# Options that import what no import statement names, and functions that import when they are called.
OPTIONS = {
    "mapper": """
import numpy as np
from actopo.job import limit_threads
from actopo.mapper.clusterers import load_clusterer
from actopo.mapper.eps import choose_eps
points = np.random.default_rng(0).normal(size=(60, 3))
for name in ("HDBSCAN", "DBSCAN", "AgglomerativeClustering"):
    load_clusterer(f"sklearn.cluster.{name}").fit_predict(points)
choose_eps(np.geomspace(1, 100, 50))
limit_threads(1)
""",
    "plot": "",
    "topology": """
import numpy as np
from actopo.homology.diagrams import diagrams
list(diagrams([np.random.default_rng(0).normal(size=(20, 3))], (0, 1)))
""",
    "torch": """
import torch
from actopo.networks.build import build
from actopo.points.segmentation import deeplab_masks
build("alexnet", seed=0)(torch.zeros(1, 3, 64, 64))
""",
}


def name_of(env):
    return env.removeprefix("envs/").removesuffix(".yaml")


def dependencies(env):
    """Lines of an environment's file."""
    for entry in yaml.safe_load((ROOT / env).read_text(encoding="utf-8"))["dependencies"]:
        yield from entry["pip"] if isinstance(entry, dict) else [entry]


@pytest.mark.parametrize("env", ENVS)
def test_versions_are_those_that_were_tested(env):
    """Up to the last number; conda-forge has other versions of PyTorch alone."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    tested = dict(line.split("==") for line in lines if "==" in line)
    for line in set(dependencies(env)) - {"pip"}:
        name, version = re.fullmatch(r"([\w-]+)==?(\d+\.\d+[\d.]*)", line).groups()
        known = tested.get(DISTRIBUTIONS.get(name, name))
        if known is not None and name not in ("pytorch", "torchvision"):
            assert version.split(".")[:2] == known.split(".")[:2], line
    pinned = {line.split("=")[0]: line for line in dependencies(env)}
    for other in ENVS:
        for line in dependencies(other):
            assert pinned.get(line.split("=")[0], line).startswith(line[:-2]) or line == "pip"


def test_what_no_file_names_cannot_be_imported():
    names = {env: set(forbidden(ROOT / env)) for env in ENVS}
    assert all({"snakemake", "pytest", "ripser"} <= found for found in names.values())
    assert {"torch", "gtda", "sklearn", "networkx"} <= names["envs/plot.yaml"]
    assert "gtda" in names["envs/mapper.yaml"]
    assert not {"sklearn", "torch", "networkx", "numpy"} & names["envs/mapper.yaml"]
    assert canonical("Opencv_Python.headless") == "opencv-python-headless"


@pytest.mark.parametrize("env", ENVS)
def test_all_that_the_rules_of_an_environment_import(env):
    """Modules of the package and packages, at the top of files or in functions; and options that import by name."""
    modules, packages = set(), set()
    for rule in (rule for rule in RULES if RULES[rule] == env):
        files = [file.relative_to(SCRIPTS).with_suffix("") for file in files_behind(rule)]
        modules |= {".".join(file.parts) for file in files if file.parts[0] == "actopo"}
        packages |= imports(SCRIPTS / f"{rule}.py", set())
    lazy = LAZY.get(name_of(env), set())
    names = sorted(modules - lazy) + sorted(packages - lazy)
    program = f"{forbidding(ROOT / env)}\nimport importlib\nfor name in {names}:\n    importlib.import_module(name)\n"
    command = [sys.executable, "-c", program + OPTIONS[name_of(env)]]
    environment = {**os.environ, "PYTHONPATH": str(SCRIPTS)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(modules) > 10


def test_jobs_of_every_environment_run_in_it(tmp_path):
    """By Snakemake, with environments that it has made; and what they lack, they do not have from the host."""
    workflow = Workflow(tmp_path / "conda")
    tools = make_conda(tmp_path / "tools")
    targets = [f"results/tiny/{name}" for name in ("data/digits/meta.json", "data/digits/test/foreground.json")]
    targets += [f"results/tiny/figures/{name}.svg" for name in ("noise", "nested_circles", "vietoris_rips")]
    rules = ("prepare_images", "find_foreground", "plot_noise", "plot_nested_circles", "plot_vietoris_rips")
    assert {ENVIRONMENTS[rule] for rule in rules} == {name_of(env) for env in ENVS}
    command = workflow.command("--software-deployment-method", "conda", "--show-failed-logs", "--", *targets)
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=workflow.folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    made = {path.name: path for path in (workflow.folder / ".snakemake/conda").iterdir() if path.is_dir()}
    assert len(made) == len(ENVS)
    for path in made.values():
        forbids = json.loads(re.search(r"json.loads\('(.*)'\)", (path / "lib/sitecustomize.py").read_text())[1])
        assert "pytest" in forbids
        tried = subprocess.run(
            [path / "bin/python", "-c", "import pytest"], capture_output=True, text=True, check=False
        )
        assert "ModuleNotFoundError: No module named 'pytest'" in tried.stderr
