"""Layers that a config names, known without PyTorch."""

import copy
import json

import pytest
from actopo.config.choosing import choose_layers
from actopo.config.layers import (
    LISTING,
    NETWORK_CHECK,
    check_clusterer,
    check_network,
    layers_of,
    module_outputs,
    network_keys,
    number_layers,
)
from actopo.config.values import seed_list
from actopo.digests import code_digest
from actopo.errors import InputError
from actopo.networks.layers import find_layers
from actopo.networks.resnet18_cifar import resnet18_cifar
from actopo.points.activations import activation_shapes

from unit.config.examples import PAPER, class_folders
from unit.networks.examples import ALL, N_LAYERS


def test_lists():
    assert seed_list(3) == [0, 1, 2]
    assert seed_list([4, 2]) == [4, 2]
    layers = layers_of({"architecture": "resnet18_cifar", "width": 4, "shortcut": "A"}, (32, 32, 3))
    assert choose_layers("all", layers) == list(range(17))
    assert choose_layers([8, 0], layers) == [8, 0]
    assert choose_layers(["last", "blocks.0.*", 16, "conv"], layers) == [16, 1, 2, 0]
    with pytest.raises(InputError, match=r"no layer matches 'block.0.conv1'; the nearest names are blocks.0.conv1"):
        choose_layers(["block.0.conv1"], layers)


@pytest.mark.parametrize("shortcut", ["A", "B"])
def test_catalogue_knows_what_is_built(shortcut, tmp_path):
    shape = (20, 20, 1)
    known = layers_of({"architecture": "resnet18_cifar", "width": 3, "shortcut": shortcut}, shape, tmp_path)
    built = find_layers(resnet18_cifar(3, shortcut, 4, 1, seed=0), shape)
    assert known == json.loads(json.dumps([layer._asdict() for layer in built]))
    assert not list(tmp_path.iterdir())


def test_catalogue_asks_another_process_once(tmp_path, monkeypatch):
    file = tmp_path / "net.py"
    text = "from torch import nn\ndef build():\n    return nn.Sequential(nn.Conv2d(3, {}, 3), nn.ReLU())\n"
    file.write_text(text.format(2))
    network, cache = {"module": f"{file}:build"}, tmp_path / "cache"
    digest = code_digest(LISTING)
    shapes = {"shapes": {"patches": [6, 6, 2]}, "inputs": {"patches": [8, 8, 3]}}
    expected = [{"name": "0", "shape": [6, 6, 2], "taps": list(ALL), "type": "Conv2d", **shapes}]
    expected[0] |= {"has_residual": False, "is_pooled": False, "is_convolution": True, "problem": ""}
    assert layers_of(network, (8, 8, 3), cache) == expected
    monkeypatch.setattr("actopo.config.layers.LISTING", "actopo.networks.absent")
    monkeypatch.setattr("actopo.config.layers.code_digest", lambda _: digest)
    assert layers_of(network, (8, 8, 3), cache) == expected
    # An edit of the file is another network.
    file.write_text(text.format(5))
    with pytest.raises(InputError, match=r"No module named actopo\.networks\.absent"):
        layers_of(network, (8, 8, 3), cache)


@pytest.mark.parametrize(
    ("keys", "is_asked"),
    [
        ({"architecture": "resnet18_cifar", "width": 2, "shortcut": "A"}, False),
        ({"architecture": "resnet18_cifar", "width": 2, "shortcut": "A", "weights": "{}/net.pt"}, True),
        ({"architecture": "alexnet"}, False),
        ({"architecture": "alexnet", "arguments": {"num_classes": 3}}, True),
        ({"architecture": "alexnet", "weights": "DEFAULT"}, False),
        ({"architecture": "alexnet", "weights": "{}/net.pt"}, True),
        ({"module": "net.py:build"}, True),
    ],
)
def test_networks_that_may_not_fit_are_checked(keys, is_asked, tmp_path, monkeypatch):
    (tmp_path / "net.pt").write_bytes(b"weights")
    if "weights" in keys:
        keys = keys | {"weights": keys["weights"].format(tmp_path)}
    asked = []
    monkeypatch.setattr("actopo.config.layers._ask", lambda *question: asked.append(question))
    config = {"models": {"own": keys}, "data": {"size": 12, "resize": None, "channels": 3}}
    check_network(config, "own", 4)
    assert len(asked) == is_asked
    for listing, question, _, state in asked:
        weights = keys.get("weights")
        assert (listing, question) == (NETWORK_CHECK, [network_keys(keys), [12, 12, 3], weights, 4])
        assert (state != "") == (weights is not None)


def test_a_clusterer_is_looked_for(tmp_path):
    check_clusterer("dbscan", tmp_path)
    assert not list(tmp_path.iterdir())
    with pytest.raises(InputError, match=r"there is no clusterer 'sklearn\.cluster\.HDBSCANS'"):
        check_clusterer({"path": "sklearn.cluster.HDBSCANS"}, tmp_path)
    for path in ("", ".", "..", ".x", ".sklearn.cluster.KMeans"):
        with pytest.raises(InputError, match="there is no clusterer"):
            check_clusterer({"path": path}, tmp_path)


