"""The package that `pip install .` makes: complete, and usable without the workflow."""

import os
import shutil
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "workflow" / "scripts" / "actopo"


def modules(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.py")}


def run(*command, folder, **environment):
    """Run a command in a folder, without the tests' own path to the package."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run(command, cwd=folder, env=kept | environment, capture_output=True, text=True, check=False)


def can_build():
    """Whether the setuptools of this environment can build a wheel; before 70.1 it needs the package wheel for that."""
    return bool(find_spec("setuptools") and (find_spec("setuptools.command.bdist_wheel") or find_spec("wheel")))


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Folder into which a copy of the sources was installed: building leaves files beside them."""
    folder = tmp_path_factory.mktemp("package")
    source, target = folder / "source", folder / "installed"
    shutil.copytree(PACKAGE, source / "workflow" / "scripts" / "actopo", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    # Without a setuptools of its own here, pip fetches one.
    offline = ["--no-index", "--no-build-isolation"] if can_build() else ["--retries", "0", "--timeout", "10"]
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-deps", *offline]
    done = run(*pip, "--target", str(target), ".", folder=source)
    if not can_build() and "No matching distribution found for setuptools" in done.stderr:
        pytest.skip("no setuptools that can build a wheel is installed, and pip cannot fetch one")
    assert done.returncode == 0, done.stdout + done.stderr
    return target


def test_every_module_is_installed(installed):
    assert modules(installed / "actopo") == modules(PACKAGE)


def test_nothing_but_the_package_is_installed(installed):
    names = {path.name for path in installed.iterdir() if path.suffix != ".dist-info"}
    assert names == {"actopo"}


def test_the_package_works_from_its_folder_alone(installed, tmp_path):
    program = (
        "import actopo\n"
        "from actopo.similarity.wasserstein import pairwise_distances\n"
        "print(actopo.__file__, pairwise_distances([[(0, 1)], [(0, 1)], []])[0, 1])"
    )
    done = run(sys.executable, "-c", program, folder=tmp_path, PYTHONPATH=str(installed))
    assert done.returncode == 0, done.stderr
    place, distance = done.stdout.split()
    assert Path(place) == installed / "actopo" / "__init__.py"
    assert float(distance) == 0


def test_the_metadata_are_those_of_the_project(installed):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (metadata,) = installed.glob("actopo-*.dist-info/METADATA")
    lines = metadata.read_text(encoding="utf-8").splitlines()
    assert {f"Version: {project['version']}", "Requires-Python: >=3.11", "License: BSD-3-Clause"} <= set(lines)
    assert f"version: {project['version']}" in (ROOT / "CITATION.cff").read_text(encoding="utf-8").splitlines()
