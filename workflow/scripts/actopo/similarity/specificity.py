"""
Tests of models by distances between layers: specificity, Ding's criterion and layer retrieval.

Distances between the layers of models are an array `D` of shape (a, n, l, l): `D[i, j, x, y]` is the distance
from layer x of model i to layer y of model j. Its references are the first `a` of the `n` models: the first
alone, or all of them for every ordered pair. `D_AA` and `D_AB` below are `D[i, i]` and `D[i, j]`.

Specificity (Purvine et al. 2023) tests whether the distances from a layer to the layers of another model follow those
to the layers of its own. The criterion of Ding et al. (2021) and layer retrieval, after Kornblith et al. (2019), test
whether its counterpart in the other model is nearer than other layers are. Pairs of models share models, for which
`actopo.similarity.intervals` accounts. Distances also depend on the widths of layers, independently of training: nulls
permute the labels of all layers, or of layers of equal width.

References
----------
Purvine et al. (2023), "Experimental Observations of the Topology of Convolutional Neural Network Activations".
Ding, Denain and Steinhardt (2021), "Grounding Representation Similarity Through Statistical Testing".
Kornblith, Norouzi, Lee and Hinton (2019), "Similarity of Neural Network Representations Revisited".
"""

import logging

import numpy as np
import pandas as pd

from actopo.errors import InputError
from actopo.similarity.intervals import network_interval, pair_range

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
# Variants of rho: correlation, and with or without m = l.
CORRELATIONS = [(correlation, own) for correlation in ("pearson", "spearman") for own in ("with", "without")]
# Numbers that are standardised at once, which bounds the memory.
ENTRIES_AT_ONCE = 2**21
# Tolerance for correlations that are equal in exact arithmetic.
ROUNDING = 1e-10


def blocks(matrix, n_models, n_layers):
    """
    Square matrix of distances as the array `D` of all ordered pairs of models.

    Parameters
    ----------
    matrix : array_like of shape (n_models * n_layers, n_models * n_layers)
        Distances between the layers of all models, model by model.
    n_models, n_layers : int
        Numbers of models and of layers, into which both axes are divided.

    Returns
    -------
    ndarray of shape (n_models, n_models, n_layers, n_layers)
        Distances; a view if `matrix` is an array of float64.

    Raises
    ------
    InputError
        If the matrix has another shape.
    """
    matrix, size = np.asarray(matrix, dtype=np.float64), n_models * n_layers
    if matrix.shape != (size, size):
        raise InputError(
            f"distances have shape {matrix.shape}; {n_models} models of {n_layers} layers need ({size}, {size})."
        )
    return matrix.reshape(n_models, n_layers, n_models, n_layers).swapaxes(1, 2)


def defined_layers(D):
    """
    Layers that have distances in every model.

    A layer whose points are all equal in one model, and that the metric cannot compare, has nan in place of its
    distances. It is left out for all models, so that every pair of models is compared on the same layers.

    Parameters
    ----------
    D : array_like of shape (a, n, l, l)
        Distances; see the module.

    Returns
    -------
    bool ndarray of shape (l,)

    Raises
    ------
    InputError
        If `D` has another shape.
    """
    undefined = np.isnan(_shaped(D))
    return ~(undefined.all(axis=3) | undefined.all(axis=2)).any(axis=(0, 1))


def of_layers(D, kept):
    """Distances of shape (a, n, k, k) between the layers that a bool array of shape (l,) selects."""
    return np.asarray(D, dtype=np.float64)[..., kept, :][..., kept]


