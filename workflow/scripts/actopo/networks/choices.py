"""Choices for networks: keys that describe one in a config, names of weights, and taps of layers."""

from pathlib import Path

# The network of the paper, which actopo defines; other architectures are torchvision's.
OWN_ARCHITECTURE = "resnet18_cifar"
SHORTCUTS = ("A", "B")

# The keys of a model's config that determine its structure.
NETWORK_KEYS = ("architecture", "module", "arguments", "width", "shortcut")

# Suffixes of files of weights; any other value names weights of torchvision.
WEIGHT_FILES = (".safetensors", ".pth", ".pt")

# Tensors of a layer that can be read: output of the convolution, input of the rectifier, output of the rectifier.
TAPS = ("conv", "bn", "relu")

SCHEDULES = ("triangular", "step")

# Colours of the pixels that a random shift leaves empty; see `actopo.networks.recipe`.
FILLS = ("mean", "black")

# Precisions of the forward pass, and what PyTorch calls them.
PRECISIONS = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}

DEVICES = ("auto", "cpu", "cuda")


def is_weight_file(weights):
    """Whether `weights` names a file, which may be missing, and not weights of torchvision."""
    return Path(weights).suffix in WEIGHT_FILES or Path(weights).expanduser().is_file()
