"""Clusterers by name, and what a graph says of its own."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.mapper import clusterers
from actopo.mapper.all_eps import stable_eps
from actopo.mapper.clusterers import describe_clusterer, load_clusterer, make_clusterer
from actopo.mapper.covers import IntervalCover
from actopo.mapper.eps import choose_eps
from actopo.mapper.graph import mapper_graph
from actopo.mapper.nearest_neighbours import nearest_neighbour_distances
from sklearn.cluster import DBSCAN, HDBSCAN, KMeans
from sklearn.neighbors import NearestNeighbors

from unit.mapper.examples import blobs, same


@pytest.mark.parametrize(
    ("path", "params", "equal"),
    [
        ("sklearn.cluster.HDBSCAN", {"min_cluster_size": 5}, HDBSCAN(min_cluster_size=5)),
        ("sklearn.cluster.KMeans", {"n_clusters": 3, "n_init": 1}, KMeans(3, n_init=1, random_state=0)),
        ("actopo.mapper.dbscan.DBSCAN", {"eps": 1.2}, DBSCAN(eps=1.2)),
    ],
)
def test_load_clusterer(path, params, equal):
    points, lens = blobs(3)
    graphs = [mapper_graph(points, lens, IntervalCover(3), own) for own in (load_clusterer(path, params), equal)]
    assert graphs[0].n_nodes > 3
    assert same(*graphs)


def test_load_clusterer_seeds():
    assert load_clusterer("sklearn.cluster.KMeans", seed=7).random_state == 7
    assert load_clusterer("sklearn.cluster.KMeans", {"random_state": 1}, seed=7).random_state == 1


@pytest.mark.parametrize(
    ("path", "params", "message"),
    [
        ("sklearn.cluster.Dbscan", {}, "no clusterer 'sklearn.cluster.Dbscan'"),
        ("sklern.cluster.DBSCAN", {}, "No module named 'sklern'"),
        ("DBSCAN", {}, "no clusterer 'DBSCAN'"),
        ("", {}, "no clusterer ''"),
        (".cluster.HDBSCAN", {}, "no clusterer '.cluster.HDBSCAN'"),
        ("sklearn.decomposition.PCA", {}, "no fit_predict"),
        ("sklearn.cluster.dbscan", {}, "no fit_predict"),
        ("sklearn.cluster.DBSCAN", {"epsilon": 1}, "epsilon.*Its parameters are eps, min_samples"),
        ("sklearn.cluster.DBSCAN", {"eps": -1}, "'eps' parameter"),
        ("actopo.mapper.dbscan.DBSCAN", {}, "eps"),
    ],
)
def test_load_clusterer_refuses(path, params, message):
    with pytest.raises(InputError, match=message):
        load_clusterer(path, params)


def test_a_fixed_eps_is_described_as_it_is():
    points, _ = blobs(0)
    description, nearest = describe_clusterer(points, "dbscan", 1.5, 4)
    expected = {"clusterer": "dbscan", "eps": 1.5, "eps_choice": {"rule": "fixed"}, "min_samples": 4}
    assert (description, nearest) == (expected, {})
    clusterer, min_points = make_clusterer(description)
    assert min_points == 1
    np.testing.assert_array_equal(clusterer.fit_predict(points), DBSCAN(eps=1.5, min_samples=4).fit_predict(points))
    # At another radius five neighbours would make other clusters.
    clusterer, _ = make_clusterer({**description, "eps": 0.5})
    labels = [DBSCAN(eps=0.5, min_samples=number).fit_predict(points) for number in (4, 5)]
    np.testing.assert_array_equal(clusterer.fit_predict(points), labels[0])
    assert (labels[0] != labels[1]).any()


@pytest.mark.parametrize("exact", [True, False])
def test_a_knee_is_that_of_the_sorted_distances(monkeypatch, exact):
    points, _ = blobs(4)
    monkeypatch.setattr(clusterers, "EXACT_POINTS", len(points) if exact else len(points) - 1)
    description, nearest = describe_clusterer(points, "dbscan", "knee", 3)
    curve = nearest["nearest_neighbour_distance"]
    distances = np.sort(NearestNeighbors(n_neighbors=1).fit(points).kneighbors()[0][:, 0])[::-1]
    np.testing.assert_allclose(curve, distances, rtol=1e-12)
    eps, rule = choose_eps(curve)
    assert description == {"clusterer": "dbscan", "eps": eps, "eps_choice": rule, "min_samples": 3}


@pytest.mark.parametrize("exact", [True, False])
def test_a_knee_has_the_sensitivity_that_is_asked_for(monkeypatch, exact):
    points, _ = blobs(4)
    asked, curve_of = [], clusterers.nearest_neighbour_curve

    def curve(points, sensitivity=None, **options):
        asked.append(sensitivity)
        return curve_of(points, sensitivity=sensitivity, **options)

    monkeypatch.setattr(clusterers, "nearest_neighbour_curve", curve)
    monkeypatch.setattr(clusterers, "EXACT_POINTS", len(points) if exact else len(points) - 1)
    found = []
    for sensitivity in (1, 2.5, 5):
        description, nearest = describe_clusterer(points, "dbscan", "knee", 5, sensitivity)
        eps, rule = choose_eps(nearest["nearest_neighbour_distance"], sensitivity)
        assert (description["eps"], description["eps_choice"]) == (eps, rule)
        found.append(eps)
    assert found[0] > found[1] > found[2]
    assert asked == ([] if exact else [1, 2.5, 5])


def test_other_clusterers_are_described_by_their_path():
    points, _ = blobs(0)
    choice = {"path": "sklearn.cluster.KMeans", "params": {"n_clusters": 3}, "min_points": 3}
    description, nearest = describe_clusterer(points, choice, "knee", 5)
    assert (description, nearest) == ({"clusterer": choice}, {})
    clusterer, min_points = make_clusterer(description, seed=9)
    assert isinstance(clusterer, KMeans)
    assert (clusterer.n_clusters, clusterer.random_state, min_points) == (3, 9, 3)
    assert make_clusterer({"clusterer": {"path": "sklearn.cluster.HDBSCAN"}})[1] == 1


def rings(n=900):
    rng = np.random.default_rng(0)
    angle, outer = rng.uniform(0, 2 * np.pi, n), rng.permutation(np.arange(n) < 0.6 * n)
    points = np.where(outer, 2.0, 1.0)[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return points, points[:, 1]


def test_a_stable_eps_is_described_beside_the_knee():
    points, lens = rings()
    cover = IntervalCover(8)
    description, nearest = describe_clusterer(points, "dbscan", "stable", 5, lens=lens, cover=cover)
    knee, _ = describe_clusterer(points, "dbscan", "knee", 5)
    eps, details = stable_eps(points, lens, cover)
    assert description["eps"] == eps
    assert description["eps_choice"] == {"knee": knee["eps"], **knee["eps_choice"], **details}
    assert description["eps_choice"]["rule"] == "stable"
    assert len(nearest["nearest_neighbour_distance"]) == 900
    description, _ = describe_clusterer(points, "dbscan", "stable", 8, lens=lens, cover=cover)
    assert description["eps"] == stable_eps(points, lens, cover, 8)[0] != eps
    coarse = {"values": 8, "quantiles": [0.5, 0.9]}
    description, _ = describe_clusterer(points, "dbscan", "stable", 5, stable=coarse, lens=lens, cover=cover)
    assert description["eps"] == stable_eps(points, lens, cover, 5, 8, [0.5, 0.9])[0] != eps


def test_a_stable_eps_needs_no_knee():
    """Each point has a duplicate, so that all nearest-neighbour distances are 0."""
    points, lens = (np.repeat(values, 2, axis=0) for values in rings())
    cover = IntervalCover(8)
    description, _ = describe_clusterer(points, "dbscan", "stable", 5, lens=lens, cover=cover)
    eps, details = stable_eps(points, lens, cover)
    assert description["eps"] == eps
    assert description["eps_choice"] == {"knee": None, "knee_rank": None, "knee_share": None, **details}
    with pytest.raises(InputError, match="each has an exact duplicate"):
        describe_clusterer(points, "dbscan", "knee", 5)


def test_without_a_plateau_the_knee_is_taken(caplog):
    points = (4 * 2.0 ** np.arange(40)[:, None] + 0.3 * np.arange(8)).reshape(-1, 1)
    points += np.random.default_rng(0).normal(scale=0.01, size=points.shape)
    arguments = {"lens": points[:, 0], "cover": IntervalCover(1)}
    description, _ = describe_clusterer(points, "dbscan", "stable", 5, **arguments)
    knee, _ = describe_clusterer(points, "dbscan", "knee", 5)
    assert description["eps"] == knee["eps"]
    assert description["eps_choice"] == {"knee": knee["eps"], **knee["eps_choice"], "plateau": None}
    assert "no plateau" in caplog.text


@pytest.mark.parametrize("searched", [10, 10_000])
def test_the_curve_does_not_depend_on_how_it_is_found(searched, monkeypatch):
    points, _ = blobs(5, 500, 30)
    monkeypatch.setattr(clusterers, "SEARCHED_POINTS", searched)
    _, nearest = describe_clusterer(points, "dbscan", "knee", 5)
    expected = np.sort(nearest_neighbour_distances(points))[::-1]
    np.testing.assert_array_equal(nearest["nearest_neighbour_distance"], expected)
