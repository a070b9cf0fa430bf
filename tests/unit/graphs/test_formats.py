"""Exported mapper graphs read back, by the readers of the tests and by the programs that the formats belong to."""

import json
import re
import shutil

import kmapper
import networkx as nx
import numpy as np
import pytest
from actopo.errors import InputError
from actopo.graphs.choices import FORMATS
from actopo.graphs.formats import to_graphml, to_keplermapper, to_mapper_interactive
from actopo.mapper.covers import IntervalCover
from actopo.mapper.graph import mapper_graph, n_components
from actopo.mapper.node_link import node_link
from readers import (
    from_graphml,
    from_keplermapper,
    from_mapper_interactive,
    listed_by_mapper_interactive,
    opened_by_mapper_interactive,
)
from sklearn.cluster import DBSCAN

FACTS = {
    "model": "resnet18_b",
    "seed": 3,
    "draw": 0,
    "noise": 0.25,
    "lens": "l2",
    "intervals": 8,
    "overlap": 0.25,
    "eps": 1.2,
    "eps_choice": {"rule": "median", "knee_rank": None},
    "levels": [1, 2],
}
CLASSES = ["cat", "deer & <fawn>", "Müsli dog"]


def example(eps=1.2, seed=2):
    rng = np.random.default_rng(seed)
    points = rng.normal(scale=3, size=(4, 3))[rng.integers(0, 4, 300)] + rng.normal(size=(300, 3))
    lens, labels = np.linalg.norm(points, axis=1), rng.integers(0, 3, 300)
    return mapper_graph(points, lens, IntervalCover(8), DBSCAN(eps=eps)), labels, lens


def assert_same(read, graph):
    np.testing.assert_array_equal(read.incidence.toarray(), graph.incidence.toarray())
    for name in ("interval", "edges", "shared", "jaccard"):
        np.testing.assert_array_equal(getattr(read, name), getattr(graph, name))
        assert getattr(read, name).dtype == getattr(graph, name).dtype
    assert read.sizes.tolist() == graph.sizes.tolist()


def through_json(data):
    return json.loads(json.dumps(data, allow_nan=False))


@pytest.mark.parametrize("eps", [1.2, 1e-9])
def test_round_trips(eps):
    graph, labels, lens = example(eps)
    assert (graph.n_nodes > 5) == (eps > 1)
    assert_same(from_graphml(to_graphml(graph, labels, lens, CLASSES)), graph)
    assert_same(from_keplermapper(through_json(to_keplermapper(graph))), graph)
    exported = through_json(to_mapper_interactive(graph, labels, lens, CLASSES))
    assert_same(from_mapper_interactive(exported, n_points=300), graph)


def test_graphml_in_networkx(tmp_path):
    graph, labels, lens = example()
    path = tmp_path / "graph.graphml"
    path.write_text(to_graphml(graph, labels, lens, CLASSES, FACTS), encoding="utf-8")
    read = nx.read_graphml(path, node_type=int)
    expected = nx.node_link_graph(node_link(graph, labels, lens, CLASSES), edges="links")
    assert list(read.nodes) == list(expected.nodes)
    assert {frozenset(edge) for edge in read.edges} == {frozenset(edge) for edge in expected.edges}
    facts = {name: FACTS[name] for name in ("model", "seed", "draw", "noise")}
    facts |= {
        "lens": "l2",
        "intervals": 8,
        "overlap": 0.25,
        "eps": 1.2,
        "eps_choice.rule": "median",
        "levels": "[1, 2]",
    }
    assert read.graph == expected.graph | facts | {"node_default": {}, "edge_default": {}}
    for i, j in expected.edges:
        assert read.edges[i, j] == expected.edges[i, j]
    for k, node in expected.nodes.items():
        found = read.nodes[k]
        composition = {name: found.pop(f"points of {name}") for name in CLASSES}
        assert {name: count for name, count in composition.items() if count} == node.pop("composition")
        members = [int(x) for x in found.pop("members").split()]
        assert members == np.flatnonzero(graph.incidence.toarray()[:, k]).tolist()
        assert found == node


@pytest.mark.parametrize(
    "name", ["$x", "<script>alert(1)</script>", "a\x01b", "a\ufffe", "中文", "👨‍👩‍👧", "=1+1", "]]>"]
)
def test_graphml_of_classes_with_odd_names(name):
    graph, labels, lens = example()
    text = to_graphml(graph, labels, lens, ["cat", "dog", name], {"lens": f"lens {name}"})
    assert_same(from_graphml(text), graph)
    read = nx.parse_graphml(text)
    printed = name.replace("\x01", "\ufffd").replace("\ufffe", "\ufffd")
    assert f"points of {printed}" in read.nodes["0"]
    assert read.graph["lens"] == f"lens {printed}"


