"""
Mapper graphs in other programs' formats, and back.

=================  ==============================  ==========================================================
format             write, read                     opens in
=================  ==============================  ==========================================================
GraphML            :func:`to_graphml`,             Gephi, Cytoscape, igraph, networkx
                   :func:`from_graphml`
KeplerMapper       :func:`to_keplermapper`,        ``kmapper.KeplerMapper().visualize(graph, ...)``
                   :func:`from_keplermapper`
MapperInteractive  :func:`to_mapper_interactive`,  MapperInteractive's "import graph"
                   :func:`from_mapper_interactive`
=================  ==============================  ==========================================================

Every writer returns plain text or a dictionary that JSON takes. A node keeps its members, indices of points, so that
a reader returns the graph that was written. The readers take graphs of those programs too: what a format does not
store is found from the members. For networkx's node-link form see :func:`actopo.mapper.node_link`.

References
----------
.. [1] Brandes, Eiglsperger, Herman, Himsolt and Marshall (2002), "GraphML Progress Report".
.. [2] van Veen, Saul, Eargle and Mangham (2019), "Kepler Mapper: A Flexible Python Implementation of the Mapper
   Algorithm", Journal of Open Source Software.
.. [3] Zhou, Chalapathi, Rathore, Zhao and Wang (2021), "Mapper Interactive: A Scalable, Extendable, and Interactive
   Toolbox for the Visual Exploration of High-Dimensional Data", PacificVis.
"""

import re

import networkx as nx
import numpy as np
from scipy import sparse

from actopo.errors import InputError
from actopo.mapper import MapperGraph, node_link


def to_graphml(graph, labels, lens, class_names):
    """
    Mapper graph as GraphML text.

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
    str
        Nodes and edges have what :func:`actopo.mapper.node_link` gives them; the composition is one attribute
        ``points of <class>`` for each class, and ``members`` the indices of the points, with spaces between.

    Raises
    ------
    InputError
        If `labels` or `lens` does not fit the graph's points.
    """
    described = node_link(graph, labels, lens, class_names)
    export = nx.Graph(**described["graph"])
    for node, members in zip(described["nodes"], _node_members(graph), strict=True):
        composition = node.pop("composition")
        counts = {f"points of {name}": composition.get(str(name), 0) for name in class_names}
        export.add_node(node.pop("id"), **node, **counts, members=" ".join(map(str, members)))
    for link in described["links"]:
        export.add_edge(link.pop("source"), link.pop("target"), **link)
    return "\n".join(nx.generate_graphml(export)) + "\n"


def from_graphml(text):
    """
    Mapper graph from GraphML text that has its members, see :func:`to_graphml`.

    Parameters
    ----------
    text : str
        Nodes with the attribute ``members``, and ``interval`` where it is known.

    Returns
    -------
    MapperGraph

    Raises
    ------
    InputError
        If the text is no GraphML or a node has no members.
    """
    try:
        read = nx.parse_graphml(text)
    except (nx.NetworkXException, SyntaxError, KeyError) as error:
        raise InputError(f"this is no GraphML that networkx can read: {error}.") from error
    strays = [node for node, found in read.nodes.items() if "members" not in found]
    if strays:
        raise InputError(f"node {strays[0]!r} of the GraphML has no attribute 'members', the indices of its points.")
    members = {node: [int(x) for x in str(found["members"]).split()] for node, found in read.nodes.items()}
    intervals = [int(found.get("interval", -1)) for found in read.nodes.values()]
    return _graph(members, intervals, read.edges, read.graph.get("n_points"))


def to_keplermapper(graph, meta=None):
    """
    Mapper graph as KeplerMapper's dictionary.

    Parameters
    ----------
    graph : MapperGraph
        The graph to export.
    meta : dict, optional
        What to show of how the graph was made, values of any type.

    Returns
    -------
    dict
        ``nodes`` (members of ``cube<interval>_cluster<k>``, the k-th node of the interval), ``links`` (each edge
        once, at its first node), ``simplices`` (nodes, then edges), ``meta_data`` (`meta` as text, and
        ``n_points``) and ``meta_nodes``.
    """
    names = _node_names(graph)
    links = _links(graph, names)
    return {
        "nodes": {name: members.tolist() for name, members in zip(names, _node_members(graph), strict=True)},
        "links": links,
        "simplices": [[name] for name in names] + [[names[i], names[j]] for i, j in graph.edges],
        "meta_data": {**{str(key): str(value) for key, value in (meta or {}).items()}, "n_points": str(graph.n_points)},
        "meta_nodes": {},
    }


def from_keplermapper(data, n_points=None):
    """
    Mapper graph from KeplerMapper's dictionary, its own or that of :func:`to_keplermapper`.

    Parameters
    ----------
    data : dict
        With ``nodes`` and ``links``.
    n_points : int, optional
        Number of points in the whole cloud; by default the one in ``meta_data``, else the largest member's index
        and one.

    Returns
    -------
    MapperGraph
        Nodes in the order of `data`. The interval is that in a node's name, -1 where it has none.

    Raises
    ------
    InputError
        If nodes or links are missing or do not fit each other.
    """
    nodes, links = _sections(data, "nodes", "links")
    if n_points is None:
        n_points = data.get("meta_data", {}).get("n_points")
    return _graph(nodes, [_interval(name) for name in nodes], _pairs(links), n_points)


