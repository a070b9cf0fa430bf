"""
Power: how specificity, floor and detection depend on the points of a cloud, the directions and the networks.

Three statistics are computed again and again, each layer by layer and as the mean over layers:

- `rho`, the specificity of a reference network (`actopo.similarity.specificity.specificity`), with m = l;
- `floor`, the mean distance between two batches of images, of the same network and layer, divided by the baseline: the
  mean distance between that layer of the network and the same layer of other networks;
- `detection`, the share of the smallest principal components of a cloud whose removal first moves it by more than the
  baseline (`actopo.similarity.sensitivity`); 1 if the removal of none does.

Points and networks are drawn at random several times, so that each value has a range. Directions are equally spaced:
their number alone determines the value.
"""

import numpy as np
import pandas as pd

from actopo.errors import InputError
from actopo.similarity.sensitivity import crossings
from actopo.similarity.specificity import specificity
from actopo.similarity.wasserstein import pairwise_distances

KEYS = ["varied", "points", "directions", "networks", "metric", "statistic", "correlation", "layer"]
COLUMNS = [*KEYS, "n_draws", "value", "low", "high"]


def draw_points(n_points, size, draw=0, seed=0):
    """
    Random part of a cloud; parts of consecutive draws are disjoint as far as the points go.

    Parameters
    ----------
    n_points : int
        Points of the cloud. Clouds of the same number have the same parts.
    size : int
        Points of the part; all points, in their order, if there are no more.
    draw : int, default 0
        Number of the draw. A random order of the points is cut into parts until too few are left for another; the
        next draws cut another order.
    seed : int, default 0

    Returns
    -------
    ndarray of shape (size,)
        Indices of points, in ascending order.

    Raises
    ------
    InputError
        If the part would have fewer than 2 points.
    """
    if min(n_points, size) < 2:
        raise InputError(f"{min(n_points, size)} point is no cloud; give clouds and parts of at least 2 points.")
    if size >= n_points:
        return np.arange(n_points)
    order, part = divmod(draw, n_points // size)
    shuffled = np.random.default_rng([seed, size, order]).permutation(n_points)
    return np.sort(shuffled[part * size :][:size])


def network_counts(n_networks):
    """
    Numbers of networks for which the statistics are computed: 2, 5, 10, 20, 50, ... and all.

    Parameters
    ----------
    n_networks : int

    Returns
    -------
    list of int
        In ascending order.

    Raises
    ------
    InputError
        If there is a single network.
    """
    if n_networks < 2:
        raise InputError("there is a single network to compare; train at least 2 seeds.")
    steps = (digit * 10**power for power in range(len(str(n_networks))) for digit in (1, 2, 5))
    return [*(step for step in steps if 2 <= step < n_networks), n_networks]


def reference_distances(diagrams, n_layers, n_directions, n_threads=1):
    """
    Distances from the layers of the first network to those of all networks.

    Parameters
    ----------
    diagrams : sequence of n * l ndarray of shape (k, 2)
        Diagrams of the layers of all networks, network by network.
    n_layers, n_directions, n_threads : int
        As in `actopo.similarity.wasserstein.pairwise_distances`.

    Returns
    -------
    ndarray of shape (1, n, l, l)
        `D` of `actopo.similarity.specificity`, with the first network as reference.
    """
    rows = pairwise_distances(diagrams[:n_layers], diagrams, n_directions, n_threads=n_threads)
    return rows.reshape(n_layers, -1, n_layers).swapaxes(0, 1)[None]


def batch_distances(diagrams, n_layers, n_directions, n_threads=1):
    """
    Mean distance between two batches of images, for each layer of one network.

    Parameters
    ----------
    diagrams : sequence of b * l ndarray of shape (k, 2)
        Diagrams of the layers on all batches, batch by batch.
    n_layers, n_directions, n_threads : int
        As in `reference_distances`.

    Returns
    -------
    ndarray of shape (l,)
        Means over the pairs of batches; nan if there is a single batch.
    """
    n_batches = len(diagrams) // n_layers
    if n_batches < 2:
        return np.full(n_layers, np.nan)
    pairs = np.triu_indices(n_batches, 1)
    of_layer = (diagrams[layer::n_layers] for layer in range(n_layers))
    return np.array(
        [pairwise_distances(own, None, n_directions, n_threads=n_threads)[pairs].mean() for own in of_layer]
    )


def detected_shares(index, distances, baseline):
    """
    Share of the removed components from which on a removal exceeds the baseline, for each layer that has a curve.

    Parameters
    ----------
    index : DataFrame of n rows
        From `actopo.similarity.sensitivity.deletion_index`, of a single kind of components.
    distances : ndarray of shape (n,)
        Distance of each reduced cloud to its full cloud; nan is left out.
    baseline : dict of int to float
        Mean distance to other networks, by layer.

    Returns
    -------
    dict of int to float
        Shares by layer, the first one on the curve; 1 where no removal exceeds the baseline.
    """
    shares = {}
    for layer, rows in index.groupby("layer", sort=False).indices.items():
        curve = pd.Series(distances[rows], index.fraction.iloc[rows]).dropna().sort_index()
        first, _ = crossings(curve, baseline[layer])
        shares[layer] = 1.0 if first is None else float(curve.index[first])
    return shares


def statistics(D, between_batches, curves, layers, baseline=None):
    """
    The three statistics of one metric, for each layer and as the mean over layers.

    Parameters
    ----------
    D : ndarray of shape (1, n, l, l)
        Distances from the layers of a reference to those of n networks, of which it is the first.
    between_batches : ndarray of shape (l,)
        From `batch_distances`.
    curves : tuple of (DataFrame, ndarray of shape (k,))
        Index and distances as in `detected_shares`.
    layers : sequence of int of length l
    baseline : ndarray of shape (m, l), optional
        Distances of the network of the last two to the same layers of m others; by default those of `D`.

    Returns
    -------
    DataFrame
        Columns `statistic`; `correlation`, empty unless the statistic is rho; `layer`, `mean` or one of `layers`, as
        text; and `value`. Means are over the layers, and for rho also over the pairs, for which they are defined.
    """
    if baseline is None:
        baseline = np.diagonal(D[0, 1:], axis1=1, axis2=2)
    level = baseline.mean(axis=0)
    shares = detected_shares(*curves, dict(zip(layers, level, strict=True)))
    values = {("rho", name): _mean(specificity(D, name)[0]) for name in ("pearson", "spearman")}
    values["floor", ""] = np.divide(between_batches, level, out=np.full(len(level), np.nan), where=level > 0)
    values["detection", ""] = np.array([shares.get(layer, np.nan) for layer in layers])
    names = ["mean", *map(str, layers)]
    rows = [
        (*key, layer, value)
        for key, by_layer in values.items()
        for layer, value in zip(names, [float(_mean(by_layer)), *by_layer], strict=True)
    ]
    return pd.DataFrame(rows, columns=["statistic", "correlation", "layer", "value"])


def over_networks(D, between_batches, curves, layers, n_draws, seed=0):
    """
    Statistics of one metric for random subsets of the networks.

    Parameters
    ----------
    D : ndarray of shape (n, n, l, l)
        Distances between all ordered pairs of networks, as in `actopo.similarity.specificity`.
    between_batches, curves, layers
        As in `statistics`.
    n_draws : int
        Subsets of each number of networks.
    seed : int, default 0

    Yields
    ------
    n_networks : int
        One of `network_counts`.
    DataFrame
        From `statistics`. The networks of rho are drawn without replacement, and the first of them is the reference.
        The floor and the detection are always of the first network of `D`: of the others, one less are drawn.
    """
    for count in network_counts(len(D)):
        rng = np.random.default_rng([seed, count])
        for _ in range(n_draws):
            order = rng.permutation(len(D))
            others = order[order > 0][: count - 1]
            baseline = np.diagonal(D[0, others], axis1=1, axis2=2)
            yield count, statistics(D[order[:1]][:, order[:count]], between_batches, curves, layers, baseline)


def power_table(draws, level=0.95):
    """
    Mean and range over draws of the points or of the networks.

    Parameters
    ----------
    draws : sequence of DataFrame
        Tables of `statistics` with the rest of the columns `KEYS`.
    level : float, default 0.95
        Central share of the draws that lies in the range.

    Returns
    -------
    DataFrame
        `COLUMNS`. `varied` is `points`, `directions` or `networks`, and the columns of these names are their numbers;
        `metric`, `statistic`, `correlation` and `layer` as in `statistics`; `n_draws` for which it is defined; `value`,
        their mean; `low` and `high`, their quantiles, by linear interpolation.
    """
    found = pd.concat(draws, ignore_index=True).groupby(KEYS, sort=False).value
    tail = (1 - level) / 2
    columns = {"n_draws": found.count(), "value": found.mean(), "low": found.quantile(tail)}
    return pd.DataFrame({**columns, "high": found.quantile(1 - tail)}).reset_index()[COLUMNS]


def _mean(values):
    """Mean of the defined values over the first axis; nan where there is none."""
    return np.ma.filled(np.ma.masked_invalid(values).mean(axis=0), np.nan)
