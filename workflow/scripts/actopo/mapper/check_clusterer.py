"""
Check the import path and the parameters of a clusterer, for processes that do not import it.

    python -m actopo.mapper.check_clusterer '[{"path": "sklearn.cluster.HDBSCAN", "params": {"min_cluster_size": 20}}]'

The answer is an empty list; errors are one line.
"""

import json

from actopo.answers import answer
from actopo.mapper.clusterers import load_clusterer


def find(question):
    """Raise an error if there is no such clusterer."""
    [clusterer] = json.loads(question)
    load_clusterer(clusterer["path"], clusterer.get("params"))
    return []


if __name__ == "__main__":
    answer(find)
