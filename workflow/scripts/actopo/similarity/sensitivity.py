"""
Sensitivity: how many principal components can be removed from a cloud before a measure of similarity detects it.

This is the test of Ding et al. (2021, "Grounding Representation Similarity Through Statistical Testing") as applied
by Purvine et al. (2023, "Experimental Observations of the Topology of Convolutional Neural Network Activations"):
k principal components are removed from the cloud of a layer, and the result is compared with
the full cloud. `actopo.similarity.detection` says from which k on a removal is detectable.
"""

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from actopo.errors import InputError
from actopo.similarity.choices import COMPONENTS
from actopo.similarity.metrics.linear_algebra import count_significant, precision

# Of the paper's numbers of components, as many are removed in each random order; the other orders take all.
RANDOM_COUNTS = 8
INDEX = ["layer", "components", "order", "removed", "channels", "rank", "fraction", "rank_fraction", "in_paper"]


def paper_counts(n_channels):
    """
    Numbers of components that the paper removes.

    Parameters
    ----------
    n_channels : int
        Dimension c of the cloud.

    Returns
    -------
    list of int
        c // 4 values, equally spaced from 4 to c, end excluded, and truncated: 4, 7, 11, 15, ... 60 for
        64 channels; none for fewer than 5.
    """
    n_counts = n_channels // 4 if n_channels > 4 else 0
    return [4 + i * (n_channels - 4) // n_counts for i in range(n_counts)]


def removal_counts(n_channels, most=None):
    """
    Number of components to remove for each point of a sensitivity curve.

    Parameters
    ----------
    n_channels : int
        Dimension c of the cloud.
    most : int, optional
        Number of the paper's counts, at least 2, to which they are thinned evenly, ends kept; all by default.

    Returns
    -------
    list of int
        1, 2, 3 and those of `paper_counts`; every number from 1 to c - 1 for c below 8. The list is empty for a
        single channel.

    Raises
    ------
    InputError
        If there is no channel.
    """
    if n_channels < 1:
        raise InputError(f"the cloud has {n_channels} channels; give at least 1.")
    if n_channels < 8:
        return list(range(1, n_channels))
    counts = paper_counts(n_channels)
    if most is not None and len(counts) > most:
        counts = [counts[i * (len(counts) - 1) // (most - 1)] for i in range(most)]
    return [1, 2, 3, *counts]


def principal_coordinates(points, centred=True):
    """
    Coordinates of a cloud along its principal components, which preserve all distances.

    Parameters
    ----------
    points : ndarray of shape (P, c)
        Its rank may be below c.
    centred : bool, default True
        Whether the mean is subtracted first; otherwise the components are the right singular vectors of
        the cloud itself.

    Returns
    -------
    ndarray of shape (P, c)
        Coordinates in float64, columns in order of descending singular value. Components beyond the numerical rank
        at the precision of `points` are zero: they hold its rounding errors.

    Raises
    ------
    InputError
        If `points` has another shape, no point or channel, or is not finite.
    """
    points = np.asarray(points)
    eps, points = precision(points), points.astype(np.float64)
    if points.ndim != 2 or points.size == 0:
        raise InputError(f"the cloud has shape {points.shape}; give one point a row.")
    if not np.isfinite(points).all():
        raise InputError("the cloud is not finite; leave out the images whose activations overflow.")
    if centred:
        # The first point is subtracted first, so that a constant channel becomes exactly 0.
        points = points - points[0]
        points = points - points.mean(axis=0)
    # One thread, because LAPACK rounds differently on several.
    with threadpool_limits(1, "blas"):
        left, singular, _ = np.linalg.svd(points, full_matrices=False)
    # A cloud without all components of its rank must be a single point, without rounding errors.
    singular[count_significant(singular, points.shape, eps) :] = 0
    coordinates = np.zeros(points.shape)
    coordinates[:, : len(singular)] = left * singular
    return coordinates


def without_components(coordinates, counts, components="smallest", seed=0):
    """
    A cloud without some of its principal components.

    Parameters
    ----------
    coordinates : ndarray of shape (P, c)
        As `principal_coordinates` returns them, once for all calls.
    counts : sequence of int
        Numbers of components to remove, from 0 to c - 1.
    components : {"smallest", "largest", "random"}, default "smallest"
        Components that are removed first. The order is the same for all counts, so that a larger count removes the
        components of a smaller one, and more.
    seed : int or sequence of int, default 0
        Seed of the random order.

    Returns
    -------
    iterator of ndarray of shape (P, c - k)
        One cloud per count, in principal coordinates. Its distances, and so its diagrams, are those of
        the cloud of c channels from which the components were subtracted.

    Raises
    ------
    InputError
        If an argument is out of range.
    """
    n_channels = coordinates.shape[1]
    if components not in COMPONENTS:
        raise InputError(f'components is "{components}"; write "smallest", "largest" or "random".')
    if not all(0 <= count < n_channels for count in counts):
        raise InputError(f"counts are {list(counts)}; of {n_channels} components 0 to {n_channels - 1} can be removed.")
    order = _removal_order(n_channels, components, seed)
    return (coordinates[:, np.sort(order[count:])] for count in counts)


def _removal_order(n_channels, components, seed):
    order = np.arange(n_channels)
    if components == "smallest":
        return order[::-1]
    return np.random.default_rng(seed).permutation(n_channels) if components == "random" else order


def _curves(layer, n_channels, components, n_orders, seed):
    """Components, order, seed and counts of each curve of a layer."""
    for which in components:
        counts = removal_counts(n_channels, RANDOM_COUNTS if which == "random" else None)
        for order in range(n_orders if which == "random" else 1):
            yield which, order, [seed, layer, order], counts


def deletion_index(channels, components=COMPONENTS, n_orders=1, seed=0, ranks=None):
    """
    Index of the components that `deletion_clouds` removes, in its order, layer by layer.

    Parameters
    ----------
    channels : dict of int to int
        Number of channels of each layer.
    components : sequence of str, default all
        As in `without_components`.
    n_orders : int, default 1
        Number of random orders.
    seed : int, default 0
        Seed of the random orders.
    ranks : dict of int to int, optional
        Numerical rank of the cloud of each layer; by default its number of channels.

    Returns
    -------
    DataFrame
        Columns `layer`; `components`; `order`, the number of the random order, 0 for the others; `removed`;
        `channels`; `rank`; `fraction`, which is removed / channels; `rank_fraction`, the share of the components
        with variance that are removed; and `in_paper`, whether the count is one of the paper's.
    """
    rows = []
    for layer, c in channels.items():
        rank, known = c if ranks is None else ranks[layer], set(paper_counts(c))
        for which, order, seeds, counts in _curves(layer, c, components, n_orders, seed):
            lost = np.cumsum(_removal_order(c, which, seeds) < rank)
            for count in counts:
                shares = (count / c, lost[count - 1] / rank if rank else np.nan)
                rows.append((layer, which, order, count, c, rank, *shares, count in known))
    return pd.DataFrame(rows, columns=INDEX)


def deletion_clouds(coordinates, layer, components=COMPONENTS, n_orders=1, seed=0):
    """
    Generate the clouds of all sensitivity curves of a layer one after the other.

    Parameters
    ----------
    coordinates : ndarray of shape (P, c)
        As `principal_coordinates` returns them; one singular value decomposition is enough for all.
    layer : int
        The random orders of a layer do not depend on the other layers.
    components, n_orders, seed
        As in `deletion_index`.

    Yields
    ------
    ndarray of shape (P, c - k)
        One cloud per row of `deletion_index`. All of them together may be large: pass the iterator to
        `actopo.homology.diagrams.diagrams`, which keeps a few in memory.
    """
    for which, _, seeds, counts in _curves(layer, coordinates.shape[1], components, n_orders, seed):
        yield from without_components(coordinates, counts, which, seeds)


def deletion_curves(clouds, compare, components=COMPONENTS, centred=True, n_orders=1, seed=0, progress=None):
    """
    Distances of clouds to themselves without some of their principal components.

    Parameters
    ----------
    clouds : dict of int to ndarray of shape (P, c)
        Cloud of each layer.
    compare : callable
        Maps a cloud and an iterator of its reduced clouds to a dict that has, by name of a metric, the distances from
        the cloud to each of them.
    centred : bool, default True
        As in `principal_coordinates`.
    components, n_orders, seed
        As in `deletion_index`.
    progress : callable, optional
        Wraps the sequence of layers and yields them, as tqdm does.

    Returns
    -------
    DataFrame
        As `curve_table` returns it. A layer whose points are all equal has no component to remove and no curve.
    """
    tables = [curve_table(deletion_index({}), {})]
    for layer, cloud in (progress or iter)(list(clouds.items())):
        coordinates = principal_coordinates(cloud, centred)
        rank, n_channels = np.count_nonzero(coordinates.any(axis=0)), cloud.shape[1]
        if rank and n_channels > 1:
            index = deletion_index({layer: n_channels}, components, n_orders, seed, {layer: rank})
            reduced = deletion_clouds(coordinates, layer, components, n_orders, seed)
            tables.append(curve_table(index, compare(cloud, reduced)))
    return pd.concat(tables[1:] or tables, ignore_index=True)


def curve_table(index, distances):
    """
    Sensitivity curves as a tidy table.

    Parameters
    ----------
    index : DataFrame of n rows
        As `deletion_index` returns it.
    distances : dict of str to array_like of shape (n,)
        For each metric the distance of each cloud to its full cloud, nan if it is undefined, as for a
        cloud that is reduced to a single point.

    Returns
    -------
    DataFrame
        Column `metric`, the columns of `deletion_index`, and `distance`.

    Raises
    ------
    InputError
        If a metric has another number of distances.
    """
    tables = [pd.DataFrame(columns=["metric", *INDEX, "distance"])]
    for metric, values in distances.items():
        values = np.asarray(values, dtype=np.float64)
        if values.shape != (len(index),):
            raise InputError(
                f"{metric} has distances of shape {values.shape}; give one for each of {len(index)} clouds."
            )
        tables.append(index.assign(distance=values))
        tables[-1].insert(0, "metric", metric)
    return pd.concat(tables[1:] or tables, ignore_index=True)
