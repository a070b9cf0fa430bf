"""Every call of a network's modules for one image: what enters and leaves it, and how that is laid out."""

from contextlib import contextmanager
from functools import cache
from typing import NamedTuple

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from actopo.errors import InputError
from actopo.keys import FIRST_OUTPUT
from actopo.networks.layer_modules import blocks
from actopo.networks.layouts import (
    CHANNELS_FIRST,
    NetworkShapes,
    is_softmax,
    may_be_positions,
    no_map,
    series_channels,
    tell_layout,
)
from actopo.networks.probe import pass_zeros
from actopo.networks.watching import watching


class Call(NamedTuple):
    """
    One call of a module.

    Attributes
    ----------
    key : (str, int)
        Name of the module, and number of the call from 1 on.
    type : str
        Class of the module.
    parts : dict of str to Layout or str
        What is returned, by the place in a tuple or the key of a dict, "" for a tensor: its layout, or what is wrong.
    entered : Layout or str
        The same of the first tensor that entered.
    has_residual : bool
        Whether there is a residual, see `actopo.networks.watching`.
    is_pooled : bool
        Whether it is a convolution of maps of one position that global pooling made, as in squeeze-and-excitation.
    """

    key: tuple
    type: str
    parts: dict
    entered: object
    has_residual: bool
    is_pooled: bool

    @property
    def name(self):
        """Name of the module; `#2`, `#3` and so on are appended from its second call on."""
        module, number = self.key
        return module + (f"#{number}" if number > 1 else "")


def find_calls(model, image_shape, given=None):
    """
    List the calls of a network's modules, in the order in which they end.

    Parameters
    ----------
    model : torch.nn.Module
        It is put into evaluation mode. The network itself is not among its modules.
    image_shape : (h, w, c)
    given : dict, optional
        What a config says of layouts, see `actopo.networks.layouts.NetworkShapes`.

    Returns
    -------
    list of Call

    Raises
    ------
    InputError
        If the network cannot take such images, or has too many modules to number.
    """
    seen, pair = _pass(model, image_shape), _pass_of_two(model, image_shape)

    @cache
    def larger():
        """The same calls for an image of twice the size; none if the network cannot take it."""
        height, width, channels = image_shape
        try:
            return {call["key"]: call for call in _pass(model, (2 * height, 2 * width, channels))}
        except InputError:
            return {}

    @cache
    def fixed_grids():
        return _fixed_grids(seen, list(larger().values()))

    values = [(call, size) for call in seen for size in (call["entered"], *call["parts"].values())]
    values = [(call, size) for call, size in values if isinstance(size, tuple) and len(size) == 3]
    in_a_row = [(call, size) for call, size in values if 1 in size[:2] and not call["is_first"]]
    n_tokens = {max(size[:2]): False for _, size in in_a_row}
    # Beside channels that are no number of positions there is no doubt.
    sure = [max(size[:2]) for call, size in in_a_row if not may_be_positions(size[2], call["maps"], n_tokens)]
    n_tokens |= dict.fromkeys(sure, True)
    n_channels = {series_channels(size, call["is_first"], call["maps"], n_tokens) for call, size in values}
    weights = {call["parts"][""] for call in seen if call["is_softmax"]}
    network, calls = NetworkShapes(image_shape, given or {}, n_tokens, n_channels, weights, fixed_grids), []
    windows = _windows(model, seen, network, larger)
    for call in seen:

        def layout(what, part=None, call=call):
            def of(calls):
                other = calls.get(call["key"])
                found = None if other is None else other[what] if part is None else other[what].get(part)
                return found if isinstance(found, tuple) else None

            size = call[what] if part is None else call[what][part]
            if not isinstance(size, tuple):
                return size
            if problem := _images_problem(size, of(pair)):
                return problem
            is_beside = part is not None and part != next(iter(call["parts"]))
            found = tell_layout(size, network, call["is_first"], call["maps"], lambda: of(larger()), is_beside)
            if isinstance(found, str) or call["is_first"] or size[:3] not in windows.get(call["key"][0], ()):
                return found
            return no_map(size[1:], ", of a kind of block that returns no maps")

        calls.append(
            Call(
                call["key"],
                call["type"],
                {part: layout("parts", part) for part in call["parts"]},
                layout("entered"),
                call["has_residual"],
                call["is_pooled"],
            )
        )
    if len(calls) >= FIRST_OUTPUT:
        raise InputError(f"modules of the network are called {len(calls)} times; up to {FIRST_OUTPUT - 1} are numbered")
    return calls


def parts_of(output):
    """Tensors, and other things, that a module returns: by place in a tuple or key of a dict, "" for a tensor."""
    if isinstance(output, dict):
        return {str(key): value for key, value in output.items()}
    if isinstance(output, tuple | list):
        return {str(place): value for place, value in enumerate(output)}
    return {"": output}


