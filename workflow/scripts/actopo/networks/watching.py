"""
What enters and leaves every module of a network while images pass it, and the additions in between.

A call of a module is told by the name of the module and the number of the call, from 1 on. Its *residual* is the stream
after the addition: the last sum that the module itself makes of two activations, as at the end of a block, or else the
first sum that takes what is computed from its output, in its shape, without another map or a rectifier in between. The
residual has the axes of what the module returns, however they are moved before the sum or after it. Hooks intercept
modules; a `TorchFunctionMode` intercepts additions, and follows activations, which are what is computed from the input
of the network: a learned embedding of positions is none, and its addition makes no residual.
"""

from contextlib import ExitStack, contextmanager

import torch
from torch.overrides import TorchFunctionMode

from actopo.networks.rectifiers import RECTIFIER_FUNCTIONS, RECTIFIERS

ADDITIONS = {torch.add, torch.Tensor.add, torch.Tensor.add_, torch.Tensor.__add__, torch.Tensor.__iadd__}
ADDITIONS |= {torch.Tensor.__radd__}
# Functions that mix channels or positions: what they return belongs to a branch of its own.
MAPS = {"linear", "bilinear", "conv1d", "conv2d", "conv3d", "matmul", "__matmul__", "__rmatmul__", "bmm", "einsum"}
MAPS |= {"addmm", "baddbmm", "scaled_dot_product_attention", "multi_head_attention_forward"}
# Functions that may put axes in another order; properties, as `.mT` is, come as functions named `__get__`.
MOVES = {"permute", "transpose", "t", "swapaxes", "swapdims", "movedim", "moveaxis", "adjoint", "__get__"}
MOVES |= {"transpose_", "t_", "swapaxes_", "swapdims_"}
# Functions that give the same values in another shape, or as they are.
RESHAPES = {"view", "reshape", "flatten", "unflatten", "ravel", "squeeze", "unsqueeze", "squeeze_", "unsqueeze_"}
RESHAPES |= {"view_as", "reshape_as", "contiguous", "clone"}
# Functions of whose arguments the first alone has the values.
OF_THE_FIRST = {"expand_as", "type_as", "view_as", "reshape_as", "to"}
# Functions that may make one position of a map.
POOLING = {"adaptive_avg_pool2d", "adaptive_max_pool2d", "mean", "amax"}


@contextmanager
def watching(model, enter=None, leave=None, add=None, wanted=None):
    """
    Call functions for every call of a module in every forward pass.

    Parameters
    ----------
    model : torch.nn.Module
        The network itself is not among its modules.
    enter : callable (key, tensor), optional
        Called with the first tensor that enters a module, or None.
    leave : callable (key, module, output), optional
        Called with what a module returns. An input on one position of a pooled map has the attribute `is_pooled`.
    add : callable (key, tensor), optional
        Called with the residual of a call, as soon as it is known.
    wanted : collection of keys, optional
        Calls whose residual is wanted; by default all.

    Notes
    -----
    A key is the name of a module and the number of its call.
    """
    state = _Watching(add, wanted)
    handles = []

    def begin(_, arguments, named):
        state.frames, state.calls = [], {}
        for item in (*arguments, *named.values()):
            if isinstance(item, torch.Tensor):
                item.is_activation = True

    def before(name):
        def hook(_, arguments, named):
            state.calls[name] = state.calls.get(name, 0) + 1
            key = (name, state.calls[name])
            state.frames.append([key, None])
            if enter is not None:
                tensors = [item for item in (*arguments, *named.values()) if isinstance(item, torch.Tensor)]
                enter(key, tensors[0] if tensors else None)

        return hook

    def after(module, _, output):
        key, own = state.frames.pop()
        if leave is not None:
            leave(key, module, output)
        if add is not None and isinstance(output, torch.Tensor):
            state.finish(key, own, output, isinstance(module, RECTIFIERS))

    handles.append(model.register_forward_pre_hook(begin, with_kwargs=True))
    for name, module in model.named_modules():
        if module is not model:
            handles.append(module.register_forward_pre_hook(before(name), with_kwargs=True))
            handles.append(module.register_forward_hook(after))
    with ExitStack() as stack:
        for handle in handles:
            stack.callback(handle.remove)
        if add is not None:
            stack.enter_context(state)
        yield


