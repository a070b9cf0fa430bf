"""Specificity in all variants against its nulls, in one table; see `actopo.similarity.specificity`."""

import logging

import numpy as np
import pandas as pd

from actopo.similarity.intervals import network_interval, pair_range
from actopo.similarity.permutations import add_correlations, draw_permutations, threads
from actopo.similarity.specificity import (
    CORRELATIONS,
    ROUNDING,
    checked,
    defined_layers,
    ding_criterion,
    layer_retrieval,
    of_layers,
    same_group,
    specificity,
    standardised,
    with_mean,
)

COLUMNS = ["metric", "statistic", "correlation", "own_layer", "models", "layer", "n_models", "n_pairs", "value", "sd"]
COLUMNS += [
    "low",
    "high",
    "min",
    "max",
    "null_mean",
    "null_high",
    "p_value",
    "width_null_mean",
    "width_null_high",
    "width_p_value",
]
# Numbers that are standardised at once, which bounds the memory.
ENTRIES_AT_ONCE = 2**21


def permutation_null(
    D, correlation="pearson", include_self=True, widths=None, same_width=False, n_permutations=1000, seed=0, n_threads=1
):
    """
    Mean specificity of each layer after random permutations of the labels of layers.

    Every model gets a random order of its layers: with a and b those of A and B, `D_AA[a(l), a(m)]` replaces
    `D_AA[l, m]`, and `D_AB[a(l), b(m)]` replaces `D_AB[l, m]`. So layers of A and B are matched at random, and those of
    A change places too: where l meets itself, the 0 of `D_AA` meets the distance of the same two layers in the pairs
    (A, B) and (B, A), as it does before. A single reference keeps its order, since all is given this model.

    Parameters
    ----------
    D : array_like of shape (a, n, l, l)
        Distances; see `actopo.similarity.specificity`.
    correlation, include_self
        As `specificity`.
    widths : array_like of shape (l,), optional
        Channels of each layer; only layers of equal width then change places.
    same_width : bool, default False
        Whether to include only the m that are as wide as l, as in `specificity` with `widths`.
    n_permutations, seed : int
    n_threads : int, default 1
        Without influence on the result.

    Returns
    -------
    ndarray of shape (n_permutations, l)
        Means over the pairs of models. The mean over layers of a row is one draw of the mean specificity.

    Raises
    ------
    InputError
        As `specificity`.
    """
    D = checked(D)
    groups, part = same_group(widths, D.shape[2]), same_group(widths if same_width else None, D.shape[2])
    orders = _orders(groups, (n_permutations, D.shape[1]), seed)
    return _nulls(D, part, correlation, include_self, [orders], n_threads)[0]


def _orders(same_group, shape, seed):
    """Random orders of the layers of every model in every permutation, within groups."""
    return draw_permutations(same_group.argmax(axis=1), shape, np.random.default_rng(seed))


def _nulls(D, taking_part, correlation, include_self, orders, n_threads):
    """Mean specificity of each layer in each of several sets of orders, for which rows are standardised once."""
    n_models, n_layers = D.shape[1:3]
    if len(D) == 1:
        orders = [np.take_along_axis(each, each[:, :1].argsort(axis=-1), axis=-1) for each in orders]
    self = np.eye(n_layers, dtype=bool)
    # Without m = l, rows of B are standardised once for each entry that may be left out.
    foreign_part = taking_part[None] if include_self else taking_part & ~self[:, None]
    own_part = taking_part if include_self else taking_part & ~self
    at_once = max(1, ENTRIES_AT_ONCE // foreign_part.size)
    sums = [np.zeros((2, len(each), n_layers)) for each in orders]
    with threads(n_threads):
        for i, rows in enumerate(D):
            own = standardised(rows[i], own_part, correlation)
            for first in range(0, n_models, at_once):
                foreign = rows[first : first + at_once, None]
                # For arrays in another order the loop would be compiled again.
                foreign = np.ascontiguousarray(standardised(foreign, foreign_part, correlation))
                for each, (total, count) in zip(orders, sums, strict=True):
                    add_correlations(i, first, own, foreign, each, total, count)
    return [np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0) for total, count in sums]


