"""Clouds of a notebook are those of the workflow."""

import numpy as np
import pytest
import torch
from actopo.errors import InputError
from actopo.notebook.clouds import sample_clouds
from actopo.notebook.images import read_images
from actopo.points.activations import sample_activations
from actopo.points.sampling import Stream

from unit.notebook.examples import N, labels, network, pictures

MEAN, STD = [0.4] * 3, [0.25] * 3
SHAPES = {0: (14, 14, 4), 1: (6, 6, 8)}


@pytest.mark.parametrize(
    "sampling",
    [
        {"method": "random", "points_per_image": 2},
        {"method": "top_l2", "points_per_image": 1},
        {"method": "central", "points_per_image": 1},
        {"method": "full"},
    ],
)
def test_clouds_are_those_of_the_workflow(sampling):
    model, method = network(), sampling["method"]
    images = read_images([pictures()[:25], pictures()[25:]], labels(), mean=MEAN, std=STD)
    clouds = sample_clouds(model, images, SHAPES, "conv", sampling, seed=3)
    settings = {name: value for name, value in sampling.items() if name != "method"}
    streams = {
        layer: Stream(method, (N, *shape), labels(), seed=[3, layer], **settings) for layer, shape in SHAPES.items()
    }
    parts = {layer: [] for layer in SHAPES}
    sample_activations(
        model, pictures(), MEAN, STD, list(SHAPES), "conv", streams, lambda layer, *part: parts[layer].append(part)
    )
    for layer, found in parts.items():
        points, flat, norm = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
        np.testing.assert_allclose(clouds[layer].points, points, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(clouds[layer].norm, norm, rtol=1e-4)
        for name, values in streams[layer].provenance(flat).items():
            np.testing.assert_array_equal(getattr(clouds[layer], name), values)


def test_the_modes_of_modules_are_left_as_they_were():
    model = network().train()
    model.dropout.eval()
    first, second = (
        sample_clouds(model, read_images(pictures()), {1: SHAPES[1]}, "conv", {"method": "random"}) for _ in range(2)
    )
    np.testing.assert_array_equal(first[1].points, second[1].points)
    assert [module.training for module in model] == [True, True, True, False, True, True, True, True]


class Viewing(torch.nn.Module):
    """PyTorch's own example calls `view`, which takes contiguous tensors alone."""

    def __init__(self):
        super().__init__()
        self.conv, self.head = torch.nn.Conv2d(3, 2, 3), torch.nn.Linear(2 * 14 * 14, 2)

    def forward(self, x):
        x = self.conv(x)
        return self.head(x.view(len(x), -1))


class Centring(torch.nn.Sequential):
    def forward(self, x):
        return super().forward(x.sub_(0.5))


def test_a_network_may_change_its_input():
    images = torch.rand(4, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    before = images.clone()
    sample_clouds(Centring(torch.nn.Conv2d(3, 2, 3)), read_images(images), {0: (14, 14, 2)}, "conv", {"method": "full"})
    assert torch.equal(images, before)


def test_a_network_may_ask_for_contiguous_tensors():
    [cloud] = sample_clouds(Viewing(), read_images(pictures()), {0: (14, 14, 2)}, "conv", {"method": "full"}).values()
    assert cloud.points.shape == (N * 14 * 14, 2)


@pytest.mark.parametrize("precision", [torch.bfloat16, torch.float16, torch.float64])
def test_images_have_the_precision_of_the_network(precision):
    images, sampling = read_images(pictures()), {"method": "full"}
    expected = sample_clouds(network(), images, SHAPES, "output", sampling)
    found = sample_clouds(network().to(precision), images, SHAPES, "output", sampling)
    for layer, cloud in found.items():
        assert cloud.points.dtype == np.float32
        np.testing.assert_allclose(cloud.points, expected[layer].points, rtol=0.05, atol=0.05)


def test_progress_wraps_the_batches():
    seen = []

    def progress(batches):
        for batch in batches:
            seen.append(len(batch))
            yield batch

    images = read_images([pictures()[:25], pictures()[25:]])
    sample_clouds(network(), images, {0: SHAPES[0]}, "relu", {"method": "random"}, progress=progress)
    assert seen == [25, 35]


def test_an_activation_that_is_not_finite_is_named():
    model = network()
    with torch.no_grad():
        model.first.bias[0] = float("nan")
    with pytest.raises(InputError, match="layer 0 has an activation that is not finite for image 0"):
        sample_clouds(model, read_images(pictures()), SHAPES, "conv", {"method": "random"})


def test_a_network_that_drops_in_evaluation_is_refused():
    model = network()
    model.dropout.forward = torch.nn.functional.dropout
    with pytest.raises(InputError, match="gives the same images other values each time"):
        sample_clouds(model, read_images(pictures()), {1: SHAPES[1]}, "conv", {"method": "random"})
