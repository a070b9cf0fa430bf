"""
The order in which a network calls its layers, which may not depend on the image.

Layers have indices in the order in which they are called for an image of zeros (`actopo.networks.layers`). In a network
that calls more of them, fewer or others for some images, an index would stand for one module here and another there.
"""

from contextlib import ExitStack, contextmanager

from actopo.errors import InputError
from actopo.networks.layer_modules import layer_modules
from actopo.networks.probe import pass_zeros


@contextmanager
def one_order(model, image_shape, layers):
    """
    Refuse forward passes in which layers are called in another order than for an image of zeros.

    Parameters
    ----------
    model : torch.nn.Module
        See `actopo.networks.layer_modules`. It is put into evaluation mode.
    image_shape : (h, w, c)
    layers : collection of int
        Indices of layers; calls after the last of them may differ.

    Raises
    ------
    InputError
        In a forward pass, as soon as a call differs, or at its end if one is missing.
    """
    names = {module: name for name, module in layer_modules(model).items()}
    expected, called = [], []
    pass_zeros(model, image_shape, _hooked(names, lambda module, *_: expected.append(names[module])))
    expected = expected[: max(layers, default=-1) + 1]

    def check(module, *_):
        called.append(names[module])
        _require_same(called[: len(expected)], expected[: len(called)])

    def start(*_):
        called.clear()

    def finish(*_):
        _require_same(called[: len(expected)], expected)

    with _hooked(names, check), _hooked([model], finish), ExitStack() as stack:
        stack.callback(model.register_forward_pre_hook(start).remove)
        yield


@contextmanager
def _hooked(modules, hook):
    """A forward hook on some modules."""
    with ExitStack() as stack:
        for module in modules:
            stack.callback(module.register_forward_hook(hook).remove)
        yield


def _require_same(called, expected):
    if called == expected:
        return
    place = next((i for i, names in enumerate(zip(called, expected, strict=False)) if len(set(names)) > 1), len(called))
    instead = f"{called[place]} is called in its place" if place < len(called) else "it is not called"
    raise InputError(
        f"layer {place} is {expected[place]} for an image of zeros, and for other images {instead}: what the network "
        "computes depends on the image, so that layers have no fixed order; name modules that are called for all "
        "images by a method layers() of the network"
    )
