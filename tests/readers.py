"""
Readers of the formats that mapper graphs are exported to, for tests of the way there and back.

They take graphs of the other programs too: what a format does not store is found from the members.
"""

import json
import re

import networkx as nx
import numpy as np
from actopo.mapper.graph import MapperGraph
from scipy import sparse


def from_graphml(text):
    """Mapper graph from GraphML text whose nodes have `members`, and `interval` where it is known."""
    read = nx.parse_graphml(text)
    members = {node: [int(x) for x in str(found["members"]).split()] for node, found in read.nodes.items()}
    intervals = [int(found.get("interval", -1)) for found in read.nodes.values()]
    return _graph(members, intervals, read.edges, read.graph.get("n_points"))


def from_keplermapper(data, n_points=None):
    """Mapper graph from KeplerMapper's dictionary; the interval is that in a node's name, -1 where it has none."""
    if n_points is None:
        n_points = data.get("meta_data", {}).get("n_points")
    nodes = data["nodes"]
    return _graph(nodes, [_interval(name) for name in nodes], _pairs(data["links"]), n_points)


def from_mapper_interactive(data, n_points=None):
    """Mapper graph from MapperInteractive's dictionary, which does not store the number of points."""
    members = {name: node["vertices"] for name, node in data["nodes"].items()}
    return _graph(members, [_interval(name) for name in members], _pairs(data["edges"]), n_points)


def listed_by_mapper_interactive(folder):
    """Files that MapperInteractive offers when a folder is chosen, in the folder itself or below."""
    return [path for path in sorted(folder.rglob("*")) if path.name.startswith("mapper") and path.suffix == ".json"]


def opened_by_mapper_interactive(uploads, path):
    """
    What MapperInteractive draws of a listed file: a graph, its connected components, its categories and numbers.

    Its page sends the first folder of the path and the name of the file, and its server opens the file of that name in
    that folder of the uploads. Nodes are numbered from 1, components hold indices of nodes from 0.
    """
    folder = path.relative_to(uploads).parts[0]
    content = json.loads((uploads / folder / path.name).read_text(encoding="utf-8"))
    number = {name: i for i, name in enumerate(content["nodes"], start=1)}
    nodes = [
        {"id": str(i), "size": len(node["vertices"]), **node} for i, node in enumerate(content["nodes"].values(), 1)
    ]
    links = {tuple(sorted((number[a], number[b]))) for a, others in content["edges"].items() for b in others}
    drawn = nx.Graph()
    drawn.add_nodes_from(range(len(nodes)))
    drawn.add_edges_from((a - 1, b - 1) for a, b in links)
    components = [sorted(component) for component in nx.connected_components(drawn)]
    return nodes, links, components, content["categorical_cols"], content["numerical_col_keys"]


def _pairs(links):
    return [(first, second) for first, others in links.items() for second in others]


def _interval(name):
    found = re.match(r"cube(\d+)_", str(name))
    return int(found[1]) if found else -1


def _graph(members, intervals, edges, n_points):
    """Graph of named nodes and edges; the points that two nodes share are counted."""
    place = {name: i for i, name in enumerate(members)}
    sizes = np.array([len(own) for own in members.values()], dtype=np.int64)
    rows = np.concatenate([np.asarray(own, dtype=np.int64) for own in members.values()] or [np.empty(0, np.int64)])
    n_points = int(rows.max(initial=-1)) + 1 if n_points is None else int(n_points)
    columns = np.repeat(np.arange(len(sizes)), sizes)
    incidence = sparse.csr_array((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(n_points, len(sizes)))
    assert incidence.data.max(initial=1) == 1, "a node has a point twice among its members"
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
