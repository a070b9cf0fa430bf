"""Activations, points, receptive fields and masks from an emulated GPU: those of the CPU, and small copies."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from actopo.networks.batch_norm import fit_batch_norm
from actopo.networks.resnet18_cifar import resnet18_cifar
from actopo.points.activations import (
    activation_shapes,
    dump_activations,
    network_outputs,
    reading_points,
    sample_activations,
)
from actopo.points.noise import gaussian_noise
from actopo.points.noisy_accuracy import noisy_accuracy
from actopo.points.receptive_field import receptive_fields
from actopo.points.sampling import Stream
from actopo.points.segmentation import deeplab_masks
from emulated_cuda import emulated_cuda
from torchvision.models.segmentation import deeplabv3_mobilenet_v3_large

NORMALISATION = [0.5] * 3, [0.25] * 3
LAYERS, N, BATCH = [3, 16], 12, 5
SAMPLINGS = {
    "random": {"points_per_image": 2},
    "central": {"points_per_image": 1},
    "top_l2": {"points_per_image": 2},
    "top_weight": {"points_per_image": 2},
    "full": {},
    "capped": {"cap": 30},
    "given": {"place": [0, 3, 11], "row": [0, 1, 1], "col": [1, 0, 1]},
}


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (N, 16, 16, 3), dtype=np.uint8)


@pytest.fixture(scope="module", params=["A", "B"])
def model(request):
    return resnet18_cifar(4, request.param, 3, seed=0)


def clouds(model, images, name, device, perturb=None):
    """Points, places and norms of each layer."""
    shapes, pieces = activation_shapes(model, LAYERS, images.shape[1:]), {layer: [] for layer in LAYERS}
    settings = dict(SAMPLINGS[name])
    method = "full" if name == "capped" else name
    if method not in ("full", "given"):
        settings["seed"] = 3

    def stream(shape):
        if method == "top_weight":
            settings["weights"] = np.random.default_rng(1).uniform(size=(N, *shape[:2]))
        return Stream(method, (N, *shape), np.arange(N) % 3, **settings)

    streams = {layer: stream(shape) for layer, shape in shapes.items()}
    sample_activations(
        model,
        images,
        *NORMALISATION,
        LAYERS,
        "bn",
        streams,
        lambda layer, *arrays: pieces[layer].append(arrays),
        batch_size=BATCH,
        device=device,
        perturb=perturb,
    )
    return {layer: [np.concatenate(arrays) for arrays in zip(*own, strict=True)] for layer, own in pieces.items()}


@pytest.mark.parametrize("name", SAMPLINGS)
def test_points_are_those_of_the_host_and_nothing_else_is_copied(model, images, name):
    expected = clouds(deepcopy(model), images, name, "cpu")
    with emulated_cuda() as cuda:
        found = clouds(deepcopy(model), images, name, "cuda")
        copied, waits = sum(cuda.to_host), len(cuda.waits)
        positions = sum(np.prod(shape[:2]) for shape in activation_shapes(model, LAYERS, images.shape[1:]).values())
    for layer in LAYERS:
        for mine, theirs in zip(found[layer][:2], expected[layer][:2], strict=True):
            np.testing.assert_array_equal(mine, theirs)
        np.testing.assert_allclose(found[layer][2], expected[layer][2], rtol=2e-7)
    # The norms of all positions, which decide and are checked, and the points.
    assert copied == N * positions + sum(own[0].size for own in found.values())
    assert waits == 2 * len(LAYERS) * -(-N // BATCH)


def test_points_of_noisy_images(model, images):
    def perturb(places):
        return gaussian_noise(np.arange(N)[places], images.shape[1:], 0.5, "normalised", NORMALISATION[1], seed=0)

    expected = clouds(deepcopy(model), images, "random", "cpu", perturb)
    with emulated_cuda():
        found = clouds(deepcopy(model), images, "random", "cuda", perturb)
    for layer in LAYERS:
        np.testing.assert_array_equal(found[layer][0], expected[layer][0])


def test_positions_beyond_those_that_32_bits_count(cuda):
    """Those of the last of 30 000 images of 300 x 300 positions."""
    n, side, found = 30_000, 300, []
    stream, norms = (
        Stream("random", (n, side, side, 2), np.zeros(n, int)),
        np.broadcast_to(np.float32(1), (n, side, side)),
    )
    stream.take(norms[1:])
    activations = torch.arange(2.0 * side**2, device="cuda").reshape(1, side, side, 2)
    reading_points({0: stream}, lambda layer, *arrays: found.append(arrays))(0, n - 1, activations, norms[:1])
    [(points, flat, _)] = found
    assert flat.min() >= (n - 1) * side**2 > 2**31
    np.testing.assert_array_equal(points[:, 0], 2 * (flat - (n - 1) * side**2))


def test_a_dump_copies_activations_once(model, images):
    def dump(device):
        pieces, network = [], deepcopy(model)
        arguments = (network, images, *NORMALISATION, LAYERS, "relu")
        dump_activations(*arguments, lambda *arrays: pieces.append(deepcopy(arrays)), batch_size=BATCH, device=device)
        return pieces

    expected = dump("cpu")
    with emulated_cuda() as cuda:
        found = dump("cuda")
        assert sum(cuda.to_host) == sum(activations.size + norms.size for _, activations, norms in found)
    for mine, theirs in zip(found, expected, strict=True):
        assert mine[0] == theirs[0]
        np.testing.assert_array_equal(mine[1], theirs[1])
        np.testing.assert_allclose(mine[2], theirs[2], rtol=2e-7)


def test_no_tensor_is_larger_than_the_activations_of_a_batch(model, images):
    shapes = activation_shapes(model, LAYERS, images.shape[1:])
    with emulated_cuda() as cuda:
        clouds(deepcopy(model), images, "full", "cuda")
        # The first layers are the largest, whether they are read or not.
        weights = max(parameter.numel() for parameter in model.parameters())
        assert cuda.largest == max(BATCH * np.prod(shapes[3]), weights)


def test_outputs_and_batch_norms(model, images):
    def outputs(device):
        network = deepcopy(model)
        fit_batch_norm(network, images[:7], *NORMALISATION, device)
        logits = network_outputs(network, images, *NORMALISATION, batch_size=BATCH, device=device)
        return logits, noisy_accuracy(network, images, np.arange(N) % 3, *NORMALISATION, 0.5, device=device)

    expected = outputs("cpu")
    with emulated_cuda():
        found = outputs("cuda")
    np.testing.assert_array_equal(found[0], expected[0])
    assert found[1] == expected[1]


@pytest.mark.parametrize("on_device", [False, True])
def test_receptive_fields(model, on_device):
    pooling = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.MaxPool2d(2))
    pooling.append(torch.nn.Conv2d(4, 2, 3))
    for network, layers in ((model, LAYERS), (pooling, [0, 1])):
        expected = receptive_fields(network, layers, "conv", (16, 16, 3), block=2)
        with emulated_cuda() as cuda:
            own = deepcopy(network).to("cuda" if on_device else "cpu")
            found = receptive_fields(own, layers, "conv", (16, 16, 3), block=2, device="cuda")
            # The fields; before them statistics of a network that lay on the device, and of each layer its responses to
            # images that are black, dark and bright.
            *statistics, first, second = cuda.to_host
            assert [first, second] == [found[layer].size for layer in layers]
            weights = sum(map(torch.Tensor.numel, network.state_dict().values())) if on_device else 0
            assert sum(statistics) <= weights + 3 * len(layers)
        for layer in layers:
            np.testing.assert_array_equal(found[layer], expected[layer])


@pytest.mark.parametrize("resize", [None, 48])
def test_masks_of_deeplab(tmp_path, resize):
    """With random weights and a bias by which half of the pixels are foreground."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = deeplabv3_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=2, aux_loss=False)
    images = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    torch.save(network.state_dict(), tmp_path / "weights.pth")
    arguments = (images, tmp_path / "weights.pth", "deeplabv3_mobilenet_v3_large")
    expected = deeplab_masks(*arguments, batch_size=2, resize=resize)
    with emulated_cuda() as cuda:
        found = deeplab_masks(*arguments, device="cuda", batch_size=2, resize=resize)
        # One mask a batch.
        assert cuda.to_host == [2 * 32 * 32, 32 * 32]
    np.testing.assert_array_equal(found, expected)
