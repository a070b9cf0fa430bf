"""From nodes of a graph to the files of their images."""

import csv
import io
import sys
from pathlib import Path

import node_images
import numpy as np
import pytest
import yaml
from actopo.config.choosing import choose_layers
from actopo.config.config_files import load_config
from actopo.config.layers import model_layers
from actopo.errors import InputError
from actopo.files import save_json, save_table
from actopo.mapper.graph import nerve
from actopo.mapper.intermediate import save_membership
from pandas import DataFrame

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.usefixtures("forked_questions")

CONFIG = {"run": "own", "data": {"dataset": "digits"}, "models": {"resnet18_b": {"width": 2}}}
CONFIG |= {"mapper": {"part": "test", "layers": [16, 3]}}


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """What the command prints in a folder with a graph of two nodes: points of the images 2, 0, 0 and 0, 3, 3."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(CONFIG))
    results = tmp_path / "results/own"
    for folder in ("random", "random.draw1.noise0.5"):
        path = results / f"mapper/resnet18_b/seed0/{folder}/layer16.npz"
        path.parent.mkdir(parents=True)
        path.with_suffix(".json").touch()
        images = np.array([2, 0, 0, 3, 3, 1])
        first, second = (np.array(members) for members in ([0, 1, 2], [2, 3, 4]))
        graph = nerve(6, [(first, np.zeros(3, dtype=int)), (second, np.zeros(3, dtype=int))])
        save_membership(path, graph, np.zeros(6, dtype=int), images if folder == "random" else images[::-1])
    (results / "data/digits/test").mkdir(parents=True)
    save_json(results / "data/digits/meta.json", {"class_names": ["cat", "=dog, wild"]})
    files = ["a/0.png", "a/1.png", "b/2.png", ""]
    save_table(
        results / "data/digits/test/files.csv", DataFrame({"image": range(4), "label": [0, 0, 1, 1], "file": files})
    )

    def printed(*arguments):
        monkeypatch.setattr(sys, "argv", ["node_images.py", "own.yaml", *arguments])
        node_images.main()
        return list(csv.reader(io.StringIO(capsys.readouterr().out)))

    return printed


def test_images_of_nodes_are_listed_once_each(run):
    rows = run("--sampling", "random", "--layer", "16", "--nodes", "1", "0")
    assert rows == [
        ["node", "image", "class", "file"],
        ["1", "0", "cat", "a/0.png"],
        ["1", "3", "'=dog, wild", ""],
        ["0", "0", "cat", "a/0.png"],
        ["0", "2", "'=dog, wild", "b/2.png"],
    ]


def test_other_draws_and_noise_and_names_of_layers(run):
    layer = ("--layer", "blocks.7.conv2", "--nodes", "0")
    rows = run("--sampling", "random", "--draw", "1", "--noise", "0.5", *layer)
    assert [row[1] for row in rows[1:]] == ["1", "3"]
    for text in ("{name: blocks.7.conv2}", "last"):
        assert run("--sampling", "random", "--layer", text, "--nodes", "1", "0")[1][1] == "0"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--layer", "16", "--nodes", "2"), "no node 2; "),
        (("--layer", "16", "--nodes", "-1"), "no node -1; "),
        (("--layer", "3", "--nodes", "0"), "there are random.draw1.noise0.5/layer16, random/layer16 in"),
        (("--layer", "x", "--nodes", "0"), "x"),
        (("--layer", "16", "--nodes", "0", "--model", "x"), "no model x; the config has resnet18_a, resnet18_b"),
    ],
)
def test_what_is_not_there_is_named(run, arguments, words):
    with pytest.raises(InputError) as error:
        run("--sampling", "random", *arguments)
    assert words in str(error.value)


def test_a_number_is_that_of_the_layer_and_names_are_those_of_figures(monkeypatch):
    """Convolutions of a sequence have numbers for names; of a module that returns two values one has its key behind."""
    layers = [
        {**layer, "name": str(2 * n)} for n, layer in enumerate(model_layers(load_config(ROOT, []), "resnet18_b"))
    ]
    parts = [{"key": key, "shapes": {"patches": [4, 4, 8]}, "problem": None} for key in ("0", "1")]
    outputs = [{"name": "two", "type": "Two", "parts": parts, "inputs": {}, "has_residual": False}]
    monkeypatch.setattr(node_images, "model_layers", lambda *_: layers)
    monkeypatch.setattr(node_images, "module_outputs", lambda *_: outputs)
    second = {"name": "two", "key": 1}
    config = {"mapper": {"model": "a", "layers": [1, 2, 4, second]}}
    [number] = choose_layers([second], layers, lambda: outputs)
    for text, layer in (
        ("2", 2),
        ("4", 4),
        ("layer 2", 2),
        ("4 (layer 2)", 2),
        ("two[1]", number),
        ("{name: two, key: 1}", number),
        (str(number), number),
    ):
        assert node_images.layer_number(config, "a", text) == layer
    for text, words in (
        ("*", "several layers match"),
        ("{nam: x}", "write a mapping with a name or a type"),
        ("{name: [1]}", "write a mapping with a name or a type"),
        ("{name: x", "write a mapping with a name or a type"),
        ("on", "no layer matches 'on'"),
    ):
        with pytest.raises(InputError, match=words):
            node_images.layer_number(config, "a", text)
