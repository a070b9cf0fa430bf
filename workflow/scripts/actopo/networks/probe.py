"""An image of zeros for a network, to see which layers it passes."""

import torch

from actopo.errors import InputError


def pass_zeros(model, image_shape, watching):
    """
    Pass an image of zeros through a network, which is set to evaluation.

    Parameters
    ----------
    model : torch.nn.Module
    image_shape : (H, W, C)
    watching : context manager
        Entered for the pass, to see what the network computes.

    Raises
    ------
    InputError
        If the network cannot take such images.
    """
    height, width, channels = image_shape
    before = dict(model.named_parameters())
    if not before:
        raise InputError("the network has no parameters, so there is nothing to train or to load")
    # Numbers of steps or masks of weights may be parameters too.
    parameter = next(filter(torch.is_floating_point, before.values()), torch.empty(0))
    probe = torch.zeros(1, channels, height, width, device=parameter.device, dtype=parameter.dtype)
    model.eval()
    try:
        with torch.inference_mode(), watching:
            model(probe)
    # The code of the network is the user's, and may raise anything.
    except (Exception, SystemExit) as error:
        raise InputError(
            f"the network cannot take an image of {height} x {width} x {channels} ({type(error).__name__}: "
            f"{' '.join(str(error).split())[:300]}); it is given one float32 tensor "
            f"(1, {channels}, {height}, {width}), of data.channels and data.size: change these, or let it take that"
        ) from error
    if late := [name for name, _ in model.named_parameters() if name not in before]:
        raise InputError(
            f"the network makes {', '.join(late[:3])} in its first pass, so that weights of a file have no place; make "
            "all layers in __init__"
        )