def specificity(D, correlation="pearson", include_self=True, widths=None):
    """
    Correlation of the distances from a layer to the layers of its own model and of another (Purvine et al. 2023).

    `rho_l(A, B)` is the correlation over m of `D_AA[l, m]` and `D_AB[l, m]`.

    Parameters
    ----------
    D : array_like of shape (a, n, l, l)
        Distances; see the module.
    correlation : {"pearson", "spearman"}, default "pearson"
        Spearman's is Pearson's on ranks, with ties at their mean rank.
    include_self : bool, default True
        Whether to include m = l, where `D_AA` is 0.
    widths : array_like of shape (l,), optional
        Channels of each layer; only the m that are as wide as l are then included.

    Returns
    -------
    ndarray of shape (a, n, l)
        Correlations; nan if B is A, a row is constant or fewer than 3 of its entries are included.

    Raises
    ------
    InputError
        If `D` has another shape, a single model, fewer than 3 layers or a value that is not finite, or
        another argument is out of range.
    """
    D = _checked(D)
    taking_part = _same_group(widths, D.shape[2])
    if not include_self:
        taking_part &= ~np.eye(D.shape[2], dtype=bool)
    rho = np.empty(D.shape[:3])
    for i, rows in enumerate(D):
        own, foreign = (_standardised(x, taking_part, correlation) for x in (rows[i], rows))
        rho[i] = np.einsum("lm,jlm->jl", own, foreign)
    return _between_models(rho)


def ding_criterion(D):
    """
    Share of the other layers of A that are farther from a layer than its counterpart in B (Ding et al. 2021).

    Parameters
    ----------
    D : array_like of shape (a, n, l, l)
        Distances; see the module.

    Returns
    -------
    ndarray of shape (a, n, l)
        Share of the m other than l with `D_AA[l, m] > D_AB[l, l]`; nan if B is A.

    Raises
    ------
    InputError
        As `specificity`.
    """
    D = _checked(D)
    own = np.stack([rows[i] for i, rows in enumerate(D)])
    farther = own[:, None] > np.diagonal(D, axis1=2, axis2=3)[..., None]
    others = farther[..., ~np.eye(D.shape[2], dtype=bool)].reshape(*D.shape[:3], -1)
    return _between_models(others.mean(axis=-1))


def layer_retrieval(D):
    """
    Whether the layer of B nearest to layer l of A is layer l (Kornblith et al. 2019).

    Parameters
    ----------
    D : array_like of shape (a, n, l, l)
        Distances; see the module.

    Returns
    -------
    ndarray of shape (a, n, l)
        1 or 0, and 1 / k if l is one of k nearest layers at equal distance; nan if B is A.

    Raises
    ------
    InputError
        As `specificity`.
    """
    D = _checked(D)
    nearest = D.min(axis=3, keepdims=True) == D
    return _between_models(np.diagonal(nearest, axis1=2, axis2=3) / nearest.sum(axis=3))


def permutation_null(
    D, correlation="pearson", include_self=True, widths=None, same_width=False, n_permutations=1000, seed=0, n_threads=1
):
    """
    Mean specificity of each layer after random permutations of the labels of layers.

    Every model gets a random order of its layers, and layers of A and B at the same place are matched: `D_AB[l, p(m)]`
    replaces `D_AB[l, m]`, with one permutation p for all rows l of a pair. With a single reference the p of all pairs
    are independent; among all ordered pairs that of (B, A) is the inverse of that of (A, B), since both have the same
    distances. Without m = l, `D_AA[l, l]` and the matched `D_AB[l, p(l)]` are left out.

    Parameters
    ----------
    D : array_like of shape (a, n, l, l)
        Distances; see the module.
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
    D = _checked(D)
    groups, part = _same_group(widths, D.shape[2]), _same_group(widths if same_width else None, D.shape[2])
    orders = _orders(groups, (n_permutations, D.shape[1]), seed)
    return _nulls(D, part, correlation, include_self, [orders], n_threads)[0]


def _orders(same_group, shape, seed):
    """Random orders of the layers of every model in every permutation, within groups."""
    # Imported here, since figures need this module but not numba.
    from actopo.similarity.permutations import draw_permutations

    return draw_permutations(same_group.argmax(axis=1), shape, np.random.default_rng(seed))


def _nulls(D, taking_part, correlation, include_self, orders, n_threads):
    """Mean specificity of each layer in each of several sets of orders, for which rows are standardised once."""
    from actopo.similarity.permutations import add_correlations, threads

    n_models, n_layers = D.shape[1:3]
    self = np.eye(n_layers, dtype=bool)
    # Without m = l, rows of B are standardised once for each entry that may be left out.
    foreign_part = taking_part[None] if include_self else taking_part & ~self[:, None]
    own_part = taking_part if include_self else taking_part & ~self
    at_once = max(1, ENTRIES_AT_ONCE // foreign_part.size)
    sums = [np.zeros((2, len(each), n_layers)) for each in orders]
    with threads(n_threads):
        for i, rows in enumerate(D):
            own = _standardised(rows[i], own_part, correlation)
            for first in range(0, n_models, at_once):
                foreign = rows[first : first + at_once, None]
                # For arrays in another order the loop would be compiled again.
                foreign = np.ascontiguousarray(_standardised(foreign, foreign_part, correlation))
                for each, (total, count) in zip(orders, sums, strict=True):
                    add_correlations(i, first, own, foreign, each, total, count)
    return [np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0) for total, count in sums]


def specificity_table(distances, layers, widths, n_permutations=1000, level=0.95, seed=0, n_threads=1, progress=None):
    """
    Specificity in all variants, Ding's criterion and layer retrieval, as a tidy table.

    Parameters
    ----------
    distances : dict of str to array_like of shape (a, n, l, l)
        Distances by name of the metric; see the module.
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
        _same_group(widths, len(kept))  # refuses widths of another number
        if not kept.all():
            left_out = ", ".join(str(layer) for layer, is_kept in zip(layers, kept, strict=True) if not is_kept)
            logging.warning("%s: layers without distances in some network are left out: %s", metric, left_out)
        D = _checked(of_layers(D, kept))
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
    any_layer, same_width = (_same_group(each, D.shape[2]) for each in (None, widths))
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


