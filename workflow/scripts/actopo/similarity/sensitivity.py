"""
Sensitivity: how many principal components can be removed from a cloud before a measure of similarity detects it.

This is the test of Ding et al. (2021, "Grounding Representation Similarity Through Statistical Testing") as applied
by Purvine et al. (2023, "Experimental Observations of the Topology of Convolutional Neural Network Activations"):
k principal components are removed from the cloud of a layer, and the result is compared with
the full cloud. A removal is detectable if that distance exceeds the baseline, the distance between the
same layer of two networks that differ only in their seed.
"""

from collections import deque
from itertools import islice

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from actopo.errors import InputError
from actopo.similarity.choices import COMPONENTS


def removal_counts(n_channels):
    """
    Number of components to remove for each point of a sensitivity curve.

    Parameters
    ----------
    n_channels : int
        Dimension c of the cloud.

    Returns
    -------
    list of int
        c // 4 values, equally spaced from 4 to c, end excluded, and truncated: 4, 7, 11, 15, ... 60 for
        64 channels. For c below 8 that would be a single point or none, so every number from 1 to
        c - 1 is used; the list is empty for a single channel.

    Raises
    ------
    InputError
        If there is no channel.
    """
    if n_channels < 1:
        raise InputError(f"the cloud has {n_channels} channels; give at least 1.")
    if n_channels < 8:
        return list(range(1, n_channels))
    n_counts = n_channels // 4
    return [4 + i * (n_channels - 4) // n_counts for i in range(n_counts)]


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
        Coordinates in float64, columns in order of descending singular value. Components beyond the rank are zero.

    Raises
    ------
    InputError
        If `points` has another shape, no point or channel, or is not finite.
    """
    points = np.asarray(points, dtype=np.float64)
    if points.ndim != 2 or points.size == 0:
        raise InputError(f"the cloud has shape {points.shape}; give one point a row.")
    if not np.isfinite(points).all():
        raise InputError("the cloud is not finite; leave out the images whose activations overflow.")
    if centred:
        points = points - points.mean(axis=0)
    # One thread, because LAPACK rounds differently on several.
    with threadpool_limits(1, "blas"):
        left, singular, _ = np.linalg.svd(points, full_matrices=False)
    # A cloud without all components of its rank must be a single point, without rounding errors.
    singular[singular <= singular[0] * max(points.shape) * np.finfo(float).eps] = 0
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
    order = np.arange(n_channels)
    if components == "smallest":
        order = order[::-1]
    elif components == "random":
        order = np.random.default_rng(seed).permutation(n_channels)
    return (coordinates[:, np.sort(order[count:])] for count in counts)


def deletion_index(channels, components=COMPONENTS):
    """
    Index of the components that `deletion_clouds` removes, in its order.

    Parameters
    ----------
    channels : dict of int to int
        Number of channels of each layer.
    components : sequence of str, default all
        As in `without_components`.

    Returns
    -------
    DataFrame
        Columns `layer`, `components`, `removed`, `channels` and `fraction`, which is removed / channels.
    """
    rows = [
        (layer, which, count, c, count / c)
        for layer, c in channels.items()
        for which in components
        for count in removal_counts(c)
    ]
    return pd.DataFrame(rows, columns=["layer", "components", "removed", "channels", "fraction"])


def deletion_clouds(clouds, components=COMPONENTS, centred=True, seed=0):
    """
    Generate the clouds of all sensitivity curves one after the other.

    Parameters
    ----------
    clouds : dict of int to ndarray of shape (P, c)
        Cloud of each layer.
    components : sequence of str, default all
        As in `without_components`; one singular value decomposition per layer is enough for all.
    centred : bool, default True
        As in `principal_coordinates`.
    seed : int, default 0
        Seed of the random orders, one for each layer. The order of a layer does not depend on the other layers.

    Yields
    ------
    ndarray of shape (P, c - k)
        One cloud per row of `deletion_index`. All of them together may be large: pass the iterator to
        `actopo.homology.diagrams.diagrams`, which keeps a few in memory.
    """
    for layer, points in clouds.items():
        coordinates = principal_coordinates(points, centred)
        for which in components:
            yield from without_components(coordinates, removal_counts(coordinates.shape[1]), which, [seed, layer])


def deletion_distances(clouds, compare, components=COMPONENTS, centred=True, seed=0, progress=None):
    """
    Distances of clouds to themselves without some of their principal components.

    Parameters
    ----------
    clouds, components, centred, seed
        As in `deletion_clouds`.
    compare : callable
        Maps a cloud and an iterator of its reduced clouds to a dict that has, by name of a metric, the distances from
        the cloud to each of them.
    progress : callable, optional
        Wraps the sequence of layers and yields them, as tqdm does.

    Returns
    -------
    index : DataFrame of n rows
        As `deletion_index` returns it.
    distances : dict of str to ndarray of shape (n,)
        Distances by metric.
    """
    index = deletion_index({layer: cloud.shape[1] for layer, cloud in clouds.items()}, components)
    reduced = deletion_clouds(clouds, components, centred, seed)
    by_layer = list(index.groupby("layer", sort=False).indices.items())
    distances = {}
    for layer, rows in by_layer if progress is None else progress(by_layer):
        of_layer = islice(reduced, len(rows))
        for metric, values in compare(clouds[layer], of_layer).items():
            distances.setdefault(metric, np.full(len(index), np.nan))[rows] = values
        # The next layer begins where this one ends, whatever was read of it.
        deque(of_layer, maxlen=0)
    return index, distances


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
        Columns `metric`, `layer`, `components`, `removed`, `channels`, `fraction`, `distance`.

    Raises
    ------
    InputError
        If a metric has another number of distances.
    """
    tables = []
    for metric, values in distances.items():
        values = np.asarray(values, dtype=np.float64)
        if values.shape != (len(index),):
            raise InputError(
                f"{metric} has distances of shape {values.shape}; give one for each of {len(index)} clouds."
            )
        tables.append(index.assign(distance=values))
        tables[-1].insert(0, "metric", metric)
    return pd.concat(tables, ignore_index=True)


def thresholds(baseline, quantile):
    """
    Levels above which a distance is detectable.

    Parameters
    ----------
    baseline : array_like of shape (n,)
        Distances from a layer to the same layer of n other networks.
    quantile : float
        Quantile to take, from 0 to 1, by linear interpolation.

    Returns
    -------
    dict of str to float
        `mean` and `quantile` of the baseline.

    Raises
    ------
    InputError
        If `quantile` is out of range, or the baseline is empty or not finite.
    """
    baseline = np.asarray(baseline, dtype=np.float64)
    if baseline.ndim != 1 or len(baseline) == 0 or not np.isfinite(baseline).all():
        raise InputError(
            "the baseline has to be a finite distance to each of one or more networks; train 2 seeds or more."
        )
    if not 0 <= quantile <= 1:
        raise InputError(f"quantile is {quantile}; write a number from 0 to 1.")
    return {"mean": float(baseline.mean()), "quantile": float(np.quantile(baseline, quantile))}


def crossings(distances, threshold):
    """
    Indices at which a curve, which need not be monotone, crosses a threshold upwards.

    Parameters
    ----------
    distances : array_like of shape (n,)
        Distances in ascending order of the number of removed components.
    threshold : float

    Returns
    -------
    first : int or None
        The smallest i with `distances[i] > threshold`; None if there is none.
    last : int or None
        The smallest i with `distances[j] > threshold` for every j >= i; None if the curve does not end
        above the threshold. It is never below `first`, and equal to it if the curve crosses once.

    Raises
    ------
    InputError
        If a distance or the threshold is not finite.
    """
    distances = np.asarray(distances, dtype=np.float64)
    if not (np.isfinite(distances).all() and np.isfinite(threshold)):
        raise InputError("a curve with its threshold is not finite; look for the cloud that made it.")
    above = distances > threshold
    first = int(np.argmax(above)) if above.any() else None
    below = np.flatnonzero(~above)
    last = int(below[-1]) + 1 if len(below) else 0
    return first, last if last < len(above) else None


def detection_table(curves, baselines, quantile):
    """
    Numbers of removed components from which on each curve is above its baseline.

    Parameters
    ----------
    curves : DataFrame
        As `curve_table` returns it.
    baselines : dict of str to dict of int to array_like
        For each metric and layer the distances to the same layer of other networks.
    quantile : float
        As in `thresholds`.

    Returns
    -------
    DataFrame
        Columns `metric`, `layer`, `components`; `threshold`, which is `mean` or `quantile`, and `level`,
        its value; `first_removed`, `first_fraction`, `last_removed` and `last_fraction`, at the indices of
        `crossings`, nan if the curve never crosses.

    Raises
    ------
    InputError
        If a curve has no baseline, or as `thresholds` and `crossings` do.
    """
    found = [f"{name}_{column}" for name in ("first", "last") for column in ("removed", "fraction")]
    rows = []
    for (metric, layer, components), curve in curves.groupby(["metric", "layer", "components"], sort=False):
        if layer not in baselines.get(metric, {}):
            raise InputError(f"{metric} has no baseline for layer {layer}; give its distances to other networks.")
        curve = curve.dropna(subset="distance").sort_values("removed")
        for threshold, level in thresholds(baselines[metric][layer], quantile).items():
            at = crossings(curve.distance, level)
            values = [np.nan if i is None else curve[name].iloc[i] for i in at for name in ("removed", "fraction")]
            rows.append((metric, layer, components, threshold, level, *map(float, values)))
    return pd.DataFrame(rows, columns=["metric", "layer", "components", "threshold", "level", *found])