class _Watching(TorchFunctionMode):
    """
    Follows activations, branches of a network up to their addition, and maps of one position.

    The attribute `branches` of a tensor has the keys of the calls that it follows from, each with the order in which
    the axes of what the call returned now stand. The attribute `own_sum` has the call in which the tensor was summed,
    the order of the axes of the sum, None if it was reshaped, and whether the values are still those of the sum.
    """

    def __init__(self, add, wanted):
        super().__init__()
        self.add, self.wanted = add, wanted
        # Calls that have begun: key, and the last sum that the module itself made.
        self.frames, self.calls = [], {}

    def finish(self, key, own, output, rectifies):
        """A module returns: its residual is known, or its output is followed."""
        if rectifies:
            output.branches = frozenset()
        if not self._is_wanted(key):
            return
        if (residual := _own_residual(key, own, output)) is not None:
            self.add(key, residual)
        else:
            output.branches = getattr(output, "branches", frozenset()) | {(key, tuple(range(output.dim())))}

    def _is_wanted(self, key):
        return self.wanted is None or key in self.wanted

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        name = getattr(func, "__name__", "")
        given = args[:1] if name in OF_THE_FIRST else (*args, *kwargs.values())
        sources = [item for item in _tensors(given) if getattr(item, "is_activation", False)]
        # Of such a tensor new ones have the shape and no values.
        if not sources or name.endswith("_like") or name.startswith("new_"):
            return result
        for item in _tensors(result if isinstance(result, tuple | list) else [result]):
            item.is_activation = True
        if isinstance(result, torch.Tensor):
            self._follow(func, name, args, kwargs, sources, result)
        return result

    def _follow(self, func, name, args, kwargs, sources, result):
        is_point = result.dim() == 4 and result.shape[2:] == (1, 1)
        result.is_pooled = is_point and (name in POOLING or all(getattr(item, "is_pooled", False) for item in sources))
        if name in MOVES:
            moved = _moved_axes(func, args, kwargs)
            before, summed = getattr(sources[0], "branches", frozenset()), getattr(sources[0], "own_sum", None)
            result.branches = frozenset((key, _reordered(order, moved)) for key, order in before)
            result.own_sum = summed and (summed[0], _reordered(summed[1], moved), summed[2])
            return
        same = [item for item in sources if item.shape == result.shape]
        branches = frozenset().union(*(getattr(item, "branches", frozenset()) for item in same))
        # An operation in place may have changed the number of axes.
        branches = frozenset((key, order) for key, order in branches if len(order) == result.dim())
        summed = getattr(sources[0], "own_sum", None)
        if name in RESHAPES:
            summed = summed and (summed[0], summed[1] if same else None, summed[2])
        else:
            summed = summed and same and (summed[0], summed[1], False)
        result.own_sum = summed or None
        if func in ADDITIONS and len(same) == 2:
            result.branches = frozenset()
            for key, order in sorted(branches):
                self.add(key, result.permute([order.index(axis) for axis in range(result.dim())]))
            if self.frames and self._is_wanted(self.frames[-1][0]):
                # A later operation in place may change it.
                self.frames[-1][1] = result.clone()
                result.own_sum = self.frames[-1][0], tuple(range(result.dim())), True
        elif func in RECTIFIER_FUNCTIONS or name in MAPS:
            result.branches = frozenset()
        else:
            result.branches = branches


def _own_residual(key, own, output):
    """The last sum that a call made, with the axes of what it returns; None if there is none of that shape."""
    summed = getattr(output, "own_sum", None)
    if own is None or summed is None or summed[0] != key:
        return own if own is not None and own.shape == output.shape else None
    _, order, is_same = summed
    if is_same:
        return output.clone()
    return None if order is None else own.permute(order)


def _reordered(order, moved):
    """The order of axes after a function that moves them; None after a reshape."""
    return None if order is None else tuple(order[axis] for axis in moved)


def _moved_axes(func, args, kwargs):
    """Which axis of a tensor stands in the place of each, after a function that moves axes: a list of int."""

    def stand_in(item):
        # Sizes that tell axes from each other.
        return torch.empty(tuple(range(2, 2 + item.dim())), device="meta") if isinstance(item, torch.Tensor) else item

    sizes = func(*map(stand_in, args), **{name: stand_in(item) for name, item in kwargs.items()}).shape
    return [size - 2 for size in sizes]


def _tensors(items):
    """Tensors among some items and in lists of them."""
    for item in items:
        if isinstance(item, torch.Tensor):
            yield item
        elif isinstance(item, tuple | list):
            yield from (part for part in item if isinstance(part, torch.Tensor))
