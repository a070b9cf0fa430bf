"""Union-find: disjoint sets as trees, each given by an array that holds the parent of every node."""

import numpy as np

from actopo.compiled import compiled


@compiled(nogil=True)
def find_root(parent, node):
    """Root of the tree of a node; shortens the path."""
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@compiled(nogil=True)
def find_roots(parent, nodes):
    """Root of the tree of every node, in the forest that `parent` describes; shortens the paths."""
    roots = np.empty(len(nodes), dtype=np.int64)
    for p in range(len(nodes)):
        roots[p] = find_root(parent, nodes[p])
    return roots


@compiled(nogil=True)
def unite(parent, first, second):
    """Join the trees of the nodes `first` and `second`, pair by pair, under the smaller root."""
    for p in range(len(first)):
        root, other = find_root(parent, first[p]), find_root(parent, second[p])
        parent[max(root, other)] = min(root, other)
