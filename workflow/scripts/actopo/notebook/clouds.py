"""Point clouds of some layers of a network, from one pass over all images."""

from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch

from actopo.arithmetic import exact_arithmetic
from actopo.errors import InputError
from actopo.networks.layers import reading
from actopo.points.norms import l2_norms
from actopo.points.sampling import Stream


class Cloud(NamedTuple):
    """
    Points of one layer and where each is from.

    Attributes
    ----------
    points : float32 ndarray of shape (P, c)
    norm : float32 ndarray of shape (P,)
        l2 norm of each point.
    image, row, col, label : int ndarray of shape (P,)
        Image, position and class of each point.
    """

    points: np.ndarray
    norm: np.ndarray
    image: np.ndarray
    row: np.ndarray
    col: np.ndarray
    label: np.ndarray


@contextmanager
def evaluating(model):
    """Evaluation mode for all modules of a network, and afterwards the mode that each had."""
    before = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, mode in before.items():
            module.training = mode


def sample_clouds(model, images, layers, tap, sampling, seed=0, progress=None):
    """
    Clouds of some layers.

    Parameters
    ----------
    model : torch.nn.Module
        Images are moved to the device of its first parameter.
    images : actopo.notebook.images.Images
    layers : dict of int to (int, int, int)
        Rows, columns and channels of each layer by its number, at the tap.
    tap : str
        As in `actopo.networks.layers.reading`.
    sampling : dict
        `method` of `actopo.points.sampling.Stream`, and its settings.
    seed : int
    progress : callable, optional
        Wraps the sequence of batches and yields them, as tqdm does.

    Returns
    -------
    dict of int to Cloud

    Raises
    ------
    InputError
        As `Stream` and `reading`, or if an activation is not finite.
    """
    settings = {name: value for name, value in sampling.items() if name != "method"}
    streams = {
        layer: Stream(sampling["method"], (len(images), *shape), images.labels, seed=[seed, layer], **settings)
        for layer, shape in layers.items()
    }
    layers = {layer: tuple(shape) for layer, shape in layers.items()}
    parts, start = {layer: [] for layer in layers}, 0

    def read(layer, activations):
        n_images, rows, columns, _ = activations.shape
        if activations.shape[1:] != layers[layer]:
            raise InputError(
                f"layer {layer} has activations of shape {tuple(activations.shape[1:])} and of {layers[layer]}; choose "
                "a layer that has the same shape for every image"
            )
        flat = activations.contiguous().flatten(0, 2).float()
        norms = l2_norms(flat.cpu().numpy()).reshape(n_images, rows, columns)
        finite = np.isfinite(norms).all(axis=(1, 2))
        if not finite.all():
            raise InputError(f"layer {layer} has an activation that is not finite for image {start + finite.argmin()}")
        here = streams[layer].take(norms)
        points = flat[torch.from_numpy(here).to(flat.device)].cpu().numpy()
        parts[layer].append((points, norms.reshape(-1)[here], start * rows * columns + here))

    device = next(model.parameters()).device
    activations = reading(model, list(layers), tap, read, image_shape=images.pictures.shape[1:])
    with evaluating(model), torch.inference_mode(), exact_arithmetic(), activations:
        for batch in images.batches if progress is None else progress(images.batches):
            model(batch.to(device))
            start += len(batch)
    clouds = {}
    for layer, found in parts.items():
        points, norm, flat = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
        clouds[layer] = Cloud(points, norm, **streams[layer].provenance(flat))
    return clouds
