"""Clouds and graphs, and DBSCAN of scikit-learn."""

import numpy as np
from sklearn.cluster import DBSCAN as Reference


def reference(points, eps, min_samples=5):
    return Reference(eps=eps, min_samples=min_samples).fit(points).labels_


def blobs(seed, n=300, c=3):
    rng = np.random.default_rng(seed)
    points = rng.normal(scale=3, size=(4, c))[rng.integers(0, 4, n)] + rng.normal(size=(n, c))
    return points, np.linalg.norm(points, axis=1)


def node_sets(graph):
    columns = graph.incidence.tocsc()
    return [set(columns.indices[a:b]) for a, b in zip(columns.indptr, columns.indptr[1:], strict=False)]


def edge_sets(graph):
    return {tuple(edge) for edge in graph.edges.tolist()}


def same(graph, other):
    """Whether two graphs are equal bit for bit, the layout of the incidence too."""
    parts = [
        [g.incidence.indptr, g.incidence.indices, g.incidence.data, g.interval, g.edges, g.shared, g.jaccard]
        for g in (graph, other)
    ]
    return graph.incidence.shape == other.incidence.shape and all(
        a.dtype == b.dtype and a.tobytes() == b.tobytes() for a, b in zip(*parts, strict=True)
    )