def test_keplermapper_opens_it(tmp_path):
    graph, _, lens = example()
    exported = to_keplermapper(graph, {**FACTS, "clusterer": str(DBSCAN(eps=1.2))})
    page = tmp_path / "graph.html"
    kmapper.KeplerMapper().visualize(
        through_json(exported),
        path_html=str(page),
        color_values=lens,
        color_function_name="l2 norm",
        lens=lens[:, None],
    )
    text = page.read_text(encoding="utf-8")
    assert all(name in text for name in exported["nodes"])
    assert "DBSCAN(eps=1.2)" in text
    # The names are those that KeplerMapper gives to its own graphs.
    theirs = kmapper.KeplerMapper().map(lens[:, None], lens[:, None], cover=kmapper.Cover(8, 0.25))["meta_data"]
    for name, value in {"projection": "l2", "n_cubes": "8", "perc_overlap": "0.25"}.items():
        assert name in theirs
        assert exported["meta_data"][name] == value
    shown = " ".join(re.sub("<[^>]*>", " ", text).split())
    for name in ("projection", "n_cubes", "perc_overlap", "eps", "eps_choice.rule"):
        assert re.search(rf"{re.escape(name)}\W+{re.escape(exported['meta_data'][name])}", shown, re.IGNORECASE), name
    networkx = kmapper.to_nx(exported)
    assert set(networkx.nodes) == set(exported["nodes"])
    names = list(exported["nodes"])
    assert {frozenset(e) for e in networkx.edges} == {frozenset((names[i], names[j])) for i, j in graph.edges}


def test_keplermapper_has_the_same_dictionary():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(300, 2))
    lens, clusterer = points[:, 0], DBSCAN(eps=0.4)
    theirs = kmapper.KeplerMapper().map(lens[:, None], points, clusterer=clusterer, cover=kmapper.Cover(6, 0.3))
    graph = mapper_graph(points, lens, IntervalCover(6, 0.3, "overhang"), clusterer)
    ours = to_keplermapper(graph)
    assert set(ours) == set(theirs) - {"sample_id_lookup"}
    assert ours["nodes"] == {name: list(members) for name, members in theirs["nodes"].items()}
    assert ours["links"] == theirs["links"]
    assert sorted(map(sorted, ours["simplices"])) == sorted(map(sorted, theirs["simplices"]))
    assert_same(from_keplermapper(theirs, n_points=300), graph)


def test_mapper_interactive_form():
    graph, labels, lens = example()
    exported = to_mapper_interactive(graph, labels, lens, CLASSES, FACTS)
    assert list(exported) == ["nodes", "edges", "categorical_cols", "numerical_col_keys", "parameters"]
    assert exported["parameters"] == FACTS
    assert (exported["categorical_cols"], exported["numerical_col_keys"]) == (["label"], ["lens"])
    for node in exported["nodes"].values():
        own, counts = node["vertices"], node["categorical_cols_summary"]["label"]
        assert counts == {n: c for k, n in enumerate(CLASSES) if (c := np.count_nonzero(labels[own] == k))}
        assert node["avgs"]["lens"] == pytest.approx(lens[own].mean(), rel=1e-14)


def test_mapper_interactive_lists_and_opens_it(tmp_path):
    graph, labels, lens = example()
    folder, text = tmp_path / "seed0", json.dumps(to_mapper_interactive(graph, labels, lens, CLASSES, FACTS))
    for suffix in ("", ".draw1.noise0.5"):
        for kind, place in FORMATS.items():
            path = folder / place.format(sampling="full", suffix=suffix, layer=16)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text if kind == "mapper_interactive" else "another format", encoding="utf-8")
    (folder / "full/layer16.json").write_text("the graph itself")
    # Other files of the folder's neighbours are not listed, and what is listed is found by its name.
    uploads = tmp_path / "uploads"
    shutil.copytree(folder / "mapper_interactive", uploads / "mine")
    listed = listed_by_mapper_interactive(uploads / "mine")
    assert [path.name for path in listed] == ["mapper_full.draw1.noise0.5_layer16.json", "mapper_full_layer16.json"]
    assert len(listed_by_mapper_interactive(folder)) == 2
    for path in listed:
        nodes, links, components, categories, numbers = opened_by_mapper_interactive(uploads, path)
        assert [node["size"] for node in nodes] == graph.sizes.tolist()
        assert links == {(i + 1, j + 1) for i, j in graph.edges.tolist()}
        assert len(components) == n_components(graph)
        assert all(set(node["categorical_cols_summary"]) == set(categories) for node in nodes)
        assert all(set(node["avgs"]) == set(numbers) for node in nodes)


def test_foreign_graphs():
    # Names without an interval, an edge in either direction and twice, one that is weaker than the nerve.
    graph = from_keplermapper(
        {"nodes": {"b": [3, 0], "a": [3, 1, 0], "c": [1]}, "links": {"a": ["b"], "b": ["a"]}}, n_points=6
    )
    assert (graph.n_points, graph.interval.tolist()) == (6, [-1, -1, -1])
    assert graph.edges.tolist() == [[0, 1]]
    assert (graph.shared.tolist(), graph.jaccard.tolist()) == ([2], [2 / 3])
    assert_same(from_keplermapper(to_keplermapper(graph)), graph)
    unnumbered = nx.Graph()
    unnumbered.add_node("x", members="2 4")
    assert from_graphml("\n".join(nx.generate_graphml(unnumbered))).sizes.tolist() == [2]


def test_shared_counts_beyond_int8():
    data = {"nodes": {"a": list(range(1000)), "b": list(range(1000))}, "links": {"a": ["b"]}}
    assert from_keplermapper(data).shared.tolist() == [1000]


def test_labels_must_fit():
    graph, labels, lens = example()
    for write in (to_graphml, to_mapper_interactive):
        with pytest.raises(InputError, match="300 whole numbers"):
            write(graph, labels[:9], lens, CLASSES)
