"""
Print the layers of a network as JSON, for processes that do not import PyTorch.

    python -m actopo.networks.print_layers '[{"architecture": "alexnet"}, [224, 224, 3], "DEFAULT"]'

The argument is the network, as `actopo.config.layers.network_keys` returns it, the shape (h, w, c) of the images, and
the name of weights in torchvision, or null; the name is checked, and nothing is downloaded. A fourth entry says what
the rules for layouts leave open, as `models.NAME.layout` does. The output is a list with the attributes of every layer,
as `actopo.networks.layers.Layer` has them; errors are one line.
"""

import json

from actopo.answers import answer
from actopo.networks.build import build
from actopo.networks.layers import find_layers
from actopo.networks.weights import named_weights


def find(question):
    """Layers of one network."""
    network, shape, weights, *layout = json.loads(question)
    layers = find_layers(build(**network, n_channels=shape[2], seed=0, pretrained=True), shape, *layout)
    if weights is not None:
        named_weights(network.get("architecture"), weights)
    return [layer._asdict() for layer in layers]


if __name__ == "__main__":
    answer(find)
