"""The example of docs/your_network.md, from its listing to its last figure, and what an edit of it runs again."""

import json
import shutil
import subprocess

import pytest
from tiny import ROOT, Workflow, forked_python

EXAMPLE, TRANSFORMER = "docs/examples/your_network.yaml", "docs/examples/your_transformer.yaml"


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    workflow = Workflow(tmp_path_factory.mktemp("example"))
    shutil.copytree(ROOT / "docs", workflow.folder / "docs")
    return workflow


@pytest.mark.parametrize("config", [EXAMPLE, TRANSFORMER])
def test_the_listing_is_that_of_the_guide(example, config):
    command = [forked_python(), "workflow/scripts/list_layers.py", config]
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


def test_the_transformer_is_planned(example):
    planned = example.planned(configfiles=[TRANSFORMER])
    assert planned["train_model"] == 2
    # Three samplings of three layers, one of which is a class token.
    assert planned["build_mapper"] == 9
    config = ROOT / TRANSFORMER
    for old, new, words in (
        ('"blocks.0.mlp"', '"blocks.0.mpl"', "mapper.layers: no layer matches 'blocks.0.mpl'; the nearest names are "),
        ("tokens: class", "tokens: classes", "mapper.layers.2.tokens: 'classes' is not one of patches, class, all"),
        ("layers: all", "layers: [0, 1, 2]\n  tap: residual", "homology.tap: layer 0 (patches) has no tap residual"),
    ):
        text = config.read_text().replace(old, new, 1)
        (example.folder / "wrong.yaml").write_text(text)
        done = example.run("--dry-run", configfiles=["wrong.yaml"])
        assert done.returncode
        assert words in done.stdout + done.stderr