def _pass_of_two(model, image_shape):
    """As `_pass`, by the keys of calls, for two images; empty if the network takes only one."""

    @contextmanager
    def two_images():
        double = model.register_forward_pre_hook(lambda _, images: (images[0].repeat(2, 1, 1, 1),))
        try:
            yield
        finally:
            double.remove()

    try:
        with two_images():
            return {call["key"]: call for call in _pass(model, image_shape)}
    except InputError:
        return {}


def _fixed_grids(calls, larger):
    """See `actopo.networks.layouts.NetworkShapes`, by the calls for an image and for one of twice the size."""
    if not calls or not larger:
        return None
    others = {call["key"]: call["parts"] for call in larger}
    pairs = [
        (size, others.get(call["key"], {}).get(part))
        for call in calls
        for part, size in call["parts"].items()
        if len(size) == 3 or (len(size) == 4 and call["is_first"])
    ]
    if all(before == after for before, after in pairs):
        return None
    fixed = {before[2:] for before, after in pairs if before == after and len(before) == 4}
    before, after = calls[-1]["resized"], larger[-1]["resized"]
    if len(before) == len(after):
        return fixed | {one for one, other in zip(before, after, strict=True) if one == other}
    # Images that have the size already may not be resized.
    return fixed | ({*before} & {*after})


def _windows(model, calls, network, larger):
    """
    Windows in a network that takes one size only, where a kind of block returns maps in some calls and none in others.

    Returns
    -------
    dict of str to set of (int, int, int)
        First axes of what looks like a map and is none, by the names of such blocks and of the modules around and in
        them.
    """
    sizes = [(call, size) for call in calls for size in call["parts"].values() if len(size) == 4 and size[0] == 1]
    found = blocks(model) if sizes and "channels" not in network.given else {}
    sizes = [(call, size) for call, size in sizes if call["key"][0] in found]
    kinds = {call["type"] for call, size in sizes if isinstance(tell_layout(size, network, maps=call["maps"]), str)}
    sizes = [(call["key"][0], size[:3]) for call, size in sizes if call["type"] in kinds]
    if not sizes or larger():
        return {}
    windows = {}
    for name, _ in model.named_modules():
        for block, size in sizes:
            if name == block.rpartition(".")[0] or f"{name}.".startswith(f"{block}."):
                windows.setdefault(name, set()).add(size)
    return windows


def _images_problem(one, two):
    """What is wrong with a tensor of these shapes for one image and for two; empty if an axis is that of the images."""
    axis = 0 if one[:1] == (1,) else 1
    if not isinstance(two, tuple) or one[axis : axis + 1] != (1,) or two[axis : axis + 1] == (2,):
        return ""
    shown = [" x ".join(map(str, size)) or "no axis" for size in (one, two)]
    return (
        f"returns a tensor of {shown[0]} for one image and of {shown[1]} for two, so that its "
        f"{('first', 'second')[axis]} axis is not that of the images"
    )


def _pass(model, image_shape):
    """What one pass shows of each call, in the order in which they end."""
    entered, calls, maps, resized = {}, {}, [], []

    def enter(key, tensor):
        entered[key] = tensor

    def leave(key, module, output):
        tensor = entered.pop(key)
        calls[key] = {
            "key": key,
            "type": type(module).__name__,
            "is_first": isinstance(module, CHANNELS_FIRST),
            "is_softmax": isinstance(output, torch.Tensor) and is_softmax(module, output.shape),
            "parts": {part: _size(value) for part, value in parts_of(output).items()},
            "entered": "takes no tensor" if tensor is None else _size(tensor),
            "is_pooled": isinstance(module, nn.Conv2d) and getattr(tensor, "is_pooled", False),
            "maps": tuple(maps),
            "resized": resized,
            "has_residual": False,
        }
        if isinstance(module, nn.Conv2d):
            maps.append(tuple(output.shape[2:]))

    def add(key, _):
        residuals.add(key)

    residuals = set()
    with _Resizing(resized):
        pass_zeros(model, image_shape, watching(model, enter, leave, add))
    return [call | {"has_residual": key in residuals} for key, call in calls.items()]


def _size(value):
    if isinstance(value, torch.Tensor):
        return tuple(value.shape)
    return f"returns a {type(value).__name__}, no tensor"


class _Resizing(TorchFunctionMode):
    """Lists the grids of maps that functions of pooling and interpolation make, in their order."""

    def __init__(self, grids):
        super().__init__()
        self.grids = grids

    def __torch_function__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        name = getattr(func, "__name__", "")
        if isinstance(result, torch.Tensor) and result.dim() == 4 and ("pool" in name or name == "interpolate"):
            self.grids.append(tuple(result.shape[2:]))
        return result
