"""
The layers of any network, in the order in which it computes them: by default its convolutions, or its blocks.

A layer is one *call* of a module of `actopo.networks.layer_modules`, so a module that is called twice is two layers.
Calls of all other modules have numbers too, see `actopo.networks.outputs`.

A convolution is read at one of three *taps*: `conv`, its raw output; `bn`, what enters the rectifier that follows it,
after normalisation and, at the end of a residual block, after the shortcut was added; `relu`, what leaves that
rectifier. The rectifier of a convolution is found by following its output through every tensor that is computed from it
and has its shape, up to the first rectifier. If pooling, a concatenation, the next convolution or a function that moves
values, such as a transposition, comes first, there is no rectifier, and the layer has the tap `conv` only. Of other
modules these taps are what the module returns. Every module has the taps `output`, the same as `conv`, `input`, the
first tensor that enters it, and, if there is one, `residual`, the stream after the addition
(`actopo.networks.watching`). Hooks intercept modules; a `TorchFunctionMode` intercepts functions such as
`torch.nn.functional.relu`.
"""

from contextlib import ExitStack, contextmanager
from typing import NamedTuple

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from actopo.errors import InputError
from actopo.keys import FIRST_OUTPUT
from actopo.networks.calls import find_calls, parts_of
from actopo.networks.choices import CONVOLUTION_TAPS, TAPS
from actopo.networks.layer_modules import has_own_layers, layer_modules
from actopo.networks.layer_order import one_order
from actopo.networks.layouts import Layout, layer_variants, to_positions
from actopo.networks.outputs import make_place, place_of, reading_calls
from actopo.networks.probe import pass_zeros
from actopo.networks.rectifiers import RECTIFIER_FUNCTIONS, RECTIFIERS

# Functions that move values to other positions or channels, after which axes may mean something else.
MOVES = {"permute", "transpose", "transpose_", "movedim", "moveaxis", "swapaxes", "swapaxes_", "swapdims", "swapdims_"}
MOVES |= {"t", "adjoint", "flip", "fliplr", "flipud", "rot90", "roll", "gather", "index_select", "take_along_dim"}
MOVING_PROPERTIES = {getattr(torch.Tensor, name).__get__ for name in ("T", "mT", "H", "mH")}


class Layer(NamedTuple):
    """
    One layer of a network.

    Attributes
    ----------
    name : str
        Name of the module; `#2`, `#3` and so on are appended from its second call on.
    shape : (int, int, int) or None
        Rows, columns and channels of its activation for one image; None if it has no positions.
    taps : tuple of str
        Those of `conv`, `bn` and `relu` at which it can be read.
    type : str
        Class of the module.
    shapes : dict of str to (int, int, int)
        Shapes by the tokens that are taken; `shape` is that of "patches".
    inputs : dict of str to (int, int, int)
        The same of what enters the module; empty if that is no layer.
    has_residual : bool
        Whether it has the tap `residual`.
    is_pooled : bool
        Whether it is a convolution of one position that global pooling made, as in squeeze-and-excitation. Such a layer
        has an index, but `all`, `last`, patterns and types leave it out.
    is_convolution : bool
        Whether it is a two-dimensional convolution.
    problem : str
        What a block returns instead of an activation; empty if it has a shape.
    """

    name: str
    shape: tuple
    taps: tuple
    type: str = "Conv2d"
    shapes: dict | None = None
    inputs: dict | None = None
    has_residual: bool = False
    is_pooled: bool = False
    is_convolution: bool = True
    problem: str = ""


