"""
The layers of any network: its two-dimensional convolutions, in the order in which the network computes them.

A layer is one *call* of a convolution, so a module that is called twice is two layers. A network that has a
method `layers()` lists there which of its convolutions count.

A layer is read at one of three *taps*: `conv`, the raw output of the convolution; `bn`, what enters the rectifier
that follows it, after normalisation and, at the end of a residual block, after the shortcut was added; `relu`, what
leaves that rectifier. The rectifier of a convolution is found by following its output through every tensor that is
computed from it and has its shape, up to the first rectifier. If pooling, a concatenation or the next convolution
comes first, there is no rectifier, and the layer has the tap `conv` only. Hooks intercept modules; a
`TorchFunctionMode` intercepts functions such as `torch.nn.functional.relu`.
"""

from contextlib import ExitStack, contextmanager
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from actopo.errors import InputError
from actopo.keys import FIRST_OUTPUT
from actopo.networks.choices import TAPS
from actopo.networks.outputs import reading_outputs
from actopo.networks.probe import pass_zeros

RECTIFIERS = (
    nn.ReLU,
    nn.ReLU6,
    nn.LeakyReLU,
    nn.PReLU,
    nn.RReLU,
    nn.ELU,
    nn.CELU,
    nn.SELU,
    nn.GELU,
    nn.SiLU,
    nn.Mish,
    nn.Hardswish,
    nn.Softplus,
)
_NAMES = ("relu", "relu_", "relu6", "leaky_relu", "leaky_relu_", "prelu", "rrelu", "rrelu_", "elu", "elu_", "celu")
_NAMES += ("celu_", "selu", "selu_", "gelu", "silu", "mish", "hardswish", "softplus")
_FUNCTIONS = {
    getattr(home, name) for home in (functional, torch, torch.Tensor) for name in _NAMES if hasattr(home, name)
}


class Layer(NamedTuple):
    """
    One layer of a network.

    Attributes
    ----------
    name : str
        Name of the convolution's module; `#2`, `#3` and so on are appended from its second call on.
    shape : (int, int, int)
        Rows, columns and channels of its activation for one image.
    taps : tuple of str
        Taps at which it can be read.
    """

    name: str
    shape: tuple
    taps: tuple


def convolutions(model):
    """
    Convolutions of a network that count as layers, by name.

    Parameters
    ----------
    model : torch.nn.Module
        Its method `layers()`, if any, lists them; otherwise all `torch.nn.Conv2d` are meant.

    Returns
    -------
    dict of str to torch.nn.Module

    Raises
    ------
    InputError
        If there are none.
    """
    named = {name: module for name, module in model.named_modules() if isinstance(module, nn.Conv2d)}
    # An attribute of that name may be a submodule.
    if callable(getattr(model, "layers", None)) and not isinstance(model.layers, nn.Module):
        meant = {id(module) for module in model.layers()}
        named = {name: module for name, module in named.items() if id(module) in meant}
    if not named:
        raise InputError("the network has no two-dimensional convolution (torch.nn.Conv2d), so it has no layers here")
    return named


def find_layers(model, image_shape):
    """
    List the layers of a network.

    Parameters
    ----------
    model : torch.nn.Module
        See `convolutions`. It is put into evaluation mode.
    image_shape : (h, w, c)
        Shape of the input images.

    Returns
    -------
    list of Layer

    Raises
    ------
    InputError
        If the network has no convolution, or cannot take such images.
    """
    named = {id(module): name for name, module in convolutions(model).items()}
    calls, shapes, taps = {}, [], []

    def visit(layer, tap, tensor, module):
        if tap == "conv":
            calls[id(module)] = calls.get(id(module), 0) + 1
            names.append(named[id(module)] + (f"#{calls[id(module)]}" if calls[id(module)] > 1 else ""))
            shapes.append((*tensor.shape[2:], tensor.shape[1]))
            taps.append(["conv"])
        elif tap not in taps[layer]:
            taps[layer].append(tap)

    names = []
    pass_zeros(model, image_shape, _following(model, visit))
    if not names:
        raise InputError("no convolution of the network is called on an image; look at its forward and layers()")
    return [Layer(name, shape, tuple(tap)) for name, shape, tap in zip(names, shapes, taps, strict=True)]