def test_a_clusterer_is_looked_for_where_jobs_look(tmp_path, monkeypatch):
    """The folder in which Snakemake runs is not on their path; those of PYTHONPATH are."""
    (tmp_path / "own.py").write_text("class Own:\n    def fit_predict(self, points):\n        return points\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"no clusterer 'own\.Own'.*put the folder of its file into PYTHONPATH"):
        check_clusterer({"path": "own.Own"})
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    check_clusterer({"path": "own.Own"})


def test_what_is_known_of_a_clusterer_is_of_its_file(tmp_path, monkeypatch):
    own, cache = {"path": "own.Own", "params": {"q": 1}}, tmp_path / "cache"
    text = "class Own:\n    def __init__(self, q): ...\n    def fit_predict(self, points): ...\n"
    (tmp_path / "own.py").write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    check_clusterer(own, cache)
    (tmp_path / "own.py").write_text(text.replace("q", "quant"))
    with pytest.raises(InputError, match="unexpected keyword argument 'q'"):
        check_clusterer(own, cache)
    (tmp_path / "own.py").write_text(text)
    check_clusterer(own, cache)
    monkeypatch.delenv("PYTHONPATH")
    with pytest.raises(InputError, match=r"there is no clusterer 'own\.Own'"):
        check_clusterer(own, cache)


def test_errors_of_the_other_process_are_told(tmp_path):
    with pytest.raises(InputError, match=r"no file for module 'absent\.py:build'"):
        layers_of({"module": "absent.py:build"}, (8, 8, 3))


def test_layers_are_chosen_by_index_name_pattern_and_place():
    layers = [{"name": name} for name in ("stem", "block1.conv", "block2.conv", "head.conv")]
    assert choose_layers(["last", "block*", 1, "stem"], layers) == [3, 1, 2, 0]
    assert choose_layers("all", layers) == [0, 1, 2, 3]
    with pytest.raises(InputError, match=r"'block3\.conv'; the nearest names are block2\.conv, block1\.conv"):
        choose_layers(["block3.conv"], layers)
    with pytest.raises(
        InputError, match=r"layers \[4\] do not exist: the network has layers 0 to 3, which .*list_layers"
    ):
        choose_layers([4], layers)


@pytest.mark.parametrize("size", [32, 20, 9])
def test_positions_are_known_without_building_the_network(size):
    shapes = activation_shapes(resnet18_cifar(1, "A", 2, seed=0), range(N_LAYERS), (size, size, 3))
    known = layers_of({"architecture": "resnet18_cifar", "width": 1, "shortcut": "A"}, (size, size, 3))
    assert [tuple(layer["shape"]) for layer in known] == list(shapes.values())
    built = find_layers(resnet18_cifar(1, "A", 2, seed=0), (size, size, 3))
    assert [layer["name"] for layer in known] == [layer.name for layer in built]
    assert {layer.taps for layer in built} == {("conv", "bn", "relu")}


@pytest.mark.usefixtures("forked_questions")
def test_a_head_has_the_classes_of_the_images(tmp_path):
    config = copy.deepcopy(PAPER)
    name, images = config["homology"]["model"], class_folders(tmp_path / "images", cat=2, dog=2, fox=2)

    def n_outputs(**data):
        config["data"] = {**images, **data}
        *_, head = module_outputs(config, name)
        return head["parts"][0]["shapes"]["patches"][2]

    assert n_outputs() == 3
    assert n_outputs(classes=["cat", "fox"]) == 2
    assert n_outputs(dataset="cifar10", root=None) == 10
    # What is not known before the images are read.
    assert n_outputs(root=str(tmp_path / "missing")) == 10


def test_keys_of_a_network_are_those_that_decide_its_structure(tmp_path):
    model = {"seeds": 3, "training": {}, "weights": None, "arguments": None}
    own = {"architecture": "resnet18_cifar", "width": 8, "shortcut": "B"}
    assert network_keys(model | own) == own
    named = {"architecture": "alexnet", "arguments": {"dropout": 0.1}}
    assert network_keys(model | named | {"width": 8, "shortcut": "B"}) == named
    module = {"module": f"{tmp_path}/net.py:build"}
    assert network_keys(model | module | own) == module


def test_names_of_layers_become_numbers_wherever_they_stand():
    config = copy.deepcopy(PAPER)
    config["similarity"]["sensitivity"]["layers"] = ["conv", 8, "last"]
    config["mapper"]["noise"]["layers"] = ["last"]
    config["mapper"]["stability"]["graphs"] = {"random": ["blocks.7.*"], "full": []}
    config["mapper"]["new_images"] = {"part": "test", "shifts": [0], "graphs": {"random": [15, "last"]}}
    config["figures"]["row"] = "blocks.4.conv1"
    assert number_layers(config) == []
    assert config["similarity"]["sensitivity"]["layers"] == [0, 8, 16]
    assert config["mapper"]["noise"]["layers"] == [16]
    assert config["mapper"]["stability"]["graphs"] == {"random": [15, 16], "full": []}
    assert config["mapper"]["new_images"]["graphs"] == {"random": [15, 16]}
    assert config["figures"]["row"] == 9
    assert config["figures"]["sensitivity_layers"] == PAPER["figures"]["sensitivity_layers"]


def test_names_that_no_layer_has_are_told_and_left():
    config = copy.deepcopy(PAPER)
    config["mapper"]["noise"]["layers"] = ["lst"]
    config["figures"]["row"] = "blocks.*"
    first, second = number_layers(config)
    assert first == "figures.row: 'blocks.*' matches 16 layers; name one"
    assert second.startswith("mapper.noise.layers: no layer matches 'lst'; the nearest names are ")
    assert (config["mapper"]["noise"]["layers"], config["figures"]["row"]) == (["lst"], "blocks.*")
