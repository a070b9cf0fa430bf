"""Files of a finished run that a smaller config does not ask for are listed and removed, after questions."""

import copy
import subprocess
import sys

from actopo.config.outdated import FOLDERS
from tiny import TINY


def prune(workflow, config, answers):
    command = [sys.executable, "workflow/scripts/prune.py", "--configfile", config]
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


def test_a_smaller_config(spoilable):
    assert set(FOLDERS) - {"activations", "predictions"} == {
        path.name for path in (spoilable.folder / "results/tiny").iterdir() if path.is_dir()
    }
    (spoilable.folder / "results/tiny/figures/mine.txt").touch()
    smaller = copy.deepcopy(TINY)
    smaller["models"]["resnet18_a"]["seeds"], smaller["mapper"]["samplings"]["full"] = 1, None
    config, before = spoilable.config(smaller, "smaller.yaml"), files(spoilable)
    planned = spoilable.planned(configfiles=[config])
    refused = prune(spoilable, config, "y\n\n")
    assert refused.returncode == 0, refused.stderr
    assert files(spoilable) == before
    assert "results/tiny/points/resnet18_b/seed0/mapper.all.full/layers16.npz" in refused.stdout
    assert "results/tiny/logs: " in refused.stdout
    # A network is removed by its name alone.
    done = prune(spoilable, config, "yes\nyes\n")
    assert done.returncode == 0, done.stderr
    removed = before - files(spoilable)
    assert {
        "points/resnet18_b/seed0/mapper.all.full/layers16.npz",
        "figures/specificity.png",
        "figures/mine.txt",
    } <= removed
    assert "diagrams/resnet18_a/seed1.batch0/layers0.8-9.16.npz" in removed
    assert not [name for name in removed if name.startswith("models/")]
    # Nothing that the config asks for is gone.
    assert spoilable.planned(configfiles=[config]) == planned
    done = prune(spoilable, config, "resnet18_a\n")
    assert done.returncode == 0, done.stderr
    assert before - files(spoilable) - removed == {
        f"models/resnet18_a/seed1.{kind}" for kind in ("json", "safetensors")
    }
    assert "has no file that the config does not ask for" in prune(spoilable, config, "").stdout
    wrong = prune(spoilable, spoilable.config({"run": "a/b"}, "wrong.yaml"), "yes\n")
    assert wrong.returncode == 1
    assert "Snakemake cannot plan the run" in wrong.stderr
