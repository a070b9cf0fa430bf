"""Activations of a network, against the definitions written out by hand, and points that are drawn on the way."""

import numpy as np
import pytest
import torch
from actopo.errors import InputError
from actopo.networks.build import build
from actopo.networks.inputs import to_input
from actopo.networks.layers import recording
from actopo.points.activations import activation_shapes, dump_activations, sample_activations
from actopo.points.norms import l2_norms
from actopo.points.sampling import Stream
from torch.nn import functional

from unit.networks.examples import IMAGE, N_LAYERS
from unit.points.examples import draw


def dump(model, images, layers, tap, **kwargs):
    batches = {layer: [] for layer in layers}

    def write(layer, batch, norms):
        np.testing.assert_array_equal(norms, l2_norms(batch.reshape(-1, batch.shape[3])).reshape(batch.shape[:3]))
        batches[layer].append(batch.copy())

    dump_activations(model, images, [0.5] * 3, [0.25] * 3, layers, tap, write, **kwargs)
    shapes = activation_shapes(model, layers, images.shape[1:])
    out = {layer: np.concatenate(pieces) for layer, pieces in batches.items()}
    assert {layer: array.shape for layer, array in out.items()} == {
        layer: (len(images), *shapes[layer]) for layer in layers
    }
    return out


def test_seventeen_layers_have_the_shapes_of_the_paper(model):
    shapes = activation_shapes(model, range(N_LAYERS), IMAGE)
    expected = [(32, 32, 2)] * 5 + [(16, 16, 4)] * 4 + [(8, 8, 8)] * 4 + [(4, 4, 16)] * 4
    assert list(shapes.values()) == expected
    assert [conv.kernel_size for conv in model.layers()] == [(3, 3)] * N_LAYERS
    assert N_LAYERS == 17


def test_taps_are_convolution_norm_with_shortcut_and_relu(model, images):
    """Layers 5 and 6 are the first block that changes shape; everything is recomputed by hand."""
    x = to_input(images, [0.5] * 3, [0.25] * 3)
    with torch.no_grad():
        x = functional.relu(model.bn(model.conv(x)))
        for block in model.blocks[:2]:
            x = block(x)
        block = model.blocks[2]
        first = functional.conv2d(x, block.conv1.weight, stride=2, padding=1)
        first_bn = block.bn1(first)
        second = functional.conv2d(functional.relu(first_bn), block.conv2.weight, padding=1)
        if isinstance(block.shortcut, torch.nn.Sequential):
            shortcut = block.shortcut(x)
        else:
            shortcut = torch.zeros(len(x), 4, 16, 16)
            shortcut[:, 1:3] = x[:, :, ::2, ::2]
        second_bn = block.bn2(second) + shortcut
    expected = {
        "conv": (first, second),
        "bn": (first_bn, second_bn),
        "relu": (functional.relu(first_bn), functional.relu(second_bn)),
    }
    for tap, tensors in expected.items():
        recorded = dump(model, images, [5, 6], tap)
        for layer, tensor in zip([5, 6], tensors, strict=True):
            np.testing.assert_allclose(recorded[layer], tensor.permute(0, 2, 3, 1), atol=2e-5)


def test_batch_size_does_not_matter_and_order_is_kept(model, images):
    whole, pieces = dump(model, images, [0, 16], "relu"), dump(model, images, [0, 16], "relu", batch_size=2)
    for layer in (0, 16):
        np.testing.assert_allclose(whole[layer], pieces[layer], atol=1e-5)