@contextmanager
def reading(model, layers, tap, read, linear=False):
    """
    Pass the activations of `layers` at `tap` to `read` during forward passes, each as soon as it is computed.

    Parameters
    ----------
    model : torch.nn.Module
        See `convolutions`.
    layers : sequence of int
        Indices into the list that `find_layers` returns, or numbers of outputs of modules
        (`actopo.networks.outputs`), which are read as they are, whatever the tap.
    tap : {"conv", "bn", "relu"}
    read : callable (layer, tensor of shape (b, n, m, c))
        The tensor is a view of one that the network goes on using, and may change when `read` has returned. An
        exception ends the forward pass; the next one reads from the beginning.
    linear : bool, default False
        Replace rectifiers that are functions by the identity.

    Raises
    ------
    InputError
        If the tap is unknown; in a forward pass, if a layer does not exist or has no such tap.
    """
    if tap not in TAPS:
        raise InputError(f"unknown tap {tap!r}; choose one of {', '.join(TAPS)}")
    outputs = {layer for layer in layers if layer >= FIRST_OUTPUT}
    wanted, seen, n_calls = set(layers) - outputs, set(), 0

    def visit(layer, at, tensor, _):
        nonlocal n_calls
        if at == "conv":
            n_calls = layer + 1
        # A convolution's output may reach a second rectifier, as through the shortcut of a pre-activation block.
        if at == tap and layer in wanted and layer not in seen:
            seen.add(layer)
            read(layer, tensor.detach().permute(0, 2, 3, 1))

    def finish(*_):
        absent = sorted(wanted - seen)
        beyond = [layer for layer in absent if not 0 <= layer < n_calls]
        if beyond:
            raise InputError(f"layers {beyond} do not exist: the network has layers 0 to {n_calls - 1}")
        if absent:
            raise InputError(
                f"layers {absent} have no tap {tap!r}: no rectifier takes what their convolutions give; set tap to conv"
            )

    with (
        _following(model, visit, seen.clear, finish, follow=linear or tap != "conv", linear=linear),
        reading_outputs(model, outputs, read),
    ):
        yield


@contextmanager
def recording(model, layers, tap, linear=False):
    """
    Record the activations that `reading` passes on.

    Yields
    ------
    dict of int to tensor of shape (b, n, m, c)
        Contiguous copies, replaced in every forward pass.
    """
    recorded = {}

    def read(layer, activations):
        recorded[layer] = activations.clone(memory_format=torch.contiguous_format)

    with reading(model, layers, tap, read, linear):
        yield recorded


@contextmanager
def _following(model, visit, start=None, finish=None, follow=True, linear=False):
    """Call ``visit(layer, tap, tensor, module)`` for every layer and tap of every forward pass."""
    state = _Following(visit, linear)
    handles = [
        module.register_forward_hook(lambda module, _, output: state.convolved(module, output))
        for module in convolutions(model).values()
    ]
    if follow:
        for module in model.modules():
            if isinstance(module, RECTIFIERS):
                handles.append(module.register_forward_pre_hook(lambda _, inputs: state.enter(inputs[0])))
                handles.append(module.register_forward_hook(lambda _, __, output: state.leave(output)))

    def begin(*_):
        # A pass that `read` ended early leaves the rectifier in which it did.
        state.n_calls, state.rectified = 0, []
        if start is not None:
            start()

    handles.append(model.register_forward_pre_hook(begin))
    if finish is not None:
        handles.append(model.register_forward_hook(finish))
    with ExitStack() as stack:
        for handle in handles:
            stack.callback(handle.remove)
        if follow:
            stack.enter_context(state)
        yield


class _Following(TorchFunctionMode):
    """Tags each tensor with the layers whose output it is computed from without a rectifier in between."""

    def __init__(self, visit, linear):
        super().__init__()
        self.visit, self.linear = visit, linear
        self.n_calls, self.rectified = 0, []

    def convolved(self, module, output):
        output.layers = {self.n_calls}
        self.n_calls += 1
        self.visit(self.n_calls - 1, "conv", output, module)

    def enter(self, x):
        """Start of a rectifier module; the functions that it calls are ignored."""
        layers = getattr(x, "layers", set())
        self.rectified.append(layers)
        for layer in sorted(layers):
            self.visit(layer, "bn", x, None)

    def leave(self, y):
        for layer in sorted(self.rectified.pop()):
            self.visit(layer, "relu", y, None)
        y.layers = set()

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if self.rectified:
            return func(*args, **kwargs)
        if func in _FUNCTIONS:
            x = args[0] if args else kwargs["input"]
            self.enter(x)
            y = x.clone() if self.linear else func(*args, **kwargs)
            self.leave(y)
            return y
        result = func(*args, **kwargs)
        if isinstance(result, torch.Tensor) and result.dim() == 4:
            sources = [
                item.layers
                for item in (*args, *kwargs.values())
                if isinstance(item, torch.Tensor) and getattr(item, "layers", None) and item.shape == result.shape
            ]
            if sources:
                result.layers = set().union(*sources)
        return result