def with_mean(values):
    """Values with the mean of the defined ones over the last axis put before them."""
    mean = np.ma.masked_invalid(values).mean(axis=-1, keepdims=True)
    return np.concatenate([mean.filled(np.nan), values], axis=-1)


def _shaped(D):
    D = np.asarray(D, dtype=np.float64)
    if D.ndim != 4 or D.shape[2] != D.shape[3] or len(D) not in (1, D.shape[1]):
        right = "(references, models, layers, layers), with the first model or all as references"
        raise InputError(f"distances have shape {D.shape}; give {right}.")
    return D


def _checked(D):
    D = _shaped(D)
    if D.shape[1] < 2:
        raise InputError("there is a single model to compare; train at least 2 seeds.")
    if D.shape[2] < 3:
        raise InputError(f"{D.shape[2]} layer(s) leave fewer than 3 distances to compare; give 3 layers or more.")
    if not np.isfinite(D).all():
        raise InputError("distances are not all finite; look for the layer that made them.")
    return D


def _between_models(values):
    """Set the values of a reference paired with itself to nan."""
    references = np.arange(len(values))
    values[references, references] = np.nan
    return values


def _same_group(widths, n_layers):
    """Whether layers l and m are equally wide; always true without `widths`."""
    widths = np.zeros(n_layers) if widths is None else np.asarray(widths)
    if widths.shape != (n_layers,):
        raise InputError(f"widths have shape {widths.shape}; give the number of channels of each of {n_layers} layers.")
    return widths[:, None] == widths


def _standardised(rows, taking_part, correlation):
    """Centre rows and scale them to norm 1 over the included entries, 0 elsewhere; nan if constant or too short."""
    if correlation not in ("pearson", "spearman"):
        raise InputError(f'correlation is "{correlation}"; write "pearson" or "spearman".')
    if correlation == "spearman":
        # It takes most of a second, which jobs without ranks do not spend.
        from scipy.stats import rankdata

        # Entries that do not take part rank behind all others.
        rows = rankdata(np.where(taking_part, rows, np.inf), axis=-1)
    count = taking_part.sum(axis=-1, keepdims=True)
    mean = (rows * taking_part).sum(axis=-1, keepdims=True) / np.maximum(count, 1)
    centred = (rows - mean) * taking_part
    norm = np.sqrt((centred * centred).sum(axis=-1, keepdims=True))
    rows, taking_part = np.broadcast_arrays(rows, taking_part)
    highest = rows.max(axis=-1, keepdims=True, where=taking_part, initial=-np.inf)
    lowest = rows.min(axis=-1, keepdims=True, where=taking_part, initial=np.inf)
    defined = (highest > lowest) & (count >= 3)
    return np.divide(centred, norm, out=np.full_like(centred, np.nan), where=defined)
