"""The example of docs/your_network.md, from its listing to its last figure, and what an edit of it runs again."""

import json
import shutil
import subprocess
import sys

import pytest
from tiny import ROOT, Workflow

EXAMPLE = "docs/examples/your_network.yaml"


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    workflow = Workflow(tmp_path_factory.mktemp("example"))
    shutil.copytree(ROOT / "docs", workflow.folder / "docs")
    return workflow


def test_the_listing_is_that_of_the_guide(example):
    command = [sys.executable, "workflow/scripts/list_layers.py", EXAMPLE]
    done = subprocess.run(command, cwd=example.folder, capture_output=True, text=True, check=True)
    assert done.stdout.strip() in (ROOT / "docs/your_network.md").read_text()


def test_the_example_runs(example):
    done = example.run(configfiles=[EXAMPLE])
    assert done.returncode == 0, done.stdout + done.stderr
    results = example.folder / "results/your_network"
    graphs = sorted(str(path.relative_to(results)) for path in results.glob("mapper/**/layer*.json"))
    assert graphs == [
        f"mapper/mine/seed0/{name}/layer{layer}.json" for name in ("full", "random") for layer in (1, 3, 4)
    ]
    assert {path.name for path in results.glob("figures/*.png")} >= {"specificity.png", "mapper_graphs.png"}
    # Ten classes: the network has learnt something.
    assert json.loads((results / "models/mine/seed0.json").read_text())["test_accuracy"] > 0.3
    assert example.planned(configfiles=[EXAMPLE]) == {}

    network = example.folder / "docs/examples/small_network.py"
    network.write_text(network.read_text().replace("functional.relu", "functional.leaky_relu"))
    planned = example.planned(configfiles=[EXAMPLE])
    assert planned["train_model"] == 2
    assert "prepare_images" not in planned
