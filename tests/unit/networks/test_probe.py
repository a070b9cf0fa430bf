"""An image of zeros: its shape, the mode of the network, and networks that cannot take it."""

from contextlib import nullcontext

import pytest
import torch
from actopo.errors import InputError
from actopo.networks.probe import pass_zeros
from torch import nn


def test_the_image_and_the_mode_of_the_network():
    seen = []

    class Network(torch.nn.Linear):
        def forward(self, x):
            seen.append((x.shape, bool(x.any()), self.training, torch.is_inference_mode_enabled()))

    pass_zeros(Network(1, 1), (4, 6, 3), nullcontext())
    assert seen == [((1, 3, 4, 6), False, False, True)]


def test_a_network_that_cannot_take_the_image():
    with pytest.raises(
        InputError, match=r"cannot take an image of 4 x 6 x 3 \(.+\); it is given one float32 tensor \(1, 3, 4, 6\)"
    ):
        pass_zeros(torch.nn.Conv2d(1, 1, 1), (4, 6, 3), nullcontext())


def test_parameters_are_there_from_the_start():
    class Late(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.body = torch.nn.Conv2d(3, 2, 1)

        def forward(self, x):
            x = self.body(x).flatten(1)
            self.head = torch.nn.Linear(x.shape[1], 2)
            return self.head(x)

    with pytest.raises(InputError, match=r"makes head\.weight, head\.bias in its first pass.*in __init__"):
        pass_zeros(Late(), (4, 6, 3), nullcontext())
    with pytest.raises(InputError, match="has no parameters"):
        pass_zeros(torch.nn.Flatten(), (4, 6, 3), nullcontext())


def test_the_image_has_the_numbers_of_weights():
    """Counters, masks and filters of complex numbers are parameters too."""
    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 2))
    for name, values in (("steps", torch.zeros((), dtype=torch.int64)), ("mask", torch.ones(2, dtype=torch.bool))):
        network.register_parameter(name, nn.Parameter(values, requires_grad=False))
    network.filter = nn.Parameter(torch.ones(2, dtype=torch.complex64))
    pass_zeros(network, (2, 2, 3), nullcontext())
