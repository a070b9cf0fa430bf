"""Rectifiers, as modules and as functions: elementwise activation functions that end what a convolution computes."""

import torch
from torch import nn
from torch.nn import functional

RECTIFIERS = (
    nn.ReLU,
    nn.ReLU6,
    nn.LeakyReLU,
    nn.PReLU,
    nn.RReLU,
    nn.ELU,
    nn.CELU,
    nn.SELU,
    nn.GELU,
    nn.SiLU,
    nn.Mish,
    nn.Hardswish,
    nn.Softplus,
)
_NAMES = ("relu", "relu_", "relu6", "leaky_relu", "leaky_relu_", "prelu", "rrelu", "rrelu_", "elu", "elu_", "celu")
_NAMES += ("celu_", "selu", "selu_", "gelu", "silu", "mish", "hardswish", "softplus")
RECTIFIER_FUNCTIONS = {
    getattr(home, name) for home in (functional, torch, torch.Tensor) for name in _NAMES if hasattr(home, name)
}
