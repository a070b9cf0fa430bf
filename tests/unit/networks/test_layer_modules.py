"""Layers by default: convolutions of convolutional networks, blocks of transformers, and what `layers()` lists."""

import pytest
import torchvision
from actopo.errors import InputError
from actopo.networks.layer_modules import blocks, layer_modules
from actopo.networks.layers import find_layers
from torch import nn


def named(name):
    return torchvision.models.get_model(name, weights=None)


@pytest.mark.parametrize(
    ("name", "first", "kind", "n_blocks"),
    [
        ("vit_b_32", "conv_proj", "EncoderBlock", 12),
        ("swin_t", "features.0.0", "SwinTransformerBlock", 12),
        ("swin_v2_t", "features.0.0", "SwinTransformerBlockV2", 12),
    ],
)
def test_blocks_of_transformers(name, first, kind, n_blocks):
    model = named(name)
    found = layer_modules(model)
    assert next(iter(found)) == first
    assert {type(module).__name__ for module in blocks(model).values()} == {kind}
    assert len(blocks(model)) == len(found) - 1 == n_blocks


@pytest.mark.parametrize("name", ["resnet18", "convnext_tiny", "maxvit_t", "mobilenet_v3_small", "efficientnet_b0"])
def test_convolutional_networks_have_none(name):
    model = named(name)
    assert blocks(model) == {}
    assert layer_modules(model) == {
        name: module for name, module in model.named_modules() if isinstance(module, nn.Conv2d)
    }


def test_an_encoder_of_pytorch_and_containers_of_blocks():
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16), 3, enable_nested_tensor=False)
    assert list(blocks(encoder)) == ["layers.0", "layers.1", "layers.2"]
    # Stages hold blocks, and a stage is none.
    stages = nn.Sequential(nn.Sequential(encoder), nn.Linear(8, 8))
    assert list(blocks(stages)) == ["0.0.layers.0", "0.0.layers.1", "0.0.layers.2"]
    # A perceptron is no block, and one convolution more than there are blocks makes a convolutional network.
    assert blocks(nn.Sequential(nn.Linear(8, 8), nn.LayerNorm(8), nn.Linear(8, 8))) == {}
    assert blocks(nn.Sequential(*[nn.Conv2d(3, 3, 1)] * 1, encoder))
    assert blocks(nn.Sequential(*(nn.Conv2d(3, 3, 1) for _ in range(4)), encoder)) == {}


def test_a_method_lists_modules_of_any_kind():
    class Own(nn.Sequential):
        def layers(self):
            return [self[2], self[0]]

    assert list(layer_modules(Own(nn.Conv2d(3, 2, 1), nn.ReLU(), nn.Linear(2, 2)))) == ["0", "2"]
    assert layer_modules(nn.Linear(2, 2)) == {}


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (lambda network: "conv", "returns 'c', which is no module of it"),
        (lambda network: [network[0], nn.ReLU()], r"returns 'ReLU\(\)', which is no module of it"),
        (lambda network: [network[0], network.unused], "names unused, which its forward does not call"),
    ],
)
def test_a_method_lists_modules_that_the_network_has_and_calls(layers, message):
    class Own(nn.Sequential):
        def forward(self, x):
            return self[0](x)

    Own.layers = layers
    network = Own(nn.Conv2d(3, 2, 1))
    network.add_module("unused", nn.Conv2d(2, 2, 1))
    with pytest.raises(InputError, match=message):
        find_layers(network, (4, 4, 3))


def test_a_method_of_that_name_that_takes_arguments_lists_none():
    class Own(nn.Sequential):
        def layers(self, x):
            return super().forward(x)

        def forward(self, x):
            return self.layers(x)

    model = Own(nn.Conv2d(3, 2, 3), nn.ReLU())
    assert list(layer_modules(model)) == ["0"]
