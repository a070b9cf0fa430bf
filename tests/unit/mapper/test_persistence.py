"""Births and deaths against DBSCAN at both sides of them."""

import numpy as np
import pytest
from actopo.mapper.dbscan import dbscan
from actopo.mapper.persistence import persistent_clusters
from actopo.mapper.reachability import reachability_tree

from unit.mapper.examples import blobs


def core_clusters(points, eps, min_samples, min_size):
    """Clusters of DBSCAN with at least `min_size` core points, as sets of core points."""
    squared = ((points[:, None] - points) ** 2).sum(axis=2)
    is_core = (squared <= eps * eps).sum(axis=1) >= min_samples
    labels = np.where(is_core, dbscan(points, eps, min_samples), -1)
    found = [frozenset(np.flatnonzero(labels == k).tolist()) for k in range(labels.max() + 1)]
    return {cluster for cluster in found if len(cluster) >= min_size}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("min_samples", "min_size"), [(5, 10), (3, 3), (1, 20)])
def test_a_cluster_is_there_from_birth_to_death_and_not_beyond(seed, min_samples, min_size):
    points, _ = blobs(seed, 200)
    found = persistent_clusters(reachability_tree(points, min_samples), min_size)
    assert len(found) > 2
    for cluster in found:
        members = frozenset(cluster.members.tolist())
        assert (np.diff(cluster.members) > 0).all()
        before = core_clusters(points, cluster.birth * (1 - 1e-9), min_samples, min_size)
        at_birth = core_clusters(points, cluster.birth * (1 + 1e-9), min_samples, min_size)
        assert sum(own <= members for own in at_birth) == 1
        # A leaf is the first of its points; a union comes of two.
        assert sum(own <= members for own in before) == (0 if cluster.is_leaf else 2)
        if np.isfinite(cluster.death):
            assert members in core_clusters(points, cluster.death * (1 - 1e-9), min_samples, min_size)
            after = core_clusters(points, cluster.death * (1 + 1e-9), min_samples, min_size)
            assert any(members < own for own in after)
        else:
            assert len(members) == 200


@pytest.mark.parametrize("eps", [0.3, 0.7, 1.1, 2.0])
def test_clusters_at_an_eps_are_those_that_are_alive(eps):
    points, _ = blobs(7, 300)
    found = persistent_clusters(reachability_tree(points, 5), 12)
    alive = sum(cluster.birth <= eps < cluster.death for cluster in found)
    assert alive == len(core_clusters(points, eps, 5, 12))


def bars(tree, min_size):
    """Births and deaths by the elder rule, one merge after the other."""
    component, born, found = {i: {i} for i in range(len(tree.core))}, {}, []
    for (i, j), height in zip(tree.edges.tolist(), np.sqrt(tree.weights).tolist(), strict=True):
        a, b = component[i], component[j]
        births = sorted(born.pop(frozenset(part)) for part in (a, b) if frozenset(part) in born)
        united = a | b
        component.update(dict.fromkeys(united, united))
        if len(births) == 2:
            found.append((births[1], height))
        if births or len(united) >= min_size:
            born[frozenset(united)] = min([*births, height])
    return np.array([bar for bar in found if bar[1] > bar[0]])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("prominence", [1.0, 1.1, 1.3, 2.0])
def test_leaves_are_the_bars_that_are_long_enough(seed, prominence):
    """One for each merge whose younger side has lived long enough, and one for the oldest of all."""
    tree = reachability_tree(blobs(seed, 250)[0], 4)
    found = persistent_clusters(tree, 6, prominence)
    lives = bars(tree, 6)
    assert sum(cluster.is_leaf for cluster in found) == 1 + (lives[:, 1] >= prominence * lives[:, 0]).sum()
    for cluster in found:
        assert cluster.death >= cluster.birth * (prominence if cluster.is_leaf else 1)
    # At every eps the clusters that are alive have no point in common.
    for eps in np.sqrt(tree.weights[10::20]):
        alive = [cluster.members for cluster in found if cluster.birth <= eps < cluster.death]
        assert len(np.unique(np.concatenate([*alive, []]))) == sum(map(len, alive))


def test_two_groups_on_a_line():
    left, right = np.arange(6) * 0.1, 3 + np.arange(6) * 0.2
    clusters = persistent_clusters(reachability_tree(np.r_[left, right][:, None], 2), 4)
    ranges = [(cluster.birth, cluster.death, cluster.members.tolist(), cluster.is_leaf) for cluster in clusters]
    assert ranges == [
        (pytest.approx(0.1), pytest.approx(2.5), list(range(6)), True),
        (pytest.approx(0.2), pytest.approx(2.5), list(range(6, 12)), True),
        (pytest.approx(2.5), np.inf, list(range(12)), False),
    ]


def test_a_cluster_that_lives_just_long_enough_counts():
    points = np.r_[np.arange(4) * 0.125, 0.625 + np.arange(4) * 0.125][:, None]
    tree = reachability_tree(points, 2)
    found = [(cluster.birth, cluster.death) for cluster in persistent_clusters(tree, 3, 2.0)]
    assert found == [(0.125, 0.25), (0.125, 0.25), (0.25, np.inf)]
    assert [(cluster.birth, cluster.death) for cluster in persistent_clusters(tree, 3, 2.001)] == [(0.125, np.inf)]


def test_merges_at_one_height_leave_no_cluster_without_a_range():
    groups = np.concatenate([start + np.arange(4) * 0.125 for start in (0.0, 2.0, 4.0, 6.0)])[:, None]
    clusters = persistent_clusters(reachability_tree(groups, 2), 3)
    assert [(cluster.birth, cluster.death) for cluster in clusters] == [(0.125, 1.625)] * 4 + [(1.625, np.inf)]


@pytest.mark.parametrize("n", [0, 1, 3])
def test_none_where_there_are_too_few_points(n):
    assert persistent_clusters(reachability_tree(np.zeros((n, 2)), 4), 2) == []
    assert persistent_clusters(reachability_tree(np.arange(4.0)[:, None], 1), 5) == []
