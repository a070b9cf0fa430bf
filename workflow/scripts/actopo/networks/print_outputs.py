"""
Print the outputs of a network's modules as JSON, for processes that do not import PyTorch.

    python -m actopo.networks.print_outputs '[{"architecture": "googlenet"}, [224, 224, 3]]'

The argument is the network, as `actopo.config.layers.network_keys` returns it, and the shape (h, w, c) of the images. A
third entry says what the rules for layouts leave open, as `models.NAME.layout` does. The output is a list with the
attributes of every output, as `actopo.networks.outputs.Output` has them; errors are one line.
"""

import json

from actopo.answers import answer
from actopo.networks.build import build
from actopo.networks.outputs import find_outputs


def find(question):
    """Outputs of the modules of one network."""
    network, shape, *layout = json.loads(question)
    outputs = find_outputs(build(**network, n_channels=shape[2], seed=0, pretrained=True), shape, *layout)
    return [output._asdict() for output in outputs]


if __name__ == "__main__":
    answer(find)
