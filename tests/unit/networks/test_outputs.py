"""Outputs of modules against hooks written out, and the convolutions, which are modules too."""

import json

import numpy as np
import pytest
import torch
import torchvision
from actopo.answers import run_module
from actopo.config.choosing import choose_layers, describe_layer
from actopo.config.layers import OUTPUTS, layers_of, outputs_of
from actopo.errors import InputError
from actopo.keys import FIRST_OUTPUT
from actopo.networks.layers import find_layers, recording
from actopo.networks.outputs import find_outputs
from actopo.points.activations import activation_shapes, dump_activations
from actopo.points.receptive_field import receptive_fields
from torch import nn


class Block(nn.Module):
    """Two branches, one of which is called twice, a sum, and a rectifier in place."""

    def __init__(self):
        super().__init__()
        self.left, self.right, self.relu = nn.Conv2d(2, 2, 3, padding=1), nn.Conv2d(2, 2, 1), nn.ReLU(inplace=True)

    def forward(self, x):
        return self.relu(self.left(self.left(x)) + self.right(x))


class Pair(nn.Module):
    """A module that returns a tuple, inside a network that does not."""

    def forward(self, x):
        return x, x


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.block, self.pair = nn.Conv2d(3, 2, 3, stride=2), Block(), Pair()
        self.pool, self.flat, self.head = nn.AvgPool2d(2), nn.Flatten(), nn.Linear(8, 4)

    def forward(self, x):
        x, _ = self.pair(self.block(self.stem(x)))
        return self.head(self.flat(self.pool(x)))


NAMES = ["stem", "block.left", "block.left#2", "block.right", "block.relu", "block", "pair", "pool", "flat", "head"]


@pytest.fixture
def net():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Net().eval()


def number(outputs, name):
    return FIRST_OUTPUT + [output.name for output in outputs].index(name)


def test_every_call_in_the_order_in_which_it_ends(net):
    found = find_outputs(net, (11, 9, 3))
    assert [output.name for output in found] == NAMES
    assert found[5].parts == [{"key": "", "shapes": {"patches": (5, 4, 2)}, "problem": ""}]
    assert [part["key"] for part in found[6].parts] == ["0", "1"]
    shapes = [output.parts[0]["shapes"]["patches"] for output in found]
    assert shapes[:1] + shapes[6:] == [(5, 4, 2), (5, 4, 2), (2, 2, 2), (1, 1, 8), (1, 1, 4)]
    assert [output.type for output in found[4:8]] == ["ReLU", "Block", "Pair", "AvgPool2d"]
    assert all((not part["shapes"]) == bool(part["problem"]) for output in found for part in output.parts)
    with pytest.raises(InputError, match="cannot take an image of 11 x 9 x 1"):
        find_outputs(net, (11, 9, 1))


def test_what_is_read_is_what_the_module_returns(net):
    images = torch.randn(3, 3, 11, 9)
    outputs = find_outputs(net, (11, 9, 3))
    wanted = [number(outputs, name) for name in ("block", "block.left#2", "stem", "pool")]
    layers = [layer.name for layer in find_layers(net, (11, 9, 3))]
    with torch.inference_mode():
        stem = net.stem(images)
        twice = net.block.left(net.block.left(stem))
        block = torch.relu(twice + net.block.right(stem))
        expected = [block, twice, stem, net.pool(block)]
        for tap in ("conv", "bn", "relu"):
            convolution = layers.index("block.right")
            with recording(net, [*wanted, convolution], tap, image_shape=(11, 9, 3)) as recorded:
                net(images)
                # A second pass, with another number of images, is counted anew.
                net(images[:2])
                assert set(recorded) == {*wanted, convolution}
                net(images)
            for layer, tensor in zip(wanted, expected, strict=True):
                torch.testing.assert_close(recorded[layer], tensor.permute(0, 2, 3, 1), rtol=1e-6, atol=1e-6)
    # Hooks are gone.
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in net.modules())


def test_convolutions_by_either_number_are_the_same(net):
    outputs, layers = find_outputs(net, (11, 9, 3)), find_layers(net, (11, 9, 3))
    images = np.random.default_rng(0).integers(0, 256, (5, 11, 9, 3), dtype=np.uint8)
    pairs = {i: number(outputs, layer.name) for i, layer in enumerate(layers)}
    found = {}

    def write(layer, batch, _):
        found.setdefault(layer, []).append(batch.copy())

    everything = [*pairs, *pairs.values()]
    dump_activations(net, images, [0.5] * 3, [0.2] * 3, everything, "conv", write, batch_size=2)
    shapes = activation_shapes(net, everything, (11, 9, 3))
    fields = receptive_fields(net, everything, "conv", (11, 9, 3))
    for layer, other in pairs.items():
        np.testing.assert_array_equal(np.concatenate(found[layer]), np.concatenate(found[other]))
        assert shapes[layer] == shapes[other] == layers[layer].shape
        np.testing.assert_array_equal(fields[layer], fields[other])
    # The sum of two branches sees what either sees.
    block = number(outputs, "block")
    total = receptive_fields(net, [block], "relu", (11, 9, 3))[block]
    parts = [fields[pairs[[layer.name for layer in layers].index(name)]] for name in ("block.left#2", "block.right")]
    np.testing.assert_array_equal(total > 0, (parts[0] > 0) | (parts[1] > 0))


