"""Whether a network in evaluation gives an image the same values each time, and beside whatever images."""

from functools import partial

import torch

from actopo.errors import InputError

# Share of the largest value by which passes may differ, in square roots of the precision of the values: sums are
# rounded in another order in batches of another size.
ROUNDING = 3.0
# Values of a module that are compared, of each image, lest those of a large network fill the memory.
COMPARED = 4096


def require_repeatable(network, images):
    """
    Compare what the modules of a network give of the same images in several passes.

    Parameters
    ----------
    network : torch.nn.Module
        In evaluation.
    images : tensor of shape (b, c, h, w)
        Input of the network; with one image it is only compared with itself.

    Raises
    ------
    InputError
        If values are drawn at random, or those of an image depend on the images beside it.
    """
    whole, again, alone = (_values(network, given) for given in (images, images, images[:1]))
    if (name := _first_difference(whole, again)) is not None:
        raise InputError(
            f"{name} gives the same images other values each time, so that no result could be repeated: random numbers "
            "are drawn in evaluation too, such as by F.dropout(x, p) without training=self.training; draw them in "
            "training alone"
        )
    of_first = [(name, value[:1]) if len(value) == len(images) else (name, None) for name, value in whole]
    if (name := _first_difference(of_first, alone)) is not None:
        raise InputError(
            f"{name} gives an image other values beside other images, so that results would depend on how images are "
            "put into batches: such as a BatchNorm with track_running_stats=False; keep its running statistics, or "
            "normalise each image by itself, as GroupNorm does"
        )


def _values(network, images):
    """What each module gives in one pass, in order, with the name of the module; the network itself comes last."""
    found = []

    def keep(name, _, given, output):
        outputs = (
            output.values() if isinstance(output, dict) else output if isinstance(output, tuple | list) else [output]
        )
        found.extend((name, _some(value)) for value in outputs if _is_compared(value))

    hooks = [
        module.register_forward_hook(partial(keep, f"module {name}" if name else "the network"))
        for name, module in network.named_modules()
        if not isinstance(module, torch.jit.ScriptModule)
    ]
    try:
        with torch.inference_mode():
            network(images)
    finally:
        for hook in hooks:
            hook.remove()
    return found


def _is_compared(value):
    return isinstance(value, torch.Tensor) and value.is_floating_point() and value.numel() > 0 and value.ndim > 0


def _some(value):
    """Some values of each image, as they are before other modules change them in place."""
    flat = value.reshape(len(value), -1)
    return flat[:, :: max(1, flat.shape[1] // COMPARED)].clone()


def _first_difference(one, other):
    """Name of the first module of two passes that gives other values, if there is one."""
    for (name, value), (_, compared) in zip(one, other, strict=False):
        if value is None or value.shape != compared.shape:
            continue
        known = value.isfinite() & compared.isfinite()
        if not known.any():
            continue
        value, compared = value[known], compared[known]
        tolerance = ROUNDING * torch.finfo(value.dtype).eps ** 0.5 * value.abs().max()
        if (value - compared).abs().max() > tolerance:
            return name
    return None
