"""The answer to another process is the layers of the network that it asks for."""

import json

import pytest
from actopo.answers import run_module
from actopo.config.layers import LISTING, layers_of
from actopo.errors import InputError
from actopo.networks import print_layers, print_outputs
from actopo.networks.build import build
from actopo.networks.layers import Layer, find_layers


def ask(network, shape, weights=None, n_classes=None):
    return json.dumps([network, shape, weights, n_classes])


@pytest.mark.parametrize("network", [{"architecture": "squeezenet1_1"}, {"architecture": "alexnet"}])
def test_the_answer_is_the_layers(network):
    answer = json.loads(json.dumps(print_layers.find(ask(network, [96, 96, 3]))))
    expected = [layer._asdict() for layer in find_layers(build(**network, seed=1), (96, 96, 3))]
    assert answer == json.loads(json.dumps(expected))
    assert len(answer) > 4
    assert set(answer[0]) == set(Layer._fields) >= {"name", "shape", "taps", "type"}


def test_channels_are_those_of_the_images(file):
    found = print_layers.find(ask({"module": f"{file}:build", "arguments": {"width": 5}}, [8, 8, 1]))
    [layer] = found
    assert (layer["name"], layer["shape"], layer["taps"]) == ("0", (6, 6, 5), ("conv", "bn", "relu"))
    assert (layer["type"], layer["inputs"]) == ("Conv2d", {"patches": (8, 8, 1)})
    with pytest.raises(InputError, match="takes images of 3 channels"):
        print_layers.find(ask({"architecture": "alexnet"}, [64, 64, 1]))


def test_a_scripted_network_is_told(tmp_path):
    (tmp_path / "net.py").write_text(
        "import torch\ndef build(n_classes=10):\n    return torch.jit.script(torch.nn.Conv2d(3, n_classes, 1))\n"
    )
    for module in (print_layers, print_outputs):
        with pytest.raises(InputError, match=r"the network comes from torch\.jit, .*; return it as it was before"):
            module.find(ask({"module": f"{tmp_path / 'net.py'}:build"}, [8, 8, 3]))


def test_names_of_weights_are_checked():
    assert len(print_layers.find(ask({"architecture": "squeezenet1_1"}, [64, 64, 3], "IMAGENET1K_V1"))) > 4
    with pytest.raises(InputError, match="no weights 'IMAGENET' for squeezenet1_1; choose one of DEFAULT, IMAGENET1K"):
        print_layers.find(ask({"architecture": "squeezenet1_1"}, [64, 64, 3], "IMAGENET"))


@pytest.mark.parametrize(
    ("architecture", "shape", "weights", "n_classes", "expected"),
    [
        ("squeezenet1_1", [64, 64, 3], None, None, 10),
        ("squeezenet1_1", [64, 64, 3], None, 4, 4),
        ("squeezenet1_1", [64, 64, 3], "DEFAULT", 4, 1000),
        ("timm:vit_tiny_patch16_224", [224, 224, 3], None, 4, 4),
        ("timm:vit_tiny_patch16_224", [224, 224, 3], "augreg_in21k", 4, 21843),
    ],
)
def test_a_head_has_the_classes_of_the_weights_or_of_the_images(architecture, shape, weights, n_classes, expected):
    if architecture.startswith("timm:"):
        pytest.importorskip("timm", reason="timm is not installed")
    *_, head = print_outputs.find(ask({"architecture": architecture}, shape, weights, n_classes))
    [part] = head["parts"]
    assert part["shapes"] == {"patches": (1, 1, expected)}


def test_errors_of_the_process_are_one_line(tmp_path, file, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run_module(LISTING, ask({"module": f"{file}:absent"}, [8, 8, 3]))
    assert done.returncode
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) == 1
    with pytest.raises(InputError) as caught:
        layers_of({"module": f"{file}:absent"}, (8, 8, 3))
    assert str(caught.value) == done.stderr.strip().removeprefix("error: ")
