"""Graphs in networkx's form."""

import json

import networkx as nx
import numpy as np
import pytest
from actopo.errors import InputError
from actopo.mapper.covers import IntervalCover, make_cover
from actopo.mapper.graph import mapper_graph, n_components, n_cycles
from actopo.mapper.node_link import node_link
from sklearn.cluster import DBSCAN

from unit.mapper.examples import blobs, edge_sets, node_sets


def test_two_lenses():
    points, norms = blobs(2)
    lens = np.stack([norms, points[:, 1]], axis=1)
    graph = mapper_graph(points, lens, make_cover(lens, 4, 0.3, "fit"), DBSCAN(eps=1.2))
    labels = np.zeros(len(points), dtype=int)
    both, first, second = (node_link(graph, labels, own, ["cat"])["nodes"] for own in (lens, lens[:, 0], lens[:, 1]))
    assert len(both) > 4
    for node, one, other in zip(both, first, second, strict=True):
        assert {name: node[name] for name in one} == one
        assert [node[f"lens2_{name}"] for name in ("min", "max", "mean")] == [
            other[f"lens_{name}"] for name in ("min", "max", "mean")
        ]
    with pytest.raises(InputError, match="one or two numbers"):
        node_link(graph, labels, points, ["cat"])


def test_node_link_round_trip():
    points, lens = blobs(2)
    labels = np.random.default_rng(0).integers(0, 3, len(points))
    graph = mapper_graph(points, lens, IntervalCover(8), DBSCAN(eps=1.2))
    data = json.loads(json.dumps(node_link(graph, labels, lens, ["cat", "deer", "dog"]), allow_nan=False))
    read = nx.node_link_graph(data, edges="links")
    assert nx.node_link_data(read, edges="links") == data
    assert {tuple(sorted(edge)) for edge in read.edges} == edge_sets(graph)
    assert nx.number_connected_components(read) == n_components(graph) == data["graph"]["n_components"]
    assert len(nx.cycle_basis(read)) == n_cycles(graph) == data["graph"]["n_cycles"]
    for one, other, link in read.edges(data=True):
        members, others = (node_sets(graph)[end] for end in (one, other))
        assert link["shared"] == len(members & others)
        assert link["jaccard"] == len(members & others) / len(members | others)
    for k, members in enumerate(map(sorted, node_sets(graph))):
        node = read.nodes[k]
        assert node["interval"] == graph.interval[k]
        assert node["size"] == len(members) == sum(node["composition"].values())
        assert node["composition"].get("deer", 0) == np.count_nonzero(labels[members] == 1)
        assert node["purity"] == 1 / len(set(labels[members]))
        assert (node["lens_min"], node["lens_max"]) == (lens[members].min(), lens[members].max())
        assert node["lens_mean"] == pytest.approx(lens[members].mean(), rel=1e-15)
