"""Patches of positions against rectangles that are counted by hand."""

import numpy as np
import pytest
import torch
import torchvision
from actopo.networks.calls import find_calls
from actopo.networks.choices import output_number
from actopo.networks.layers import find_layers, recording
from actopo.networks.layouts import Layout
from actopo.points.patches import patch_fields
from actopo.points.receptive_field import receptive_fields


def test_patches_of_whole_pixels():
    rows = np.arange(6)
    field = patch_fields(Layout("tokens", 3, 2, 5, 1), "patches", rows, np.arange(4))
    expected = np.zeros((3, 2, 6, 4))
    for i in range(3):
        for j in range(2):
            expected[i, j, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2] = 1
    np.testing.assert_array_equal(field, expected)
    everything = patch_fields(Layout("tokens", 3, 2, 5, 1), "all", rows, np.arange(4))
    np.testing.assert_array_equal(everything, np.concatenate([np.ones((1, 1, 6, 4)), expected.reshape(1, 6, 6, 4)], 1))
    np.testing.assert_array_equal(patch_fields(Layout("vector", 1, 1, 9), "patches", rows, rows), np.ones((1, 1, 6, 6)))


@pytest.mark.parametrize(("n", "side", "block"), [(3, 7, 1), (7, 10, 3), (14, 224, 4), (5, 3, 1)])
def test_patches_share_out_the_image(n, side, block):
    """Whatever the sizes, each block of pixels belongs to the patches together once."""
    block_of = np.arange(side) // block
    field = patch_fields(Layout("tokens", n, n, 1), "patches", block_of, block_of)
    np.testing.assert_allclose(field.sum(axis=(0, 1)), 1)
    pixels = np.outer(np.bincount(block_of), np.bincount(block_of))
    np.testing.assert_allclose((field * pixels).sum(axis=(2, 3)), (side / n) ** 2)


def test_fields_of_a_transformer_are_its_patches():
    model = torchvision.models.swin_t(weights=None)
    layers, calls = find_layers(model, (64, 64, 3)), find_calls(model, (64, 64, 3))
    head = output_number(len(calls) - 1)
    fields = receptive_fields(model, [0, 1, len(layers) - 1, head], "conv", (64, 64, 3), block=2)
    # The patch embedding is a convolution, whose field is counted, and is the patch as well.
    assert {layer: field.shape for layer, field in fields.items()} == {
        0: (16, 16, 32, 32),
        1: (16, 16, 32, 32),
        len(layers) - 1: (2, 2, 32, 32),
        head: (1, 1, 32, 32),
    }
    np.testing.assert_array_equal(fields[0] > 0, fields[1] > 0)
    np.testing.assert_array_equal(fields[len(layers) - 1][1, 0] > 0, np.kron([[0, 0], [1, 0]], np.ones((16, 16))) > 0)
    assert fields[head].all()


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        # The second depthwise convolution, after layer norms, GELU, linear maps and layer scale of a block.
        ("convnext_tiny", "features.1.1.block.0"),
        # Convolutions after a gate, SiLU and batch norms, and after hardswish.
        ("efficientnet_b0", "features.2.0.block.0.0"),
        ("mobilenet_v3_small", "features.2.block.0.0"),
    ],
)
def test_what_lies_outside_of_a_field_changes_nothing(name, layer):
    model = torchvision.models.get_model(name, weights=None).eval()
    names = [found.name for found in find_layers(model, (32, 32, 3))]
    index = names.index(layer)
    field = receptive_fields(model, [index], "conv", (32, 32, 3))[index]
    assert np.isfinite(field).all()
    outside = field[0, 0] == 0
    assert 0 < outside.mean() < 1
    # Gates see the whole image, though weakly, and are no part of the field.
    images = torch.randn(1, 3, 32, 32).repeat(2, 1, 1, 1)
    images[1, :, torch.from_numpy(outside)] += 1
    with torch.inference_mode(), recording(model, [index], "conv") as recorded:
        model(images)
    same, other = recorded[index][:, 0, 0], recorded[index][:, -1, -1]
    gated = name != "convnext_tiny"
    assert torch.dist(*same) < (0.5 if gated else 1e-5) * torch.dist(*other)
