"""All classification networks of torchvision: of each family one is listed, and with `-m slow` each network is."""

import pytest
import torch
import torchvision
from actopo.networks.build import build
from actopo.networks.layer_modules import blocks
from actopo.networks.layers import find_layers

ALL = torchvision.models.list_models(module=torchvision.models)
# Layers, convolutions of pooled maps beside them, the last layer, and blocks, by the beginning of the name.
FAMILIES = {
    "alexnet": ("alexnet", 5, 0, "features.10", 0),
    "convnext": ("convnext_tiny", 22, 0, "features.7.2.block.0", 0),
    "densenet": ("densenet121", 120, 0, "features.denseblock4.denselayer16.conv2", 0),
    "efficientnet_b": ("efficientnet_b0", 49, 32, "features.8.0", 0),
    "efficientnet_v2": ("efficientnet_v2_s", 110, 60, "features.7.0", 0),
    "googlenet": ("googlenet", 57, 0, "inception5b.branch4.1.conv", 0),
    "inception": ("inception_v3", 94, 0, "Mixed_7c.branch_pool.conv", 0),
    "maxvit": ("maxvit_t", 39, 22, "blocks.3.layers.1.layers.MBconv.layers.conv_c", 0),
    "mnasnet": ("mnasnet0_5", 52, 0, "layers.14", 0),
    "mobilenet_v2": ("mobilenet_v2", 52, 0, "features.18.0", 0),
    "mobilenet_v3": ("mobilenet_v3_small", 34, 18, "features.12.0", 0),
    "regnet_x": ("regnet_x_400mf", 71, 0, "trunk_output.block4.block4-11.f.c.0", 0),
    "regnet_y": ("regnet_y_400mf", 53, 32, "trunk_output.block4.block4-5.f.c.0", 0),
    "resnet": ("resnet18", 20, 0, "layer4.1.conv2", 0),
    "resnext": ("resnext50_32x4d", 53, 0, "layer4.2.conv3", 0),
    "shufflenet": ("shufflenet_v2_x0_5", 56, 0, "conv5.0", 0),
    "squeezenet": ("squeezenet1_1", 26, 0, "classifier.1", 0),
    "swin_v2": ("swin_v2_t", 13, 0, "features.7.1", 12),
    "swin": ("swin_t", 13, 0, "features.7.1", 12),
    "vgg": ("vgg11_bn", 8, 0, "features.25", 0),
    "vit": ("vit_b_32", 13, 0, "encoder.layers.encoder_layer_11", 12),
    "wide_resnet": ("wide_resnet50_2", 53, 0, "layer4.2.conv3", 0),
}


def listed(name):
    """Network without values, since shapes need none, and its layers."""
    # These read values while they are built.
    with torch.device("cpu" if name.startswith("regnet") else "meta"):
        model = build(name, seed=0)
    size = 299 if name == "inception_v3" else 224
    return model, find_layers(model.to("meta"), (size, size, 3))


def family(name):
    return next((start for start in sorted(FAMILIES, reverse=True) if name.startswith(start)), None)


@pytest.mark.parametrize("start", FAMILIES)
def test_a_network_of_each_family(start):
    name, n_layers, n_pooled, last, n_blocks = FAMILIES[start]
    model, layers = listed(name)
    assert [layer.is_pooled for layer in layers].count(True) == n_pooled
    spatial = [layer for layer in layers if not layer.is_pooled]
    assert (len(spatial), spatial[-1].name, len(blocks(model))) == (n_layers, last, n_blocks)
    assert all(layer.shape[0] > 1 for layer in spatial)


def test_every_network_is_of_a_family():
    assert {family(name) for name in ALL} == set(FAMILIES)
    assert {name for name, *_ in FAMILIES.values()} <= set(ALL)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in ALL if not name.startswith("regnet")])
def test_every_network(name):
    """But for RegNets, of which the largest have billions of values."""
    model, layers = listed(name)
    spatial = [layer for layer in layers if not layer.is_pooled]
    assert all(layer.shape[0] > 1 for layer in spatial)
    is_transformer = name.startswith(("vit", "swin"))
    assert (len(blocks(model)) == len(layers) - 1) == is_transformer
    assert bool(blocks(model)) == is_transformer
