"""Files of a finished run that a smaller config does not ask for are listed and removed, after questions."""

import copy
import shutil
import subprocess

from actopo.config import run_lock
from actopo.config.outdated import FOLDERS
from tiny import TINY, Workflow, forked_python


def prune(workflow, config, answers, *options):
    command = [forked_python(), "workflow/scripts/prune.py", "--configfile", config, *options]
    return subprocess.run(
        command, cwd=workflow.folder, input=answers, capture_output=True, text=True, timeout=600, check=False
    )


def files(workflow):
    results = workflow.folder / "results/tiny"
    return {
        path.relative_to(results).as_posix()
        for path in results.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }


def test_a_smaller_config(tmp_path):
    workflow = Workflow(tmp_path / "tiny")
    workflow.pretend()
    assert set(FOLDERS) - {"activations"} == {
        path.name for path in (workflow.folder / "results/tiny").iterdir() if path.is_dir()
    }
    (workflow.folder / "results/tiny/figures/mine.txt").touch()
    smaller = copy.deepcopy(TINY)
    smaller["models"]["resnet18_a"]["seeds"], smaller["mapper"]["samplings"]["full"] = 1, None
    config, before = workflow.config(smaller, "smaller.yaml"), files(workflow)
    planned = workflow.planned(configfiles=[config])
    refused = prune(workflow, config, "y\n\n")
    assert refused.returncode == 0, refused.stderr
    assert files(workflow) == before
    assert "results/tiny/points/resnet18_b/seed0/mapper.all.full/layers16.npz" in refused.stdout
    assert "results/tiny/logs: " in refused.stdout
    # A network is removed by its name alone.
    done = prune(workflow, config, "yes\nyes\n")
    assert done.returncode == 0, done.stderr
    removed = before - files(workflow)
    assert {
        "points/resnet18_b/seed0/mapper.all.full/layers16.npz",
        "figures/specificity.png",
        "figures/mine.txt",
    } <= removed
    assert "diagrams/resnet18_a/seed1.batch0/layers0.8-9.16.npz" in removed
    assert not [name for name in removed if name.startswith("models/")]
    # Nothing that the config asks for is gone.
    assert workflow.planned(configfiles=[config]) == planned
    done = prune(workflow, config, "resnet18_a\n")
    assert done.returncode == 0, done.stderr
    assert before - files(workflow) - removed == {f"models/resnet18_a/seed1.{kind}" for kind in ("json", "safetensors")}
    assert "has no file that the config does not ask for" in prune(workflow, config, "").stdout
    # The config file is that of the command line, wherever the run is.
    (workflow.folder / "elsewhere").mkdir()
    elsewhere = prune(workflow, config, "", "--directory", "elsewhere")
    assert (elsewhere.returncode, elsewhere.stdout) == (0, "There is no run results/tiny.\n")
    missing = prune(workflow, "missing.yaml", "")
    assert missing.returncode == 1
    assert missing.stderr.startswith("error: missing.yaml cannot be read: No such file or directory; give the path")
    wrong = prune(workflow, workflow.config({"run": "a/b"}, "wrong.yaml"), "yes\n")
    assert wrong.returncode == 1
    assert "Snakemake cannot plan the run" in wrong.stderr


def test_logs_and_times_of_what_is_wanted_stay_whoever_knows_of_them(tmp_path, monkeypatch):
    """Snakemake forgets the jobs of results that were copied without its folder, and is told to forget some."""
    workflow = Workflow(tmp_path / "tiny")
    workflow.pretend()
    logs, benchmarks = (workflow.folder / "results/tiny" / name for name in ("logs", "benchmarks"))
    for path in logs.rglob("*.log"):
        benchmark = (benchmarks / path.relative_to(logs)).with_suffix(".tsv")
        benchmark.parent.mkdir(parents=True, exist_ok=True)
        benchmark.touch()
    (logs / "of_nobody.log").touch()
    before = files(workflow)
    shutil.rmtree(workflow.folder / ".snakemake")
    # A profile of the user's that prints less.
    (tmp_path / "profile").mkdir()
    (tmp_path / "profile/config.yaml").write_text("quiet: [rules]\n")
    monkeypatch.setenv("SNAKEMAKE_PROFILE", str(tmp_path / "profile"))
    done = prune(workflow, workflow.config(TINY, "mine.yaml"), "yes\n")
    assert done.returncode == 0, done.stderr
    assert "results/tiny/logs: 1 files" in done.stdout
    assert before - files(workflow) == {"logs/of_nobody.log"}


def test_a_config_file_is_that_of_the_command_line(tmp_path):
    """Whatever the folder of the run is a link to."""
    (tmp_path / "one").mkdir()
    workflow = Workflow(tmp_path / "one/tiny")
    workflow.config(TINY, "mine.yaml")
    (tmp_path / "far/away/run").mkdir(parents=True)
    (tmp_path / "one/link").symlink_to(tmp_path / "far/away/run")
    done = prune(workflow, "mine.yaml", "", "--directory", "../link")
    assert done.returncode == 0, done.stderr
    assert "There is no run results/tiny" in done.stdout


def test_names_are_read_whatever_encoding_python_is_told_to_print(tmp_path, monkeypatch):
    workflow = Workflow(tmp_path / "tiny")
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    done = prune(workflow, workflow.config(TINY, "café.yaml"), "")
    assert done.returncode == 0, done.stderr
    assert "There is no run results/tiny" in done.stdout


def test_nothing_is_removed_during_a_run(tmp_path):
    workflow = Workflow(tmp_path / "tiny")
    config = workflow.config(TINY, "mine.yaml")
    folder = workflow.folder / ".snakemake/actopo"
    run_lock.lock_run("tiny", folder)
    try:
        done = prune(workflow, config, "yes\n")
    finally:
        run_lock._held.pop(folder / "tiny.lock").close()
    assert done.returncode == 1
    assert "run 'tiny' is being worked on in this folder by process" in done.stderr
