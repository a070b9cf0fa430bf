"""The network and its taps, against the definitions written out by hand."""

import numpy as np
import pytest
import torch
from actopo import sampling
from actopo.activations import activation_shapes, dump_activations, sample_activations
from actopo.catalogue import layers_of
from actopo.errors import InputError
from actopo.layers import find_layers, recording
from actopo.models import images_per_pass, load_weights, resnet18_cifar, to_input
from actopo.networks import build
from actopo.sampling import Stream
from torch.nn import functional

IMAGE = (32, 32, 3)
N_LAYERS = 17


@pytest.fixture(params=["A", "B"])
def model(request):
    """A narrow network in evaluation mode, with batch norms that are not the identity."""
    network = resnet18_cifar(width=2, shortcut=request.param, n_classes=4, seed=3)
    generator = torch.Generator().manual_seed(0)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.copy_(torch.randn(module.num_features, generator=generator))
            module.running_var.copy_(0.5 + torch.rand(module.num_features, generator=generator))
    return network.eval()


def dump(model, images, layers, tap, **kwargs):
    batches = {layer: [] for layer in layers}

    def write(layer, batch):
        batches[layer].append(batch.copy())

    dump_activations(model, images, [0.5] * 3, [0.25] * 3, layers, tap, write, **kwargs)
    shapes = activation_shapes(model, layers, images.shape[1:])
    out = {layer: np.concatenate(pieces) for layer, pieces in batches.items()}
    assert {layer: array.shape for layer, array in out.items()} == {
        layer: (len(images), *shapes[layer]) for layer in layers
    }
    return out


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (5, *IMAGE), dtype=np.uint8)


def test_seventeen_layers_have_the_shapes_of_the_paper(model):
    shapes = activation_shapes(model, range(N_LAYERS), IMAGE)
    expected = [(32, 32, 2)] * 5 + [(16, 16, 4)] * 4 + [(8, 8, 8)] * 4 + [(4, 4, 16)] * 4
    assert list(shapes.values()) == expected
    assert [conv.kernel_size for conv in model.layers()] == [(3, 3)] * N_LAYERS
    assert N_LAYERS == 17


@pytest.mark.parametrize("size", [32, 20, 9])
def test_positions_are_known_without_building_the_network(size):
    shapes = activation_shapes(resnet18_cifar(1, "A", 2, seed=0), range(N_LAYERS), (size, size, 3))
    known = layers_of({"architecture": "resnet18_cifar", "width": 1, "shortcut": "A"}, (size, size, 3))
    assert [tuple(layer["shape"]) for layer in known] == list(shapes.values())
    built = find_layers(resnet18_cifar(1, "A", 2, seed=0), (size, size, 3))
    assert [layer["name"] for layer in known] == [layer.name for layer in built]
    assert {layer.taps for layer in built} == {("conv", "bn", "relu")}


def test_number_of_parameters_is_that_of_resnet18():
    # 11 173 962 is the usual count of the CIFAR ResNet-18 with projection shortcuts and ten classes.
    assert sum(p.numel() for p in resnet18_cifar(64, "B", 10).parameters()) == 11_173_962
    projections = 64 * 128 + 128 * 256 + 256 * 512 + 2 * (128 + 256 + 512)
    assert sum(p.numel() for p in resnet18_cifar(64, "A", 10).parameters()) == 11_173_962 - projections


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


def test_recording_is_not_changed_by_an_addition_in_place(images):
    class InPlace(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = torch.nn.Conv2d(3, 3, 1)
            self.relu = torch.nn.ReLU(inplace=True)

        def layers(self):
            return [self.conv]

        def forward(self, x):
            out = self.conv(x)
            out += 100
            return self.relu(out)

    model = InPlace().eval()
    x = to_input(images, [0.5] * 3, [0.25] * 3)
    with torch.inference_mode():
        plain = functional.conv2d(x, model.conv.weight, model.conv.bias).permute(0, 2, 3, 1)
        for tap, expected in [("conv", plain), ("bn", plain + 100), ("relu", functional.relu(plain + 100))]:
            with recording(model, [0], tap) as recorded:
                model(x)
            torch.testing.assert_close(recorded[0], expected)
            assert recorded[0].is_contiguous()


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
        cloud = getattr(sampling, method)(activations, labels, **own[layer])
        points, flat, norm = (np.concatenate(part) for part in zip(*pieces[layer], strict=True))
        assert points.dtype == norm.dtype == np.float32
        np.testing.assert_array_equal(points, cloud.points)
        np.testing.assert_array_equal(norm, cloud.norm)
        for name, column in streams[layer].provenance(flat).items():
            np.testing.assert_array_equal(column, getattr(cloud, name))


def test_large_images_go_in_smaller_batches():
    assert [images_per_pass(500, (side, side, 3)) for side in (32, 91, 224, 4000)] == [500, 500, 83, 1]


def test_hooks_are_removed(model):
    with recording(model, [0, 3], "conv"):
        pass
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def test_damaged_weights_name_layer_and_image(model, images):
    with torch.no_grad():
        model.blocks[1].conv1.weight.fill_(float("inf"))
    with pytest.raises(InputError, match=r"layer 3 .* image 0"):
        dump(model, images, [0, 3], "conv")


def test_same_seed_same_weights_and_global_state_untouched():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    a, b, c = (resnet18_cifar(2, "A", 4, seed=seed).state_dict() for seed in (5, 5, 6))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert not all(torch.equal(a[name], c[name]) for name in a)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"shortcut": "C"}, "shortcut is 'C'"),
        ({"width": 0}, "width is 0"),
        ({"n_classes": 1}, "at least 2 classes"),
    ],
)
def test_bad_arguments_are_named(arguments, words):
    with pytest.raises(InputError, match=words):
        resnet18_cifar(**arguments)


def test_unknown_names_are_listed(model, images):
    with pytest.raises(InputError, match="resnet18_cifar"):
        build("resnet19")
    with pytest.raises(InputError, match="layers 0 to 16"):
        dump(model, images, [17], "conv")
    with pytest.raises(InputError, match="conv, bn, relu"), recording(model, [0], "pool"):
        pass


def test_weights_that_do_not_fit_are_listed():
    state = resnet18_cifar(2, "A", 4, seed=0).state_dict()
    with pytest.raises(InputError, match=r"missing: .*shortcut"):
        load_weights(resnet18_cifar(2, "B", 4), state)
    with pytest.raises(InputError, match=r"head.weight is \(4, 16\), not \(5, 16\)"):
        load_weights(resnet18_cifar(2, "A", 5), state)
