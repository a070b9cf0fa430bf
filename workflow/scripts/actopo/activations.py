"""
Spatial activations of a network, layer by layer.

One forward pass serves all layers. Forward hooks copy what they see at once, so an addition in place
further on cannot change it, and lay it out as (N, n, m, c): the c-vector at one position is then one
contiguous row, and the full point cloud of a layer is a reshape of the array.
"""

import numpy as np
import torch

from actopo.errors import InputError
from actopo.layers import recording
from actopo.models import to_input


def activation_shapes(model, layers, image_shape):
    """
    Shape (n, m, c) of each layer's activation for one image.

    Parameters
    ----------
    model : torch.nn.Module
        Its layers are those of `actopo.layers.find_layers`.
    layers : sequence of int
    image_shape : (h, w, c)

    Returns
    -------
    dict of int to (int, int, int)
    """
    h, w, c = image_shape
    device = next(model.parameters()).device
    model.eval()
    with torch.inference_mode(), recording(model, layers, "conv") as recorded:
        model(torch.zeros(1, c, h, w, device=device))
        return {layer: tuple(recorded[layer].shape[1:]) for layer in layers}


def dump_activations(
    model, images, mean, std, layers, tap, write, batch_size=500, device="cpu", progress=None, perturb=None
):
    """
    Hand the activations of all images to the caller, batch by batch.

    Parameters
    ----------
    model : torch.nn.Module
        Its layers are those of `actopo.layers.find_layers`.
    images : uint8 array of shape (N, h, w, c)
        A memory map will do; it is read batch by batch.
    mean, std : sequence of c floats
        Normalisation, as in `to_input`.
    layers : sequence of int
    tap : {"conv", "bn", "relu"}
    write : callable (layer, float32 ndarray of shape (b, n, m, c))
        Called for every layer of every batch, in the order of the images. What writes into files keeps
        memory independent of N.
    batch_size : int
        Images per forward pass. Results do not depend on it beyond rounding.
    device : str or torch.device
    progress : callable, optional
        Called with the number of images done after each batch.
    perturb : callable, optional
        From the places of a batch's images to a float32 ndarray of shape (b, h, w, c) that is added to them after
        normalisation.

    Raises
    ------
    InputError
        If an activation is not finite: the network's weights are unusable. Names the layer and image.
    """
    model.to(device, memory_format=torch.channels_last).eval()
    # Full float32 products: TF32 would cost three digits.
    exact = torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False)
    with torch.inference_mode(), exact, recording(model, layers, tap) as recorded:
        for start in range(0, len(images), batch_size):
            stop = min(start + batch_size, len(images))
            # A copy in memory: PyTorch warns of arrays that it could not write to, such as memory maps.
            batch = to_input(np.array(images[start:stop]), mean, std, device)
            if perturb is not None:
                batch += torch.from_numpy(perturb(range(start, stop))).to(device).permute(0, 3, 1, 2)
            model(batch)
            for layer in layers:
                batch = recorded[layer]
                # One sum tells whether all are finite, far cheaper than a test of every element.
                if not torch.isfinite(batch.sum(dtype=torch.float64)):
                    bad = (~torch.isfinite(batch.flatten(1))).any(dim=1).nonzero()
                    image = start + int(bad[0]) if len(bad) else start
                    raise InputError(
                        f"layer {layer} has an activation that is not finite for image {image}; "
                        "the network diverged in training or its weights are damaged"
                    )
                write(layer, batch.cpu().numpy())
            if progress is not None:
                progress(stop - start)
