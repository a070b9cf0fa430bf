"""One table of all measures of similarity: the results of each in the tests of specificity and of sensitivity."""

import pandas as pd

# Column, statistic, correlation, own layer, and the column of the specificity table with the value.
SPECIFICITY = [
    ("rho_pearson", "rho", "pearson", "with", "value"),
    ("rho_pearson_low", "rho", "pearson", "with", "low"),
    ("rho_pearson_high", "rho", "pearson", "with", "high"),
    ("rho_pearson_null_high", "rho", "pearson", "with", "null_high"),
    ("rho_pearson_width_null_high", "rho", "pearson", "with", "width_null_high"),
    ("rho_spearman", "rho", "spearman", "with", "value"),
    ("rho_pearson_without_own", "rho", "pearson", "without", "value"),
    ("rho_spearman_without_own", "rho", "spearman", "without", "value"),
    ("rho_pearson_same_width", "rho_same_width", "pearson", "with", "value"),
    ("ding", "ding", "", "", "value"),
    ("retrieval", "retrieval", "", "", "value"),
]


def metric_table(specificity, detection):
    """
    Main results of every measure of similarity, one row each.

    Parameters
    ----------
    specificity : DataFrame
        From `actopo.similarity.specificity.specificity_table`, for several metrics.
    detection : DataFrame
        From `actopo.similarity.sensitivity.detection_table`, for the same metrics.

    Returns
    -------
    DataFrame
        `metric`; `n_models`; means over layers, with the first network as the reference, of rho in several variants
        (for the first variant also the interval and the upper limits of the nulls), of `ding` and of `retrieval`; and
        `COMPONENTS_layerL`, the smallest share of removed components of layer L that exceeds the mean baseline, nan
        if none does.
    """
    means = specificity[(specificity.models == "fixed") & (specificity.layer == "mean")].fillna(
        {"correlation": "", "own_layer": ""}
    )
    means = means.set_index(["metric", "statistic", "correlation", "own_layer"])
    crossings = detection[detection.threshold == "mean"]
    rows = []
    for metric in specificity.metric.unique():
        row = {"metric": metric, "n_models": means.loc[(metric, "ding", "", ""), "n_models"]}
        row |= {name: means.loc[(metric, *variant), column] for name, *variant, column in SPECIFICITY}
        for crossing in crossings[crossings.metric == metric].itertuples():
            row[f"{crossing.components}_layer{crossing.layer}"] = crossing.first_fraction
        rows.append(row)
    return pd.DataFrame(rows)
