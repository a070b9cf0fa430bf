"""The recipe by which a network is trained. This module does not import PyTorch."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Recipe:
    """
    How a network is trained.

    Attributes
    ----------
    epochs : int
    batch_size : int
    learning_rate : float
        Largest learning rate of the run, for a mean loss over the batch.
    schedule : {"triangular", "step"}
        `triangular`: linear from 0 to the peak at epoch `peak_epoch`, then linear to 0 at the last epoch,
        set anew for every batch. `step`: multiplied by `decay` at each epoch of `milestones`.
    peak_epoch : float
    milestones : tuple of int
    decay : float
    optimizer : {"sgd", "adamw"}
        SGD with momentum, or AdamW, with which transformers are trained.
    momentum : float
        Momentum of SGD.
    weight_decay : float
        Weight decay, on all parameters. That of AdamW is decoupled: each step takes off the learning rate times it.
    flip : bool
        Mirror each image left to right with probability 1/2.
    translate : int
        Largest shift in pixels, uniform in rows and columns.
    translate_fill : {"mean", "black"}
        Colour of the pixels that a shift leaves empty: the mean of the normalisation (by default the mean colour of
        the training images), which is 0 to the network, or black, as torchvision's `RandomCrop` with padding before
        the normalisation.
    cutout : int
        Side in pixels of a square set to the mean of the normalisation at a uniform position; 0 for none.
    precision : {"auto", "fp32", "bf16", "fp16"}
        Precision of the forward pass. `auto` is fp16 on a GPU, bf16 on a CPU that computes in it, else fp32.
    compile : bool
        Whether `torch.compile` makes kernels for the network first, which needs a C++ compiler and takes
        minutes. On a CPU a step then takes about a fifth less time, so it pays in runs of hours: many epochs,
        or wide networks. Results with and without it differ by rounding.
    """

    epochs: int = 24
    batch_size: int = 1024
    learning_rate: float = 1.0
    schedule: str = "triangular"
    peak_epoch: float = 5.0
    milestones: tuple = ()
    decay: float = 0.1
    optimizer: str = "sgd"
    momentum: float = 0.9
    weight_decay: float = 5e-4
    flip: bool = True
    translate: int = 2
    translate_fill: str = "mean"
    cutout: int = 8
    precision: str = "auto"
    compile: bool = False

    def rate(self, epoch):
        """Learning rate at `epoch`, a float that counts batches as fractions."""
        if self.schedule == "step":
            return self.learning_rate * self.decay ** sum(epoch >= milestone for milestone in self.milestones)
        return self.learning_rate * float(np.interp(epoch, [0, self.peak_epoch, self.epochs], [0, 1, 0]))
