"""Whether a network in evaluation gives an image the same values each time, and beside whatever images."""

from collections import Counter
from functools import partial

import torch

from actopo.arithmetic import exact_arithmetic
from actopo.errors import InputError
from actopo.networks.calls import parts_of

# Share of the largest value by which passes may differ, in square roots of the precision of the values: sums are
# rounded in another order in batches of another size.
ROUNDING = 3.0
# Values of a module that are compared, lest those of a large network fill the memory.
COMPARED = 4096


def is_compiled(network):
    """Whether a network, or a part of it, comes from `torch.compile`, whose code is for inputs of one kind."""
    return any(hasattr(module, "_orig_mod") or module._compiled_call_impl is not None for module in network.modules())


def require_repeatable(network, images):
    """
    Compare what the modules of a network give of the same image in several passes.

    Parameters
    ----------
    network : torch.nn.Module
        In evaluation.
    images : tensor of shape (b, c, h, w)
        Input of the network; with one image it is only compared with itself.

    Returns
    -------
    dict
        `values_of` the images.

    Raises
    ------
    InputError
        If values are drawn at random or kept from one pass to the next, or those of an image depend on the images
        beside it.
    """
    whole, again, alone = (values_of(network, given) for given in (images, images, images[:1]))
    if (name := first_difference(whole, again)) is not None:
        raise InputError(
            f"{name} gives the same images other values each time, so that results could not be repeated: it draws "
            "random numbers in evaluation too, as F.dropout(x, p) does without training=self.training, or keeps "
            "something from one pass to the next; let it do so in training alone"
        )
    if (name := first_difference(whole, alone)) is not None:
        raise InputError(
            f"{name} gives an image other values beside other images, so that results would depend on how images are "
            "put into batches, as of a BatchNorm with track_running_stats=False; keep its running statistics, or "
            "normalise each image by itself, as GroupNorm does"
        )
    return whole


def values_of(network, images):
    """
    Values of the first image in one pass.

    Parameters
    ----------
    network : torch.nn.Module
        In evaluation.
    images : tensor of shape (b, c, h, w)

    Returns
    -------
    dict of (str, int, str) to (tuple of int, tensor)
        Shape, and some of the values, by the name of a module, the number of its call, and the key of what it returns;
        the network itself comes last.
    """
    found, calls = {}, Counter()

    def keep(name, _, arguments, output):
        calls[name] += 1
        for part, value in parts_of(output).items():
            if _is_compared(value):
                found[name, calls[name], part] = _some(value, len(images))

    # Scripted parts take no hooks, which `actopo.networks.watching` needs.
    hooks = [
        module.register_forward_hook(partial(keep, f"module {name}" if name else "the network"))
        for name, module in network.named_modules()
        if not isinstance(module, torch.jit.ScriptModule)
    ]
    try:
        with torch.no_grad(), exact_arithmetic():
            # A network may change its input.
            network(images.clone())
    finally:
        for hook in hooks:
            hook.remove()
    return found


def _is_compared(value):
    return (
        isinstance(value, torch.Tensor)
        and value.layout == torch.strided
        and value.is_floating_point()
        and value.ndim > 0
        and value.numel() > 0
    )


def _some(value, n_images):
    """Shape, and some values, of the first image, as they are before other modules change them in place."""
    # A module may be given the tokens of all images in one row.
    own = value[:1] if len(value) == n_images else value
    flat = own.flatten()
    return tuple(own.shape), flat[:: max(1, len(flat) // COMPARED)].clone()


def first_difference(one, other, rounding=ROUNDING):
    """Name of the first module that gives other values (`values_of`) in another pass, None if there is none."""
    for key, (shape, value) in one.items():
        other_shape, compared = other.get(key, (None, None))
        if shape != other_shape:
            continue
        known = value.isfinite() & compared.isfinite()
        value, compared = value[known], compared[known]
        if not len(value):
            continue
        tolerance = rounding * torch.finfo(value.dtype).eps ** 0.5 * value.abs().max()
        if (value - compared).abs().max() > tolerance:
            return key[0]
    return None