def find_layers(model, image_shape, given=None):
    """
    List the layers of a network.

    Parameters
    ----------
    model : torch.nn.Module
        See `actopo.networks.layer_modules`. It is put into evaluation mode.
    image_shape : (h, w, c)
        Shape of the input images.
    given : dict, optional
        What a config says of layouts, see `actopo.networks.layouts.NetworkShapes`.

    Returns
    -------
    list of Layer
        Empty if the network has no convolution and no block.

    Raises
    ------
    InputError
        If the network cannot take such images, or calls none of its layers.
    """
    modules, taps = layer_modules(model), []

    def visit(layer, tap, tensor, module):
        if tap == "conv":
            taps.append(list(CONVOLUTION_TAPS) if not isinstance(module, nn.Conv2d) else ["conv"])
        elif tap not in taps[layer]:
            taps[layer].append(tap)

    pass_zeros(model, image_shape, _following(model, visit))
    if modules and not taps:
        raise InputError(
            "no convolution or block of the network is called on an image; look at its forward and layers()"
        )
    calls, layers = own_calls(find_calls(model, image_shape, given), modules), []
    called = {call.key[0] for call in calls}
    unused = [name for name in modules if name not in called] if has_own_layers(model) else []
    if unused:
        raise InputError(f"layers() of the network names {unused[0]}, which its forward does not call; leave it out")
    for call, tap in zip(calls, taps, strict=True):
        layout = _only_part(call)
        is_layer = isinstance(layout, Layout)
        layers.append(
            Layer(
                call.name,
                layout.shape() if is_layer else None,
                tuple(tap),
                call.type,
                layer_variants(layout) if is_layer else {},
                layer_variants(call.entered) if isinstance(call.entered, Layout) else {},
                call.has_residual,
                call.is_pooled,
                isinstance(modules[call.key[0]], nn.Conv2d),
                "" if is_layer else layout,
            )
        )
    return layers


def _only_part(call):
    """Layout of the one value that a call returns, or what is wrong."""
    if len(call.parts) != 1:
        keys = ", ".join(call.parts)
        return f"returns {len(call.parts)} values; choose one by its key, {keys}, such as {{type: {call.type}, key: 0}}"
    return next(iter(call.parts.values()))


def own_calls(calls, modules):
    """Those of a network's calls that are layers by default, in their order."""
    return [call for call in calls if call.key[0] in modules]


@contextmanager
def reading(model, layers, tap, read, linear=False, image_shape=None, given=None):
    """
    Pass the activations of `layers` at `tap` to `read` during forward passes, each as soon as it is computed.

    Parameters
    ----------
    model : torch.nn.Module
        See `actopo.networks.layer_modules`.
    layers : sequence of int
        Indices into the list that `find_layers` returns, or numbers of outputs of modules (`actopo.networks.outputs`).
    tap : {"conv", "bn", "relu", "output", "input", "residual"}
    read : callable (layer, tensor of shape (b, n, m, c))
        The tensor is a view of one that the network goes on using, and may change when `read` has returned. An
        exception ends the forward pass; the next one reads from the beginning.
    linear : bool, default False
        Replace rectifiers that are functions by the identity.
    image_shape : (h, w, c), optional
        Shape of the images; needed unless convolutions are read at `conv`, `bn`, `relu` or `output`. With it, the order
        of layers is compared with that for an image of zeros (`actopo.networks.layer_order`).
    given : dict, optional
        As in `find_layers`.

    Raises
    ------
    InputError
        If the tap is unknown, or a module has none such; in a forward pass, if a layer does not exist, has no such tap,
        or is another module than for an image of zeros.
    """
    if tap not in TAPS:
        raise InputError(f"unknown tap {tap!r}; choose one of {', '.join(TAPS)}")
    at, places = "conv" if tap == "output" else tap, locate(model, layers, tap, image_shape, given)
    is_direct = at in CONVOLUTION_TAPS
    direct = {layer for layer in layers if layer < FIRST_OUTPUT and is_direct}
    with ExitStack() as stack:
        if direct and image_shape is not None:
            stack.enter_context(one_order(model, image_shape, direct))
        if direct or linear:
            layouts = {layer: places[layer].layout for layer in direct & places.keys()}
            follow = linear or at in ("bn", "relu")
            stack.enter_context(_reading_layers(model, direct, at, read, layouts, follow, linear))
        if others := {layer: place for layer, place in places.items() if layer not in direct}:
            stack.enter_context(reading_calls(model, others, tap, read))
        yield


