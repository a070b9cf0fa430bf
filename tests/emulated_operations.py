"""What a GPU does with the operations of PyTorch: which it refuses, and for which the host waits."""

from functools import cache

import torch
from torch.utils._pytree import tree_leaves

# Operations after which the host waits for the device.
WAITING = {"_local_scalar_dense", "nonzero", "masked_select", "equal", "bincount", "_unique2", "unique_dim"}
WAITING |= {"unique_consecutive", "repeat_interleave", "allclose", "histc", "_linalg_check_errors", "_linalg_eigh"}
# What inference mode calls some of them by.
WAITING |= {"item", "is_nonzero", "nonzero_numpy", "argwhere"}
# Operations that PyTorch may round to TF32 on a GPU, unless a setting forbids it: these and products.
CONVOLUTIONS = {"convolution", "convolution_backward", "conv1d", "conv2d", "conv3d"}
# Operations with indices of 32 bits, or without any that PyTorch offers for more elements.
SMALL_INDICES = {"nonzero", "argwhere", "_cdist_forward", "cdist", "max_pool2d_with_indices", "max_pool2d"}
SMALL_INDICES |= CONVOLUTIONS
# Operations that copy indices of the host to the device.
INDEXING = {"index", "index_put", "index_put_", "_index_put_impl_", "_unsafe_index", "_unsafe_index_put"}
PRODUCTS = {"mm", "addmm", "bmm", "baddbmm", "addmv", "mv", "dot", "linear", "matmul", "inner", "einsum"}
# Operations without the tag "pointwise" that take a number of the host.
TAKING_NUMBERS = INDEXING | {"fill", "fill_", "masked_fill", "masked_fill_"}
# Operations that look at no data.
WITHOUT_DATA = {"_has_compatible_shallow_copy_type", "is_same_size"}


def arguments_of(func, args, kwargs):
    """Tensors that an operation is given, and whether it writes into each, in a list of pairs."""
    found = []
    for place, (name, is_written) in enumerate(_signature(func)):
        given = args[place] if place < len(args) else kwargs.get(name)
        # Most are a tensor or a number.
        if isinstance(given, torch.Tensor):
            found.append((given, is_written))
        elif isinstance(given, list | tuple | dict):
            found += [(leaf, is_written) for leaf in tree_leaves(given) if isinstance(leaf, torch.Tensor)]
    return found


@cache
def _signature(func):
    """Names of an operation's arguments, and whether it writes into each, in a list of pairs."""
    return [
        (argument.name, argument.alias_info is not None and argument.alias_info.is_write)
        for argument in func._schema.arguments
    ]


@cache
def gives_view(func):
    """Whether an operation neither reads nor writes its tensor."""
    return any(result.alias_info is not None and not result.alias_info.is_write for result in func._schema.returns)


@cache
def _is_pointwise(func):
    return torch.Tag.pointwise in func.tags


def waits_for(name, tensors):
    """Whether the host waits for the result of an operation."""
    is_masked = any(tensor.dtype in (torch.bool, torch.uint8) and tensor.dim() > 0 for tensor in tensors[1:2])
    return name in WAITING or (name.startswith(("index", "_index")) and is_masked)


def check(device, func, arguments):
    """
    Refuse an operation as a GPU would, and count what it copies to the device; arguments as `arguments_of` gives them.

    Raises
    ------
    RuntimeError
        If its tensors lie in both memories, have too many elements, or are multiplied in less than float32.
    """
    name, tensors = func.overloadpacket.__name__, [tensor for tensor, _ in arguments]
    held = [device.holds(tensor) for tensor in tensors]
    largest = max(tensor.numel() for tensor in tensors)
    if name in SMALL_INDICES and largest >= device.index_limit:
        raise RuntimeError(f"{name} of {largest} elements: indices of 32 bits allow {device.index_limit - 1}")
    _check_precision(name, tensors)
    strangers = [tensor for tensor, is_held in zip(tensors, held, strict=True) if not is_held]
    if name == "where" and any(tensor.dim() == 0 for tensor in strangers):
        device.copied(1, True)
    writes = any(is_written and not is_held for (_, is_written), is_held in zip(arguments, held, strict=True))
    if not writes and (_is_pointwise(func) or name in TAKING_NUMBERS):
        # A number of the host may be read.
        strangers = [tensor for tensor in strangers if tensor.dim() > 0]
    if not strangers:
        return
    if name == "copy_":
        device.copied(tensors[1].numel(), held[0])
    elif name in INDEXING and held[0] and not any(tensor.is_floating_point() for tensor in strangers):
        # Indices are copied to the tensor's memory.
        for stranger in strangers:
            device.copied(stranger.numel(), True)
    else:
        places = zip(tensors, held, strict=True)
        shapes = ", ".join(f"{tuple(tensor.shape)} on {'cuda:0' if is_held else 'cpu'}" for tensor, is_held in places)
        raise RuntimeError(f"{name}: expected all tensors to be on the same device, but got {shapes}")


def _check_precision(name, tensors):
    convolves = name in CONVOLUTIONS
    setting = torch.backends.cudnn.conv if convolves else torch.backends.cuda.matmul
    is_open = (convolves or name in PRODUCTS) and setting.fp32_precision != "ieee"
    if is_open and any(tensor.dtype == torch.float32 for tensor in tensors):
        raise RuntimeError(f"{name} outside of exact_arithmetic: its factors may be rounded to TF32")
