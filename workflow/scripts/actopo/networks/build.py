"""
Networks by name: `resnet18_cifar`, any classification network of torchvision [1]_ or timm, or a user's function.

References
----------
.. [1] torchvision, https://docs.pytorch.org/vision/stable/models.html
"""

import difflib
import inspect

import torch

from actopo.errors import InputError
from actopo.networks.choices import OWN_ARCHITECTURE, TIMM
from actopo.networks.resnet18_cifar import resnet18_cifar
from actopo.networks.timm_networks import timm_builder
from actopo.user_code import load_function, reason_of


def build(
    architecture=None, module=None, arguments=None, n_classes=10, n_channels=3, seed=None, pretrained=False, **settings
):
    """
    Build a network.

    Parameters
    ----------
    architecture : str, optional
        "resnet18_cifar", a classification network of torchvision by its name there, or one of timm with `timm:` before
        its name.
    module : str, optional
        "path/to/file.py:function", instead of `architecture`. The function is called with `arguments`, and with
        those of `n_classes`, `n_channels` and `seed` that it takes.
    arguments : dict, optional
        More arguments of the network.
    n_classes : int, default 10
    n_channels : int, default 3
        Channels of the images.
    seed : int, optional
        Seed of the initial weights; the global random state is left as it was.
    pretrained : bool, default False
        Whether published weights will replace the initial ones: GoogLeNet and Inception v3 then shift their input as
        those weights require, as in torchvision.
    **settings
        `width` and `shortcut` of `resnet18_cifar`.

    Returns
    -------
    torch.nn.Module
        Maps float images (b, n_channels, h, w) to logits (b, n_classes).

    Raises
    ------
    InputError
        If there is no such network, or it does not take the arguments.
    """
    arguments = dict(arguments or {})
    if module is not None:
        make, arguments = load_function(module, "module"), {**settings, **arguments}
        known = inspect.signature(make).parameters
        given = {"n_classes": n_classes, "n_channels": n_channels, "seed": seed}
        anything = any(parameter.kind is parameter.VAR_KEYWORD for parameter in known.values())
        arguments = {name: value for name, value in given.items() if name in known or anything} | arguments
    elif architecture == OWN_ARCHITECTURE:
        unknown = sorted(set(arguments) - {"width", "shortcut"}) or sorted(set(arguments) & set(settings))
        if unknown:
            raise InputError(
                f"resnet18_cifar takes width and shortcut, beside arguments and not in them; drop {unknown[0]!r}"
            )
        return resnet18_cifar(**settings, **arguments, n_classes=n_classes, n_channels=n_channels, seed=seed)
    elif str(architecture).startswith(TIMM):
        make, given = timm_builder(architecture, n_classes, n_channels)
        arguments = {**given, **arguments}
    else:
        make, arguments = _torchvision(architecture, n_classes, n_channels, pretrained, arguments)
    with torch.random.fork_rng(devices=[]):
        if seed is not None:
            torch.manual_seed(seed)
        try:
            network = make(**arguments)
        except (Exception, SystemExit) as error:
            raise InputError(f"{module or architecture} could not be built: {reason_of(error)}") from error
    if not isinstance(network, torch.nn.Module):
        raise InputError(f"{module} returned a {type(network).__name__}; return a torch.nn.Module")
    types = {str(p.dtype) for p in network.parameters() if p.is_floating_point() and p.dtype != torch.float32}
    if types:
        raise InputError(
            f"{module or architecture} has parameters of {min(types)}; return it in float32 (network.float()), and "
            "choose the precision of training by training.precision"
        )
    # The meta device, on which networks are only counted, has no values to move.
    if any(parameter.device.type not in ("cpu", "meta") for parameter in network.parameters()):
        network.cpu()
    return network


def count_outputs(network, image_shape):
    """
    Number of classes of a network.

    Parameters
    ----------
    network : torch.nn.Module
    image_shape : (h, w, c)

    Returns
    -------
    int

    Raises
    ------
    InputError
        If the output for an image is not a vector of logits.
    """
    # What a network keeps of a pass may be needed in training.
    with torch.no_grad():
        logits = of_zeros(network.eval(), image_shape)
    if not isinstance(logits, torch.Tensor) or logits.ndim != 2 or len(logits) != 2:
        raise InputError("the network does not map images (b, c, h, w) to one tensor of logits (b, classes)")
    return logits.shape[1]


def of_zeros(network, image_shape):
    """What a network gives for two images (h, w, c) of zeros."""
    height, width, channels = image_shape
    return network(torch.zeros(2, channels, height, width))


def require_gradient(output):
    """Raise InputError if a network that is to be trained gives an output without a gradient."""
    if not output.requires_grad:
        raise InputError(
            "the network's output has no gradient, so that it cannot be trained: all of its parameters are frozen "
            "(requires_grad), or its forward is in torch.no_grad() or detaches; change that, or give weights"
        )


def _torchvision(architecture, n_classes, n_channels, pretrained, arguments):
    # Imported here, since this takes longer than to make a network of our own.
    import torchvision

    known = torchvision.models.list_models(module=torchvision.models)
    if architecture not in known:
        near = difflib.get_close_matches(str(architecture), [*known, OWN_ARCHITECTURE], n=3) or known[:3]
        raise InputError(
            f"unknown architecture {architecture!r}; did you mean {', '.join(near)}? Known are resnet18_cifar and "
            "torchvision's classification networks, and timm's as timm:NAME; for your own give module: "
            "path/to/file.py:function"
        )
    if n_channels != 3:
        raise InputError(f"{architecture} takes images of 3 channels, not {n_channels}; set data.channels to 3")
    defaults = {"num_classes": n_classes}
    if architecture in ("googlenet", "inception_v3"):
        defaults |= {"aux_logits": False, "transform_input": pretrained, "init_weights": not pretrained}
    return torchvision.models.get_model_builder(architecture), {**defaults, **arguments}
