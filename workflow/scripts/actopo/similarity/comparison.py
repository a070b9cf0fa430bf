"""One table of all measures of similarity: the results of each in the tests of specificity and of sensitivity."""

import numpy as np
import pandas as pd

from actopo.similarity.metrics.choices import suffix, traits
from actopo.similarity.specificity import (
    blocks,
    defined_layers,
    ding_criterion,
    layer_retrieval,
    of_layers,
    specificity,
)

# Distances that are 0 up to rounding.
ROUNDING = 1e-10

# Column, statistic, correlation, own layer, and the column of the specificity table with the value.
SPECIFICITY = [
    ("rho_pearson", "rho", "pearson", "with", "value"),
    ("rho_pearson_low", "rho", "pearson", "with", "low"),
    ("rho_pearson_high", "rho", "pearson", "with", "high"),
    ("rho_pearson_min", "rho", "pearson", "with", "min"),
    ("rho_pearson_max", "rho", "pearson", "with", "max"),
    ("rho_pearson_null_high", "rho", "pearson", "with", "null_high"),
    ("rho_pearson_width_null_high", "rho", "pearson", "with", "width_null_high"),
    ("rho_spearman", "rho", "spearman", "with", "value"),
    ("rho_pearson_without_own", "rho", "pearson", "without", "value"),
    ("rho_spearman_without_own", "rho", "spearman", "without", "value"),
    ("rho_pearson_same_width", "rho_same_width", "pearson", "with", "value"),
    ("ding", "ding", "", "", "value"),
    ("retrieval", "retrieval", "", "", "value"),
]


def by_metric(arrays, clouds):
    """
    Distances, and distances by chance, from the arrays of one measure of similarity on some clouds.

    Parameters
    ----------
    arrays : mapping of str to ndarray of shape (n, l, l)
        Distances from the layers of the first model to those of n, and by chance under the name with
        `_chance`; `layers` and `seeds` are left out.
    clouds : str
        A key of `actopo.similarity.metrics.choices.PAIRINGS`.

    Returns
    -------
    distances, chance : dict of str to ndarray of shape (1, n, l, l)
        By the name of the row of the tables.
    """
    distances, chance = {}, {}
    for name in arrays:
        if name not in ("layers", "seeds"):
            place = chance if name.endswith("_chance") else distances
            place[name.removesuffix("_chance") + suffix(clouds)] = arrays[name][None]
    return distances, chance


def unpaired(models, scaled, n_models, n_layers):
    """
    Sliced-Wasserstein distances from the layers of the first model to those of all.

    Parameters
    ----------
    models, scaled : mapping of str to ndarray of shape (n_models * n_layers, n_models * n_layers)
        Distances between the layers of all models by homology dimension (`h0`) and their `sum`, of the clouds as they
        are and divided by their mean distances.
    n_models, n_layers : int

    Returns
    -------
    dict of str to ndarray of shape (1, n_models, n_layers, n_layers)
    """

    def named(arrays, end, left_out):
        names = [name for name in arrays if name not in ("layers", "seeds", *left_out)]
        return {f"sw_{name}{end}": blocks(arrays[name], n_models, n_layers)[:1] for name in names}

    return named(models, "", ()) | named(scaled, "_scaled", ("sum",))


def all_measures(models, scaled, rivals):
    """
    Distances from the layers of the first model to those of the others, by every measure of similarity.

    Measures that are slow may have fewer other models; these are what all are cut to.

    Parameters
    ----------
    models, scaled : mapping of str to ndarray
        As `unpaired` takes them, with the `layers` and the `seeds` of `models`.
    rivals : iterable of (str, mapping of str to ndarray)
        Clouds and arrays of each other measure, as `by_metric` takes them.

    Returns
    -------
    distances, chance : dict of str to ndarray of shape (1, n, l, l)
    """
    whole, by_chance = unpaired(models, scaled, len(models["seeds"]), len(models["layers"])), {}
    for clouds, arrays in rivals:
        found, chance = by_metric(arrays, clouds)
        whole, by_chance = whole | found, by_chance | chance
    n = min(D.shape[1] for D in whole.values())
    return tuple({metric: D[:, :n] for metric, D in measured.items()} for measured in (whole, by_chance))


def baselines(distances, layers):
    """
    Distances from each layer of the first model to the same layer of the others.

    Parameters
    ----------
    distances : dict of str to ndarray of shape (1, n, l, l)
    layers : sequence of int of length l

    Returns
    -------
    dict of str to dict of int to ndarray of shape (n - 1,)
        As `actopo.similarity.detection.detection_table` takes them.
    """
    return {metric: {layer: D[0, 1:, i, i] for i, layer in enumerate(layers)} for metric, D in distances.items()}


