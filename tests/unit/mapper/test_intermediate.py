"""What the jobs of one graph hand on comes back as it was."""

import json

import numpy as np
import pytest
from actopo.files import load_arrays
from actopo.mapper.clusterers import describe_clusterer, make_clusterer
from actopo.mapper.covers import IntervalCover
from actopo.mapper.dbscan import DBSCAN
from actopo.mapper.graph import cluster_intervals, join, mapper_graph
from actopo.mapper.intermediate import (
    MEMBERSHIP,
    load_choice,
    load_incidence,
    load_intervals,
    save_choice,
    save_intervals,
    save_membership,
)

from unit.mapper.examples import blobs, same


@pytest.mark.parametrize(
    ("clusterer", "eps"),
    [("dbscan", "knee"), ("dbscan", 1.25), ({"path": "sklearn.cluster.KMeans", "params": {"n_clusters": 3}}, 1.25)],
)
def test_choices_come_back(tmp_path, clusterer, eps):
    points, _ = blobs(0)
    description, nearest = describe_clusterer(points, clusterer, eps, 4)
    save_choice(tmp_path / "choice.npz", description, nearest)
    again, arrays = load_choice(tmp_path / "choice.npz")
    assert again == description == json.loads(json.dumps(description))
    assert list(arrays) == list(nearest)
    for name, array in nearest.items():
        np.testing.assert_array_equal(arrays[name], array)
    assert (list(arrays) == ["nearest_neighbour_distance"]) == (eps == "knee")
    assert type(make_clusterer(again)[0]) is type(make_clusterer(description)[0])


def test_graph_of_intervals_from_files_is_the_graph(tmp_path):
    points, lens = blobs(3)
    cover, clusterer = IntervalCover(6, 0.4), DBSCAN(1.2)
    for part, own in enumerate(([4, 0], [1, 2, 3], [5], [])):
        save_intervals(tmp_path / f"{part}.npz", cluster_intervals(points, lens, cover, clusterer, own))
    parts = [list(load_intervals(tmp_path / f"{part}.npz")) for part in range(4)]
    assert [[interval for interval, _, _ in part] for part in parts] == [[4, 0], [1, 2, 3], [5], []]
    whole = mapper_graph(points, lens, cover, clusterer)
    assert len(whole.edges) > 3
    assert same(join(len(points), 6, parts), whole)


@pytest.mark.parametrize("eps", [1.2, 1e-9])
def test_membership_holds_the_graph_and_its_points(tmp_path, eps):
    points, lens = blobs(1)
    labels, images = np.arange(len(points)) % 5, np.arange(len(points)) // 3
    graph = mapper_graph(points, lens, IntervalCover(5), DBSCAN(eps))
    assert (graph.n_nodes > 0) == (eps > 1)
    curve = np.array([3.0, 2.0])
    save_membership(tmp_path / "a.npz", graph, labels, images, nearest_neighbour_distance=curve)
    with load_arrays(tmp_path / "a.npz") as file:
        assert file.files == [*MEMBERSHIP, "nearest_neighbour_distance"]
        incidence = load_incidence(file)
        assert incidence.shape == (graph.n_points, graph.n_nodes)
        np.testing.assert_array_equal(incidence.toarray(), graph.incidence.toarray() > 0)
        expected = {"label": labels, "image": images, "nearest_neighbour_distance": curve}
        expected |= {name: getattr(graph, name) for name in ("interval", "edges", "shared", "jaccard")}
        for name, array in expected.items():
            np.testing.assert_array_equal(file[name], array)
            assert file[name].dtype == array.dtype
