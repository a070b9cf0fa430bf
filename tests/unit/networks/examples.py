"""What the tests of several rooms know of the networks."""

ALL = ("conv", "bn", "relu")


IMAGE = (32, 32, 3)


N_LAYERS = 17


NET = """
from torch import nn
def build(n_classes, n_channels=1, width=2):
    return nn.Sequential(nn.Conv2d(n_channels, width, 3), nn.ReLU(), nn.Flatten(), nn.Linear(width * 36, n_classes))
def fixed():
    return build(7, 3)
"""
