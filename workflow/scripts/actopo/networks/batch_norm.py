"""
Statistics of the batch norms of a network that was not trained.

A batch norm starts with mean 0 and variance 1, so that it leaves activations as they are, and in a deep network they
shrink or grow from layer to layer. Training replaces these numbers by the statistics of images; here they are taken
from images without any training.
"""

import torch
from torch.nn.modules.batchnorm import _BatchNorm

from actopo.arithmetic import exact_arithmetic
from actopo.networks.inputs import place, to_input


def fit_batch_norm(model, images, mean, std, device="cpu"):
    """
    Give every batch norm of `model` the mean and variance of its own input over some images, in place.

    All images pass the network together, once, in evaluation mode, and every batch norm takes the statistics just
    before it normalises. Each layer thus sees what the layers before it give with their final statistics: over these
    images, the output of a batch norm has as mean its bias, and as variance the square of its weight. The weights stay
    as they are, and a network without batch norms as a whole. A batch norm that is called several times keeps the
    statistics of its last call.

    Parameters
    ----------
    model : torch.nn.Module
    images : uint8 ndarray of shape (N, h, w, c)
        The activations of one layer for all of them are in memory together.
    mean, std : sequence of c floats
        Normalisation, as in `to_input`.
    device : str or torch.device
    """
    # A batch norm without running statistics takes those of each batch.
    norms = [module for module in model.modules() if isinstance(module, _BatchNorm) and module.track_running_stats]
    if not norms:
        return
    place(model.eval(), device)
    hooks = [norm.register_forward_pre_hook(_take_statistics) for norm in norms]
    try:
        # As when the activations are read.
        with torch.no_grad(), exact_arithmetic():
            model(to_input(images, mean, std, device))
    finally:
        for hook in hooks:
            hook.remove()


def _take_statistics(norm, inputs):
    """Mean and variance (with N) of each channel of the input, computed in float64."""
    rows = inputs[0].movedim(1, -1).flatten(0, -2).to(torch.float64, copy=True)
    mean = rows.mean(dim=0)
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(rows.sub_(mean).square_().mean(dim=0))
