r"""
Fig. 2: a cloud of points, its Vietoris-Rips complexes and its persistence diagram [1]_.

At scale r the complex has an edge between every two points at most r apart, and a triangle on every three
points with three such edges. A bar of the diagram is alive at r if birth <= r < death, so that its point lies above
and to the left of the corner (r, r). The number of bars alive must be the Betti number of the complex,
which is computed here from the boundary matrices over the field of two elements:
`b0 = n - rank d1` and `b1 = dim ker d1 - rank d2`.

References
----------
.. [1] Edelsbrunner and Harer (2010), "Computational Topology: An Introduction", IV.2 and VII.1.
"""

from itertools import combinations

import numpy as np
from matplotlib.collections import LineCollection, PolyCollection

from actopo.errors import InputError
from actopo.figures import diagrams as gallery
from actopo.figures import style

SCALES = (0.4, 0.75)
LEVEL_COLOURS = ("#117733", "#AA4499")


def noisy_circle(n=24, noise=0.09, seed=0):
    """
    Noisy points near the unit circle, not quite evenly spaced.

    Parameters
    ----------
    n : int, default 24
        Number of points.
    noise : float, default 0.09
        Standard deviation of each coordinate; that of the angle is `3 * noise` steps of 2 pi / n.
    seed : int, default 0

    Returns
    -------
    ndarray of shape (n, 2)
    """
    rng = np.random.default_rng(seed)
    angle = 2 * np.pi * (np.arange(n) + 3 * noise * rng.standard_normal(n)) / n
    return np.column_stack([np.cos(angle), np.sin(angle)]) + noise * rng.standard_normal((n, 2))


def complex_at(points, scale):
    """
    Edges and triangles of a Vietoris-Rips complex.

    Parameters
    ----------
    points : ndarray of shape (n, d)
    scale : float
        Longest edge.

    Returns
    -------
    edges : list of tuple of two int
    triangles : list of tuple of three int
        Vertices in ascending order.
    """
    near = np.linalg.norm(points[:, None] - points, axis=2) <= scale
    edges = [(i, j) for i, j in combinations(range(len(points)), 2) if near[i, j]]
    triangles = [(i, j, k) for i, j in edges for k in range(j + 1, len(points)) if near[i, k] and near[j, k]]
    return edges, triangles


def betti_numbers(points, scale):
    """
    Number of components and of independent loops of a Vietoris-Rips complex.

    Parameters
    ----------
    points : ndarray of shape (n, d)
    scale : float
        Longest edge.

    Returns
    -------
    tuple of two int
        b0 and b1, over the field of two elements.
    """
    edges, triangles = complex_at(points, scale)
    place = {edge: index for index, edge in enumerate(edges)}
    rank_1 = _rank([1 << i | 1 << j for i, j in edges])
    rank_2 = _rank([1 << place[i, j] | 1 << place[i, k] | 1 << place[j, k] for i, j, k in triangles])
    return len(points) - rank_1, len(edges) - rank_1 - rank_2


def _rank(columns):
    """Rank over the field of two elements of a matrix whose columns are the bits of integers."""
    pivots = {}
    for column in columns:
        while column and column.bit_length() in pivots:
            column ^= pivots[column.bit_length()]
        if column:
            pivots[column.bit_length()] = column
    return len(pivots)


def bars_alive(diagrams, scale):
    """
    Betti numbers at a scale, counted in the diagrams.

    Parameters
    ----------
    diagrams : dict of int to ndarray of shape (k, 2)
        Finite (birth, death) pairs of dimensions 0 and 1; the infinite bar of H0 is added.
    scale : float

    Returns
    -------
    tuple of two int
    """
    alive = [int(np.sum((diagrams[dim][:, 0] <= scale) & (scale < diagrams[dim][:, 1]))) for dim in (0, 1)]
    return alive[0] + 1, alive[1]


