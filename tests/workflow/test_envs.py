"""The conda environment of every rule names what the rule's script imports, directly or not."""

import ast
import re
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "workflow/scripts"
# Import names that conda packages call otherwise.
PACKAGES = {
    "torch": "pytorch",
    "sklearn": "scikit-learn",
    "cv2": "opencv",
    "gtda": "giotto-tda",
    "PIL": "pillow",
}


def environments():
    """Environment of every rule: that of its conda directive, or of the rule from which it takes the rest."""
    found = {}
    for file in sorted((ROOT / "workflow/rules").glob("*.smk")):
        for block in re.split(r"^(?=(?:use )?rule )", file.read_text(), flags=re.M)[1:]:
            name = re.match(r"(?:use rule (\w+) as )?(?:rule )?(\w+)", block)
            directive = re.search(r"\.\./\.\./envs/(\w+)\.yaml", block)
            found[name[2]] = directive[1] if directive else name[1]
    # Rules from which others are made may stand in a later file.
    while others := {name: env for name, env in found.items() if env in found}:
        found |= {name: found[env] for name, env in others.items()}
    return found


ENVIRONMENTS = environments()
RULES = {
    name: env
    for file in (ROOT / "workflow/rules").glob("*.smk")
    for name, env in re.findall(r"^rule (\w+):.*?\.\./\.\./(envs/\w+\.yaml)", file.read_text(), flags=re.M | re.S)
}


def imports(path, seen):
    """Packages outside the standard library that a file imports, following actopo's own modules."""
    seen.add(path)
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            file = SCRIPTS / f"{name.replace('.', '/')}.py"
            if file.is_file() and file not in seen:
                found |= imports(file, seen)
            found.add(name.split(".")[0])
    return found - {"actopo"} - set(sys.stdlib_module_names)


def packages(env):
    for entry in yaml.safe_load((ROOT / env).read_text())["dependencies"]:
        for name in entry["pip"] if isinstance(entry, dict) else [entry]:
            yield re.split("[=<>]", name)[0]


def test_every_rule_has_an_environment():
    # Commands for people, where Snakemake runs.
    assert set(RULES) == {path.stem for path in SCRIPTS.glob("*.py")} - {
        "list_layers",
        "node_images",
        "prune",
        "write_report",
    }


@pytest.mark.parametrize("rule", sorted(ENVIRONMENTS))
def test_every_rule_has_a_digest_of_its_environment(rule):
    text = "".join(file.read_text() for file in (ROOT / "workflow/rules").glob("*.smk"))
    [block] = re.findall(rf"^(?:use rule \w+ as|rule) {rule}\b.*?(?=^\S|\Z)", text, flags=re.M | re.S)
    if "    params:" not in block:
        # Those of the rule that it is made of.
        used = re.match(r"use rule (\w+)", block)[1]
        [block] = re.findall(rf"^rule {used}\b.*?(?=^\S|\Z)", text, flags=re.M | re.S)
    assert re.findall(r'^        env=env_digest\("(\w+)"\),$', block, flags=re.M) == [ENVIRONMENTS[rule]]


@pytest.mark.parametrize("rule", sorted(RULES))
def test_environment_is_complete(rule):
    # Imported only in functions: by job PyTorch, by specificity the loops of its nulls. Rules that call those have what
    # they need for other reasons.
    lazy = {SCRIPTS / "actopo/job.py", SCRIPTS / "actopo/similarity/permutations.py"}
    needed = imports(SCRIPTS / f"{rule}.py", set(lazy)) | {"tqdm"}
    needed = {PACKAGES.get(name, name) for name in needed}
    assert needed - set(packages(RULES[rule])) == set()


@pytest.mark.parametrize("env", sorted(set(RULES.values())))
def test_environment_holds_nothing_unused(env):
    # giotto-tda comes by pip, and fixes the version of scikit-learn; clusterers of configs are often scikit-learn's.
    has_scikit_learn = "giotto-tda" in packages(env) or "build_mapper" in [rule for rule in RULES if RULES[rule] == env]
    used = {"python", "pip", "tqdm", *(["scikit-learn"] if has_scikit_learn else [])}
    for rule in [rule for rule in RULES if RULES[rule] == env]:
        used |= {PACKAGES.get(name, name) for name in imports(SCRIPTS / f"{rule}.py", set())}
    assert set(packages(env)) - used == set()
