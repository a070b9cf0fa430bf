"""The extras of pyproject.toml: each holds what the modules of its stages import."""

import ast
import re
import sys
import tomllib
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "workflow" / "scripts"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# Distributions whose package has another name.
PACKAGES = {
    "giotto-tda": "gtda",
    "pillow": "PIL",
    "opencv-python-headless": "cv2",
    "pyyaml": "yaml",
    "scikit-learn": "sklearn",
}
EXTRAS = {
    "compiled": "topology",
    "homology": "topology",
    "similarity": "topology",
    "images": "networks",
    "networks": "networks",
    "points": "networks",
    "mapper": "mapper",
    "graphs": "mapper",
    "figures": "figures",
    "explorer": "explorer",
    "notebook": "notebook",
    "analyse": "notebook",
    "config": "workflow",
}
NO_EXTRA = [
    f"actopo.graphs.{name}" for name in ("purity", "purity_tables", "distances", "branching", "features", "replicates")
]
MODULES = sorted(
    ".".join(path.relative_to(SCRIPTS).with_suffix("").parts)
    for path in (SCRIPTS / "actopo").rglob("*.py")
    if path.name != "__init__.py"
)


def packages(requirements):
    """What distributions are called in an import."""
    names = [re.match(r"[A-Za-z0-9-]+", line)[0] for line in requirements if re.match(r"\w", line)]
    return {PACKAGES.get(name, name) for name in names}


def imported(module, seen):
    """Packages beyond the standard library that importing a module imports."""
    seen.add(module)
    found = set()
    for node in ast.parse((SCRIPTS / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")).body:
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            if name in MODULES and name not in seen:
                found |= imported(name, seen)
        found |= {name.partition(".")[0] for name in names}
    return found - set(sys.stdlib_module_names) - {"actopo"}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_what_its_extra_holds(module):
    room = module.split(".")[1]
    extra = PROJECT["optional-dependencies"][EXTRAS[room]] if room in EXTRAS and module not in NO_EXTRA else []
    assert imported(module, set()) <= packages([*PROJECT["dependencies"], *extra])


def test_all_is_every_extra():
    (everything,) = PROJECT["optional-dependencies"]["all"]
    named = set(re.search(r"\[(.*)\]", everything)[1].split(","))
    assert named == set(PROJECT["optional-dependencies"]) - {"all"}


def test_a_package_has_one_lowest_version():
    lines = [*PROJECT["dependencies"], *chain(*PROJECT["optional-dependencies"].values())]
    limits = {re.match(r"[A-Za-z0-9-]+", line)[0]: set() for line in lines}
    for line in lines:
        limits[re.match(r"[A-Za-z0-9-]+", line)[0]] |= {limit for limit in re.findall(r">=[\d.]+", line)}
    assert [name for name, own in limits.items() if len(own) > 1] == []


def test_every_requirement_of_the_package_is_pinned_for_the_workflow():
    pinned = packages((ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()[2:])
    wanted = packages([*PROJECT["dependencies"], *chain(*PROJECT["optional-dependencies"].values())]) - {"actopo"}
    # These come with Snakemake and giotto-tda.
    assert wanted - pinned <= {"yaml", "joblib"}
