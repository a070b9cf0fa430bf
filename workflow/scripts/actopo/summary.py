"""
The main results of a run beside those that Purvine et al. (AAAI 2023) report.

The paper's persistent-homology results are for H1 and layers of the same network, so only those entries of the
summary have a value `paper`; all others have no counterpart in the paper.
"""

import numpy as np
import pandas as pd

from actopo.captions import HEADLINE

# Mean correlation of layer 9 and over layers, and the upper bound of the coefficient of variation.
PAPER = {"rho_layer_9": 0.907, "rho_mean": 0.910, "max_cv_below": 0.17}


def _spread(values):
    values = np.asarray(values, dtype=float)
    sd = float(values.std(ddof=1)) if len(values) > 1 else None
    return {"mean": float(values.mean()), "sd": sd, "min": float(values.min()), "max": float(values.max())}


def homology_summary(trained, distances, specificity, metrics=None, sensitivity=None, controls=None):
    """
    Numbers of the homology study.

    Parameters
    ----------
    trained : list of dict
        `seed`, `test_accuracy` and `precision` of every network.
    distances : DataFrame
        Table of `actopo.similarity.layer_distances.layer_table`.
    specificity : dict of str to DataFrame
        Tables of `actopo.similarity.specificity_table.specificity_table` by name of the clouds, `trained` first and
        then the controls; empty for a single network.
    metrics : DataFrame, optional
        Table of `actopo.similarity.comparison.metric_table`, with one row per measure of similarity.
    sensitivity : DataFrame, optional
        First table of `actopo.similarity.detection.sensitivity_tables`.
    controls : DataFrame, optional
        Table of `actopo.similarity.control_differences.control_table`.

    Returns
    -------
    dict
    """
    accuracy = {str(network["seed"]): network["test_accuracy"] for network in trained}
    result = {
        "test_accuracy": {"by_seed": accuracy, **_spread(list(accuracy.values()))},
        "precision": sorted({network["precision"] for network in trained}),
        "layer_distances": {},
    }
    for dimension, rows in distances.groupby("dimension", sort=False):
        if rows.cv.notna().any():
            largest = rows.loc[rows.cv.idxmax()]
            result["layer_distances"][dimension] = {
                "max_cv": largest.cv,
                "at_layers": [int(largest.layer_a), int(largest.layer_b)],
                "median_cv": rows.cv.median(),
            }
            if dimension == "h1":
                result["layer_distances"][dimension]["paper"] = {"max_cv_below": PAPER["max_cv_below"]}
        else:
            result["layer_distances"][dimension] = {
                "max_cv": None,
                "why": "a single batch, or distances of 0, have no variation",
            }
    if sensitivity is not None:
        result["sensitivity"] = _sensitivity(sensitivity)
    if not specificity:
        result["specificity"] = {"why_not": "specificity compares networks, and there is a single seed"}
        return result
    result["specificity"] = {
        clouds: {metric.removeprefix("sw_"): _specificity(rows) for metric, rows in table.groupby("metric", sort=False)}
        for clouds, table in specificity.items()
    }
    if "h1" in result["specificity"]["trained"]:
        result["specificity"]["trained"]["h1"]["paper"] = {key: PAPER[key] for key in ("rho_mean", "rho_layer_9")}
    for clouds, rows in controls.groupby("control", sort=False) if controls is not None else ():
        for metric, own in rows.groupby("metric", sort=False):
            result["specificity"][clouds][metric.removeprefix("sw_")]["trained_minus_control"] = _differences(own)
    result["metrics"] = {row.pop("metric"): row for row in metrics.to_dict("records")}
    return result


def _specificity(table):
    """Every variant of rho, the first network against the others with its own layer first, and the other tests."""
    tests = {}
    numbers = ("n_pairs", "value", "low", "high", "min", "max")
    nulls = ("null_mean", "null_high", "p_value", "width_null_mean", "width_null_high", "width_p_value")
    for words, rows in _by_statistic(table):
        mean = rows[rows.layer == "mean"].iloc[0]
        tests[words] = {
            **{name: _number(mean[name]) for name in numbers},
            **{name: mean[name] for name in nulls if not pd.isna(mean[name])},
            "by_layer": {row.layer: _number(row.value) for row in rows[rows.layer != "mean"].itertuples()},
        }
    headline = tests[HEADLINE]
    result = {"rho_mean": headline["value"], "rho_layer_9": headline["by_layer"].get("9")}
    if headline["value"] is None:
        result["why_no_rho"] = "no correlation is defined: the distances from each layer to the others are all equal"
    if table.low.isna().all():
        result["why_no_interval"] = (
            "an interval needs 5 networks, and pairs that differ; the range over pairs is given as min and max"
        )
    return {**result, "tests": tests}


