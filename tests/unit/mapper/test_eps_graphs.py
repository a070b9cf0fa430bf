"""Graphs at several values of eps come back as they were."""

import numpy as np
import pytest
from actopo.mapper.eps_graphs import kept_places, load_graphs, writing_graphs
from actopo.mapper.graph import nerve


def test_ends_are_kept_and_the_others_are_even():
    assert kept_places(5) == [0, 1, 2, 3, 4]
    assert kept_places(1) == [0]
    places = kept_places(60)
    assert (len(places), places[0], places[-1]) == (20, 0, 59)
    assert set(np.diff(places)) <= {3, 4}


def test_graphs_come_back(tmp_path):
    members = [np.arange(4), np.arange(2, 6)]
    graphs = [nerve(6, [(own, labels) for own in members]) for labels in (np.zeros(4, dtype=int), np.full(4, -1))]
    lens, labels, images = np.linspace(0, 1, 6), np.array([0, 1, 0, 1, 0, 1]), np.arange(6)
    with writing_graphs(tmp_path / "graphs.npz", [0.5, 2], lens, labels, images) as keep:
        for graph in graphs:
            keep(graph)
    found = list(load_graphs(tmp_path / "graphs.npz"))
    assert [eps for eps, _ in found] == [0.5, 2]
    for (_, graph), expected in zip(found, graphs, strict=True):
        assert (graph.incidence != expected.incidence).nnz == 0
        assert graph.incidence.shape == expected.incidence.shape
        for name in ("interval", "edges", "shared", "jaccard"):
            np.testing.assert_array_equal(getattr(graph, name), getattr(expected, name))
    np.testing.assert_array_equal(np.load(tmp_path / "graphs.npz")["lens"], lens)


def test_no_more_graphs_than_values(tmp_path):
    graph = nerve(1, [])
    with pytest.raises(StopIteration), writing_graphs(tmp_path / "graphs.npz", [], [], [], []) as keep:
        keep(graph)
