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
    lens : ndarray of shape (n_points,) or (n_points, 2)
        Value of one or two lenses at each point.
    class_names : sequence of str
        Name of each class.

    Returns
    -------
    dict
        ``nodes`` with ``id``, ``interval``, ``size``, ``composition`` (points of each class present),
        ``lens_min``, ``lens_max``, ``lens_mean`` and ``purity``, and for a second lens ``lens2_min``, ``lens2_max`` and
        ``lens2_mean``; ``links`` with ``source``, ``target``,
        ``shared`` and ``jaccard``; also ``directed``, ``multigraph`` and ``graph`` (``n_points``,
        ``n_components``, ``n_cycles``).

    Raises
    ------
    InputError
        If `labels` or `lens` does not fit the graph's points.
    """
    lens = checked_lens(lens, n_lenses=None)
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
        members = by_node.indices[by_node.indptr[k] : by_node.indptr[k + 1]]
        nodes.append(
            {
                "id": k,
                "interval": int(graph.interval[k]),
                "size": len(members),
                "composition": {str(class_names[c]): int(counts[k, c]) for c in present},
                **_summary("lens", lens[members] if lens.ndim == 1 else lens[members, 0]),
                # The node-wise purity of actopo.graphs.purity.
                "purity": 1 / len(present),
                **({} if lens.ndim == 1 else _summary("lens2", lens[members, 1])),
            }
        )
    links = [
        {"source": int(i), "target": int(j), "shared": int(s), "jaccard": float(w)}
        for (i, j), s, w in zip(graph.edges, graph.shared, graph.jaccard, strict=True)
    ]
    facts = {"n_points": graph.n_points, "n_components": n_components(graph), "n_cycles": n_cycles(graph)}
    return {"directed": False, "multigraph": False, "graph": facts, "nodes": nodes, "links": links}


def _summary(name, values):
    """Minimum, maximum and mean of lens values."""
    return {
        f"{name}_min": float(values.min()),
        f"{name}_max": float(values.max()),
        f"{name}_mean": float(values.mean()),
    }