def locate(model, layers, tap, image_shape=None, given=None):
    """
    Calls of modules that some layers are, and their layouts, for all but convolutions at taps of convolutions.

    Parameters
    ----------
    model, layers, tap, image_shape, given
        As in `reading`.

    Returns
    -------
    dict of int to actopo.networks.outputs.Place

    Raises
    ------
    InputError
        If there is no such layer or tap.
    """
    modules = layer_modules(model)
    are_convolutions = all(isinstance(module, nn.Conv2d) for module in modules.values())
    if are_convolutions and tap not in ("input", "residual"):
        layers = [layer for layer in layers if layer >= FIRST_OUTPUT]
    if not layers:
        return {}
    if image_shape is None:
        raise ValueError("image_shape is needed for layers that are no convolutions, and for other taps")
    calls = find_calls(model, image_shape, given)
    own = own_calls(calls, modules)
    _require_layers([layer for layer in layers if layer < FIRST_OUTPUT], len(own))
    return {
        layer: make_place(own[layer], tap) if layer < FIRST_OUTPUT else place_of(layer, calls, tap) for layer in layers
    }


@contextmanager
def _reading_layers(model, wanted, tap, read, layouts, follow, linear):
    """As `reading`, of layers by their indices, at the taps of convolutions."""
    seen, n_calls = set(), 0

    def visit(layer, at, tensor, module):
        nonlocal n_calls
        if at == "conv":
            n_calls = layer + 1
            if layer in wanted and not isinstance(module, nn.Conv2d):
                seen.add(layer)
                read(layer, to_positions(tensor.detach(), layouts[layer]))
        # A convolution's output may reach a second rectifier, as through the shortcut of a pre-activation block.
        if at == tap and layer in wanted and layer not in seen:
            seen.add(layer)
            read(layer, tensor.detach().permute(0, 2, 3, 1))

    def finish(*_):
        absent = sorted(wanted - seen)
        _require_layers(absent, n_calls)
        if absent:
            raise InputError(
                f"layers {absent} have no tap {tap!r}: no rectifier takes what their convolutions give; set tap to conv"
            )

    with _following(model, visit, seen.clear, finish, follow, linear):
        yield


def _require_layers(layers, n_layers):
    beyond = [layer for layer in layers if not 0 <= layer < n_layers]
    if beyond and not n_layers:
        raise InputError(f"layers {beyond} do not exist: the network has no convolution and no block; name its modules")
    if beyond:
        raise InputError(f"layers {beyond} do not exist: the network has layers 0 to {n_layers - 1}")


@contextmanager
def recording(model, layers, tap, linear=False, image_shape=None, given=None):
    """
    Record the activations that `reading` passes on.

    Yields
    ------
    dict of int to tensor of shape (b, n, m, c)
        Contiguous copies, replaced in every forward pass.
    """
    recorded = {}

    def take(layer, activations):
        recorded[layer] = activations.clone(memory_format=torch.contiguous_format)

    with reading(model, layers, tap, take, linear, image_shape, given):
        yield recorded


@contextmanager
def _following(model, visit, start=None, finish=None, follow=True, linear=False):
    """Call ``visit(layer, tap, tensor, module)`` for every layer and tap of every forward pass."""
    state = _Following(visit, linear)
    handles = [
        module.register_forward_hook(lambda module, _, output: state.compute(module, output))
        for module in layer_modules(model).values()
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

    def compute(self, module, output):
        if isinstance(module, nn.Conv2d):
            output.layers = {self.n_calls}
        else:
            # A block may return a tuple of one tensor.
            output = next(iter(parts_of(output).values()))
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
        if func in RECTIFIER_FUNCTIONS:
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
                result.layers = set() if _ends(func) else set().union(*sources)
        return result


def _ends(func):
    """Whether a function that keeps a tensor's shape ends what a convolution computes: it pools, or moves values."""
    name = getattr(func, "__name__", "")
    return "pool" in name or "conv" in name or name in MOVES or func in MOVING_PROPERTIES
