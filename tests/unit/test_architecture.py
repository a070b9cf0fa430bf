"""Imports between the rooms of the package go one way, and every module says what it is."""

import ast
import re
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import actopo
import pytest

PACKAGE = Path(actopo.__file__).parent
FILES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.name != "__init__.py"
}
GROUND = {"errors", "answers", "environment", "checksums", "files", "digests", "keys", "arithmetic"}
GROUND |= {"benchmarks", "code_text", "compiled", "same_results", "user_code"}
SCIENCE = {"images", "networks", "points", "homology", "similarity", "mapper", "graphs"}
# What a room may import beside itself: rooms, or single modules of them.
ALLOWED = {
    **dict.fromkeys(GROUND, GROUND),
    "gpu": GROUND,
    "job": GROUND | {"gpu"},
    "summary": GROUND | {"captions"},
    "captions": GROUND | {"figures.choices", "similarity.choices", "similarity.metrics.choices"},
    **dict.fromkeys(["images", "networks", "homology", "mapper"], GROUND | {"gpu", "job"}),
    "similarity": GROUND | {"gpu", "job", "homology.scale"},
    "points": GROUND | {"gpu", "job", "networks"},
    "graphs": GROUND | {"gpu", "job", "mapper", "similarity.intervals"},
    "figures": GROUND | {"gpu", "job", "points.choices"} | SCIENCE - {"points"},
    "explorer": GROUND | {"figures.choices", "figures.graph_layout", "figures.style"},
    "notebook": GROUND | SCIENCE | {"figures", "explorer"},
    "analyse": GROUND | SCIENCE | {"notebook", "config.choosing"},
    # Of the sciences, a config knows the tables of choices, the recipe and what lies in class folders; see below.
    "config": GROUND | {"networks.recipe", "images.class_folders", "images.listing"},
}


def room(module):
    return module.split(".")[0]


def is_choices(module):
    return module.split(".")[-1] == "choices"


def imports(path):
    """Names of all modules that a file imports, at any depth."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} imports relatively"
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            own = {name for name in inner if name.removeprefix("actopo.") in FILES}
            found |= own or {node.module}
    return found


def neighbours(module):
    """Modules of the package that a module imports."""
    return {name.removeprefix("actopo.") for name in imports(FILES[module]) if room(name) == "actopo"}


def test_rules_are_for_rooms_that_are_there():
    assert set(ALLOWED) == {room(module) for module in FILES}
    assert sum(map(is_choices, FILES)) >= 6


@pytest.mark.parametrize("module", FILES)
def test_imports_go_one_way(module):
    own = room(module)
    for other in neighbours(module):
        assert other in FILES, f"{module} imports {other}, which is no module"
        is_allowed = room(other) == own or {other, room(other)} & ALLOWED[own]
        if own == "config":
            is_allowed = is_allowed or is_choices(other)
        assert is_allowed, f"{module} imports {other}"


@pytest.mark.parametrize("module", [module for module in FILES if room(module) in SCIENCE | GROUND | {"gpu", "job"}])
def test_no_science_knows_figures_or_configs(module):
    assert not {room(other) for other in neighbours(module)} & {
        "figures",
        "explorer",
        "notebook",
        "analyse",
        "config",
        "summary",
    }


@pytest.mark.parametrize(
    "module",
    [
        *filter(is_choices, FILES),
        "images.class_folders",
        "images.listing",
        "keys",
        "digests",
        "code_text",
        "same_results",
    ],
)
def test_what_a_config_knows_imports_the_standard_library_only(module):
    for other in imports(FILES[module]):
        own = other in {
            f"actopo.{name}"
            for name in ("errors", "keys", "digests", "code_text", "same_results", "images.class_folders")
        }
        own = own or (other.startswith("actopo.") and is_choices(other))
        assert own or room(other) in sys.stdlib_module_names, f"{module} imports {other}"


@pytest.mark.parametrize("module", FILES)
def test_nothing_imports_a_script(module):
    scripts = {path.stem for path in PACKAGE.parent.glob("*.py")}
    assert scripts
    assert not {room(name) for name in imports(FILES[module])} & scripts


def test_no_module_imports_itself_by_way_of_others():
    order = list(TopologicalSorter({module: neighbours(module) for module in FILES}).static_order())
    assert set(order) == set(FILES)


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_has_a_docstring(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), "there is no docstring"
    if path.name == "__init__.py":
        assert len(tree.body) == 1, "a package holds nothing but its docstring"


def test_every_folder_is_a_package():
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    assert all((folder / "__init__.py").is_file() for folder in folders)


# Functions that read a file and check no sum, and the modules that may call them: those of `files` itself, of tensors
# (inside of `reading`), of the user's tables and weights, and of arrays that the same job has just written.
READERS = {"np.load", "np.memmap", "np.fromfile", "json.load", "pd.read_csv", "safe_open", "load_file", "torch.load"}
MAY_READ = {"files": {"np.load", "pd.read_csv"}, "networks.weights": {"safe_open", "load_file", "torch.load"}}
MAY_READ |= {"graphs.image_labels": {"pd.read_csv"}, "points.spool": {"np.memmap"}}
# After `load_table` has compared it.
MAY_READ |= {"graphs.pair_tables": {"pd.read_csv"}}
# Temporary files between two processes.
MAY_READ |= {"networks.built_again": {"torch.load"}}
# Benchmark files are Snakemake's.
MAY_READ |= {"scripts/build_explorer": {"pd.read_csv"}}
SOURCES = FILES | {f"scripts/{path.stem}": path for path in PACKAGE.parent.glob("*.py")}


@pytest.mark.parametrize("module", SOURCES)
def test_files_of_the_run_are_read_where_their_check_sums_are_compared(module):
    calls = [node.func for node in ast.walk(ast.parse(SOURCES[module].read_text())) if isinstance(node, ast.Call)]
    assert READERS & set(map(ast.unparse, calls)) <= MAY_READ.get(module, set())


def test_contributors_read_of_every_module():
    """The table of packages has a row for each room, and the first row has those that every other may use."""
    text = (PACKAGE.parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = [re.findall(r"`([\w.]+)`", line.split("|")[1]) for line in text.splitlines() if line.startswith("| `")]
    assert set(rows[0]) == GROUND
    assert {name for row in rows for name in row} >= set(ALLOWED)
