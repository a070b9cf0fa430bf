"""
The headline numbers of a run beside those that Purvine et al. (AAAI 2023) state.

The paper's persistent-homology results are of H1, so its values stand beside H1 alone, for layers of the
same network; everything else has no counterpart in the paper, and no entry `paper`.
"""

import numpy as np

# Mean correlation of layer 9 and over layers, and the bound of the coefficient of variation.
PAPER = {"rho_layer_9": 0.907, "rho_mean": 0.910, "max_cv_below": 0.17}


def _spread(values):
    values = np.asarray(values, dtype=float)
    sd = float(values.std(ddof=1)) if len(values) > 1 else None
    return {"mean": float(values.mean()), "sd": sd, "min": float(values.min()), "max": float(values.max())}


def homology_summary(trained, distances, specificity):
    """
    Numbers of the homology study.

    Parameters
    ----------
    trained : list of dict
        Of every network `seed`, `test_accuracy` and `precision`.
    distances : DataFrame
        As `actopo.similarity.layer_table` makes it.
    specificity : DataFrame or None
        As `actopo.similarity.specificity_table` makes it; None for a single network.

    Returns
    -------
    dict
    """
    accuracy = {str(metrics["seed"]): metrics["test_accuracy"] for metrics in trained}
    result = {
        "test_accuracy": {"by_seed": accuracy, **_spread(list(accuracy.values()))},
        "precision": sorted({metrics["precision"] for metrics in trained}),
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
            result["layer_distances"][dimension] = {"max_cv": None, "why": "a single batch has no variation"}
    if specificity is None:
        result["specificity"] = {"why_not": "specificity compares networks, and there is a single seed"}
        return result
    result["specificity"] = {}
    for dimension, rows in specificity.groupby("dimension", sort=False):
        variants = {}
        for (models, correlation, own), variant in rows.groupby(["models", "correlation", "own_layer"], sort=False):
            variants[f"{correlation}, {models} reference, {own} own layer"] = {
                "n_pairs": int(variant.n_pairs.iloc[0]),
                "rho_mean": variant.rho.mean(),
                "rho_by_layer": {str(row.layer): row.rho for row in variant.itertuples()},
            }
        headline = variants["pearson, fixed reference, with own layer"]
        result["specificity"][dimension] = {
            "rho_mean": headline["rho_mean"],
            "rho_layer_9": headline["rho_by_layer"].get("9"),
            **({"paper": {key: PAPER[key] for key in ("rho_mean", "rho_layer_9")}} if dimension == "h1" else {}),
            "variants": variants,
        }
    return result


def mapper_summary(trained, graphs, classes):
    """
    Numbers of the mapper study.

    Parameters
    ----------
    trained : dict
        `test_accuracy` of the network.
    graphs : DataFrame
        One row per sampling and layer: eps, counts, purity and coverage.
    classes : DataFrame
        One row per sampling, layer and class: purity and coverage.

    Returns
    -------
    dict
    """
    result = {"test_accuracy": trained["test_accuracy"], "graphs": {}}
    for sampling, rows in graphs.groupby("sampling", sort=False):
        result["graphs"][sampling] = {}
        for row in rows.itertuples(index=False):
            own = classes[(classes.sampling == sampling) & (classes.layer == row.layer)]
            numbers = {key: value for key, value in row._asdict().items() if key not in ("sampling", "layer")}
            numbers["purity_by_class"] = dict(zip(own["class"], own.purity, strict=True))
            result["graphs"][sampling][str(row.layer)] = numbers
    return result