def over_chance(D, chance):
    """
    Distances in units of those to the same clouds with rows in random order.

    For a distance 1 - s and a similarity by chance s_0 this is one less the adjusted similarity (s - s_0) / (1 - s_0),
    as in the adjusted Rand index of Hubert and Arabie (1985): 0 for clouds that agree, 1 at the level of chance.

    Parameters
    ----------
    D, chance : array_like of one shape
        Distances, and those by chance.

    Returns
    -------
    ndarray of that shape
        1 where the distance by chance is 0, since nothing can be told from chance there.
    """
    D, chance = np.asarray(D, dtype=float), np.asarray(chance, dtype=float)
    return np.divide(D, chance, out=np.ones_like(D), where=chance > ROUNDING)


def corrected(D, chance):
    """
    Distances between the layers of models corrected for chance, as `over_chance` does.

    Parameters
    ----------
    D, chance : array_like of shape (1, n, l, l)
        Distances from the layers of the first model to those of all, the first included, and those by chance.

    Returns
    -------
    ndarray of shape (1, n, l, l)
        As `over_chance`; 0 between a cloud and itself.
    """
    found = over_chance(D, chance)
    layers = np.arange(D.shape[-1])
    found[0, 0, layers, layers] = 0
    return found


def chance_columns(D, chance=None):
    """
    Mean distance to the same layer of other models, and what the correction for chance makes of it and of the tests.

    Parameters
    ----------
    D : array_like of shape (1, n, l, l)
        Distances.
    chance : array_like of shape (1, n, l, l), optional
        Those by chance, if the metric has them; see `corrected`.

    Returns
    -------
    dict of str to float
        `distance`, `chance_distance` and `distance_corrected`, means over layers and other models, and
        `..._corrected` of rho (Pearson and Spearman, with the own layer), `ding` and `retrieval`. Layers
        without distances in some model are left out.
    """

    def own(D):
        return float(np.diagonal(D[0, 1:], axis1=1, axis2=2).mean())

    kept = defined_layers(D)
    D = of_layers(D, kept)
    columns = {"distance": own(D), "chance_distance": np.nan, "distance_corrected": np.nan}
    tests = {f"{name}_corrected": np.nan for name in ("rho_pearson", "rho_spearman", "ding", "retrieval")}
    if chance is not None:
        chance = of_layers(chance, kept)
        adjusted = corrected(D, chance)
        columns |= {"chance_distance": own(chance), "distance_corrected": own(adjusted)}
        found = [specificity(adjusted, correlation=correlation) for correlation in ("pearson", "spearman")]
        found += [ding_criterion(adjusted), layer_retrieval(adjusted)]
        tests = {name: _mean(values) for name, values in zip(tests, found, strict=True)}
    return columns | tests


def _mean(values):
    """Mean over the models of the mean over layers, of what is defined."""
    means = pd.DataFrame(np.asarray(values)[0]).mean(axis=1)
    return float(means.mean())


def metric_table(specificity, detection, distances, chance):
    """
    Main results of every measure of similarity, one row each.

    Parameters
    ----------
    specificity : DataFrame
        From `actopo.similarity.specificity_table.specificity_table`, for several metrics.
    detection : DataFrame
        From `actopo.similarity.detection.detection_table`, for the same metrics.
    distances, chance : dict of str to array_like of shape (1, n, l, l)
        Of every metric the distances of the first table, and of those that have them the distances by chance.

    Returns
    -------
    DataFrame
        `metric`; `measure`, `clouds`, `invariant_to` and `points` (how they are paired), as
        `actopo.similarity.metrics.choices.traits` has them; `n_models`; means over layers, with the first network as
        the reference, of rho in several variants (for the first variant also the interval, which needs 5 networks, the
        range over pairs and the upper limits of the nulls), of `ding` and of `retrieval`; the columns of
        `chance_columns`; and `COMPONENTS_layerL`, the smallest share of removed components of layer L that exceeds the
        mean baseline, nan if none does.
    """
    means = specificity[(specificity.models == "fixed") & (specificity.layer == "mean")].fillna(
        {"correlation": "", "own_layer": ""}
    )
    means = means.set_index(["metric", "statistic", "correlation", "own_layer"])
    crossings = detection[detection.threshold == "mean"]
    rows = []
    for metric in specificity.metric.unique():
        row = {"metric": metric, **traits(metric), "n_models": means.loc[(metric, "ding", "", ""), "n_models"]}
        row |= {name: means.loc[(metric, *variant), column] for name, *variant, column in SPECIFICITY}
        row |= chance_columns(np.asarray(distances[metric]), chance.get(metric))
        for crossing in crossings[crossings.metric == metric].itertuples():
            row[f"{crossing.components}_layer{crossing.layer}"] = crossing.first_fraction
        rows.append(row)
    return pd.DataFrame(rows)
