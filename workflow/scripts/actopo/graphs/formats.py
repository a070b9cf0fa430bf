"""
Conversion of mapper graphs to other programs' formats.

=================  ==============================  ==========================================================
format             function                        opens in
=================  ==============================  ==========================================================
GraphML            :func:`to_graphml`              Gephi, Cytoscape, igraph, networkx
KeplerMapper       :func:`to_keplermapper`         ``kmapper.KeplerMapper().visualize(graph, ...)``
MapperInteractive  :func:`to_mapper_interactive`   MapperInteractive's "import graph"
=================  ==============================  ==========================================================

Every function returns plain text or a JSON-ready dictionary. A node keeps its members, indices of points, so that
a reader can return the graph that was written. How the graph was made travels along as `facts`, such as its eps. For
networkx's node-link form see :func:`actopo.mapper.node_link.node_link`.

MapperInteractive opens files in a folder directly under its `app/static/uploads`, and lists those whose names begin
with "mapper" and end in ".json".

References
----------
.. [1] Brandes, Eiglsperger, Herman, Himsolt and Marshall (2002), "GraphML Progress Report".
.. [2] van Veen, Saul, Eargle and Mangham (2019), "Kepler Mapper: A Flexible Python Implementation of the Mapper
   Algorithm", Journal of Open Source Software.
.. [3] Zhou, Chalapathi, Rathore, Zhao and Wang (2021), "Mapper Interactive: A Scalable, Extendable, and Interactive
   Toolbox for the Visual Exploration of High-Dimensional Data", PacificVis.
"""

import json

import networkx as nx
import numpy as np
from scipy import sparse

from actopo.errors import UNPRINTABLE
from actopo.mapper.node_link import node_link

# KeplerMapper's names of facts that have another name here.
KEPLERMAPPER_NAMES = {"lens": "projection", "intervals": "n_cubes", "overlap": "perc_overlap"}


def flat_facts(facts):
    """
    Facts about a graph without nesting, for formats whose attributes are single values.

    Parameters
    ----------
    facts : dict
        Facts by name, with values of any type that JSON can hold.

    Returns
    -------
    dict of str to str, int, float or bool
        Facts of a nested dictionary are named `outer.inner`; a list is JSON text; None is left out.
    """
    flat = {}
    for name, value in facts.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": item for inner, item in flat_facts(value).items()}
        elif value is not None:
            flat[str(name)] = value if isinstance(value, str | int | float) else json.dumps(value)
    return flat


def to_graphml(graph, labels, lens, class_names, facts=None):
    """
    Mapper graph as GraphML text.

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
    facts : dict, optional
        How the graph was made: attributes of the graph, see :func:`flat_facts`.

    Returns
    -------
    str
        Nodes and edges have the attributes of :func:`actopo.mapper.node_link.node_link`; the composition is one
        attribute ``points of <class>`` for each class, and ``members`` has the indices of the points, separated by
        spaces.

    Raises
    ------
    InputError
        If `labels` or `lens` does not fit the graph's points.
    """
    described = node_link(graph, labels, lens, class_names)
    export = nx.Graph(
        **{name: _in_xml(fact) for name, fact in flat_facts({**(facts or {}), **described["graph"]}).items()}
    )
    for node, members in zip(described["nodes"], _node_members(graph), strict=True):
        composition = node.pop("composition")
        counts = {f"points of {_in_xml(name)}": composition.get(str(name), 0) for name in class_names}
        export.add_node(node.pop("id"), **node, **counts, members=" ".join(map(str, members)))
    for link in described["links"]:
        export.add_edge(link.pop("source"), link.pop("target"), **link)
    return "\n".join(nx.generate_graphml(export)) + "\n"


def _in_xml(value):
    """A value without the characters that XML cannot hold, not even escaped."""
    return UNPRINTABLE.sub("\ufffd", value) if isinstance(value, str) else value


def to_keplermapper(graph, facts=None):
    """
    Mapper graph as KeplerMapper's dictionary.

    Parameters
    ----------
    graph : MapperGraph
        The graph to export.
    facts : dict, optional
        How the graph was made, with values of any type. KeplerMapper's page shows them; lens, intervals and overlap are
        there under KeplerMapper's own names.

    Returns
    -------
    dict
        ``nodes`` (members of ``cube<interval>_cluster<k>``, the k-th node of the interval), ``links`` (each edge
        once, at its first node), ``simplices`` (nodes, then edges), ``meta_data`` (`facts` as text, and
        ``n_points``) and ``meta_nodes``.
    """
    names = _node_names(graph)
    links = _links(graph, names)
    told = {KEPLERMAPPER_NAMES.get(key, str(key)): str(value) for key, value in flat_facts(facts or {}).items()}
    return {
        "nodes": {name: members.tolist() for name, members in zip(names, _node_members(graph), strict=True)},
        "links": links,
        "simplices": [[name] for name in names] + [[names[i], names[j]] for i, j in graph.edges],
        "meta_data": {**told, "n_points": str(graph.n_points)},
        "meta_nodes": {},
    }


def to_mapper_interactive(graph, labels, lens, class_names, facts=None):
    """
    Mapper graph as MapperInteractive's dictionary.

    Parameters
    ----------
    graph, labels, lens, class_names
        As in :func:`to_graphml`.
    facts : dict, optional
        How the graph was made.

    Returns
    -------
    dict
        ``nodes`` (``vertices``, ``categorical_cols_summary`` with the points of each class present under ``label``,
        ``avgs`` with the mean ``lens``, and ``lens2`` of a second one), ``edges`` (each once, at its first node),
        ``categorical_cols``, ``numerical_col_keys`` and ``parameters`` (`facts`, which MapperInteractive does not
        read).

    Raises
    ------
    InputError
        If `labels` or `lens` does not fit the graph's points.
    """
    described = node_link(graph, labels, lens, class_names)["nodes"]
    names = _node_names(graph)
    numbers = ["lens"] if np.ndim(lens) == 1 else ["lens", "lens2"]
    nodes = {
        name: {
            "categorical_cols_summary": {"label": node["composition"]},
            "vertices": members.tolist(),
            "avgs": {name: node[f"{name}_mean"] for name in numbers},
        }
        for name, members, node in zip(names, _node_members(graph), described, strict=True)
    }
    return {
        "nodes": nodes,
        "edges": _links(graph, names),
        "categorical_cols": ["label"],
        "numerical_col_keys": numbers,
        "parameters": facts or {},
    }


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
