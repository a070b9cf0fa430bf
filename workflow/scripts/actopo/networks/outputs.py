"""
Outputs of a network's modules as layers: a block, a linear map, a concatenation of branches, tokens.

Every call of a module, whatever it is, has an output; they are numbered in the order in which they are finished while
an image passes, from `FIRST_OUTPUT` on, so that they are not confused with the layers that a network has by default
(`actopo.networks.layers`). A module that is called twice has two outputs. What is chosen of an output, its class tokens
or an entry of the tuple that a module returns, has a number of its own; see `actopo.networks.choices.output_number`.
"""

from contextlib import contextmanager
from typing import NamedTuple

from actopo.errors import InputError
from actopo.networks.calls import Call, find_calls, parts_of
from actopo.networks.choices import output_of
from actopo.networks.layouts import Layout, layer_variants, to_positions
from actopo.networks.watching import watching


class Output(NamedTuple):
    """
    Output of one call of a module.

    Attributes
    ----------
    name : str
        Name of the module; `#2`, `#3` and so on are appended from its second call on.
    type : str
        Class of the module.
    parts : list of dict
        What it returns: one tensor, or each entry of a tuple or dict. ``key`` is the place in the tuple or the key of
        the dict, empty for a tensor; ``shapes`` the rows, columns and channels for one image, by the tokens that are
        taken; and ``problem`` what is returned instead, empty if there are shapes.
    inputs : dict of str to (int, int, int)
        The same shapes of what enters the module; empty if that is no layer.
    has_residual : bool
    """

    name: str
    type: str
    parts: list
    inputs: dict
    has_residual: bool


def find_outputs(model, image_shape, given=None):
    """
    List the outputs of a network's modules.

    Parameters
    ----------
    model, image_shape, given
        As in `actopo.networks.calls.find_calls`.

    Returns
    -------
    list of Output
        The first has the number `FIRST_OUTPUT`.

    Raises
    ------
    InputError
        If the network cannot take such images.
    """
    return [
        Output(
            call.name,
            call.type,
            [_part(key, layout) for key, layout in call.parts.items()],
            layer_variants(call.entered) if isinstance(call.entered, Layout) else {},
            call.has_residual,
        )
        for call in find_calls(model, image_shape, given)
    ]


class Place(NamedTuple):
    """
    Where the activations of a layer are.

    Attributes
    ----------
    call : actopo.networks.calls.Call
    layout : Layout
        Layout of its tap.
    tokens : {"patches", "class", "all"}
    entry : int
        Number of the entry of a tuple, from 1 on; 0 for a tensor.
    """

    call: Call
    layout: Layout
    tokens: str
    entry: int


def make_place(call, tap, tokens="patches", entry=0):
    """
    Place of a layer.

    Parameters
    ----------
    call, tokens, entry
        As in `Place`.
    tap : str
        `input` and `residual`; any other is what the module returns.

    Returns
    -------
    Place

    Raises
    ------
    InputError
        If the call has no such tap or tokens, or is no layer.
    """
    parts = list(call.parts.values())
    if tap == "input":
        layout = call.entered
    elif tap == "residual" and not call.has_residual:
        raise InputError(
            f"module {call.name} has no tap 'residual': no sum takes what it returns, in its shape, before another map"
        )
    elif len(parts) > 1 and not entry:
        raise InputError(
            f"module {call.name} returns {len(parts)} values; name the key of one: {', '.join(call.parts)}"
        )
    else:
        layout = parts[max(entry - 1, 0)]
    if not isinstance(layout, Layout):
        raise InputError(f"module {call.name} {layout}; name another module, or a convolution")
    if layout.shape(tokens) is None:
        raise InputError(f"module {call.name} has no class token; choose the tokens of patches")
    return Place(call, layout, tokens, entry)


def place_of(number, calls, tap):
    """Place of an output by its number, as `make_place`; an `InputError` if there is no such output."""
    call, tokens, entry = output_of(number)
    if call >= len(calls) or entry > len(calls[call].parts):
        raise InputError(f"outputs [{number}] do not exist: no module of the network has these numbers")
    return make_place(calls[call], tap, tokens, entry)


@contextmanager
def reading_calls(model, places, tap, read):
    """
    Pass what some calls of modules return, or what enters them, to `read`, each as soon as it is known.

    Parameters
    ----------
    model : torch.nn.Module
    places : dict of int to Place
        By the number of a layer.
    tap : str
        As in `make_place`.
    read : callable (number, tensor of shape (b, n, m, c))
        The tensor is a view of one that the network goes on using, and may change when `read` has returned.

    Raises
    ------
    InputError
        In a forward pass, if a call is not made, or its tensor has another shape than before.
    """
    wanted, seen = {}, set()
    for number, place in places.items():
        wanted.setdefault(place.call.key, []).append((number, place))

    def take(key, values):
        for number, place in wanted.get(key, []):
            if number not in seen:
                seen.add(number)
                read(number, to_positions(values[max(place.entry - 1, 0)].detach(), place.layout, place.tokens))

    def enter(key, tensor):
        take(key, [tensor])

    def leave(key, _, output):
        take(key, list(parts_of(output).values()))

    def start(*_):
        seen.clear()

    def finish(*_):
        absent = sorted(places[number].call.name for number in places.keys() - seen)
        if absent:
            raise InputError(f"module {absent[0]} is not called for some images; choose one that is called for all")

    taps = {"input": {"enter": enter}, "residual": {"add": lambda key, tensor: take(key, [tensor])}}
    handles = [model.register_forward_pre_hook(start), model.register_forward_hook(finish)]
    try:
        with watching(model, **taps.get(tap, {"leave": leave}), wanted=set(wanted)):
            yield
    finally:
        for handle in handles:
            handle.remove()


def _part(key, layout):
    problem = "" if isinstance(layout, Layout) else layout
    return {"key": key, "shapes": {} if problem else layer_variants(layout), "problem": problem}
