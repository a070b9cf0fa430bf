"""What the tests of several rooms know of the networks, and images to train them with."""

import numpy as np

ALL = ("conv", "bn", "relu")


IMAGE = (32, 32, 3)


N_LAYERS = 17


NET = """
from torch import nn
def build(n_classes, n_channels=1, width=2):
    return nn.Sequential(nn.Conv2d(n_channels, width, 3), nn.ReLU(), nn.Flatten(), nn.Linear(width * 36, n_classes))
def fixed():
    return build(7, 3)
"""


def bright_and_dark(n, side):
    """Images (n, side, side, 3) of two classes that differ in brightness, and their labels."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, n)
    images = rng.integers(0, 100, (n, side, side, 3)) + 120 * labels[:, None, None, None]
    return images.astype(np.uint8), labels
