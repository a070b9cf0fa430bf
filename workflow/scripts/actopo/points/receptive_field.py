r"""
Effective receptive fields of positions.

The effective receptive field `r(p, q)` of position `p` at pixel `q` is a weighted count of the paths from `q` to `p`
(Purvine et al. 2023, section 3, and their released code). It is computed with a copy of the network that has no
normalisation and in which every weight is one constant, as the response at `p` to the image that is 1 at `q` only. The
copy is run, so the method works for any network. Where the copy is linear no gradient is needed; max-pooling is
kept as it is, on responses that are never negative. Normalisation is left out where a module or PyTorch's function
computes it. A network that normalises by operations of its own is refused: its response does not grow with the image,
which another copy shows, whose weights are not all equal.

A convolution in which all weights are one constant has the same output in every channel: the box sum, over the
kernel, of the sum over input channels; the same holds for a linear map. The copy computes only that, which is exact
and far faster. For the same reason it pools equal channels once: in GoogLeNet max-pooling took most of the time.

The constant determines the weight of paths through convolutions relative to identity shortcuts: a convolution
multiplies by constant x channels, a shortcut by 1. The released code has 0.001 in a network whose first convolution has
64 channels. Here the constant is inversely proportional to that number, so that the fields of one architecture are the
same at any width, up to a factor.

Positions of a transformer, tokens, and what has one position have no such field: what they see is defined by
`actopo.points.patches`.
"""

import copy
from contextlib import suppress
from functools import partial

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.parametrize import ParametrizationList, type_before_parametrizations
from torch.overrides import TorchFunctionMode

from actopo.errors import InputError
from actopo.networks.layers import locate, reading
from actopo.networks.rectifiers import RECTIFIERS
from actopo.points.patches import patch_fields, sees_patches
from actopo.points.position_weights import block_of_pixels

CONSTANT_TIMES_CHANNELS = 0.064
BATCH_PIXELS = 1 << 17
MAX_SIDE = 64
# Functions that normalise their first argument.
_NAMES = ("batch_norm", "group_norm", "instance_norm", "layer_norm", "rms_norm", "local_response_norm", "normalize")
NORMALISATIONS = {getattr(home, name) for home in (functional, torch) for name in _NAMES if hasattr(home, name)}
# Elementwise functions that are bounded, and like rectifiers say nothing of where a position looks.
BOUNDED = (nn.Tanh, nn.Softsign, nn.Hardtanh)
BOUNDED_FUNCTIONS = {functional.tanh, torch.tanh, torch.Tensor.tanh, functional.softsign, functional.hardtanh}
# Modules and functions that have weights; of functions these are the second argument.
WEIGHTED_MODULES = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)
_WEIGHTED = (functional.conv2d, functional.conv_transpose2d, functional.linear)
# Least growth of a response, in units of that of the image. Behind a normalisation it hardly grows; behind a gate, such
# as that of squeeze-and-excitation, or attention it grows more.
LEAST_GROWTH = 0.9
SCALE = 2.0**60


