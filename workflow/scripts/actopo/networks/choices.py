"""Choices for networks: keys that describe one in a config, names of weights, and taps of layers."""

from pathlib import Path

from actopo.keys import FIRST_OUTPUT

# The network of the paper, which actopo defines; other architectures are torchvision's, or timm's with this prefix.
OWN_ARCHITECTURE = "resnet18_cifar"
TIMM = "timm:"
SHORTCUTS = ("A", "B")

# The keys of a model's config that determine its structure.
NETWORK_KEYS = ("architecture", "module", "arguments", "width", "shortcut")

# Suffixes of files of weights; any other value names weights of torchvision or timm.
WEIGHT_FILES = (".safetensors", ".pth", ".pt")

# Tensors of a layer that can be read. Of a convolution: its output, input of the rectifier, output of the rectifier. Of
# any module: its output, its input, and the stream after the addition that takes its output.
CONVOLUTION_TAPS = ("conv", "bn", "relu")
TAPS = (*CONVOLUTION_TAPS, "output", "input", "residual")

# Tokens of a layer that has them: those of the patches, the class and register tokens before them, or all in a row.
TOKENS = ("patches", "class", "all")

# Where maps have their channels: before the positions or after them.
CHANNEL_AXES = ("first", "last")

SCHEDULES = ("triangular", "step")
OPTIMIZERS = ("sgd", "adamw")

# Colours of the pixels that a random shift leaves empty; see `actopo.networks.recipe`.
FILLS = ("mean", "black")

# Precisions of the forward pass, and what PyTorch calls them.
PRECISIONS = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}

DEVICES = ("auto", "cpu", "cuda")


def output_number(call, tokens="patches", entry=0):
    """
    Number of an output of a module as a layer.

    Parameters
    ----------
    call : int
        Number of the call, from 0 on, less than `FIRST_OUTPUT`.
    tokens : {"patches", "class", "all"}
    entry : int, default 0
        Place of the entry of a tuple or dict, from 1 on; 0 for what is one tensor.

    Returns
    -------
    int
        `FIRST_OUTPUT` or more.
    """
    return FIRST_OUTPUT * (1 + len(TOKENS) * entry + TOKENS.index(tokens)) + call


def output_of(number):
    """Call, tokens and entry of an `output_number`."""
    variant, call = divmod(number, FIRST_OUTPUT)
    entry, tokens = divmod(variant - 1, len(TOKENS))
    return call, TOKENS[tokens], entry


def is_weight_file(weights):
    """Whether `weights` names a file, which may be missing, and not weights of torchvision or timm."""
    return Path(weights).suffix in WEIGHT_FILES or Path(weights).expanduser().is_file()