def specificity_table(distances, layers, widths, n_permutations=1000, level=0.95, seed=0, n_threads=1, progress=None):
    """
    Specificity in all variants, Ding's criterion and layer retrieval, as a tidy table.

    Parameters
    ----------
    distances : dict of str to array_like of shape (a, n, l, l)
        Distances by name of the metric; see `actopo.similarity.specificity`.
    layers : sequence of int of length l
    widths : array_like of shape (l,)
        Channels of each layer.
    n_permutations, seed : int
        As in `permutation_null`.
    level : float, default 0.95
        Level of the intervals and of the quantile of the nulls.
    n_threads : int, default 1
        Without influence on the result.
    progress : callable, optional
        Wraps the sequence of parts of the table and yields them, as tqdm does.

    Returns
    -------
    DataFrame
        `COLUMNS`: `metric`; `statistic`, one of `rho`, `rho_same_width`, `ding` and `retrieval`; for rho
        `correlation`, `pearson` or `spearman`, and `own_layer`, `with` or `without` m = l; `models`, `fixed` for
        the first model against the others or `all` for every ordered pair; `layer`, `mean` or one of `layers`, as
        text; `n_models`; `n_pairs`, the pairs for which the statistic is defined; `value`, the mean over pairs; `sd`
        over pairs; `low` and `high`, the interval, nan with fewer than 5 models; `min` and `max` over pairs; for rho
        `null_mean`, `null_high` and `p_value`, the mean and quantile of the null, and the share of null values and
        the value together that reach the value; and the same as `width_...` for permutations among layers of equal
        width. Entries that do not apply are nan.

    Warns
    -----
    logging.WARNING
        If a layer has no distances in some model (`defined_layers`). It has the values nan, and is in no other value.

    Raises
    ------
    InputError
        As `specificity`, for the other layers.
    """
    parts, tables, names = [], [], ["mean", *map(str, layers)]
    for metric, D in distances.items():
        kept = defined_layers(D)
        same_group(widths, len(kept))  # refuses widths of another number
        if not kept.all():
            left_out = ", ".join(str(layer) for layer, is_kept in zip(layers, kept, strict=True) if not is_kept)
            logging.warning("%s: layers without distances in some network are left out: %s", metric, left_out)
        D = checked(of_layers(D, kept))
        parts += [(metric, "fixed", D[:1], kept), (metric, "all", D, kept)][: min(len(D), 2)]
    steps = [(*part, choice) for part in parts for choice in (*CORRELATIONS, None)]
    for metric, models, D, kept, choice in steps if progress is None else progress(steps):
        own_widths = np.asarray(widths)[kept]
        for variant, values, nulls in _statistics(D, choice, own_widths, n_permutations, seed, n_threads):
            values = with_mean(values)
            numbers = _moments(values, nulls, level)
            numbers["low"], numbers["high"] = network_interval(values, level)
            numbers["min"], numbers["max"] = pair_range(values)
            columns = {"layer": names}
            for name, column in numbers.items():
                columns[name] = np.full(len(names), 0 if name == "n_pairs" else np.nan)
                columns[name][[True, *kept]] = column
            words = {"metric": metric, **variant, "models": models, "n_models": D.shape[1]}
            tables.append(pd.DataFrame({**columns, **words}))
    return pd.concat(tables, ignore_index=True)[COLUMNS]


def _statistics(D, choice, widths, n_permutations, seed, n_threads):
    """Yield the columns that identify a statistic, its value for every pair and its nulls by their prefix."""
    if choice is None:
        words = {"correlation": "", "own_layer": ""}
        yield {"statistic": "ding", **words}, ding_criterion(D), {}
        yield {"statistic": "retrieval", **words}, layer_retrieval(D), {}
        return
    correlation, own_layer = choice
    words, include_self = {"correlation": correlation, "own_layer": own_layer}, own_layer == "with"
    any_layer, same_width = (same_group(each, D.shape[2]) for each in (None, widths))
    orders = [_orders(group, (n_permutations, D.shape[1]), seed) for group in (any_layer, same_width)]
    null, width_null = _nulls(D, any_layer, correlation, include_self, orders, n_threads)
    values = specificity(D, correlation, include_self)
    yield {"statistic": "rho", **words}, values, {"": null, "width_": width_null}
    (width_null,) = _nulls(D, same_width, correlation, include_self, orders[1:], n_threads)
    values = specificity(D, correlation, include_self, widths)
    yield {"statistic": "rho_same_width", **words}, values, {"width_": width_null}


def _moments(values, nulls, level):
    """Mean and spread over pairs, beside their nulls; the first value is the mean over layers."""
    pairs = pd.DataFrame(values.reshape(-1, values.shape[2]))
    mean = pairs.mean()
    numbers = {"n_pairs": pairs.count(), "value": mean, "sd": pairs.std()}
    for prefix, null in nulls.items():
        null = pd.DataFrame(with_mean(null))
        p_value = (1 + (null >= mean - ROUNDING).sum()) / (1 + len(null))
        numbers[f"{prefix}null_mean"], numbers[f"{prefix}null_high"] = null.mean(), null.quantile(level)
        numbers[f"{prefix}p_value"] = p_value.where(mean.notna())
    return numbers
