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
    parameter = next(model.parameters())
    probe = torch.zeros(1, channels, height, width, device=parameter.device, dtype=parameter.dtype)
    model.eval()
    try:
        with torch.inference_mode(), watching:
            model(probe)
    # The code of the network is the user's, and may raise anything.
    except (Exception, SystemExit) as error:
        raise InputError(
            f"the network cannot take an image of {height} x {width} x {channels} ({type(error).__name__}: "
            f"{' '.join(str(error).split())[:300]}); set data.size and data.channels to what it wants"
        ) from error
