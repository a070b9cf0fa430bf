"""What enters a network, and how many images at a time."""

import numpy as np
import torch
from actopo.networks.inputs import images_per_pass, to_input


def test_large_images_go_in_smaller_batches():
    assert [images_per_pass(500, (side, side, 3)) for side in (32, 91, 224, 4000)] == [500, 500, 83, 1]


def test_input_is_normalised():
    images = np.full((2, 4, 4, 3), 255, dtype=np.uint8)
    assert torch.allclose(to_input(images, [0.4] * 3, [0.3] * 3), torch.tensor(2.0))
