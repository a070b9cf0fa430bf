"""
ResNet-18 for small images.

`resnet18_cifar` is the 18-layer residual network of He et al. [1]_ in its CIFAR form: a 3x3 stem without
max-pooling and four stages of two basic blocks. Its 17 convolutions of size 3x3, in forward order, are
the *layers* of the study; the 1x1 convolutions of shortcut B do not count.

References
----------
.. [1] He, Zhang, Ren and Sun (2016), "Deep Residual Learning for Image Recognition".
"""

import torch
from torch import nn
from torch.nn import functional

from actopo.errors import InputError
from actopo.networks.choices import SHORTCUTS


def conv3x3(n_in, n_out, stride=1):
    """3x3 convolution without bias from (b, n_in, h, w) to (b, n_out, h / stride, w / stride), rounded up."""
    return nn.Conv2d(n_in, n_out, kernel_size=3, stride=stride, padding=1, bias=False)


class ShortcutA(nn.Module):
    """Shortcut without parameters: every `stride`-th position; new channels are zero, half before and half after."""

    def __init__(self, n_in, n_out, stride):
        super().__init__()
        self.stride = stride
        self.before = (n_out - n_in) // 2
        self.after = n_out - n_in - self.before

    def forward(self, x):
        return functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.before, self.after))


class BasicBlock(nn.Module):
    """Two 3x3 convolutions, each with batch normalisation, and a shortcut added before the last ReLU."""

    def __init__(self, n_in, n_out, stride, shortcut):
        super().__init__()
        self.conv1 = conv3x3(n_in, n_out, stride)
        self.bn1 = nn.BatchNorm2d(n_out)
        self.relu1 = nn.ReLU()
        self.conv2 = conv3x3(n_out, n_out)
        self.bn2 = nn.BatchNorm2d(n_out)
        self.relu2 = nn.ReLU()
        if stride == 1 and n_in == n_out:
            self.shortcut = nn.Identity()
        elif shortcut == "A":
            self.shortcut = ShortcutA(n_in, n_out, stride)
        else:
            self.shortcut = nn.Sequential(nn.Conv2d(n_in, n_out, 1, stride, bias=False), nn.BatchNorm2d(n_out))

    def forward(self, x):
        out = self.relu1(self.bn1(self.conv1(x)))
        return self.relu2(self.bn2(self.conv2(out)) + self.shortcut(x))


class ResNet18Cifar(nn.Module):
    """ResNet-18 for small images; see `resnet18_cifar`."""

    def __init__(self, width, shortcut, n_classes, n_channels):
        super().__init__()
        self.conv = conv3x3(n_channels, width)
        self.bn = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        widths = [width, width, 2 * width, 4 * width, 8 * width]
        blocks = []
        for stage in range(4):
            blocks.append(BasicBlock(widths[stage], widths[stage + 1], 1 if stage == 0 else 2, shortcut))
            blocks.append(BasicBlock(widths[stage + 1], widths[stage + 1], 1, shortcut))
        self.blocks = nn.ModuleList(blocks)
        self.head = nn.Linear(widths[-1], n_classes)

    def layers(self):
        """The 17 convolutions that count, in forward order: those of the shortcuts do not."""
        return [self.conv, *(conv for block in self.blocks for conv in (block.conv1, block.conv2))]

    def forward(self, x):
        x = self.relu(self.bn(self.conv(x)))
        for block in self.blocks:
            x = block(x)
        return self.head(x.mean(dim=(2, 3)))


def resnet18_cifar(width=64, shortcut="A", n_classes=10, n_channels=3, seed=None):
    """
    CIFAR-style ResNet-18 with randomly initialised weights.

    Parameters
    ----------
    width : int, default 64
        Channels of the first stage; the others have 2, 4 and 8 times as many.
    shortcut : {"A", "B"}, default "A"
        Shortcut of a block that changes the shape: subsampling and zero channels (A), or a 1x1 convolution with
        batch normalisation (B).
    n_classes : int, default 10
    n_channels : int, default 3
        Channels of the images.
    seed : int, optional
        Seed of the initial weights; the global random state is left as it was. Without it the weights
        come from the global state.

    Returns
    -------
    torch.nn.Module
        Maps float images (b, n_channels, h, w) to logits (b, n_classes). Its `layers()` lists the 17 convolutions
        that count.

    Raises
    ------
    InputError
        If an argument is out of range.
    """
    if width < 1:
        raise InputError(f"the model's width is {width}; it must be 1 or more")
    if shortcut not in SHORTCUTS:
        raise InputError(f"the model's shortcut is {shortcut!r}; choose one of {', '.join(SHORTCUTS)}")
    if n_classes < 2:
        raise InputError(f"a classifier needs at least 2 classes, not {n_classes}")
    if seed is None:
        return ResNet18Cifar(width, shortcut, n_classes, n_channels)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return ResNet18Cifar(width, shortcut, n_classes, n_channels)
