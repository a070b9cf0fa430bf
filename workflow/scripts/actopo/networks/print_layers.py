"""
Print the layers of a network as JSON, for processes that do not import PyTorch.

    python -m actopo.networks.print_layers '[{"architecture": "alexnet"}, [224, 224, 3]]'

The argument is the network, as `actopo.config.layers.network_keys` returns it, and the shape (h, w, c) of the images.
The last line of the output is a list with the name, shape and taps of every layer; errors are one line.
"""

import json
import sys

from actopo.errors import InputError
from actopo.networks.build import build
from actopo.networks.layers import find_layers


def main(question):
    """Print the layers of one network."""
    network, shape = json.loads(question)
    layers = find_layers(build(**network, n_channels=shape[2], seed=0, pretrained=True), shape)
    print(json.dumps([layer._asdict() for layer in layers]))


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except (InputError, OSError) as error:
        sys.exit(f"error: {error}")
