"""The network whose layers are listed before anything runs: with as many classes as it will have."""

import torch

from actopo.errors import InputError
from actopo.networks.build import build
from actopo.networks.timm_networks import load_timm
from actopo.networks.weights import NO_CLASSES, named_weights


def build_listed(network, image_shape, weights=None, n_classes=None):
    """
    Build a network as its weights need it, without downloading them.

    Parameters
    ----------
    network : dict
        As `actopo.config.layers.network_keys` returns it.
    image_shape : (h, w, c)
    weights : str, optional
        Name of weights in torchvision or timm, which is checked. They have classes of their own.
    n_classes : int, optional
        Number of classes where no weights are named, by default 10.

    Returns
    -------
    torch.nn.Module

    Raises
    ------
    InputError
        If there is no such network, it has no such weights, or these have no classes, or it is scripted.
    """
    settings = {**network, "n_channels": image_shape[2], "seed": 0, "pretrained": True}
    try:
        named = None if weights is None else named_weights(network.get("architecture"), weights)
    except InputError:
        # What is wrong with the network comes first.
        build(**settings)
        raise
    of_weights = None if named is None else _classes_of(named)
    if of_weights == 0 and (network.get("arguments") or {}).get("num_classes") != 0:
        raise InputError(NO_CLASSES)
    n_classes = of_weights or n_classes
    network = build(**settings, **({"n_classes": n_classes} if n_classes else {}))
    if isinstance(network, torch.jit.ScriptModule):
        raise InputError("the network comes from torch.jit, whose modules cannot be read; return it as it was before")
    return network


def _classes_of(named):
    """Number of classes of weights, as torchvision or timm says; None where it does not."""
    if isinstance(named, str):
        return getattr(load_timm().get_pretrained_cfg(named), "num_classes", None)
    return len(named.meta.get("categories", ())) or None
