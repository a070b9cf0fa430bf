"""A network of two layers with names, and images in two classes."""

from collections import OrderedDict

import numpy as np
import torch
from torch import nn

N = 60


def network():
    """Layers of 14 x 14 x 4 and 6 x 6 x 8, the second without a rectifier."""
    torch.manual_seed(0)
    parts = OrderedDict(
        first=nn.Conv2d(3, 4, 3),
        relu=nn.ReLU(),
        pool=nn.MaxPool2d(2),
        dropout=nn.Dropout(),
        second=nn.Conv2d(4, 8, 2),
        mean=nn.AdaptiveAvgPool2d(1),
        flat=nn.Flatten(),
        last=nn.Linear(8, 2),
    )
    return nn.Sequential(parts)


def pictures():
    """8-bit images of shape (N, 16, 16, 3), brighter in the second class."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 150, (N, 16, 16, 3)) + 100 * labels()[:, None, None, None]
    return images.astype(np.uint8)


def labels():
    return np.arange(N) % 2
