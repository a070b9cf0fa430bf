"""Point clouds of some layers of a network, from one pass over all images."""

from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch

from actopo.errors import InputError
from actopo.networks.repeats import require_repeatable
from actopo.points.activations import read_activations, reading_points
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


@contextmanager
def keeping_threads():
    """The number of threads of PyTorch as it was, which loops of numba change where both use one OpenMP."""
    before = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(before)


def sample_clouds(model, images, layers, tap, sampling, seed=0, progress=None, names=None, given=None):
    """
    Clouds of some layers.

    Parameters
    ----------
    model : torch.nn.Module
        Images have the device and the precision of its first parameter, and are contiguous, as a network may ask that
        is not the workflow's.
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
    names : dict of int to str, optional
        What messages call the layers, by default their numbers.
    given : dict, optional
        What is said of layouts, see `actopo.networks.layouts.NetworkShapes`.

    Returns
    -------
    dict of int to Cloud

    Raises
    ------
    InputError
        As `Stream`, `actopo.networks.repeats.require_repeatable` and `actopo.points.activations.read_activations`.
    """
    settings = {name: value for name, value in sampling.items() if name != "method"}
    streams, size = {}, len(images)
    for layer, shape in layers.items():
        try:
            streams[layer] = Stream(sampling["method"], (size, *shape), images.labels, seed=[seed, layer], **settings)
        except InputError as error:
            raise InputError(f"layer {(names or {}).get(layer, layer)}: {error}") from error
    parts = {layer: [] for layer in layers}
    parameter = next(filter(torch.is_floating_point, model.parameters()), torch.empty(0))

    def write(layer, points, flat, norm):
        parts[layer].append((points, flat, norm))

    def batches():
        start = 0
        for batch in images.batches if progress is None else progress(images.batches):
            # A network may change its input, and these are the images of the user.
            yield start, batch.to(parameter, copy=True).contiguous()
            start += len(batch)

    with evaluating(model):
        require_repeatable(model, images.batches[0][:3].to(parameter).contiguous())
        read, shape = reading_points(streams, write), images.pictures.shape[1:]
        read_activations(model, batches(), list(layers), tap, read, shape, given=given, shapes=layers)
    clouds = {}
    for layer, found in parts.items():
        points, flat, norm = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
        clouds[layer] = Cloud(points, norm, **streams[layer].provenance(flat))
    return clouds
