"""Another workflow takes this one as a module from a git repository, by the lines of docs/usage.md."""

import os
import re
import shutil
import subprocess

import pytest
import yaml
from tiny import ROOT, TINY, forked_python

TAG = "v0.1.0"
WHO = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org", "-c", "commit.gpgsign=false"]


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """Folder of another workflow, beside a repository with a tag."""
    folder = tmp_path_factory.mktemp("other")
    clone, own = folder / "clone", folder / "own"
    clone.mkdir()
    for name in ("config", "envs", "workflow"):
        shutil.copytree(ROOT / name, clone / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Snakefile", clone)
    for command in (["init", "-q"], ["add", "."], [*WHO, "commit", "-q", "-m", "all"], ["tag", TAG]):
        subprocess.run(["git", "-C", clone, *command], check=True)
    # Only what is committed counts.
    for name in ("config", "envs", "workflow"):
        shutil.rmtree(clone / name)
    [lines] = re.findall(
        r"```python\n(module actopo:.*?)```", (ROOT / "docs/usage.md").read_text(encoding="utf-8"), re.S
    )
    place = re.search(r"# or: (gitfile\(.*\))\n", lines)[1]
    lines = re.sub(r"github\(.*\)", place.replace("/path/to/clone", str(clone)), lines)
    own.mkdir()
    (own / "Snakefile").write_text(f'configfile: "config.yaml"\n\n{lines}')
    (own / "config.yaml").write_text(yaml.safe_dump({"actopo": TINY}))
    return own


def snakemake(folder, *arguments, fails=False, **variables):
    """Run Snakemake with the lines that the page asks for, in an environment without the package."""
    triggers = yaml.safe_load((ROOT / "profiles/default/config.yaml").read_text(encoding="utf-8"))
    command = [forked_python(), "-m", "snakemake", "--rerun-triggers", *triggers["rerun-triggers"], "--cores", "2"]
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | variables
    done = subprocess.run([*command, *arguments], cwd=folder, env=kept, capture_output=True, text=True, check=False)
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_whole_workflow_is_planned(other):
    """Of a config that holds what differs from the defaults."""
    text = snakemake(other, "--dry-run")
    rules = set(re.findall(r"^(?:local)?rule (\w+):", text, re.MULTILINE))
    assert {"all", "actopo_train_model", "actopo_build_mapper", "actopo_summarise"} <= rules
    assert "results/tiny/summary.json" in text


def test_jobs_find_the_package(other):
    """In two environments of scripts; and nothing is planned again afterwards."""
    targets = ["results/tiny/data/digits/meta.json", "results/tiny/figures/noise.svg"]
    snakemake(other, *targets)
    assert all((other / target).is_file() for target in targets)
    assert "Nothing to be done" in snakemake(other, "--dry-run", *targets)
    # The report of the other workflow, whose configuration has other keys.
    snakemake(other, "--report", "report.html", *targets)
    assert "convolutional network computes" in (other / "report.html").read_text(encoding="utf-8")


def test_two_versions_at_once_are_refused(other, tmp_path):
    """Python imports one of them, by whose code the other's results would go."""
    clone, later = other.parent / "clone", "v0.2.0"
    edited = clone / "workflow/scripts/actopo/keys.py"
    subprocess.run(["git", "-C", clone, "checkout", "-q", TAG, "--", "."], check=True)
    edited.write_text(edited.read_text(encoding="utf-8") + "\nEDITED = True\n", encoding="utf-8")
    for command in ([*WHO, "commit", "-q", "-a", "-m", "edit"], ["tag", later]):
        subprocess.run(["git", "-C", clone, *command], check=True)
    lines = (other / "Snakefile").read_text(encoding="utf-8").split("rule all:")[0]
    second = lines.partition("\n\n")[2].replace("module actopo", "module second").replace(TAG, later)
    second = second.replace("from actopo as actopo_*", "from second as second_*")
    (tmp_path / "Snakefile").write_text(lines + second, encoding="utf-8")
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"actopo": TINY}))
    assert "give all modules of a Snakefile one version" in snakemake(tmp_path, "--dry-run", fails=True)


def test_clones_that_differ_in_a_script_alone_are_refused(tmp_path):
    """Digests of the second clone would be of the first one's script."""
    clones = [tmp_path / name for name in ("first", "second")]
    for clone in clones:
        for name in ("config", "envs", "workflow"):
            shutil.copytree(ROOT / name, clone / name, ignore=shutil.ignore_patterns("__pycache__"))
    script = clones[1] / "workflow/scripts/plot_noise.py"
    script.write_text(script.read_text(encoding="utf-8") + "\nEDITED = True\n", encoding="utf-8")
    lines = [
        f'module {clone.name}:\n    snakefile:\n        "{clone}/workflow/Snakefile"\n    config:\n'
        f'        config["actopo"]\n\n\nuse rule * from {clone.name} as {clone.name}_*\n\n\n'
        for clone in clones
    ]
    (tmp_path / "Snakefile").write_text('configfile: "config.yaml"\n\n\n' + "".join(lines), encoding="utf-8")
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"actopo": TINY}))
    assert "give all modules of a Snakefile one version" in snakemake(tmp_path, "--dry-run", fails=True)


def test_another_version_that_jobs_would_find_is_refused(other, tmp_path):
    """Python looks at PYTHONPATH, and at what is installed, before it looks where the script lies."""
    shutil.copytree(
        ROOT / "workflow/scripts", tmp_path, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True
    )
    target = "results/tiny/data/digits/meta.json"
    snakemake(other, "--dry-run", target, PYTHONPATH=str(tmp_path))
    keys = tmp_path / "actopo/keys.py"
    keys.write_text(keys.read_text(encoding="utf-8") + "\nEDITED = True\n", encoding="utf-8")
    told = snakemake(other, "--dry-run", target, fails=True, PYTHONPATH=str(tmp_path))
    assert f"Python finds another version of actopo in {tmp_path} than that of the workflow" in told


def test_resources_that_replace_those_of_a_rule(other):
    text = (other / "Snakefile").read_text(encoding="utf-8")
    lines = "use rule find_receptive_fields from actopo as actopo_find_receptive_fields with:\n    resources:\n"
    (other / "own.smk").write_text(f"{text}\n\n{lines}        mem_mb=1234,\n", encoding="utf-8")
    snakemake(other, "results/tiny/figures/noise.svg")
    target = "--until", "actopo_find_receptive_fields"
    told = snakemake(other, "--snakefile", "own.smk", *target, fails=True)
    assert "the rule has no resource device: `use rule ... with: resources:` replaces all" in told
    assert "Traceback" not in told.partition("find_receptive_fields:")[2]
