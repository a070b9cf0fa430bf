"""
Check the import path and the parameters of a clusterer, for processes that do not import it.

    python -m actopo.mapper.check_clusterer '[{"path": "sklearn.cluster.HDBSCAN", "params": {"min_cluster_size": 20}}]'

The output is the name of the class; errors are one line.
"""

import json

from actopo.answers import answer
from actopo.mapper.clusterers import load_clusterer


def check(question):
    """Name of the class of a clusterer; an error if there is no such clusterer."""
    [clusterer] = json.loads(question)
    return type(load_clusterer(clusterer["path"], clusterer.get("params"))).__name__


if __name__ == "__main__":
    answer(check)
