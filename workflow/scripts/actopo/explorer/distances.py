"""
Distances between layers as the explorer reads them: matrices, the diagrams that they compare, and curves.

A matrix is one text row after the other. The first network is A in all of them; the networks B that it is compared with
stand in the order of their seeds, and A itself is the first of them. Coordinates of diagrams are float32, as base64.
"""

import base64

import numpy as np
import pandas as pd

from actopo.explorer.tables import rounded, table_document
from actopo.keys import distinct_name

# Statistic of the table of specificity that is drawn: Fig. 6 of the paper.
RHO = {"statistic": "rho", "correlation": "pearson", "own_layer": "with", "models": "fixed"}
RHO_COLUMNS = ["metric", "layer", "n_pairs", "value", "low", "high", "min", "max", "null_high", "p_value"]
CURVE_COLUMNS = ["metric", "layer", "components", "fraction", "distance", "in_paper"]
DETECTION_COLUMNS = ["metric", "layer", "components", "threshold", "level"]
CALIBRATION_COLUMNS = ["dimension", "scale", "layer_a", "layer_b", "observed", "surrogate_mean", "ratio", "z"]
CALIBRATION_COLUMNS += ["p_value", "p_holm", "q_value", "draws"]
EPOCH_COLUMNS = ["epoch", "metric", "statistic", "layer", "value", "low", "high", "min", "max", "null_high"]
EPOCH_STATISTICS = ["distance", "relative", "rho", "retrieval", "train_accuracy", "test_accuracy"]


def matrix_documents(clouds, seeds, arrays, labels):
    """
    Matrices of one kind of clouds.

    Parameters
    ----------
    clouds : str
        Name of the kind.
    seeds : sequence of int
        Networks B.
    arrays : dict of str to ndarray of shape (len(seeds), l, l)
        Distances by metric, and distances by chance under the name of the metric with `_chance`.
    labels : dict of str to str
        What metrics are called.

    Returns
    -------
    list of dict
        `clouds`, `metric`, `label`, `seeds`, and for each network B `values` and `chance`, which is None for a metric
        without it.
    """
    return [
        {
            "clouds": clouds,
            "metric": name,
            "label": labels.get(name, name),
            "seeds": [int(seed) for seed in seeds],
            "values": [_flat(matrix) for matrix in found],
            "chance": [_flat(matrix) for matrix in arrays[f"{name}_chance"]] if f"{name}_chance" in arrays else None,
        }
        for name, found in arrays.items()
        if not name.endswith("_chance")
    ]


def batch_document(n_batches, mean, variation):
    """
    Distances of a network over batches of images: Fig. 5 of the paper.

    Parameters
    ----------
    n_batches : int
    mean, variation : ndarray of shape (l, l)
        Mean and coefficient of variation (`actopo.similarity.layer_distances.layer_statistics`).

    Returns
    -------
    dict
        `batches`, `mean`, and `variation`, None for a single batch.
    """
    return {"batches": n_batches, "mean": _flat(mean), "variation": _flat(variation) if n_batches > 1 else None}


def diagram_document(diagrams):
    """
    Diagrams of the layers of one network.

    Parameters
    ----------
    diagrams : dict of str to sequence of ndarray of shape (n, 2)
        Births and deaths of each layer by dimension, such as `h0`.

    Returns
    -------
    dict of str to list of str
        Base64 of little-endian float32, births and deaths in turn.
    """
    return {
        dimension: [base64.b64encode(np.asarray(own, dtype="<f4").tobytes()).decode("ascii") for own in layers]
        for dimension, layers in diagrams.items()
    }


def rho_document(tables):
    """
    Correlation of rows by layer, averaged over networks B.

    Parameters
    ----------
    tables : sequence of (str, DataFrame)
        Kind of clouds, and its table (`actopo.similarity.specificity_table.specificity_table`).

    Returns
    -------
    dict
        As `table_document`; the column `clouds` comes first.
    """
    rows, columns = [], ["clouds", *RHO_COLUMNS]
    for clouds, table in tables:
        own = table[np.logical_and.reduce([table[name] == word for name, word in RHO.items()])]
        own = own.reindex(columns=RHO_COLUMNS)
        rows += [[clouds, *row] for row in table_document(own.assign(layer=own.layer.astype(str)))["rows"]]
    return {"columns": columns, "rows": rows}


def epoch_document(table):
    """
    Distances of layers to themselves at the end of training, and tests and accuracy of networks, by epoch.

    Parameters
    ----------
    table : DataFrame or None
        From `actopo.similarity.epochs.epoch_table`; None where no epoch was kept.

    Returns
    -------
    dict
        As `table_document`, without rows where no epoch was kept.
    """
    table = pd.DataFrame(columns=EPOCH_COLUMNS) if table is None else table[table.statistic.isin(EPOCH_STATISTICS)]
    table = table.assign(metric=table.metric.fillna(""), layer=table.layer.astype(str))
    return columns_of(table[table.value.notna()], EPOCH_COLUMNS)


def pair_document(names, tables, labels):
    """
    Two networks, layer by layer.

    Parameters
    ----------
    names : pair of str
        Of the networks.
    tables : sequence of DataFrame
        From `actopo.similarity.network_pairs.pair_table`, and that of their graphs, which has no distances by chance.
    labels : dict of str to str
        What measures are called.

    Returns
    -------
    dict or None
        `names`, and `measures`: `metric`, `label`, for each network `layers`, pairs of number and name, `values`, a row
        for each layer of the first, one after another, and `chance`, None for a measure without it. None without
        tables.
    """
    measures = []
    for table in tables:
        for metric, own in table.groupby("measure", sort=False):
            sides = [own.drop_duplicates(f"layer_{side}") for side in "ab"]
            layers = [
                [[n, distinct_name(n, name)] for n, name in zip(each[f"layer_{s}"], each[f"name_{s}"], strict=True)]
                for s, each in zip("ab", sides, strict=True)
            ]
            known = "chance" in own and own.chance.notna().any()
            measures.append(
                {
                    "metric": metric,
                    "label": labels.get(metric, metric),
                    "layers": layers,
                    "values": _flat(own.distance),
                    "chance": _flat(own.chance) if known else None,
                }
            )
    return {"names": list(names), "measures": measures} if measures else None


def columns_of(table, names):
    """Some columns of a table as a document."""
    return table_document(table.reindex(columns=names))


def _flat(matrix):
    return rounded(np.asarray(matrix, dtype=float).ravel())
