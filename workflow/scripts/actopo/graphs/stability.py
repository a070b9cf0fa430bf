"""
How far a mapper graph depends on its parameters and on its points.

:func:`invariants` describes a graph by a few numbers. :func:`grid` lists them for the graphs over a grid of
parameters, :func:`resample` for the graphs of random parts of the points. Tables have one row per graph, for a figure
or a quantile [1]_.

Points are drawn without replacement. A bootstrap sample holds points twice, and a copy is a neighbour at distance
0: it makes core points of points in sparse regions, so that the clusters of DBSCAN would not be those of the data. For
smooth statistics, half of the points drawn without replacement vary as much as a bootstrap sample of all [2]_. Their
density is also halved: fix eps for the same scale, or choose it again for the same density.

References
----------
.. [1] Carrière, Michel and Oudot (2018), "Statistical Analysis and Parameter Selection for Mapper", JMLR.
.. [2] Politis, Romano and Wolf (1999), "Subsampling", Springer.
"""

from itertools import chain, product

import numpy as np
import pandas as pd

from actopo.errors import InputError
from actopo.graphs.purity import coverage, majority_share, node_purity, weighted_mean
from actopo.graphs.random_parts import random_parts
from actopo.mapper.all_eps import AllEps
from actopo.mapper.close_pairs import principal_axes
from actopo.mapper.covers import checked_lens, make_cover
from actopo.mapper.dbscan import dbscan
from actopo.mapper.graph import mapper_graph, n_components, n_cycles


def invariants(graph, labels):
    """
    Numbers that describe a mapper graph.

    Parameters
    ----------
    graph : MapperGraph
        The graph.
    labels : ndarray of shape (n_points,), int
        Class of each point.

    Returns
    -------
    dict
        ``n_nodes``, ``n_edges``, ``n_components``, ``n_cycles`` (first Betti number), ``node_purity`` (mean over
        nodes), ``majority_share`` (mean over nodes weighted by their size; both NaN without a node) and
        ``coverage`` (share of the points in a node).

    Raises
    ------
    InputError
        If `labels` does not match the points.
    """
    purity = node_purity(graph.incidence, labels)
    return {
        "n_nodes": graph.n_nodes,
        "n_edges": len(graph.edges),
        "n_components": n_components(graph),
        "n_cycles": n_cycles(graph),
        "node_purity": weighted_mean(purity, np.ones(len(purity))),
        "majority_share": weighted_mean(majority_share(graph.incidence, labels), graph.sizes),
        "coverage": coverage(graph.incidence),
    }


def grid(points, lens, labels, n_intervals, overlaps, eps, min_samples=5, convention="fit", progress=None):
    """
    Invariants of the mapper graphs over a grid of parameters.

    Parameters
    ----------
    points : ndarray of shape (n_points, c)
        The point cloud.
    lens : ndarray of shape (n_points,) or (n_points, 2)
        Value of one or two lenses at each point.
    labels : ndarray of shape (n_points,), int
        Class of each point.
    n_intervals : sequence of int
        Numbers of intervals of each lens.
    overlaps : sequence of float
        Overlaps, each at least 0 and below 1.
    eps : sequence of float
        Radii of DBSCAN.
    min_samples : int, default 5
        As in `actopo.mapper.dbscan.dbscan`.
    convention : {"fit", "overhang", "balanced"}, default "fit"
        As in `actopo.mapper.covers.IntervalCover`.
    progress : callable, optional
        Wraps the sequence of parameters and yields them, as tqdm does.

    Returns
    -------
    pandas.DataFrame
        One row per graph: ``n_intervals``, ``overlap``, ``eps`` and :func:`invariants`.

    Raises
    ------
    InputError
        If an argument is out of its range.
    """
    combinations = list(product(n_intervals, overlaps, eps))
    # A wrong value at the end of the grid is reported before the first graph is made.
    covers = [make_cover(lens, n, overlap, convention) for n, overlap in product(n_intervals, overlaps)]
    for radius in eps:
        dbscan(points[:0], radius, min_samples)
    axes = principal_axes(points)
    # All radii share the search trees of a cover's intervals, and all covers the axes.
    graphs = chain.from_iterable(AllEps(points, lens, cover, min_samples, 0, axes).graphs(eps) for cover in covers)
    rows, steps = [], range(len(combinations))
    for i, graph in zip(steps if progress is None else progress(steps), graphs, strict=True):
        parameters = dict(zip(("n_intervals", "overlap", "eps"), combinations[i], strict=True))
        rows.append({**parameters, **invariants(graph, labels)})
    return pd.DataFrame(rows)


def resample(points, lens, labels, cover, make_clusterer, n_samples=100, share=0.5, seed=0, groups=None, progress=None):
    """
    Invariants of the mapper graphs of random parts of the points.

    Parameters
    ----------
    points : ndarray of shape (n_points, c)
        The point cloud.
    lens : ndarray of shape (n_points,) or (n_points, 2)
        Value of one or two lenses at each point.
    labels : ndarray of shape (n_points,), int
        Class of each point.
    cover : object with ``intervals(lens)``
        Cover, applied to the lens of each part separately.
    make_clusterer : callable
        Receives the points and the lens of a part and returns its clusterer, an object with ``fit_predict``: always
        the same, or one with an eps that is chosen for the part.
    n_samples : int, default 100
        Number of parts.
    share : float, default 0.5
        Share of the points in each part, above 0 and at most 1; each part has at least one point.
    seed : int, default 0
        Seed of the draws.
    groups : ndarray of shape (n_points,), optional
        Group of each point, such as its image; groups are drawn as a whole.
    progress : callable, optional
        Wraps the sequence of parts and yields them, as tqdm does.

    Returns
    -------
    pandas.DataFrame
        One row per graph: ``sample``, ``n_points`` and :func:`invariants`.

    Raises
    ------
    InputError
        If an argument is out of its range or does not fit the points.
    """
    lens, labels = checked_lens(lens, n_lenses=None), np.asarray(labels)
    groups = np.arange(len(points)) if groups is None else np.asarray(groups)
    if not len(points) == len(lens) == len(labels) == len(groups):
        raise InputError(
            f"there are {len(points)} points, {len(lens)} lens values, {len(labels)} labels and {len(groups)} groups; "
            "give one of each for each point."
        )
    rows = []
    for sample, part in enumerate(random_parts(groups, n_samples, share, seed, progress)):
        own = points[part]
        graph = mapper_graph(own, lens[part], cover, make_clusterer(own, lens[part]))
        rows.append({"sample": sample, "n_points": len(part), **invariants(graph, labels[part])})
    return pd.DataFrame(rows)
