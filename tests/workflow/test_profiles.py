"""What the profiles ask for."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import snakemake.utils
import yaml
from snakemake.profiles import ProfileConfigFileParser
from tiny import TINY

ROOT = Path(__file__).parents[2]
SLURM = ROOT / "profiles/slurm/config.yaml"
RULES = {
    name or original
    for file in (ROOT / "workflow/rules").glob("*.smk")
    for original, name in re.findall(r"^(?:use )?rule (\w+)(?: as (\w+) with)?:", file.read_text(), flags=re.M)
}
ON_GPU = {
    name
    for file in (ROOT / "workflow/rules").glob("*.smk")
    for name in re.findall(
        r"^rule (\w+):(?:(?!^(?:use )?rule ).)*?\n        gpu=[^\n]*gpu_count\(", file.read_text(), flags=re.M | re.S
    )
} | {"train_to_epoch", "batch_distances"}  # which are other rules with other files


# Dry runs do not say what would run where.
LOCAL_RULES = """
import sys
from pathlib import Path
from snakemake.api import SnakemakeApi
from snakemake.settings.types import ConfigSettings, ResourceSettings

with SnakemakeApi() as api:
    config = ConfigSettings(configfiles=[Path(sys.argv[1])])
    workflow = api.workflow(ResourceSettings(cores=1), config, snakefile=Path("Snakefile"))._workflow
    print(*workflow._localrules)
"""


def read(path):
    with open(path, encoding="utf-8") as file:
        return ProfileConfigFileParser().parse(file)


@pytest.mark.parametrize(("cores", "threads"), [(1, 1), (2, 1), (4, 1), (8, 2), (16, 4), (32, 8), (64, 8)])
def test_jobs_run_side_by_side_on_a_workstation(monkeypatch, cores, threads):
    monkeypatch.setattr(snakemake.utils, "available_cpu_count", lambda: cores)
    assert int(read(ROOT / "profiles/default/config.yaml")["max-threads"]) == threads


def test_points_can_leave_the_only_gpu_to_training(workflow):
    """By what the workstation's profile has commented out; these jobs get their device from there."""
    text = (ROOT / "profiles/default/config.yaml").read_text()
    profile = workflow.folder / "own_profile"
    profile.mkdir()
    (profile / "config.yaml").write_text(re.sub(r"^# (set-resources:|  sample_points:)", r"\1", text, flags=re.M))
    workflow.config({**TINY, "device": "auto"}, "auto.yaml")
    asked = {}
    for arguments in ((), ("--workflow-profile", "own_profile")):
        done = workflow.run("--dry-run", *arguments, configfiles=["auto.yaml"])
        jobs = re.findall(r"^rule (\w+):(?:(?!^rule ).)*?    resources: ([^\n]*)", done.stdout, flags=re.M | re.S)
        asked[arguments] = {(rule, *re.findall(r"gpu=\d|device=\w+", resources)) for rule, resources in jobs}
    (default, own), training = asked.values(), ("train_model", "gpu=1", "device=auto")
    assert {training, ("sample_points", "gpu=1", "device=auto")} <= default
    assert {training, ("sample_points", "gpu=0", "device=cpu")} <= own
    assert ("sample_points", "gpu=1", "device=auto") not in own


@pytest.mark.parametrize(("name", "kept"), [("demo", [0, 1]), ("config", [0, 1, 2, 4, 8])])
def test_studies_by_epoch_are_submitted(workflow, name, kept):
    """Jobs of a network are one group, some of them side by side."""
    workflow.config({"models": {"resnet18_a": {"training": {"keep": kept}}}}, "epochs.yaml")
    files = [str(ROOT / f"config/{name}.yaml"), "epochs.yaml"]
    done = workflow.run("--dry-run", "--workflow-profile", str(SLURM.parent), configfiles=files)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The cluster's profile with all that is commented out in it."""
    text = re.sub(r"^(\s*)# ( *[\w-]+: )", r"\1\2", SLURM.read_text(), flags=re.M)
    text = re.sub(r"^(\s*)# ([\w-]+:)$", r"\1\2", text, flags=re.M)
    path = tmp_path_factory.mktemp("slurm") / "config.yaml"
    path.write_text(text)
    return yaml.safe_load(text), read(path)


def test_what_is_commented_out_is_a_profile(whole):
    values, parsed = whole
    assert parsed["slurm-status-command"] == "squeue"
    assert {"slurm_account='me'", "slurm_partition='cpu'", "tmpdir='/scratch/$USER'"} <= set(
        parsed["default-resources"]
    )
    on_gpu = {rule for rule, asked in values["set-resources"].items() if "gpu_model" in asked}
    assert on_gpu == ON_GPU
    groups = values["groups"]
    asked = values["set-resources"]
    partitions = {rule: asked[rule]["slurm_partition"] for rule in asked if "slurm_partition" in asked[rule]}
    # Those that may run where Snakemake does, which need not have the nodes' folder for temporary files.
    local = {rule for rule in asked if asked[rule].get("tmpdir") == "system_tmpdir"}
    assert local | partitions.keys() == asked.keys()
    assert local == {"prepare_images", "import_weights"}
    # Jobs of one group have one partition.
    for group in set(groups.values()):
        assert len({partitions.get(rule) for rule in groups if groups[rule] == group}) == 1


def test_groups_are_of_rules_that_there_are():
    groups = read(SLURM)["groups"]
    assert {group.split("=")[0] for group in groups} <= RULES
    figures = {group.split("=")[0] for group in groups if group.endswith("=figures")}
    assert {rule for rule in RULES if rule.startswith(("plot_", "average_"))} | {"summarise"} <= figures


def test_nothing_outside_waits_for_the_group_of_figures(workflow):
    """A group is submitted once its inputs are there: none may come from a job that needs another job of the group."""
    figures = {group.split("=")[0] for group in read(SLURM)["groups"] if group.endswith("=figures")}
    graph = workflow.run("--rulegraph").stdout
    names = dict(re.findall(r'(\d+)\[label = "(\w+)"', graph))
    edges = {(names[a], names[b]) for a, b in re.findall(r"(\d+) -> (\d+)", graph)}
    assert len(edges) > 50
    assert {after for before, after in edges if before in figures} <= figures | {"all"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"models": {"drawn": {"architecture": "alexnet", "weights": "b.safetensors", "seeds": 1}}}, set()),
        (
            {
                "data": {"dataset": "cifar10", "root": "cifar10"},
                "models": {"drawn": {"architecture": "alexnet", "weights": "IMAGENET1K_V1", "seeds": 1}},
                "figures": {"purity_class": "cat"},
            },
            {"prepare_images", "import_weights"},
        ),
    ],
)
def test_what_needs_the_internet_is_local(workflow, changes, expected):
    (workflow.folder / "b.safetensors").touch()
    config = {**TINY, **{section: {**TINY[section], **values} for section, values in changes.items()}}
    command = [sys.executable, "-c", LOCAL_RULES, str(workflow.folder / workflow.config(config, "local.yaml"))]
    done = subprocess.run(command, cwd=workflow.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == expected