def _differences(table):
    """Mean over layers of every statistic, with the paired interval of the difference."""
    numbers = ("n_pairs", "trained", "value", "difference", "low", "high", "min", "max")
    means = {words: rows[rows.layer == "mean"].iloc[0] for words, rows in _by_statistic(table)}
    return {words: {name: _number(mean[name]) for name in numbers} for words, mean in means.items()}


def _by_statistic(table):
    """Yield each statistic in words and its rows, one for the mean and one for each layer."""
    kinds = ["statistic", "correlation", "own_layer", "models"]
    for (statistic, correlation, own, models), rows in table.fillna(dict.fromkeys(kinds, "")).groupby(
        kinds, sort=False
    ):
        words = [statistic, correlation, f"{own} own layer" if own else "", f"{models} reference"]
        yield ", ".join(word for word in words if word), rows


def _number(value):
    return None if pd.isna(value) else value


def _sensitivity(table):
    """Levels and crossings by metric, layer, components and threshold, and what there is none of."""
    levels, result = set(table.threshold), {}
    if "mean" not in levels:
        result["why_no_baseline"] = "the baseline is between networks, and there is a single seed"
    if "floor_mean" not in levels:
        result["why_no_floor"] = "the floor is between batches of images, and there is a single one"
    if len(table) and table.low.isna().all():
        result["why_no_interval"] = (
            "an interval needs 5 networks that all cross, also against baselines that lack one of them, and not all at "
            "one share; the range is given"
        )
    for (metric, layer, components), rows in table.groupby(["metric", "layer", "components"], sort=False):
        crossings = {row["threshold"]: _crossing(row) for row in rows.to_dict("records")}
        result.setdefault(metric, {}).setdefault(str(layer), {})[components] = crossings
    return result


def _crossing(row):
    """Where the curve of the first network crosses its threshold, as shares of the components, and those of others."""
    first = ("level", "first_fraction", "first_rank_fraction", "censored", "last_fraction")
    others = ("networks", "networks_crossed", "networks_censored", "mean_fraction", "low", "high")
    others += ("lowest_fraction", "highest_fraction", "mean_level", "level_low", "level_high")
    found, over_networks = ({name: row[name] for name in names} for names in (first, others))
    sign, share = "<= " if row["censored"] else "", row["first_fraction"]
    return {**found, "first": "never" if pd.isna(share) else f"{sign}{share:.3g}", "over_networks": over_networks}


def mapper_summary(trained, graphs, classes, foreground=None):
    """
    Numbers of the mapper study.

    Parameters
    ----------
    trained : list of dict
        `seed` and `test_accuracy` (None where it is not known) of every network.
    graphs : DataFrame
        One row per sampling, sigma of the noise and layer: eps, counts, purity with its null and coverage, over
        networks and draws (`actopo.graphs.replicates.over_graphs`).
    classes : DataFrame
        One row per sampling, sigma, layer and class: purity and coverage.
    foreground : dict, optional
        Shares of images without foreground and without background, and of foreground pixels.

    Returns
    -------
    dict
    """
    accuracy = {str(network["seed"]): network["test_accuracy"] for network in trained}
    known = [value for value in accuracy.values() if value is not None]
    result = {"test_accuracy": {"by_seed": accuracy, **(_spread(known) if known else {})}}
    result |= {"graphs": {}, "noisy_graphs": {}}
    if foreground is not None:
        result["foreground"] = foreground
    key = ["sampling", "sigma", "layer"]
    by_class = {names: rows for names, rows in classes.groupby(key, sort=False)}
    for row in graphs.to_dict("records"):
        sampling, sigma, layer = names = tuple(row.pop(name) for name in key)
        own = by_class[names]
        row["purity_by_class"] = dict(zip(own["class"], own.purity, strict=True))
        place = result["noisy_graphs" if sigma else "graphs"].setdefault(sampling, {})
        if sigma:
            place = place.setdefault(f"sigma {sigma:g}", {})
        place[str(layer)] = row
    return result
