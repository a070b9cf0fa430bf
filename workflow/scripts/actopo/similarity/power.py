"""
Power: how specificity, floor and detection depend on the points of a cloud, the directions and the networks.

Three statistics are computed again and again, each layer by layer and as the mean over layers:

- `rho`, the specificity of a reference network (`actopo.similarity.specificity.specificity`), with m = l;
- `floor`, the mean distance between two batches of images, of the same network and layer, divided by the baseline: the
  mean distance between that layer of the network and the same layer of other networks;
- `detection`, the share of the smallest principal components of a cloud whose removal first moves it by more than the
  baseline (`actopo.similarity.detection`); 1 if the removal of none does.

Points and networks are drawn at random several times, so that each value has a range. Directions are equally spaced:
their number alone determines the value.
"""

import numpy as np
import pandas as pd

from actopo.errors import InputError
from actopo.similarity.detection import crossings
from actopo.similarity.specificity import specificity

KEYS = ["varied", "points", "directions", "networks", "metric", "statistic", "correlation", "layer"]
COLUMNS = [*KEYS, "n_draws", "value", "low", "high"]


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


def detected_shares(index, distances, baseline):
    """
    Share of the removed components from which on a removal exceeds the baseline, for each layer that has a curve.

    Parameters
    ----------
    index : DataFrame of n rows
        Columns `layer` and `fraction` of `actopo.similarity.sensitivity.deletion_index`, of one kind of components.
    distances : ndarray of shape (n,)
        Distance of each reduced cloud to its full cloud; nan is left out.
    baseline : dict of int to float
        Mean distance to other networks, by layer.

    Returns
    -------
    dict of int to float
        Shares by layer, the first one on the curve; 1 where no removal exceeds the baseline, nan where the baseline or
        the curve is undefined.
    """
    shares = {}
    for layer, rows in index.groupby("layer", sort=False).indices.items():
        curve = pd.Series(distances[rows], index.fraction.iloc[rows]).dropna().sort_index()
        first, _ = crossings(curve, baseline[layer])
        unknown = np.isnan(baseline[layer]) or curve.empty
        shares[layer] = np.nan if unknown else 1.0 if first is None else float(curve.index[first])
    return shares


def statistics(D, between_batches, curves, layers, baseline=None):
    """
    The three statistics of one metric, for each layer and as the mean over layers.

    Parameters
    ----------
    D : ndarray of shape (1, n, l, l)
        Distances from the layers of a reference to those of n networks, of which it is the first.
    between_batches : ndarray of shape (l,)
        Mean distances between two batches, from `actopo.similarity.subsamples.batch_distances`.
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
        Subsets of each number of networks but all.
    seed : int, default 0

    Yields
    ------
    n_networks : int
        One of `network_counts`.
    DataFrame
        From `statistics`. The networks of rho are drawn without replacement, and the first of them is the reference.
        Of all networks, each is the reference once.
        The floor and the detection are always of the first network of `D`: of the others, one less are drawn.
    """
    for count in network_counts(len(D)):
        rng = np.random.default_rng([seed, count])
        turns = (np.roll(np.arange(len(D)), -first) for first in range(len(D)))
        for order in turns if count == len(D) else (rng.permutation(len(D)) for _ in range(n_draws)):
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
