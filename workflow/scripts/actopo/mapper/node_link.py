"""A mapper graph as a document that networkx reads."""

import numpy as np

from actopo.errors import InputError
from actopo.mapper.composition import composition
from actopo.mapper.covers import checked_lens
from actopo.mapper.graph import n_components, n_cycles


def node_link(graph, labels, lens, class_names):
    """
    Mapper graph as a JSON-ready dictionary in networkx's node-link form, its edges under the key ``links``.

    Read it back with ``networkx.node_link_graph(data, edges="links")``.

    Parameters
    ----------
    graph : MapperGraph
        The graph to export.
    labels : ndarray of shape (n_points,), int
        Class of each point, an index into `class_names`.
    lens : ndarray of shape (n_points,)
        Lens value of each point.
    class_names : sequence of str
        Name of each class.

    Returns
    -------
    dict
        ``nodes`` with ``id``, ``interval``, ``size``, ``composition`` (points of each class present),
        ``lens_min``, ``lens_max``, ``lens_mean`` and ``purity``; ``links`` with ``source``, ``target``,
        ``shared`` and ``jaccard``; also ``directed``, ``multigraph`` and ``graph`` (``n_points``,
        ``n_components``, ``n_cycles``).

    Raises
    ------
    InputError
        If `labels` or `lens` does not fit the graph's points.
    """
    lens = checked_lens(lens)
    if len(lens) != graph.n_points:
        raise InputError(
            f"there are {len(lens)} lens values but the graph has {graph.n_points} points; "
            "pass the lens that the graph was made with."
        )
    counts = composition(graph.incidence, labels, len(class_names))
    by_node = graph.incidence.tocsc()
    nodes = []
    for k in range(graph.n_nodes):
        present = np.flatnonzero(counts[k])
        values = lens[by_node.indices[by_node.indptr[k] : by_node.indptr[k + 1]]]
        nodes.append(
            {
                "id": k,
                "interval": int(graph.interval[k]),
                "size": len(values),
                "composition": {str(class_names[c]): int(counts[k, c]) for c in present},
                "lens_min": float(values.min()),
                "lens_max": float(values.max()),
                "lens_mean": float(values.mean()),
                # The node-wise purity of actopo.graphs.purity.
                "purity": 1 / len(present),
            }
        )
    links = [
        {"source": int(i), "target": int(j), "shared": int(s), "jaccard": float(w)}
        for (i, j), s, w in zip(graph.edges, graph.shared, graph.jaccard, strict=True)
    ]
    facts = {"n_points": graph.n_points, "n_components": n_components(graph), "n_cycles": n_cycles(graph)}
    return {"directed": False, "multigraph": False, "graph": facts, "nodes": nodes, "links": links}
