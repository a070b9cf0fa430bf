"""
Differences of the tests of specificity between the trained networks and controls of the same networks.

Network i of a control has the seed of trained network i (before training, or with its clouds scaled or replaced by
Gaussian ones), so that values are paired: the difference is taken for each pair of networks, and its interval, by
`actopo.similarity.intervals`, is narrower than those of both values where they vary together.
"""

import numpy as np
import pandas as pd

from actopo.errors import InputError
from actopo.similarity.intervals import network_interval, pair_range
from actopo.similarity.specificity import (
    CORRELATIONS,
    defined_layers,
    ding_criterion,
    layer_retrieval,
    of_layers,
    specificity,
    with_mean,
)

COLUMNS = ["metric", "control", "statistic", "correlation", "own_layer", "models", "layer", "n_models", "n_pairs"]
COLUMNS += ["trained", "value", "difference", "sd", "low", "high", "min", "max"]


def control_table(trained, controls, layers, widths, level=0.95):
    """
    Trained networks minus each control, in every statistic, as a tidy table.

    Parameters
    ----------
    trained : dict of str to array_like of shape (n, n, l, l)
        Distances by name of the metric; see `actopo.similarity.specificity`.
    controls : dict of str to dict
        For each control, its distances as `trained`, of the same networks in the same order.
    layers : sequence of int of length l
    widths : array_like of shape (l,)
        Channels of each layer.
    level : float, default 0.95
        Level of the intervals.

    Returns
    -------
    DataFrame
        `COLUMNS`: the columns that identify a statistic as in `actopo.similarity.specificity_table.specificity_table`;
        `control`; `n_models`; `n_pairs`, the pairs for which the statistic is defined in both; over these pairs the
        means `trained` and `value` (that of the control), the mean `difference` of trained minus control, its `sd`
        over pairs, its interval `low` and `high`, nan with fewer than 5 networks, and its range `min` and `max`. Layers
        without distances in one of the two (`actopo.similarity.specificity.defined_layers`) are left out.

    Raises
    ------
    InputError
        If a control lacks a metric or has distances of another shape; and as
        `actopo.similarity.specificity.specificity`.
    """
    tables = []
    for metric, D in trained.items():
        for control, distances in controls.items():
            if np.shape(distances.get(metric)) != np.shape(D):
                raise InputError(
                    f"the control {control} has distances {metric} of shape {np.shape(distances.get(metric))}, the "
                    f"trained networks {np.shape(D)}; give the same networks and layers."
                )
            kept = defined_layers(D) & defined_layers(distances[metric])
            names = ["mean", *(str(layer) for layer, is_kept in zip(layers, kept, strict=True) if is_kept)]
            both = (_statistics(of_layers(each, kept), np.asarray(widths)[kept]) for each in (D, distances[metric]))
            for (words, values), (_, others) in zip(*both, strict=True):
                for models, references in (("fixed", 1), ("all", len(D))):
                    numbers = _differences(with_mean(values)[:references], with_mean(others)[:references], level)
                    words |= {"metric": metric, "control": control, "models": models, "n_models": np.shape(D)[1]}
                    tables.append(pd.DataFrame({"layer": names, **words, **numbers}))
    return pd.concat(tables, ignore_index=True)[COLUMNS] if tables else pd.DataFrame(columns=COLUMNS)


def _statistics(D, widths):
    """Yield the columns that identify a statistic, and its value for every pair and layer."""
    for correlation, own_layer in CORRELATIONS:
        words = {"correlation": correlation, "own_layer": own_layer}
        yield {"statistic": "rho", **words}, specificity(D, correlation, own_layer == "with")
        yield {"statistic": "rho_same_width", **words}, specificity(D, correlation, own_layer == "with", widths)
    words = {"correlation": "", "own_layer": ""}
    yield {"statistic": "ding", **words}, ding_criterion(D)
    yield {"statistic": "retrieval", **words}, layer_retrieval(D)


def _differences(trained, control, level):
    difference = trained - control
    low, high = network_interval(difference, level)
    lowest, highest = pair_range(difference)
    undefined = np.isnan(difference)
    pairs = [
        pd.DataFrame(np.where(undefined, np.nan, values).reshape(-1, values.shape[2]))
        for values in (trained, control, difference)
    ]
    means = dict(zip(("trained", "value", "difference"), (each.mean() for each in pairs), strict=True))
    spread = {"n_pairs": pairs[2].count(), "sd": pairs[2].std()}
    return {**means, **spread, "low": low, "high": high, "min": lowest, "max": highest}
