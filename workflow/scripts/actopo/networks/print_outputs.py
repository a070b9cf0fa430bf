"""
Print the outputs of a network's modules as JSON, for processes that do not import PyTorch.

    python -m actopo.networks.print_outputs '[{"architecture": "googlenet"}, [224, 224, 3], null, 10]'

The argument is that of `actopo.networks.print_layers`. The output is a list with the attributes of every output, as
`actopo.networks.outputs.Output` has them, without those of single heads of attention; errors are one line.
"""

import json

from actopo.answers import answer
from actopo.networks.heads import described_outputs
from actopo.networks.listed import build_listed


def find(question):
    """Outputs of the modules of one network."""
    network, shape, weights, n_classes, *layout = json.loads(question)
    return described_outputs(build_listed(network, shape, weights, n_classes), shape, *layout)


if __name__ == "__main__":
    answer(find)
