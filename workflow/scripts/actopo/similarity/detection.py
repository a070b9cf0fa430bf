"""
Detection: from how many removed principal components on a curve of sensitivity exceeds what it is compared with.

There are two such levels, and each is taken as the mean and as a quantile of its distances (Ding et al. 2021,
"Grounding Representation Similarity Through Statistical Testing", take a quantile; Purvine et al. 2023, "Experimental
Observations of the Topology of Convolutional Neural Network Activations", the mean):

- the *baseline* of seeds, the distances from a layer of a network to the same layer of networks that differ only in
  their seed (thresholds `mean` and `quantile`);
- the *floor*, the distances between the same layer of the same network on two batches of images (`floor_mean`
  and `floor_quantile`). Below it, a removal cannot be told from other images. Only a measure that does not pair
  rows has one.
"""

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from actopo.errors import InputError
from actopo.similarity.choices import ORDER_QUANTILES
from actopo.similarity.intervals import FEWEST_NETWORKS, mean_interval, network_interval

KEYS = ["metric", "layer", "components"]
FOUND = ["level", "channels", "rank", "first_removed", "first_fraction", "first_rank_fraction", "censored"]
FOUND += ["first_removed_low", "first_removed_high", "crossed", "last_removed", "last_fraction"]
OVER_NETWORKS = ["networks", "networks_crossed", "networks_censored", "mean_fraction", "low", "high"]
OVER_NETWORKS += ["median_fraction", "lowest_fraction", "highest_fraction"]
OVER_NETWORKS += ["mean_level", "level_low", "level_high", "lowest_level", "highest_level"]


def same_layer(matrix, n_layers):
    """
    Distances between the same layer of several networks, or of several batches of one network.

    Parameters
    ----------
    matrix : array_like of shape (n * n_layers, n * n_layers)
        Distances between all layers of all networks (batches), one network (batch) after the other.
    n_layers : int

    Returns
    -------
    ndarray of shape (n_layers, n, n)

    Raises
    ------
    InputError
        If the matrix has another shape.
    """
    matrix = np.asarray(matrix, dtype=np.float64)
    n = len(matrix) // n_layers
    if matrix.shape != (n * n_layers, n * n_layers):
        raise InputError(f"distances have shape {matrix.shape}; give a square matrix of blocks of {n_layers} layers.")
    return np.einsum("albl->lab", matrix.reshape(n, n_layers, n, n_layers))


def thresholds(distances, quantile):
    """
    Levels above which a distance is detectable.

    Parameters
    ----------
    distances : array_like of shape (n,)
        Distances from a layer to the same layer of n other networks, or between pairs of batches; nan where
        one of the two clouds is a single point, and there is no distance.
    quantile : float
        Quantile to take, from 0 to 1, by linear interpolation.

    Returns
    -------
    dict of str to float
        `mean` and `quantile` of the distances that are defined, nan if none is.

    Raises
    ------
    InputError
        If `quantile` is out of range, or there is no distance or an infinite one.
    """
    distances = np.asarray(distances, dtype=np.float64)
    if distances.ndim != 1 or len(distances) == 0 or np.isinf(distances).any():
        raise InputError("a level needs finite distances to one or more networks; train 2 seeds or more.")
    if not 0 <= quantile <= 1:
        raise InputError(f"quantile is {quantile}; write a number from 0 to 1.")
    distances = distances[~np.isnan(distances)]
    if not len(distances):
        return {"mean": np.nan, "quantile": np.nan}
    return {"mean": float(distances.mean()), "quantile": float(np.quantile(distances, quantile))}


def crossings(distances, threshold):
    """
    Indices at which a curve, which need not be monotone, crosses a threshold upwards.

    Parameters
    ----------
    distances : array_like of shape (n,)
        Distances in ascending order of the number of removed components.
    threshold : float
        nan is crossed by no curve.

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
        If a distance is not finite or the threshold is infinite.
    """
    distances = np.asarray(distances, dtype=np.float64)
    if not np.isfinite(distances).all() or np.isinf(threshold):
        raise InputError("a curve with its threshold is not finite; look for the cloud that made it.")
    above = distances > threshold
    first = int(np.argmax(above)) if above.any() else None
    below = np.flatnonzero(~above)
    last = int(below[-1]) + 1 if len(below) else 0
    return first, last if last < len(above) else None


