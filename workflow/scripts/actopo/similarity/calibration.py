"""
Distances between layers against those of surrogates that are Gaussian beyond the same second moments.

Draw 0 is the observed clouds, the draws 1 to R are surrogates (`actopo.homology.surrogates`) that are exchangeable with
them under the null, and the p-value of a statistic is the share of all R + 1 draws that are at least as extreme, the
observed one included (Phipson and Smyth 2010). It is never below 1 / (R + 1).

- For two layers the statistic is their distance. It is two-sided: extreme is what is far from the mean over all draws.
- For one layer it is the mean distance of a draw of it to the other draws, one-sided: how far the layer lies from its
  surrogates, where they lie that far from each other.

References
----------
Phipson and Smyth (2010), "Permutation P-Values Should Never Be Zero", Statistical Applications in Genetics and
Molecular Biology 9.
Holm (1979), "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of Statistics 6.
Benjamini and Hochberg (1995), "Controlling the False Discovery Rate", Journal of the Royal Statistical Society B 57.
"""

import numpy as np
import pandas as pd

from actopo.errors import InputError


def mean_to_others(distances):
    """
    Mean distance of each draw to the others.

    Parameters
    ----------
    distances : array_like of shape (R + 1, R + 1)
        Symmetric, between the draws of one layer.

    Returns
    -------
    ndarray of shape (R + 1,)
    """
    distances = np.asarray(distances, dtype=np.float64)
    return distances.sum(axis=1) / (len(distances) - 1)


def rank_p_value(statistics, two_sided=True):
    """
    p-value of the first of several statistics that are exchangeable under the null.

    Parameters
    ----------
    statistics : array_like of shape (R + 1, ...)
        The observed statistic, and those of R surrogates; further axes are further tests.
    two_sided : bool, default True
        Whether small statistics are extreme as well. They are then compared by their distance to the mean over all.

    Returns
    -------
    float or ndarray of shape (...)
        Between 1 / (R + 1) and 1. Statistics that differ by rounding alone count as equal.

    Raises
    ------
    InputError
        If there is no surrogate, or a statistic is not finite.
    """
    statistics = np.asarray(statistics, dtype=np.float64)
    if not np.isfinite(statistics).all():
        raise InputError("a statistic is not finite; leave out layers whose points are all equal.")
    if len(statistics) < 2:
        raise InputError("there is no surrogate to compare with; draw at least one.")
    extreme = np.abs(statistics - statistics.mean(axis=0)) if two_sided else statistics
    tolerance = 1e-9 * np.abs(statistics).max(axis=0)
    return np.mean(extreme >= extreme[0] - tolerance, axis=0)[()]


def holm(p_values):
    """
    p-values of a family of tests, adjusted by Holm's procedure.

    Parameters
    ----------
    p_values : array_like of shape (m,)

    Returns
    -------
    ndarray of shape (m,)
        The smallest level at which each test is rejected while the chance of any false rejection is below it.
    """
    p_values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p_values, kind="stable")
    steps = np.maximum.accumulate(p_values[order] * np.arange(len(p_values), 0, -1))
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(steps, 1)
    return adjusted


def calibration_table(between, within, layers):
    """
    Every layer and every pair of layers against the surrogates, in one homology dimension and scaling.

    Parameters
    ----------
    between : ndarray of shape (R + 1, l, l)
        Distances between the layers in each draw; the first is observed.
    within : ndarray of shape (l, R + 1, R + 1)
        Distances between the draws of each layer.
    layers : sequence of int of length l

    Returns
    -------
    DataFrame
        One row for each layer (`layer_a` equals `layer_b`) and pair of layers, with `observed`, `surrogate_mean`,
        `surrogate_sd` (with R - 1), `ratio` = observed / surrogate_mean, `z` = (observed - surrogate_mean) /
        surrogate_sd, both nan where they are undefined, `p_value`, and `p_holm` and `q_value` (Benjamini and Hochberg),
        for which the layers are one family and the pairs another, and `draws` = R.
    """
    first, second = np.triu_indices(len(layers), k=1)
    layers = np.asarray(layers)
    alone = np.stack([mean_to_others(distances) for distances in within], axis=1)
    families = [(layers, layers, alone, False), (layers[first], layers[second], between[:, first, second], True)]
    return pd.concat([_family(*family) for family in families if len(family[0])], ignore_index=True)


def calibration_tables(between, within, units, layers):
    """
    The tables of all dimensions and both scalings, one below the other.

    Parameters
    ----------
    between : dict of str to dict of str to ndarray of shape (R + 1, l, l)
        Distances by scaling, `own` for clouds as they are and `equal` for clouds divided by their unit, and dimension.
    within : dict of str to ndarray of shape (l, R + 1, R + 1)
        Distances between the draws of each layer as they are, by dimension.
    units : sequence of float of length l
        Unit of each layer, the same for all its draws.
    layers : sequence of int of length l

    Returns
    -------
    DataFrame
        Columns `dimension`, `scale`, and those of `calibration_table`.
    """
    tables = []
    for scale, matrices in between.items():
        divisor = np.asarray(units)[:, None, None] if scale == "equal" else 1
        for dimension, matrix in matrices.items():
            table = calibration_table(matrix, within[dimension] / divisor, layers)
            table.insert(0, "dimension", dimension)
            table.insert(1, "scale", scale)
            tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _family(layer_a, layer_b, statistics, two_sided):
    # It takes most of a second, which a job that reads these tables does not spend.
    from scipy.stats import false_discovery_control

    observed, mean = statistics[0], statistics[1:].mean(axis=0)
    sd = statistics[1:].std(axis=0, ddof=1) if len(statistics) > 2 else np.full_like(mean, np.nan)
    p_values = rank_p_value(statistics, two_sided)
    columns = {
        "layer_a": layer_a,
        "layer_b": layer_b,
        "observed": observed,
        "surrogate_mean": mean,
        "surrogate_sd": sd,
        "ratio": np.divide(observed, mean, out=np.full_like(mean, np.nan), where=mean > 0),
        "z": np.divide(observed - mean, sd, out=np.full_like(mean, np.nan), where=sd > 0),
        "p_value": p_values,
        "p_holm": holm(p_values),
        "q_value": false_discovery_control(p_values),
        "draws": len(statistics) - 1,
    }
    return pd.DataFrame(columns)
