"""
Check a network against the images and its weights, for processes that do not import PyTorch.

    python -m actopo.networks.check_network '[{"module": "net.py:build"}, [32, 32, 3], "net.safetensors", 10]'

The argument is the network, as `actopo.config.layers.network_keys` returns it, the shape (h, w, c) of the images, a
file of weights or null for a network that is trained, and the number of classes of the images, or null where it is not
known. The output is the number of classes that the network tells apart; errors are one line.
"""

import json
import pickle
import random

import numpy as np
import torch

from actopo.answers import answer
from actopo.errors import InputError
from actopo.networks.build import count_outputs, of_zeros, require_gradient
from actopo.networks.built_again import make, require_same_again
from actopo.networks.inputs import place
from actopo.networks.repeats import is_compiled, require_repeatable
from actopo.networks.weights import damaged_weights


def check(question):
    """Number of classes of a network that fits; an error if it does not."""
    network, shape, weights, n_classes = json.loads(question)
    # Where weights do not say how many classes they tell apart, it is as many as there are.
    sizes = {"n_channels": shape[2], "n_classes": 10 if n_classes is None else n_classes}
    is_trained = weights is not None
    model = make(network, weights, sizes, seed=0)
    if is_compiled(model):
        raise InputError(
            "the network, or a part of it, comes from torch.compile, whose code is for inputs of one kind; return it "
            "as it was before; training.compile compiles it"
        )
    if is_trained:
        wrong = damaged_weights(model)
    else:
        # Of its own buffers a network knows what they are for.
        wrong = [name for name, weight in model.named_parameters() if not weight.isfinite().all()]
    if wrong:
        raise InputError(f"{wrong[0]} of the network has values that are not finite; give other weights")
    n_outputs = count_outputs(model, shape)
    _require_channels_last(model, shape)
    height, width, channels = shape
    images = torch.randn(4, channels, height, width, generator=torch.Generator().manual_seed(0))
    values = require_repeatable(model, images)
    if not is_trained:
        _require_trainable(model, images)
    # Of libraries it is known.
    if network.get("module") is not None:
        require_same_again(network, weights, sizes, model, values, images)
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
    return random.getstate(), pickle.dumps(np.random.get_state(legacy=False))  # noqa: NPY002, networks use the old one


def _require_channels_last(network, shape):
    """Raise InputError if a network calls `view` on what images in channels-last memory make of it."""
    height, width, channels = shape
    images = torch.zeros(2, height, width, channels).permute(0, 3, 1, 2)
    place(network.eval())
    try:
        with torch.no_grad():
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
