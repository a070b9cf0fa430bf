"""
Check the import path and the parameters of a clusterer, for processes that do not import it.

    python -m actopo.mapper.check_clusterer '[{"path": "sklearn.cluster.HDBSCAN", "params": {"min_cluster_size": 20}}]'

Nothing is printed but an empty list; errors are one line.
"""

import json
import sys

from actopo.errors import InputError
from actopo.mapper.clusterers import load_clusterer


def main(question):
    """Raise an error if there is no such clusterer."""
    [clusterer] = json.loads(question)
    load_clusterer(clusterer["path"], clusterer.get("params"))
    print("[]")


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except InputError as error:
        sys.exit(f"error: {' '.join(str(error).split())}")
