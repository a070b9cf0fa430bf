"""The tree gives DBSCAN's labels at every eps: against ours, scikit-learn's, and a minimum spanning tree by scipy."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.mapper.dbscan import dbscan
from actopo.mapper.reachability import core_distances, reachability_tree
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import cdist

from unit.mapper.examples import blobs, reference


def squared_distances(points):
    """Float64 sums of squares in the order of the coordinates."""
    points = np.asarray(points, dtype=np.float64)
    squared = np.zeros((len(points), len(points)))
    for x in points.T:
        squared += (x[:, None] - x) ** 2
    return squared


@given(data=st.data())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_labels_of_any_grid_cloud(data):
    """Duplicates, ties between distances, and distances equal to eps."""
    n, d = data.draw(st.integers(0, 50)), data.draw(st.sampled_from([1, 2, 3, 20]))
    dtype = data.draw(st.sampled_from([np.float32, np.float64]))
    points = data.draw(hnp.arrays(dtype, (n, d), elements=st.integers(-3, 3), fill=st.just(0)))
    min_samples = data.draw(st.integers(1, 6))
    tree = reachability_tree(points, min_samples)
    for eps in (0.5, 1, 2, 3, 5):
        labels = tree.labels(eps)
        np.testing.assert_array_equal(labels, dbscan(points, eps, min_samples))
        if n:
            np.testing.assert_array_equal(labels, reference(points, eps, min_samples))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("c", [2, 40])
@pytest.mark.parametrize("min_samples", [1, 2, 5])
def test_labels_just_at_below_and_above_every_merge(dtype, c, min_samples):
    """At the heights of the tree and next to them: where a point or an edge comes in, whatever the rounding."""
    points = blobs(c, 250, c)[0].astype(dtype)
    tree = reachability_tree(points, min_samples)
    heights = np.sqrt(np.unique(np.r_[tree.weights, tree.core])[::9])
    for eps in np.r_[heights, np.nextafter(heights, 0), np.nextafter(heights, np.inf)]:
        if eps > 1e-150:
            np.testing.assert_array_equal(tree.labels(eps), dbscan(points, eps, min_samples))


def test_border_point_joins_the_first_of_its_clusters():
    left, right = np.array([-1.0, -1.2, -1.3, -1.4, -1.5]), np.array([1.0, 1.2, 1.3, 1.4, 1.5])
    for first, second in ((left, right), (right, left)):
        points = np.concatenate([[0.0], first, second])[:, None]
        np.testing.assert_array_equal(reachability_tree(points, 5).labels(1.0), [0] * 6 + [1] * 5)


@pytest.mark.parametrize("min_samples", [1, 3, 8])
def test_tree_is_the_minimum_spanning_tree_of_mutual_reachability(min_samples):
    points, _ = blobs(4, 200, 6)
    tree, squared = reachability_tree(points, min_samples), squared_distances(points)
    core = np.sort(squared, axis=1)[:, min_samples - 1]
    np.testing.assert_array_equal(tree.core, core)
    mutual = np.maximum(np.maximum(core, core[:, None]), squared)
    expected = np.sort(minimum_spanning_tree(np.triu(mutual, 1)).data)
    np.testing.assert_array_equal(tree.weights, expected)
    np.testing.assert_array_equal(tree.weights, mutual[tuple(tree.edges.T)])
    np.testing.assert_array_equal(core_distances(points, np.arange(0, 200, 7), min_samples), np.sqrt(core[::7]))


@pytest.mark.parametrize(("offset", "scale"), [(1e8, 1.0), (0.0, 1e-120), (0.0, 1e120), (-1e3, 1e-7)])
def test_far_from_the_origin_and_in_any_unit(offset, scale):
    points = offset + scale * np.random.default_rng(1).normal(size=(300, 5))
    tree = reachability_tree(points)
    squared = squared_distances(points)
    np.testing.assert_array_equal(tree.core, np.sort(squared, axis=1)[:, 4])
    for eps in (0.3 * scale, 0.8 * scale, 1.5 * scale):
        np.testing.assert_array_equal(tree.labels(eps), dbscan(points, eps))


def test_near_duplicates_that_float32_does_not_tell_apart():
    rng = np.random.default_rng(0)
    points = np.repeat(rng.normal(size=(40, 30)), 6, axis=0) + 1e-9 * rng.normal(size=(240, 30))
    tree = reachability_tree(points)
    assert np.median(cdist(points[:6], points[:6])) < 1e-7
    for eps in (1e-9, 5e-9, 7e-9, 2e-8, 1.0, 8.0):
        np.testing.assert_array_equal(tree.labels(eps), dbscan(points, eps))


@pytest.mark.parametrize("n", [0, 1, 4])
def test_too_few_points_are_noise(n):
    tree = reachability_tree(np.zeros((n, 3)), 5)
    np.testing.assert_array_equal(tree.labels(10.0), np.full(n, -1))
    assert np.isinf(core_distances(np.zeros((n, 3)), np.arange(n), 5)).all()
    np.testing.assert_array_equal(reachability_tree(np.zeros((n, 3)), 1).labels(10.0), np.zeros(n))


def test_bad_points_are_named():
    points = np.zeros((9, 2))
    points[4, 1] = np.nan
    with pytest.raises(InputError, match="Row 4"):
        reachability_tree(points)
    with pytest.raises(InputError, match="min_samples"):
        reachability_tree(points[:3], 0)
