"""
Spatial activations of a network, layer by layer.

One forward pass gives all layers. Each activation is read as soon as it is computed, so a later in-place
addition cannot change it, and has the layout (N, n, m, c): the c-vector at one position is then one contiguous
row, and the full point cloud of a layer is a reshape of the array.
"""

from contextlib import contextmanager

import numpy as np
import torch

from actopo.arithmetic import exact_arithmetic
from actopo.errors import InputError
from actopo.networks.inputs import images_per_pass, place, to_input
from actopo.networks.layers import reading, recording
from actopo.points.norms import l2_norms


def activation_shapes(model, layers, image_shape, tap="conv", given=None):
    """
    Shape (n, m, c) of each layer's activation for one image.

    Parameters
    ----------
    model : torch.nn.Module
        Its layers are those of `actopo.networks.layers.find_layers`.
    layers : sequence of int
    image_shape : (h, w, c)
    tap : str, default "conv"
    given : dict, optional
        As in `actopo.networks.layers.reading`.

    Returns
    -------
    dict of int to (int, int, int)
    """
    h, w, c = image_shape
    device = next(model.parameters()).device
    model.eval()
    # Taps of a convolution have one shape, and a network may have but the first.
    tap = tap if tap in ("input", "residual") else "output"
    with _exact_inference(), recording(model, layers, tap, image_shape=image_shape, given=given) as recorded:
        model(torch.zeros(1, c, h, w, device=device))
        return {layer: tuple(recorded[layer].shape[1:]) for layer in layers}


def sample_activations(
    model,
    images,
    mean,
    std,
    layers,
    tap,
    streams,
    write,
    batch_size=None,
    device="cpu",
    progress=None,
    perturb=None,
    given=None,
):
    """
    Pass the sampled points of all images to `write`, batch by batch.

    Parameters
    ----------
    streams : dict of int to actopo.points.sampling.Stream
        Stream that chooses the points of each layer. Other parameters and errors are those of `dump_activations`.
    write : callable (layer, points, flat, norms)
        Called for every layer of every batch, in the order of the images, with p points: float32 ndarray of
        shape (p, c), their indices among the positions (N, n, m) of all images, int64 of shape (p,), and their
        l2 norms, float32 of shape (p,).
    """
    read = reading_points(streams, write)
    _read_images(model, images, mean, std, layers, tap, read, batch_size, device, progress, perturb, given)


def dump_activations(
    model,
    images,
    mean,
    std,
    layers,
    tap,
    write,
    batch_size=None,
    device="cpu",
    progress=None,
    perturb=None,
    given=None,
):
    """
    Pass the activations of all images to `write`, batch by batch.

    Parameters
    ----------
    model : torch.nn.Module
        Its layers are those of `actopo.networks.layers.find_layers`.
    images : uint8 array of shape (N, h, w, c)
        Images, possibly a memory map; they are read batch by batch.
    mean, std : sequence of c floats
        Normalisation, as in `to_input`.
    layers : sequence of int
    tap : {"conv", "bn", "relu", "output", "input", "residual"}
    write : callable (layer, activations, norms)
        Called for every layer of every batch, in the order of the images, with float32 ndarrays of shapes (b, n, m, c)
        and (b, n, m): the activations and their l2 norms over channels. The first may change when `write` has
        returned. If `write` writes into files, memory does not depend on N.
    batch_size : int, optional
        Images per forward pass; by default 500, or fewer if they have more than 8388 pixels. Results depend on it only
        by rounding.
    device : str or torch.device
    progress : callable, optional
        Called with the number of images done after each batch.
    perturb : callable, optional
        Maps the indices of a batch's images to a float32 ndarray of shape (b, h, w, c) that is added to them after
        normalisation.
    given : dict, optional
        What a config says of the layouts of layers, as in `actopo.networks.layers.reading`.

    Raises
    ------
    InputError
        If an activation is not finite, so that the weights are unusable; the message names the layer and image.
    """

    def read(layer, start, activations, norms):
        write(layer, activations.cpu().numpy(), norms)

    _read_images(model, images, mean, std, layers, tap, read, batch_size, device, progress, perturb, given)


