"""
Which modules of a network are its layers, where a config names none: its convolutions, or the blocks of a transformer.

A *block* is what transformers and mixers repeat: a child of a `Sequential` or `ModuleList` that has a normalisation and
two linear maps or more, no convolution, and no other block inside. A network is a transformer here if it has at least
as many blocks as convolutions. Its layers are then its convolutions, such as its patch embedding, and its blocks;
those of any other network are its convolutions, also where it has some attention. A network that has a method
`layers()` lists there which of its modules count, whatever they are.
"""

import inspect

from torch import nn

from actopo.errors import InputError

CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)


def layer_modules(model):
    """
    Modules of a network that count as layers, by name.

    Parameters
    ----------
    model : torch.nn.Module
        Its method `layers()`, if any, lists them.

    Returns
    -------
    dict of str to torch.nn.Module
        In the order of `named_modules`; empty if the network has no convolution and no block.

    Raises
    ------
    InputError
        If `layers()` returns something else than modules of the network.
    """
    named = dict(model.named_modules())
    if has_own_layers(model):
        meant, own = {id(item): item for item in model.layers()}, {id(module) for module in named.values()}
        if strange := [item for key, item in meant.items() if key not in own]:
            said = " ".join(str(strange[0]).split())[:60]
            raise InputError(f"layers() of the network returns {said!r}, which is no module of it; return its modules")
        return {name: module for name, module in named.items() if id(module) in meant}
    found = blocks(model)
    return {name: module for name, module in named.items() if isinstance(module, nn.Conv2d) or name in found}


def has_own_layers(model):
    """Whether a network has a method `layers()`; what has that name may be a submodule, or take arguments."""
    layers = getattr(model, "layers", None)
    if not callable(layers) or isinstance(layers, nn.Module):
        return False
    try:
        inspect.signature(layers).bind()
    except TypeError:
        return False
    return True


def blocks(model):
    """
    Blocks of a transformer, by name; empty for any other network.

    Parameters
    ----------
    model : torch.nn.Module

    Returns
    -------
    dict of str to torch.nn.Module
    """
    found = {}
    for parent, container in model.named_modules():
        if isinstance(container, CONTAINERS):
            inner = container.named_children()
            found |= {f"{parent}.{name}".lstrip("."): module for name, module in inner if _is_block(module)}
    within = [name for name in found if any(other.startswith(f"{name}.") for other in found)]
    found = {name: module for name, module in found.items() if name not in within}
    n_convolutions = sum(isinstance(module, nn.Conv2d) for module in model.modules())
    return found if len(found) >= n_convolutions else {}


def _is_block(module):
    if type(module) in CONTAINERS:
        return False
    inner = list(module.modules())
    # An attention of PyTorch has two maps, of which one is no module.
    n_maps = sum(isinstance(part, nn.Linear) for part in inner)
    n_maps += sum(isinstance(part, nn.MultiheadAttention) for part in inner)
    normalises = any("Norm" in type(part).__name__ for part in inner)
    return n_maps > 1 and normalises and not any(isinstance(part, nn.Conv2d) for part in inner)
