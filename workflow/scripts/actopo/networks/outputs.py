"""
Outputs of a network's modules as layers: a concatenation of branches, or a block after its addition.

Every call of a module, whatever it is, has an output; they are numbered in the order in which they are finished while
an image passes, from `FIRST_OUTPUT` on, so that they are not confused with convolutions (`actopo.networks.layers`). A
module that is called twice has two outputs. An output is read as the module returns it, and so has no taps.
"""

from contextlib import ExitStack, contextmanager
from typing import NamedTuple

import torch

from actopo.errors import InputError
from actopo.keys import FIRST_OUTPUT
from actopo.networks.probe import pass_zeros


class Output(NamedTuple):
    """
    Output of one call of a module.

    Attributes
    ----------
    name : str
        Name of the module; `#2`, `#3` and so on are appended from its second call on.
    shape : (int, int, int) or None
        Rows, columns and channels for one image; None if it has no such shape.
    problem : str
        What the module returns instead; empty if it has a shape.
    """

    name: str
    shape: tuple | None
    problem: str


def find_outputs(model, image_shape):
    """
    List the outputs of a network's modules.

    Parameters
    ----------
    model : torch.nn.Module
        It is put into evaluation mode. The network itself is not among its modules.
    image_shape : (h, w, c)
        Shape of the input images.

    Returns
    -------
    list of Output
        The first has the number `FIRST_OUTPUT`.

    Raises
    ------
    InputError
        If the network cannot take such images.
    """
    found, calls = [], {}

    def visit(_, name, output):
        calls[name] = calls.get(name, 0) + 1
        problem = _problem(output)
        shape = None if problem else (*output.shape[2:], output.shape[1])
        found.append(Output(name + (f"#{calls[name]}" if calls[name] > 1 else ""), shape, problem))

    pass_zeros(model, image_shape, _visiting(model, visit))
    return found


@contextmanager
def reading_outputs(model, numbers, read):
    """
    Pass outputs of modules to `read` during forward passes, each as soon as it is computed.

    Parameters
    ----------
    model : torch.nn.Module
    numbers : collection of int
        Numbers of outputs, `FIRST_OUTPUT` or more.
    read : callable (number, tensor of shape (b, n, m, c))
        The tensor is a view of one that the network goes on using, and may change when `read` has returned.

    Raises
    ------
    InputError
        In a forward pass, if an output is no tensor of shape (b, c, n, m), or does not exist.
    """
    seen = set()

    def visit(number, name, output):
        if number not in numbers:
            return
        if problem := _problem(output):
            raise InputError(f"module {name} {problem}; name another module, or a convolution")
        seen.add(number)
        read(number, output.detach().permute(0, 2, 3, 1))

    def finish(*_):
        absent = sorted(set(numbers) - seen)
        seen.clear()
        if absent:
            raise InputError(f"outputs {absent} do not exist: no module of the network has these numbers")

    if not numbers:
        yield
        return
    with _visiting(model, visit, finish):
        yield


@contextmanager
def _visiting(model, visit, finish=None):
    """Call ``visit(number, name, output)`` for every call of a module in every forward pass."""
    n_calls = 0

    def begin(*_):
        nonlocal n_calls
        n_calls = 0

    def end(name):
        def hook(module, _, output):
            nonlocal n_calls
            n_calls += 1
            visit(FIRST_OUTPUT + n_calls - 1, name, output)

        return hook

    with ExitStack() as stack:
        for name, module in model.named_modules():
            if module is not model:
                stack.callback(module.register_forward_hook(end(name)).remove)
        stack.callback(model.register_forward_pre_hook(begin).remove)
        if finish is not None:
            stack.callback(model.register_forward_hook(finish).remove)
        yield


def _problem(output):
    """What a module returns, if it is no tensor of shape (b, c, n, m); empty if it is one."""
    if not isinstance(output, torch.Tensor):
        return f"returns a {type(output).__name__}, no tensor"
    if output.dim() != 4:
        return f"returns a tensor with {output.dim()} axes, not one of shape (images, channels, rows, columns)"
    return ""
