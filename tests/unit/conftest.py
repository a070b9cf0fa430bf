"""A network of random weights and images for it."""

import numpy as np
import pytest
import torch
from actopo.networks.resnet18_cifar import resnet18_cifar

from unit.networks.examples import IMAGE


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


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (5, *IMAGE), dtype=np.uint8)