@style.styled
def plot(points, diagrams, scales=SCALES):
    """
    Draw the complexes at two scales beside the persistence diagram, after checking that they agree.

    Parameters
    ----------
    points : array_like of shape (n, 2)
        A small planar cloud.
    diagrams : dict of int to array_like of shape (k, 2)
        Its diagrams of dimensions 0 and 1, as `actopo.homology.diagrams.diagrams` returns them.
    scales : pair of float
        Scales of the two complexes, in the unit of the coordinates.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If the cloud is not planar, a dimension is missing, there are not two scales, or the number of bars alive
        at a scale is not the Betti number of the complex.
    """
    points = np.asarray(points, dtype=float)
    if points.ndim != 2 or points.shape[1] != 2 or len(points) < 2 or not np.isfinite(points).all():
        raise InputError(f"the cloud has shape {points.shape}; give 2 or more points of the plane, one a row")
    if not {0, 1} <= set(diagrams):
        raise InputError(f"there are diagrams of dimensions {sorted(diagrams)}; give dimensions 0 and 1")
    if len(scales) != 2 or not min(scales) > 0:
        raise InputError(f"scales are {list(scales)}; give two positive numbers")
    diagrams = {dimension: gallery.checked(diagrams[dimension], f"the diagram H{dimension}") for dimension in (0, 1)}

    figure = style.new_figure(7.2, 2.75)
    *complexes, last = figure.subplots(1, 3)
    for axes, scale, colour, letter in zip(complexes, sorted(scales), LEVEL_COLOURS, "ab", strict=True):
        betti, alive = betti_numbers(points, scale), bars_alive(diagrams, scale)
        if betti != alive:
            raise InputError(
                f"at scale {scale:g} the complex has Betti numbers {betti}, but the diagrams have {alive} bars; "
                "give the diagrams of this cloud, and scales that are not the length of an edge"
            )
        _complex(axes, points, scale, colour)
        _title(
            axes,
            letter,
            f"scale {scale:g}: $b_0$ = {betti[0]}, $b_1$ = {betti[1]}",
            f"bars alive: {alive[0]} in H0, {alive[1]} in H1",
        )
    _diagram(last, diagrams, sorted(scales))
    _title(last, "c", "persistence diagram", f"bars: {len(diagrams[0])} + 1 in H0, {len(diagrams[1])} in H1")
    return figure


def _title(axes, letter, *lines):
    axes.set_title("\n".join(lines))
    style.panel_letter(axes, letter, len(lines))


def _complex(axes, points, scale, colour):
    edges, triangles = complex_at(points, scale)
    # One opaque tint: translucent triangles would darken where many overlap, which has no meaning here.
    axes.add_collection(PolyCollection([points[list(each)] for each in triangles], facecolors="#CFE3EE", zorder=1))
    lines = LineCollection([points[list(each)] for each in edges], colors=colour, linewidths=0.7, zorder=2)
    axes.add_collection(lines)
    axes.plot(*points.T, "o", color="black", markersize=3, zorder=3)
    axes.set(aspect="equal", xlabel="$x$", ylabel="$y$")
    axes.margins(0.06)


def _diagram(axes, diagrams, scales):
    points = gallery.draw(axes, diagrams, size=3.6)
    low, high = axes.get_ylim()
    # The infinite bar of H0 is drawn above every death.
    infinity = high + 0.05 * (high - low)
    axes.axhline(infinity, color="0.6", linewidth=0.7, linestyle=(0, (4, 2)), zorder=1)
    axes.plot(0, infinity, marker="o", color=style.LINES[0], markersize=3.6, mew=0, zorder=3)
    axes.set_ylim(low, high + 0.1 * (high - low))
    for scale, colour in zip(scales, LEVEL_COLOURS, strict=True):
        (corner,) = axes.plot([low, scale, scale], [scale, scale, axes.get_ylim()[1]], color=colour, linewidth=0.9)
        points[f"scale {scale:g}"] = corner
    ticks = [tick for tick in axes.get_yticks() if 0 <= tick <= high]
    axes.set_xticks(ticks)
    axes.set_yticks([*ticks, infinity], [*(f"{tick:g}" for tick in ticks), "∞"])
    axes.set(xlabel="birth", ylabel="death")
    axes.legend(points.values(), points, loc="lower right")