def to_mapper_interactive(graph, labels, lens, class_names):
    """
    Mapper graph as MapperInteractive's dictionary.

    Parameters
    ----------
    graph, labels, lens, class_names
        As in :func:`to_graphml`.

    Returns
    -------
    dict
        ``nodes`` (``vertices``, ``categorical_cols_summary`` with the points of each class present under ``label``,
        ``avgs`` with the mean ``lens``), ``edges`` (each once, at its first node), ``categorical_cols`` and
        ``numerical_col_keys``.

    Raises
    ------
    InputError
        If `labels` or `lens` does not fit the graph's points.
    """
    described = node_link(graph, labels, lens, class_names)["nodes"]
    names = _node_names(graph)
    nodes = {
        name: {
            "categorical_cols_summary": {"label": node["composition"]},
            "vertices": members.tolist(),
            "avgs": {"lens": node["lens_mean"]},
        }
        for name, members, node in zip(names, _node_members(graph), described, strict=True)
    }
    return {
        "nodes": nodes,
        "edges": _links(graph, names),
        "categorical_cols": ["label"],
        "numerical_col_keys": ["lens"],
    }


def from_mapper_interactive(data, n_points=None):
    """
    Mapper graph from MapperInteractive's dictionary, its own or that of :func:`to_mapper_interactive`.

    Parameters
    ----------
    data : dict
        With ``nodes`` and ``edges``.
    n_points : int, optional
        Number of points in the whole cloud, which the format does not store; by default the largest member's index
        and one.

    Returns
    -------
    MapperGraph
        As :func:`from_keplermapper`.

    Raises
    ------
    InputError
        If nodes or edges are missing or do not fit each other.
    """
    nodes, edges = _sections(data, "nodes", "edges")
    strays = [name for name, node in nodes.items() if "vertices" not in node]
    if strays:
        raise InputError(f"node {strays[0]!r} has no 'vertices', the indices of its points.")
    members = {name: node["vertices"] for name, node in nodes.items()}
    return _graph(members, [_interval(name) for name in nodes], _pairs(edges), n_points)


def _node_members(graph):
    columns = sparse.csc_array(graph.incidence)
    columns.sort_indices()
    return np.split(columns.indices, columns.indptr[1:-1]) if graph.n_nodes else []


def _node_names(graph):
    """Names in KeplerMapper's manner: the nodes of an interval are counted from 0."""
    seen = dict.fromkeys(graph.interval.tolist(), 0)
    names = []
    for interval in graph.interval.tolist():
        names.append(f"cube{interval}_cluster{seen[interval]}")
        seen[interval] += 1
    return names


def _links(graph, names):
    links = {}
    for i, j in graph.edges:
        links.setdefault(names[i], []).append(names[j])
    return links


def _sections(data, *keys):
    for key in keys:
        if not isinstance(data.get(key) if isinstance(data, dict) else None, dict):
            raise InputError(f"this is no mapper graph of that format: it has no dictionary {key!r}.")
    return [data[key] for key in keys]


def _pairs(links):
    return [(first, second) for first, others in links.items() for second in others]


def _interval(name):
    found = re.match(r"cube(\d+)_", str(name))
    return int(found[1]) if found else -1


def _graph(members, intervals, edges, n_points):
    """Graph of named nodes and edges; the points that two nodes share are counted."""
    place = {name: i for i, name in enumerate(members)}
    strays = [name for pair in edges for name in pair if name not in place]
    if strays:
        raise InputError(f"an edge leads to node {strays[0]!r}, which is not there.")
    sizes = np.array([len(own) for own in members.values()], dtype=np.int64)
    rows = np.concatenate([np.asarray(own, dtype=np.int64) for own in members.values()] or [np.empty(0, np.int64)])
    n_points = int(rows.max(initial=-1)) + 1 if n_points is None else int(n_points)
    if len(rows) and not 0 <= rows.min() <= rows.max() < n_points:
        raise InputError(f"members run from {rows.min()} to {rows.max()} but the cloud has {n_points} points.")
    columns = np.repeat(np.arange(len(sizes)), sizes)
    incidence = sparse.csr_array((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(n_points, len(sizes)))
    if len(rows) and incidence.data.max() > 1:
        raise InputError("a node has a point twice among its members; name each once.")
    pairs = sorted({tuple(sorted((place[a], place[b]))) for a, b in edges})
    pairs = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    counts = sparse.csc_array(incidence, dtype=np.int64)
    shared = (counts[:, pairs[:, 0]] * counts[:, pairs[:, 1]]).sum(axis=0).astype(np.int64)
    return MapperGraph(
        incidence=incidence,
        interval=np.array(intervals, dtype=np.int64),
        edges=pairs,
        shared=shared,
        jaccard=shared / (sizes[pairs].sum(axis=1) - shared),
    )