@pytest.mark.parametrize(
    ("architecture", "size", "name", "channels", "branch"),
    [("googlenet", 64, "inception5b", 1024, 128), ("inception_v3", 96, "Mixed_7c", 2048, 192)],
)
def test_concatenations_have_all_branches(architecture, size, name, channels, branch):
    model = torchvision.models.get_model(architecture, weights=None, init_weights=False, aux_logits=False)
    assert find_layers(model, (size, size, 3))[-1].shape[2] == branch
    outputs = {output.name: output for output in find_outputs(model, (size, size, 3))}
    assert outputs[name].parts[0]["shapes"]["patches"][2] == channels
    wanted, kept = number(list(outputs.values()), name), {}
    model.get_submodule(name).register_forward_hook(lambda _, __, output: kept.update(output=output.clone()))
    with torch.inference_mode(), recording(model, [wanted], "conv", image_shape=(size, size, 3)) as recorded:
        model(torch.randn(2, 3, size, size))
    torch.testing.assert_close(recorded[wanted], kept["output"].permute(0, 2, 3, 1), rtol=0, atol=0)


def test_a_block_after_its_addition():
    model = torchvision.models.resnet18(weights=None).eval()
    outputs = find_outputs(model, (64, 64, 3))
    images = torch.randn(2, 3, 64, 64)
    wanted, last = number(outputs, "layer4.1"), len(find_layers(model, (64, 64, 3))) - 1
    with torch.inference_mode(), recording(model, [wanted, last], "relu", image_shape=(64, 64, 3)) as recorded:
        model(images)
        before = model.layer3(model.layer2(model.layer1(model.maxpool(model.relu(model.bn1(model.conv1(images)))))))
        expected = model.layer4(before).permute(0, 2, 3, 1)
    torch.testing.assert_close(recorded[wanted], expected, rtol=1e-5, atol=1e-5)
    # The rectifier of the block's last convolution is that of the block.
    torch.testing.assert_close(recorded[wanted], recorded[last], rtol=0, atol=0)


def test_outputs_that_are_none_are_named(net):
    outputs = find_outputs(net, (11, 9, 3))
    for wanted, words in {
        number(outputs, "pair"): "module pair returns 2 values; name the key of one: 0, 1",
        FIRST_OUTPUT + 10: r"outputs \[10010\] do not exist",
    }.items():
        with pytest.raises(InputError, match=words), recording(net, [wanted], "conv", image_shape=(11, 9, 3)):
            net(torch.zeros(1, 3, 11, 9))


@pytest.mark.usefixtures("forked_questions")
def test_a_config_names_them(tmp_path):
    network, shape = {"architecture": "googlenet"}, (64, 64, 3)
    layers, asked = layers_of(network, shape, tmp_path), []

    def outputs():
        asked.append(1)
        return outputs_of(network, shape, tmp_path)

    assert choose_layers(["last", "conv1.conv"], layers, outputs) == [len(layers) - 1, 0]
    assert not asked, "nobody asks for outputs that no config names"
    [chosen] = choose_layers(["inception5b"], layers, outputs)
    assert chosen >= FIRST_OUTPUT
    described = describe_layer(chosen, layers, outputs)
    assert (described["name"], described["shape"][2], described["taps"]) == (
        "inception5b",
        1024,
        ["conv", "bn", "relu"],
    )
    assert describe_layer(3, layers, outputs) == layers[3]
    assert choose_layers([chosen, 0, "inception5b"], layers, outputs) == [chosen, 0]
    [flat] = choose_layers(["dropout"], layers, outputs)
    assert describe_layer(flat, layers, outputs)["shape"] == [1, 1, 1024]
    for item, words in {
        "inception5c": "no layer matches 'inception5c'; the nearest names are inception5",
        99: r"layers \[99\] do not exist: the network has layers 0 to 56",
        FIRST_OUTPUT + 999: r"layers \[10999\] do not exist: outputs of modules have numbers up to",
    }.items():
        with pytest.raises(InputError, match=words):
            choose_layers([item], layers, outputs)


def test_modules_of_the_network_that_needs_no_pytorch(tmp_path, monkeypatch):
    network, shape = {"architecture": "resnet18_cifar", "width": 4, "shortcut": "A"}, (32, 32, 3)
    layers = layers_of(network, shape)
    [block] = choose_layers(["blocks.7"], layers, lambda: outputs_of(network, shape, tmp_path))
    assert describe_layer(block, layers, lambda: outputs_of(network, shape, tmp_path))["shape"] == [4, 4, 32]
    # Where PyTorch is not there, its convolutions are all.
    monkeypatch.setattr("actopo.config.layers.find_spec", lambda name: None)
    assert outputs_of(network, shape) == []


def test_errors_of_the_process_are_one_line():
    done = run_module(OUTPUTS, json.dumps([{"architecture": "googlenett"}, [64, 64, 3], None, None]))
    assert (done.stdout, len(done.stderr.splitlines())) == ("", 1)
    assert done.stderr.startswith("error: unknown architecture 'googlenett'; did you mean googlenet")