def detection_table(curves, baselines=None, quantile=0.95, floors=None):
    """
    Numbers of removed components from which on each curve of one network is above each level.

    Parameters
    ----------
    curves : DataFrame
        As `actopo.similarity.sensitivity.curve_table` returns it. Points without a distance are left out.
    baselines : dict of str to dict of int to array_like, optional
        For each metric and layer the distances to the same layer of other networks; None for a single network.
    quantile : float, default 0.95
        As in `thresholds`.
    floors : dict of str to dict of int to array_like, optional
        For each metric that has one, and each layer, the distances between pairs of batches; None for a single batch.

    Returns
    -------
    DataFrame
        A row per curve and level, with columns

        - `metric`, `layer`, `components`; `threshold`, which is `mean`, `quantile`, `floor_mean` or `floor_quantile`,
          and `level`, its value; `channels` and `rank` of the cloud;
        - `first_removed`, `first_fraction` and `first_rank_fraction`, where the curve first lies above the level,
          nan if it never does, and `censored`, whether that is its first point: the crossing may lie before it;
        - `last_removed`, `last_fraction`, from which on the curve stays above.

        With several random orders these are those of the median order, in which a curve that never crosses is the
        last; `first_removed_low` and `first_removed_high` are quantiles over orders (`ORDER_QUANTILES`), and
        `crossed` is the share of the orders that cross.

    Raises
    ------
    InputError
        If a curve has no baseline where others have, or as `thresholds` and `crossings` do.
    """
    rows = []
    for key, curve in curves.groupby(KEYS, sort=False):
        orders = _orders(curve)
        shape = {name: int(curve[name].iloc[0]) for name in ("channels", "rank")}
        for threshold, level in _levels(*key[:2], baselines, floors, quantile).items():
            named = dict(zip(KEYS, key, strict=True))
            rows.append({**named, "threshold": threshold, "level": level, **shape, **_detected(orders, level)})
    return pd.DataFrame(rows, columns=[*KEYS, "threshold", *FOUND])


def _orders(curve):
    """The points of a curve that have a distance, of each order."""
    orders = [order.sort_values("removed") for _, order in curve.groupby("order")]
    return [order[order.distance.notna()] for order in orders]


def _levels(metric, layer, baselines, floors, quantile):
    levels = {}
    if baselines is not None:
        if layer not in baselines.get(metric, {}):
            raise InputError(f"{metric} has no baseline for layer {layer}; give its distances to other networks.")
        levels |= thresholds(baselines[metric][layer], quantile)
    if floors is not None and layer in floors.get(metric, {}):
        found = thresholds(floors[metric][layer], quantile)
        levels |= {f"floor_{name}": level for name, level in found.items()}
    return levels


def _detected(orders, level):
    """Crossings of the curves of one or several orders."""
    found = []
    for order in orders:
        first, last = crossings(order.distance, level)
        row = {"first_removed": np.inf, "censored": first == 0}
        for name, index in (("first", first), ("last", last)):
            if index is not None:
                point = order.iloc[index]
                row |= {f"{name}_removed": float(point.removed), f"{name}_fraction": point.fraction}
        if first is not None:
            row["first_rank_fraction"] = order.rank_fraction.iloc[first]
        found.append(row)
    found.sort(key=lambda row: row["first_removed"])
    median = _of_sorted(found, 0.5)
    several = len(found) > 1
    low, high = (_of_sorted(found, q)["first_removed"] if several else np.nan for q in ORDER_QUANTILES)
    crossed = np.mean([np.isfinite(row["first_removed"]) for row in found])
    result = {**median, "first_removed_low": low, "first_removed_high": high, "crossed": crossed}
    return {name: np.nan if value == np.inf else value for name, value in result.items()}


def _of_sorted(values, quantile):
    """The smallest of sorted values that at least a share of them does not exceed, always one of them."""
    return values[max(int(np.ceil(quantile * len(values) - 1e-9)), 1) - 1]


def sensitivity_tables(curves, pairs=None, floors=None, quantile=0.95, level=0.95):
    """
    Detection with every network as the reference, and over these networks.

    Parameters
    ----------
    curves : dict of int to DataFrame
        Curves of the networks that take their turn as the reference, by their position among all networks. The
        first network is 0.
    pairs : dict of str to dict of int to array_like of shape (n, n), optional
        For each metric and layer the distances from the layer of each network to that of each other; None for a
        single network.
    floors : dict of str to dict of int to array_like, optional
        As in `detection_table`. They are of the first network and serve all.
    quantile : float, default 0.95
        As in `thresholds`.
    level : float, default 0.95
        Level of the intervals over networks.

    Returns
    -------
    sensitivity : DataFrame
        A row per curve and level: the columns of `detection_table` for the first network, and

        - `networks`, how many took their turn; how many of them crossed and how many were censored;
        - `mean_fraction`, of the first crossing, with an interval `low`, `high` over networks, nan with fewer than 5;
          nan unless all cross. That of a baseline, which networks share, is by the jackknife (`_jackknife_interval`);
          that of the floor, which is one for all, Student's t. `median_fraction`, in which a network that never crosses
          is the last, `lowest_fraction` and `highest_fraction`, nan where that network never crosses;
        - `mean_level`, `lowest_level` and `highest_level`, over all networks that have the level, and
          for `mean`, which is a mean over pairs of networks, its interval `level_low`, `level_high`.
    by_network : DataFrame
        Column `network`, the position, and those of `detection_table`.
    """
    tables = []
    for network, own in curves.items():
        baselines = None if pairs is None else _baselines(pairs, network)
        tables.append(detection_table(own, baselines, quantile, floors))
        tables[-1].insert(0, "network", network)
    by_network = pd.concat(tables, ignore_index=True)
    first = by_network[by_network.network == 0].drop(columns="network")
    groups = by_network.groupby([*KEYS, "threshold"], sort=False)
    by_curve = {network: own.groupby(KEYS, sort=False) for network, own in curves.items()}
    rows = []
    for row in first.itertuples():
        own = groups.get_group((row.metric, row.layer, row.components, row.threshold))
        matrix = None if row.threshold.startswith("floor") else np.asarray(pairs[row.metric][row.layer], dtype=float)
        fractions, key = _fractions(own), (row.metric, row.layer, row.components)
        if np.isfinite(fractions["mean_fraction"]) and matrix is None:
            fractions["low"], fractions["high"] = mean_interval(own.first_fraction, level)
        elif np.isfinite(fractions["mean_fraction"]):
            # A layer that is a single point in some network has no curve there.
            orders = {network: _orders(own.get_group(key)) for network, own in by_curve.items() if key in own.groups}
            interval = _jackknife_interval(orders, matrix, row.threshold, quantile, level)
            fractions["low"], fractions["high"] = interval
        rows.append(fractions | _level_over_networks(row, matrix, quantile, level))
    extra = pd.DataFrame(rows, columns=OVER_NETWORKS, index=first.index)
    return pd.concat([first, extra], axis=1).reset_index(drop=True), by_network


