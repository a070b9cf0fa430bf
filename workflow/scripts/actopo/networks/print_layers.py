"""
Print the layers of a network as JSON, for processes that do not import PyTorch.

    python -m actopo.networks.print_layers '[{"architecture": "alexnet"}, [224, 224, 3], "DEFAULT", 10]'

The argument is the network, as `actopo.config.layers.network_keys` returns it, the shape (h, w, c) of the images, the
name of weights in torchvision or timm, or null, and the number of classes of the images, or null; the name is checked,
and nothing is downloaded. A fifth entry says what the rules for layouts leave open, as `models.NAME.layout` does. The
output is a list with the attributes of every layer, as `actopo.networks.layers.Layer` has them; errors are one line.
"""

import json

from actopo.answers import answer
from actopo.networks.layers import find_layers
from actopo.networks.listed import build_listed


def find(question):
    """Layers of one network."""
    network, shape, weights, n_classes, *layout = json.loads(question)
    layers = find_layers(build_listed(network, shape, weights, n_classes), shape, *layout)
    return [layer._asdict() for layer in layers]


if __name__ == "__main__":
    answer(find)
