"""Every call of a network's modules for one image: what enters and leaves it, and how that is laid out."""

from contextlib import contextmanager
from functools import cache
from typing import NamedTuple

import torch
from torch import nn

from actopo.errors import InputError
from actopo.keys import FIRST_OUTPUT
from actopo.networks.layouts import (
    CHANNELS_FIRST,
    NetworkShapes,
    is_softmax,
    may_be_positions,
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

    values = [(call, size) for call in seen for size in (call["entered"], *call["parts"].values())]
    values = [(call, size) for call, size in values if isinstance(size, tuple) and len(size) == 3]
    in_a_row = [(call, size) for call, size in values if 1 in size[:2] and not call["is_first"]]
    n_tokens = {max(size[:2]): False for _, size in in_a_row}
    # Beside channels that are no number of positions there is no doubt.
    sure = [max(size[:2]) for call, size in in_a_row if not may_be_positions(size[2], call["maps"], n_tokens)]
    n_tokens |= dict.fromkeys(sure, True)
    n_channels = {series_channels(size, call["is_first"], call["maps"], n_tokens) for call, size in values}
    weights = {call["parts"][""] for call in seen if call["is_softmax"]}
    network, calls = NetworkShapes(image_shape, given or {}, n_tokens, n_channels, weights), []
    for call in seen:

        def layout(what, part=None, call=call):
            def of(calls):
                other = calls.get(call["key"])
                return None if other is None else other[what] if part is None else other[what].get(part)

            size = call[what] if part is None else call[what][part]
            if not isinstance(size, tuple):
                return size
            if problem := _images_problem(size, of(pair)):
                return problem
            is_beside = part is not None and part != next(iter(call["parts"]))
            return tell_layout(size, network, call["is_first"], call["maps"], lambda: of(larger()), is_beside)

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
    entered, calls, maps = {}, {}, []

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
            "has_residual": False,
        }
        if isinstance(module, nn.Conv2d):
            maps.append(tuple(output.shape[2:]))

    def add(key, _):
        residuals.add(key)

    residuals = set()
    pass_zeros(model, image_shape, watching(model, enter, leave, add))
    return [call | {"has_residual": key in residuals} for key, call in calls.items()]


def _size(value):
    if isinstance(value, torch.Tensor):
        return tuple(value.shape)
    return f"returns a {type(value).__name__}, no tensor"
