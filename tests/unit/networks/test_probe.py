"""An image of zeros: its shape, the mode of the network, and networks that cannot take it."""

from contextlib import nullcontext

import pytest
import torch
from actopo.errors import InputError
from actopo.networks.probe import pass_zeros


def test_the_image_and_the_mode_of_the_network():
    seen = []

    class Network(torch.nn.Linear):
        def forward(self, x):
            seen.append((x.shape, bool(x.any()), self.training, torch.is_inference_mode_enabled()))

    pass_zeros(Network(1, 1), (4, 6, 3), nullcontext())
    assert seen == [((1, 3, 4, 6), False, False, True)]


def test_a_network_that_cannot_take_the_image():
    with pytest.raises(InputError, match=r"cannot take an image of 4 x 6 x 3 \(.+\); set data.size"):
        pass_zeros(torch.nn.Conv2d(1, 1, 1), (4, 6, 3), nullcontext())
