"""
Check a network against the images and its weights, for processes that do not import PyTorch.

    python -m actopo.networks.check_network '[{"module": "net.py:build"}, [32, 32, 3], "net.safetensors", 10]'

The argument is the network, as `actopo.config.layers.network_keys` returns it, the shape (h, w, c) of the images, a
file of weights or null for a network that is trained, and the number of classes of the images, or null where it is not
known. The output is the number of classes that the network tells apart; errors are one line.
"""

import json
import random

import numpy as np
import torch

from actopo.answers import answer
from actopo.errors import InputError
from actopo.networks.build import build, count_outputs, of_zeros, require_gradient
from actopo.networks.repeats import first_difference, is_compiled, require_repeatable, values_of
from actopo.networks.weights import load_pretrained


def check(question):
    """Number of classes of a network that fits; an error if it does not."""
    network, shape, weights, n_classes = json.loads(question)
    # Where weights do not say how many classes they tell apart, it is as many as there are.
    sizes = {"n_channels": shape[2], "n_classes": 10 if n_classes is None else n_classes}
    is_trained = weights is not None

    def make():
        return load_pretrained(network, weights, **sizes) if is_trained else build(**network, **sizes, seed=0)

    model = make()
    if is_compiled(model):
        raise InputError(
            "the network, or a part of it, comes from torch.compile, whose code is for inputs of one kind; return it "
            "as it was before; training.compile compiles it"
        )
    if wrong := [name for name, weight in model.named_parameters() if not weight.isfinite().all()]:
        raise InputError(f"{wrong[0]} of the network has values that are not finite; give other weights")
    n_outputs = count_outputs(model, shape)
    _require_channels_last(model, shape)
    height, width, channels = shape
    images = torch.randn(4, channels, height, width, generator=torch.Generator().manual_seed(0))
    values = require_repeatable(model, images)
    if not is_trained:
        _require_trainable(model, images)
    # In the memory format of the first, lest rounding be a difference.
    again = make().to(memory_format=torch.channels_last)
    _require_same_again(model, again, values, images, is_trained)
    if is_trained:
        return n_outputs
    if n_classes is not None and n_outputs != n_classes:
        raise InputError(
            f"the network tells {n_outputs} classes apart, and the images have {n_classes}; let its function take "
            "n_classes, or set data.classes"
        )
    return n_outputs


def _require_trainable(network, images):
    """Raise InputError if a training of a network is sure to fail, or to differ from one time to the next."""
    # A network may go without gradients in evaluation alone, and give more than logits in training.
    has_gradient = of_zeros(network, [*images.shape[2:], images.shape[1]]).requires_grad
    before = _host_numbers()
    try:
        output = network.train()(images.clone())
    except Exception:  # It may need more images: the training tells what is wrong with it.
        return
    finally:
        network.eval()
    if not isinstance(output, torch.Tensor):
        raise InputError(
            f"in training the network gives {type(output).__name__} and no tensor of logits; switch its auxiliary "
            "classifiers off (arguments: {aux_logits: false}), or let it give one tensor"
        )
    if not has_gradient:
        require_gradient(output)
    if _host_numbers() != before:
        raise InputError(
            "in training the network draws random numbers with NumPy or Python's random, which have no seed here, so "
            "that no training could be repeated; draw them with torch, whose seed is set for each epoch"
        )


def _host_numbers():
    """State of the generators of Python and NumPy."""
    name, numbers, *rest = np.random.get_state()  # noqa: NPY002, networks use the old one
    return random.getstate(), name, numbers.tobytes(), rest


def _require_same_again(network, again, values, images, is_trained):
    """
    Raise InputError if a network that is built again, as by each job, is another.

    Parameters
    ----------
    network, again : torch.nn.Module
        `network` may have been in training since it gave `values`; then `again` has to take its state, too.
    values : dict
        What `network` gave first (`actopo.networks.repeats.values_of`).
    images : tensor of shape (b, c, h, w)
    is_trained : bool
        Whether both have weights that are given.
    """
    if (name := first_difference(values, values_of(again.eval(), images))) is not None:
        raise InputError(
            f"{name} gives other values when the network is built a second time, as each job does: something that is "
            "not in the file of weights is drawn without a seed, as by NumPy or Python's random; draw it from a "
            "generator with a seed of its own, or store it with the weights"
            if is_trained
            else f"{name} gives other values when the network is built a second time with the same seed, as each job "
            "does: something is drawn by NumPy or Python's random, which have no seed here; draw it with torch, whose "
            "seed is set, or let the function take `seed`"
        )
    if is_trained:
        return
    values = values_of(network, images)
    try:
        again.load_state_dict(network.state_dict())
        name = first_difference(values, values_of(again, images))
    except RuntimeError as error:
        raise InputError(
            f"the state dict of the network after a pass in training does not fit the network as it is built: {error}"
        ) from error
    if name is not None:
        raise InputError(
            f"{name} gives other values once the network is built again and takes its state dict from after a pass in "
            "training, as each job does: training changes something that is neither a parameter nor a stored buffer; "
            "register it as a buffer, without persistent=False"
        )


def _require_channels_last(network, shape):
    """Raise InputError if a network calls `view` on what images in channels-last memory make of it."""
    height, width, channels = shape
    images = torch.zeros(2, height, width, channels).permute(0, 3, 1, 2)
    network.to(memory_format=torch.channels_last).eval()
    try:
        with torch.inference_mode():
            network(images)
    except RuntimeError as error:
        if "view size is not compatible" not in str(error):
            raise
        raise InputError(
            "the network calls view on a tensor that is not contiguous, since images are given in channels-last "
            "memory; use reshape or flatten in its place"
        ) from error


if __name__ == "__main__":
    answer(check)
