"""The figure of nested circles shows points, clusters and graph."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.figures import nested_circles
from actopo.mapper.dbscan import DBSCAN
from actopo.mapper.graph import mapper_graph, n_components, n_cycles
from matplotlib.collections import LineCollection, PathCollection

from unit.figures.examples import collections, drawn


@pytest.mark.parametrize(("n", "seed"), [(300, 0), (300, 1), (700, 2), (2000, 3)])
def test_nested_circles_have_two_components_and_two_cycles(n, seed):
    points, _, cover, graph = nested_circles.nested_circles(n, seed)
    assert (n_components(graph), n_cycles(graph)) == (2, 2)
    radius = np.linalg.norm(points, axis=1)
    assert ((radius < 1.4) == (np.arange(n) < n // 3)).all()
    again = mapper_graph(points, points[:, 1], cover, DBSCAN(nested_circles.EPS))
    np.testing.assert_array_equal(graph.incidence.toarray(), again.incidence.toarray())
    # No node holds points of both circles.
    assert (graph.incidence[: n // 3].sum(axis=0) * graph.incidence[n // 3 :].sum(axis=0) == 0).all()


def test_nested_circles_shows_points_clusters_and_graph():
    points, lens, cover, graph = nested_circles.nested_circles()
    figure = drawn("nested_circles")
    cloud, clusters, nodes, bar = figure.axes
    assert bar.get_ylabel().startswith("lens: height")
    assert nodes.get_title() == "graph: 2 components, 2 cycles"
    (dots,) = collections(cloud, PathCollection)
    np.testing.assert_array_equal(dots.get_offsets(), points)
    np.testing.assert_array_equal(dots.get_array(), lens)
    intervals = cover.intervals(lens)
    np.testing.assert_array_equal([[line.get_ydata().min(), line.get_ydata().max()] for line in cloud.lines], intervals)
    scatters = collections(clusters, PathCollection)
    own = [each for each in scatters if each.get_zorder() == 2]
    assert [len(each.get_offsets()) for each in own] == graph.sizes.tolist()
    for each, interval in zip(own, graph.interval, strict=True):
        y = each.get_offsets()[:, 1] - nested_circles.GAP * interval
        assert (y >= intervals[interval, 0] - 1e-12).all()
        assert (y <= intervals[interval, 1] + 1e-12).all()
    (discs,), (edges,) = collections(nodes, PathCollection), collections(nodes, LineCollection)
    dense = graph.incidence.toarray()
    means = dense.T @ points / graph.sizes[:, None]
    np.testing.assert_allclose(discs.get_offsets(), means, atol=1e-12)
    np.testing.assert_allclose(discs.get_sizes() / discs.get_sizes()[0], graph.sizes / graph.sizes[0], rtol=1e-12)
    np.testing.assert_allclose(edges.get_segments(), means[graph.edges], atol=1e-12)
    # A node has its cluster's colour, and its interval has no other of it.
    np.testing.assert_array_equal(discs.get_facecolors(), np.concatenate([each.get_facecolors() for each in own]))
    shades = [(i, tuple(colour)) for i, colour in zip(graph.interval, discs.get_facecolors(), strict=True)]
    assert len(set(shades)) == len(shades)


def test_nested_circles_refuses_another_shape():
    points, lens, cover, graph = nested_circles.nested_circles()
    whole = mapper_graph(points, lens, cover, DBSCAN(3.0))
    with pytest.raises(InputError, match="1 components and 0 cycles"):
        nested_circles.plot(points, lens, cover, whole)
    with pytest.raises(InputError, match="second coordinate"):
        nested_circles.plot(points, points[:, 0], cover, graph)
    with pytest.raises(InputError, match="699 points"):
        nested_circles.plot(points[1:], lens[1:], cover, graph)
    with pytest.raises(InputError, match="lens"):
        nested_circles.nested_circles(0)