def coarsest_block(image_shape):
    """Side of the blocks that divide a large image into at most 64 x 64 unit images."""
    return -(-max(image_shape[:2]) // MAX_SIDE)


def receptive_fields(
    model, layers, tap, image_shape, constant=None, block=1, batch_size=None, device="cpu", given=None
):
    """
    Effective receptive fields of all positions of some layers, in one pass over unit images; patches of transformers.

    The network runs as far as the last of the layers.

    Parameters
    ----------
    model : torch.nn.Module
        As in `actopo.networks.layers.recording`. It is copied and not changed; the result ignores its weights.
    layers : sequence of int
    tap : {"conv", "bn", "relu", "output", "input", "residual"}
        Tap of the layers. `bn` and `relu` give the same fields, those of the paper's released code: for the second
        convolution of a residual block they include the shortcut.
    image_shape : (H, W, C)
    constant : float, optional
        Value of every weight; by default 0.064 over the number of channels of the first convolution.
    block : int, default 1
        Side of the squares of pixels that share one value: their mean, from the response to the image that is 1
        on the whole square. It divides the time by `block ** 2`. The mean is exact if the copy is linear; max-pooling,
        the only non-linear part, makes it smaller. If `block` does not divide a side, the pieces are as equal as
        possible and at most that long.
    batch_size : int, optional
        Unit images per forward pass; by default as many as have 131 072 pixels together.
    device : str or torch.device
    given : dict, optional
        As in `actopo.networks.layers.reading`.

    Returns
    -------
    dict of int to float64 ndarray of shape (n, m, H / block, W / block), rounded up
        l2 norm of the response over channels; 1 on the patch of a position of a transformer.

    Raises
    ------
    InputError
        If `block` is not positive, a layer or the tap does not exist, a response is not finite, not zero for an image
        of zeros, zero for all others, or does not grow with the image, or the order of layers depends on the image.
    """
    height, width, channels = image_shape
    if block < 1:
        raise InputError(f"block is {block}; write the side of a square in pixels, at least 1")
    row_of, col_of = (block_of_pixels(side, -(-side // block)) for side in (height, width))
    patches = {
        layer: patch_fields(place.layout, place.tokens, row_of, col_of)
        for layer, place in locate(model, layers, tap, image_shape, given).items()
        if sees_patches(model, place)
    }
    layers = [layer for layer in layers if layer not in patches]
    if not layers:
        return patches
    sizes = np.outer(np.bincount(row_of), np.bincount(col_of)).ravel()
    rows, cols = row_of[-1] + 1, col_of[-1] + 1
    batch_size = batch_size or max(1, BATCH_PIXELS // (height * width))
    _require_growth(model, layers, tap, image_shape, device, given)
    network = constant_copy(model, constant).to(device)
    responses, fields, is_enough = {}, {}, False

    def read(layer, activations):
        responses[layer] = torch.linalg.vector_norm(activations, dim=3)
        if is_enough and len(responses) == len(set(layers)):
            raise _AllRead

    with torch.inference_mode(), _Unnormalised(), reading(network, layers, tap, read, True, image_shape, given):
        # All of the network, which tells what is wrong with a layer or the tap.
        network(torch.zeros(1, channels, height, width, dtype=torch.float64, device=device))
        is_enough = True
        for layer in layers:
            if responses[layer].any():
                raise InputError(
                    f"layer {layer} responds to an image of zeros even without biases, so its receptive fields are not "
                    "defined; make what the network adds a parameter whose name ends in bias"
                )
            fields[layer] = np.empty((*responses[layer].shape[1:], rows * cols))
        for start in range(0, rows * cols, batch_size):
            pixels = torch.arange(start, min(start + batch_size, rows * cols), device=device)
            responses.clear()
            with suppress(_AllRead):
                network(_unit_images(pixels, row_of, col_of, channels))
            here = slice(start, start + len(pixels))
            for layer in layers:
                fields[layer][:, :, here] = responses[layer].permute(1, 2, 0).cpu().numpy() / sizes[here]
    for layer, field in fields.items():
        if not np.isfinite(field).all():
            raise InputError(f"the receptive field of layer {layer} overflows; give a smaller constant")
        if not field.any():
            raise InputError(
                f"layer {layer} responds to no pixel of the image, so its receptive fields are not defined"
            )
        fields[layer] = field.reshape(*field.shape[:2], rows, cols)
    return fields | patches


def constant_copy(model, constant=None):
    """
    Copy of a network that counts paths: no normalisation, no biases, every weight one constant, float64.

    Parameters
    ----------
    model : torch.nn.Module
    constant : float, optional
        As in `receptive_fields`.

    Returns
    -------
    torch.nn.Module
        Copy in evaluation mode, so without dropout. It has the modules of the model, so hooks work; modules without
        children that normalise, by the names of their classes, and elementwise activation functions but sigmoids return
        their input. Functions that normalise are those of the model.

    Raises
    ------
    InputError
        If the network has no convolution, or the constant is not positive.
    """
    network = _linear_copy(model)
    if constant is None:
        first = next(module for module in network.modules() if isinstance(module, nn.Conv2d))
        constant = CONSTANT_TIMES_CHANNELS / first.out_channels
    if not 0 < constant < np.inf:
        raise InputError(f"the constant weight is {constant}; write a positive number")
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            parameter.fill_(0 if name.endswith("bias") else constant)
    for module in network.modules():
        # Of a weight that is computed, as by weight normalisation, the class is another one.
        kind = type_before_parametrizations(module)
        if kind is nn.Conv2d:
            module.forward = _BoxSum(module, constant)
        elif kind is nn.Linear:
            module.forward = partial(_sum_of_inputs, n_out=module.out_features, constant=constant)
        elif isinstance(module, WEIGHTED_MODULES):
            module.forward = partial(_with_constant_weights, forward=module.forward, constant=constant)
        elif kind is nn.MaxPool2d and not module.return_indices:
            module.forward = partial(_pool_runs, pool=module.forward)
    return network


def _linear_copy(model):
    """Copy of a network without normalisation by modules, and without rectifiers."""
    network = copy.deepcopy(model).double().eval()
    if not any(isinstance(module, nn.Conv2d) for module in network.modules()):
        raise InputError("the network has no two-dimensional convolution, so its positions have no receptive field")
    lists = [module for module in network.modules() if isinstance(module, ParametrizationList)]
    # What computes a weight, such as weight normalisation.
    of_weights = {part for module in lists for part in module.modules()}
    for module in network.modules():
        # torchvision's GoogLeNet and Inception v3 shift their input, so that an image of zeros would not stay zero.
        if getattr(module, "transform_input", False):
            module.transform_input = False
        is_leaf = not any(module.children()) and not isinstance(module, WEIGHTED_MODULES) and module not in of_weights
        if isinstance(module, RECTIFIERS + BOUNDED) or ("Norm" in type(module).__name__ and is_leaf):
            # A copy, since later operations may work in place.
            module.forward = torch.clone
    return network


class _AllRead(Exception):
    """All layers have responded to the unit images."""


class _Unnormalised(TorchFunctionMode):
    """Functions that normalise, or are bounded, return a copy of what they are given."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if func in NORMALISATIONS or func in BOUNDED_FUNCTIONS:
            return (args[0] if args else kwargs["input"]).clone()
        return func(*args, **(kwargs or {}))


class _ConstantWeights(TorchFunctionMode):
    """Convolutions and linear maps have one constant as every weight, whatever the weights that they are given."""

    def __init__(self, constant):
        super().__init__()
        self.constant = constant

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func in _WEIGHTED and "weight" in kwargs:
            kwargs = {**kwargs, "weight": torch.full_like(kwargs["weight"], self.constant)}
        elif func in _WEIGHTED:
            args = (args[0], torch.full_like(args[1], self.constant), *args[2:])
        return func(*args, **kwargs)


def _with_constant_weights(*inputs, forward, constant, **named):
    """Output of a module of another class, which may make its weights from its parameters."""
    with _ConstantWeights(constant):
        return forward(*inputs, **named)


def _require_growth(model, layers, tap, image_shape, device, given):
    """
    Refuse layers behind a normalisation that the copy would keep.

    Equal channels have no variance, and a small variance does not count beside the term that keeps it from zero. So
    weights and pixels differ, the weights are large, and images are very dark and very bright.
    """
    network = _linear_copy(model)
    draw = torch.Generator().manual_seed(0)
    responses = {}

    def read(layer, activations):
        responses[layer] = torch.linalg.vector_norm(activations, dim=(1, 2, 3))

    with torch.no_grad():
        for name, parameter in network.named_parameters():
            varied = torch.rand(parameter.shape, generator=draw, dtype=torch.float64)
            # What sums its inputs multiplies them by about ten.
            size = 20 / parameter[0].numel() if parameter.dim() > 1 else 2
            parameter.copy_(varied * (0 if name.endswith("bias") else size))
    height, width, channels = image_shape
    image = torch.rand(1, channels, height, width, generator=draw, dtype=torch.float64).to(device)
    with (
        torch.inference_mode(),
        _Unnormalised(),
        reading(network.to(device), layers, tap, read, True, image_shape, given),
    ):
        network(torch.cat([0 * image, image / SCALE, image * SCALE]))
    for layer in layers:
        black, dark, bright = responses[layer].tolist()
        if black == 0 and bright < LEAST_GROWTH * SCALE * SCALE * dark:
            raise InputError(
                f"layer {layer} does not respond in proportion to the brightness of the image, so its fields are "
                'not defined: the network normalises before it; let a module with "Norm" in the name of its class do '
                "that, or a function of torch.nn.functional such as layer_norm"
            )


class _BoxSum:
    """Convolution with constant weights and no bias: one box sum per group, the same in all channels of the group."""

    def __init__(self, conv, constant):
        self.groups = conv.groups
        self.repeats = conv.out_channels // conv.groups
        self.box = nn.Conv2d(
            1,
            1,
            conv.kernel_size,
            conv.stride,
            conv.padding,
            conv.dilation,
            bias=False,
            padding_mode=conv.padding_mode,
            device=conv.weight.device,
            dtype=conv.weight.dtype,
        )
        nn.init.constant_(self.box.weight, constant)

    def __call__(self, x):
        x = x.unflatten(1, (self.groups, -1)).sum(dim=2)
        x = self.box.to(x.device)(x.flatten(0, 1).unsqueeze(1))
        return x.squeeze(1).unflatten(0, (-1, self.groups)).repeat_interleave(self.repeats, dim=1)


def _pool_runs(x, pool):
    """What `pool` makes of images (b, c, h, w), once for each run of equal channels; most of them are equal."""
    differs = (x[:, 1:] != x[:, :-1]).flatten(2).any(dim=2).any(dim=0)
    first = torch.cat([differs.new_ones(1), differs]).nonzero().flatten()
    lengths = torch.diff(first, append=first.new_tensor([x.shape[1]]))
    return pool(x[:, first]).repeat_interleave(lengths, dim=1)


def _sum_of_inputs(x, n_out, constant):
    return (constant * x.sum(dim=-1, keepdim=True)).expand(*x.shape[:-1], n_out).clone()


def _unit_images(pixels, row_of, col_of, channels):
    shape = (len(pixels), channels, row_of[-1] + 1, col_of[-1] + 1)
    images = torch.zeros(shape, dtype=torch.float64, device=pixels.device)
    images[torch.arange(len(pixels), device=pixels.device), :, pixels // shape[3], pixels % shape[3]] = 1
    return images[:, :, torch.from_numpy(row_of)][..., torch.from_numpy(col_of)]