def network_outputs(model, images, mean, std, batch_size=None, device="cpu", progress=None, perturb=None):
    """
    Outputs of a classifier for all images.

    Parameters
    ----------
    model, images, mean, std, batch_size, device, progress, perturb
        As in `dump_activations`.

    Returns
    -------
    float32 ndarray of shape (N, n_outputs)

    Raises
    ------
    InputError
        If the network does not return one vector of finite logits for each image.
    """
    outputs = []
    for start, batch in _batches(model, images, mean, std, batch_size, device, perturb):
        with _exact_inference():
            logits = model(batch)
        if not isinstance(logits, torch.Tensor) or logits.ndim != 2 or len(logits) != len(batch):
            raise InputError("the network does not map images (b, c, h, w) to one tensor of logits (b, classes)")
        finite = torch.isfinite(logits).all(dim=1).cpu().numpy()
        if not finite.all():
            raise InputError(
                f"the network's output is not finite for image {start + finite.argmin()}; the network diverged in "
                "training or its weights are damaged"
            )
        outputs.append(logits.float().cpu().numpy())
        if progress is not None:
            progress(len(batch))
    return np.concatenate(outputs)


def _batches(model, images, mean, std, batch_size, device, perturb):
    """Index of the first image, and input of the network, batch by batch."""
    place(model.eval(), device)
    batch_size = batch_size or images_per_pass(500, images.shape[1:])
    for start in range(0, len(images), batch_size):
        stop = min(start + batch_size, len(images))
        # A copy in memory, since PyTorch warns about arrays that are not writable, such as memory maps.
        batch = to_input(np.array(images[start:stop]), mean, std, device)
        if perturb is not None:
            batch += torch.from_numpy(perturb(range(start, stop))).to(device).permute(0, 3, 1, 2)
        yield start, batch


@contextmanager
def _exact_inference():
    """Without gradients, and with products in full float32."""
    with torch.inference_mode(), exact_arithmetic():
        yield


def _read_images(model, images, mean, std, layers, tap, read, batch_size, device, progress, perturb, given):
    """Call `read` as `read_activations` does, with what a network makes of images."""
    place(model, device)
    batches = _batches(model, images, mean, std, batch_size, device, perturb)
    read_activations(model, batches, layers, tap, read, images.shape[1:], progress, given)


def read_activations(model, batches, layers, tap, read, image_shape, progress=None, given=None, shapes=None):
    """
    Call ``read(layer, start, activations, norms)`` for every layer of every batch.

    Parameters
    ----------
    model, layers, tap, progress, given
        As in `dump_activations`; the network is on its device and in evaluation mode when the first batch has come.
    batches : iterable of (int, tensor of shape (b, c, h, w))
        Index of the first image of a batch, and the network's input.
    read : callable
        The activations are a tensor (b, n, m, c), their norms a float32 ndarray (b, n, m).
    image_shape : (h, w, c)
    shapes : dict of int to (int, int, int), optional
        Shape (n, m, c) of each layer, by default that of its first batch.

    Raises
    ------
    InputError
        As `dump_activations`, or if a layer has another shape.
    """
    start, batch, shapes = 0, None, dict(shapes or {})

    def checked(layer, activations):
        activations = activations.contiguous().float()
        shape = shapes.setdefault(layer, activations.shape[1:])
        if activations.shape != (len(batch), *shape):
            raise InputError(
                f"layer {layer} has activations of shape {tuple(activations.shape)} for {len(batch)} images, and of "
                f"{tuple(shape)} for one before; choose a layer that has the same shape for every image"
            )
        norms = _norms(activations)
        finite = np.isfinite(norms).all(axis=(1, 2))
        if not finite.all():
            raise InputError(
                f"layer {layer} has an activation that is not finite for image {start + finite.argmin()}; "
                "the network diverged in training or its weights are damaged"
            )
        read(layer, start, activations, norms)

    with _exact_inference(), reading(model, layers, tap, checked, image_shape=image_shape, given=given):
        for start, batch in batches:  # noqa: B007 - see `checked`
            model(batch)
            if progress is not None:
                progress(len(batch))


def reading_points(streams, write):
    """What `read_activations` calls, to pass the points that `streams` choose to `write`; see `sample_activations`."""

    def read(layer, start, activations, norms):
        here = streams[layer].take(norms)
        points = activations.flatten(0, 2)[torch.from_numpy(here).to(activations.device)].cpu().numpy()
        write(layer, points, start * norms[0].size + here, norms.reshape(-1)[here])

    return read


def _norms(activations):
    """l2 norms over channels with sums in float64; infinite or nan where an activation is."""
    if activations.device.type != "cpu":
        return torch.linalg.vector_norm(activations, dim=3, dtype=torch.float64).float().cpu().numpy()
    return l2_norms(activations.flatten(0, 2).numpy()).reshape(activations.shape[:3])
