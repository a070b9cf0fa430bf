"""
Print how the images of published weights are prepared as JSON, for processes that do not import PyTorch.

    python -m actopo.networks.print_preprocessing '[{"architecture": "alexnet"}, "DEFAULT"]'

The argument is the network, as `actopo.config.layers.network_keys` returns it, and the name or file of its weights. The
output is a dict as `actopo.networks.preprocessing.preprocessing` returns it; errors are one line.
"""

import json

from actopo.answers import answer
from actopo.networks.preprocessing import preprocessing


def find(question):
    """Size and normalisation of the images of the weights of one network."""
    return preprocessing(*json.loads(question))


if __name__ == "__main__":
    answer(find)
