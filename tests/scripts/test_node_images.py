"""From nodes of a graph to the files of their images."""

import csv
import io
import sys

import node_images
import numpy as np
import pytest
import yaml
from actopo.errors import InputError
from actopo.files import save_json, save_table
from actopo.mapper.graph import nerve
from actopo.mapper.intermediate import save_membership
from pandas import DataFrame

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
