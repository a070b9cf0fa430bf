"""
Fig. 3: how mapper turns points into a graph, on two nested circles with the height as lens.

Purvine et al. (2023), "Experimental Observations of the Topology of Convolutional Neural Network
Activations": points with their lens and the intervals of its cover, the clusters over each interval, and the
graph that joins clusters with a point in common. The graph has the circles' shape, two components with a cycle
each; `plot` refuses any other graph.
"""

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from actopo.errors import InputError
from actopo.figures import heat_maps, style
from actopo.mapper.covers import IntervalCover
from actopo.mapper.dbscan import DBSCAN
from actopo.mapper.graph import mapper_graph, n_components, n_cycles

RADII = (0.9, 2.0)
SPREAD = 0.05
EPS = 0.3
GAP = 0.36
LENS_COLOURS = "viridis"


def nested_circles(n=700, seed=0):
    """
    Points on two nested noisy circles around the origin, and their mapper graph with the height as lens.

    Parameters
    ----------
    n : int, default 700
        Number of points, a third of them on the inner circle.
    seed : int, default 0
        Seed of the angles and of the noise.

    Returns
    -------
    points : ndarray of shape (n, 2)
        On circles of radius 0.9 and 2, with Gaussian noise of standard deviation 0.05 in each coordinate.
    lens : ndarray of shape (n,)
        The points' second coordinate.
    cover : IntervalCover
        Nine intervals that overlap by 0.3.
    graph : MapperGraph
        Mapper graph by DBSCAN with radius 0.3.

    Raises
    ------
    InputError
        If there is no point.
    """
    rng = np.random.default_rng(seed)
    inner = n // 3
    radius = np.repeat(RADII, [inner, n - inner])
    # One point in each of n equal arcs, so that no gap arises by chance.
    arcs = np.concatenate([np.arange(size) / max(size, 1) for size in (inner, n - inner)])
    angle = 2 * np.pi * (arcs + rng.random(n) / np.repeat([max(inner, 1), n - inner], [inner, n - inner]))
    points = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]) + rng.normal(scale=SPREAD, size=(n, 2))
    lens, cover = points[:, 1], IntervalCover(9, 0.3)
    return points, lens, cover, mapper_graph(points, lens, cover, DBSCAN(EPS, 5))


@style.styled
def plot(points, lens, cover, graph):
    """
    Draw the points and their cover, the clusters over each interval, and the graph.

    Parameters
    ----------
    points : ndarray of shape (n, 2)
        Points of two closed curves.
    lens : ndarray of shape (n,)
        Their height, `points[:, 1]`.
    cover : object with ``intervals(lens)``
        Cover of the lens.
    graph : MapperGraph
        Mapper graph of the points, see `nested_circles`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If the lens is not the height, the graph is not that of the points, or it has another shape than two
        components with a cycle each.
    """
    points, lens = np.asarray(points, dtype=float), np.asarray(lens, dtype=float)
    if points.ndim != 2 or points.shape[1] != 2 or not np.array_equal(lens, points[:, 1]):
        raise InputError("the figure of nested circles needs points of the plane and their second coordinate as lens")
    if graph.n_points != len(points):
        raise InputError(f"there are {len(points)} points but the graph has {graph.n_points}; give the graph's points")
    shape = n_components(graph), n_cycles(graph)
    if shape != (2, 2):
        raise InputError(
            f"the mapper graph of two circles has {shape[0]} components and {shape[1]} cycles where both must be 2; "
            "take more points, or other intervals or another radius of DBSCAN"
        )
    intervals = cover.intervals(lens)
    members = [node.indices for node in graph.incidence.T.tocsr()]
    means = np.array([points[inside].mean(axis=0) for inside in members])
    colours = _colours(graph.interval, means)

    figure = style.new_figure(7.2, 2.75)
    cloud, clusters, nodes = figure.subplots(1, 3, width_ratios=(1.2, 1, 1))
    _draw_cloud(figure, cloud, points, lens, intervals)
    _draw_clusters(clusters, points, graph.interval, intervals, members, colours)
    _draw_graph(nodes, graph, means, colours)
    nodes.set_title(f"graph: {shape[0]} components, {shape[1]} cycles")
    for axes, letter in zip((cloud, clusters, nodes), "abc", strict=True):
        style.panel_letter(axes, letter)
    return figure


def _colours(interval, means):
    """A colour for each node, no two alike in an interval, from left to right."""
    colours = np.empty(len(interval), dtype=object)
    for i in np.unique(interval):
        inside = np.flatnonzero(interval == i)
        colours[inside[np.argsort(means[inside, 0], kind="stable")]] = style.class_colours(len(inside))
    return list(colours)


def _draw_cloud(figure, axes, points, lens, intervals):
    dots = axes.scatter(*points.T, c=lens, s=3, cmap=LENS_COLOURS, linewidths=0)
    heat_maps.colour_bar(figure, dots, axes, "lens: height $y$", location="left", aspect=24, pad=0.03, shrink=0.7)
    # Neighbouring intervals overlap, so they are drawn alternately on two lines.
    right = points[:, 0].max() + np.array([0.3, 0.5])
    for i, (low, high) in enumerate(intervals):
        x = right[i % 2]
        axes.plot([x - 0.08, x, x, x - 0.08], [low, low, high, high], color="0.25", linewidth=0.9)
        axes.text(right[1] + 0.12, (low + high) / 2, f"{i + 1}", ha="left", va="center", size=6.5)
    axes.set_title(f"points and {len(intervals)} intervals")
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_axis_off()


def _draw_clusters(axes, points, interval, intervals, members, colours):
    for i, (low, high) in enumerate(intervals):
        lift = GAP * i
        axes.axhspan(low + lift, high + lift, color="0.95", linewidth=0, zorder=0)
        inside = points[(points[:, 1] >= low) & (points[:, 1] <= high)]
        # Noise stays grey underneath the clusters.
        axes.scatter(inside[:, 0], inside[:, 1] + lift, s=3, color=style.MISSING, linewidths=0, zorder=1)
        for node in np.flatnonzero(interval == i):
            x, y = points[members[node]].T
            axes.scatter(x, y + lift, s=3, color=colours[node], linewidths=0, zorder=2)
    middle = intervals.mean(axis=1) + GAP * np.arange(len(intervals))
    axes.set_yticks(middle, [f"{i + 1}" for i in range(len(intervals))])
    axes.set_ylabel("interval")
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_title("clusters over each interval")


def _draw_graph(axes, graph, means, colours):
    axes.add_collection(LineCollection(means[graph.edges], colors="0.45", linewidths=1, zorder=1))
    sizes = graph.sizes
    axes.scatter(*means.T, s=70 * sizes / sizes.max(), c=colours, edgecolors="white", linewidths=0.5, zorder=2)
    largest = int(sizes.max())
    disc = {"linestyle": "none", "marker": "o", "markerfacecolor": "0.45", "markeredgewidth": 0}
    handles = [
        Line2D([], [], markersize=float(np.sqrt(70 * size / largest)), label=f"{size}", **disc)
        for size in (largest, max(largest // 4, 1))
    ]
    axes.legend(handles=handles, title="points in a node", loc="upper center", bbox_to_anchor=(0.5, 0.03), ncols=2)
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.08)
    axes.set_axis_off()