def _baselines(pairs, network):
    return {
        metric: {layer: np.delete(np.asarray(matrix)[network], network) for layer, matrix in layers.items()}
        for metric, layers in pairs.items()
    }


def _jackknife_interval(orders, matrix, threshold, quantile, level):
    """
    Interval of the mean first fraction over networks, each of which moves the baselines of all others.

    The jackknife deletes one network at a time, as a reference and from all baselines. With `k` references, the squares
    of the deviations of the means that are left are summed: where a reference is deleted, from the mean of these means,
    with the factor ``(k - 1) / k``, and otherwise from the mean of all networks. The quantile of Student's t has
    ``k - 1`` degrees of freedom.

    Parameters
    ----------
    orders : dict of int to list of DataFrame
        `_orders` of the curve of each reference, by its position among all networks.
    matrix : ndarray of shape (n, n)
        Distances from the layer of each network to that of each other.
    threshold : {"mean", "quantile"}
    quantile, level : float

    Returns
    -------
    low, high : float
        nan with fewer than 5 references, where a curve does not cross, and where nothing varies.
    """
    references, n = list(orders), len(matrix)
    k = len(references)
    if k < FEWEST_NETWORKS:
        return np.nan, np.nan
    # A row for each deleted network, the last one for none.
    fractions = np.full((n + 1, k), np.nan)
    for column, (network, own) in enumerate(orders.items()):
        deleted = [z for z in range(n + 1) if z != network]
        found = [thresholds(np.delete(matrix[network], [network, z][: 1 + (z < n)]), quantile) for z in deleted]
        fractions[deleted, column] = _first_fractions(own, np.array([levels[threshold] for levels in found]))
    if np.isinf(fractions).any() or np.nanmin(fractions) == np.nanmax(fractions):
        return np.nan, np.nan
    *means, mean = np.nanmean(fractions, axis=1)
    means = np.array(means)
    among = means[references]
    others = np.delete(means, references)
    variance = (k - 1) / k * ((among - among.mean()) ** 2).sum() + ((others - mean) ** 2).sum()
    half = stdtrit(k - 1, (1 + level) / 2) * np.sqrt(variance)
    return mean - half, mean + half


def _first_fractions(orders, levels):
    """Fractions from which on the median order lies above each of some levels, inf where it never does."""
    found = []
    for order in orders:
        # With a last point that no level exceeds, so that the first above is always there.
        above = np.append(order.distance, np.inf)[:, None] > levels
        reached = above.any(axis=0)
        found.append(np.where(reached, np.append(order.fraction, np.inf)[above.argmax(axis=0)], np.inf))
    return _of_sorted(np.sort(found, axis=0), 0.5)


def _fractions(own):
    """First crossings of several networks."""
    values = np.sort(own.first_fraction.fillna(np.inf))
    n_crossed = int(np.isfinite(values).sum())
    all_cross = n_crossed == len(values)
    found = {
        "networks": len(values),
        "networks_crossed": n_crossed,
        "networks_censored": int(own.censored.sum()),
        "mean_fraction": values.mean() if all_cross else np.nan,
        "low": np.nan,
        "high": np.nan,
        "median_fraction": _of_sorted(values, 0.5),
        "lowest_fraction": values[0],
        "highest_fraction": values[-1],
    }
    return {name: np.nan if value == np.inf else value for name, value in found.items()}


def _level_over_networks(row, matrix, quantile, level):
    if matrix is None:
        return {"mean_level": row.level, "lowest_level": row.level, "highest_level": row.level}
    values = np.array([thresholds(np.delete(each, i), quantile)[row.threshold] for i, each in enumerate(matrix)])
    # A network in which the layer is a single point has no level.
    values = values[~np.isnan(values)] if not np.isnan(values).all() else values
    found = {"mean_level": np.mean(values), "lowest_level": np.min(values), "highest_level": np.max(values)}
    if row.threshold == "mean":
        found["level_low"], found["level_high"] = network_interval(matrix, level)
    return found