@pytest.mark.parametrize(
    ("method", "settings"),
    [
        ("random", {"points_per_image": 2}),
        ("top_l2", {"points_per_image": 3}),
        ("top_weight", {"points_per_image": 2, "policy": "drop"}),
        ("full", {}),
        ("full", {"cap": 30}),
        ("full", {"cap": 30, "replace": True}),
    ],
)
@pytest.mark.parametrize("batch_size", [2, 500])
def test_sampling_on_the_way_is_sampling_of_the_dump(model, images, method, settings, batch_size):
    labels, streams, pieces = np.arange(5) % 3, {}, {4: [], 12: []}
    whole = dump(model, images, [4, 12], "relu", batch_size=batch_size)
    own = {layer: dict(settings, seed=[7, layer]) for layer in whole}
    for layer, activations in whole.items():
        if method == "top_weight":
            own[layer]["weights"] = np.random.default_rng(layer).integers(0, 3, activations.shape[:3])
            own[layer]["weights"][3] = 0
        streams[layer] = Stream(method, activations.shape, labels, **own[layer])

    def write(layer, *arrays):
        pieces[layer].append(arrays)

    study = (model, images, [0.5] * 3, [0.25] * 3, [4, 12], "relu")
    sample_activations(*study, streams, write, batch_size=batch_size)
    for layer, activations in whole.items():
        cloud = draw(method, activations, labels, (batch_size,), **own[layer])
        points, flat, norm = (np.concatenate(part) for part in zip(*pieces[layer], strict=True))
        assert points.dtype == norm.dtype == np.float32
        np.testing.assert_array_equal(points, cloud.points)
        np.testing.assert_array_equal(norm, cloud.norm)
        for name, column in streams[layer].provenance(flat).items():
            np.testing.assert_array_equal(column, getattr(cloud, name))


def test_damaged_weights_name_layer_and_image(model, images):
    with torch.no_grad():
        model.blocks[1].conv1.weight.fill_(float("inf"))
    with pytest.raises(InputError, match=r"layer 3 .* image 0"):
        dump(model, images, [0, 3], "conv")


def test_unknown_names_are_listed(model, images):
    with pytest.raises(InputError, match="resnet18_cifar"):
        build("resnet19")
    with pytest.raises(InputError, match="layers 0 to 16"):
        dump(model, images, [17], "conv")
    with pytest.raises(InputError, match="conv, bn, relu"), recording(model, [0], "pool"):
        pass


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("batch_size", [1, 2, 500])
def test_an_activation_that_is_not_finite_names_image_and_layer(model, images, value, batch_size):
    """Image 3 alone is spoilt, by what is added to it."""

    def perturb(places):
        noise = np.zeros((len(places), *IMAGE), np.float32)
        noise[[place == 3 for place in places], 0, 0, 0] = value
        return noise

    study, written = (model, images, [0.5] * 3, [0.25] * 3, [0, 1], "conv"), []
    streams = {layer: Stream("full", (5, 32, 32, 2), np.zeros(5, int)) for layer in (0, 1)}
    settings = {"batch_size": batch_size, "perturb": perturb}
    for run in (
        lambda: dump_activations(*study, lambda layer, *_: written.append(layer), **settings),
        lambda: sample_activations(*study, streams, lambda layer, *_: written.append(layer), **settings),
    ):
        written.clear()
        with pytest.raises(InputError, match="layer 0 has an activation that is not finite for image 3;"):
            run()
        # Whole batches of the images before it were handed on, with both layers.
        assert written == [0, 1] * (3 // batch_size)


def test_what_is_added_to_the_images_comes_before_the_network(model, images):
    noise = np.random.default_rng(1).normal(size=(5, *IMAGE)).astype(np.float32)
    recorded = dump(model, images, [0], "conv", batch_size=2, perturb=lambda places: noise[list(places)])
    with torch.no_grad():
        x = to_input(images, [0.5] * 3, [0.25] * 3) + torch.from_numpy(noise).permute(0, 3, 1, 2)
        expected = model.conv(x).permute(0, 2, 3, 1)
    np.testing.assert_allclose(recorded[0], expected, atol=2e-5)


def test_layers_whose_shape_depends_on_the_images_are_refused(images):
    class Cropping(torch.nn.Module):
        """Crops dark batches, and leaves images out."""

        def __init__(self):
            super().__init__()
            self.conv = torch.nn.Conv2d(3, 2, 1)

        def forward(self, x):
            return self.conv(x[:, :, 1:] if x.sum() < 0 else x[: self.most]).mean(dim=(2, 3))

    model, mixed = Cropping(), np.concatenate([images[:2] * 0 + 255, images[:2] * 0])
    settings = {"mean": [0.5] * 3, "std": [0.5] * 3, "layers": [0], "tap": "conv", "write": lambda *_: None}
    for most, words in ((2, "shape .* for 2 images, and of .* for one before"), (1, "shape .* for 2 images")):
        model.most = most
        with pytest.raises(InputError, match=f"layer 0 has activations of {words}"):
            dump_activations(model, mixed, batch_size=2, **settings)
