"""What enters a network, and how many images at a time."""

import numpy as np
import torch
import torchvision
from actopo.networks.inputs import images_per_pass, place, to_input
from torch import nn
from torch.nn.utils import parametrizations


def test_large_images_go_in_smaller_batches():
    assert [images_per_pass(500, (side, side, 3)) for side in (32, 91, 224, 4000)] == [500, 500, 83, 1]


def test_input_is_normalised():
    images = np.full((2, 4, 4, 3), 255, dtype=np.uint8)
    assert torch.allclose(to_input(images, [0.4] * 3, [0.3] * 3), torch.tensor(2.0))


def formats(network):
    """Tensors of four axes and whether they lie channels last."""
    return {
        name: tensor.is_contiguous(memory_format=torch.channels_last)
        for name, tensor in network.state_dict().items()
        if tensor.ndim == 4
    }


def test_networks_are_placed_as_pytorch_does():
    for make in (
        lambda: torchvision.models.convnext_tiny(),
        lambda: nn.Sequential(parametrizations.weight_norm(nn.Conv2d(3, 4, 2)), nn.Conv2d(4, 2, (3, 2))),
    ):
        ours, reference = make(), make().to(memory_format=torch.channels_last)
        place(ours)
        assert formats(ours) == formats(reference)


def test_five_axes_and_complex_numbers_have_no_channels_last():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv3d(1, 2, 3), nn.Module())
    network[2].filter = nn.Parameter(torch.ones(4, 6, 6, 2))
    network[2].register_buffer("angles", torch.ones(4, 6, 6, 2))
    network[2].offset = nn.Parameter(torch.ones(1, 4, 6, 6))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    parameters = dict(network.named_parameters())
    place(network)
    assert formats(network) == {"0.weight": True, "2.filter": False, "2.angles": False, "2.offset": True}
    assert torch.view_as_complex(network[2].filter).shape == (4, 6, 6)
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert all(parameter is parameters[name] for name, parameter in network.named_parameters())
    place(network, memory_format=torch.contiguous_format)
    assert all(tensor.is_contiguous() for tensor in network.state_dict().values())
