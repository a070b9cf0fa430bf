"""
How the topology of layers forms in training: networks at epochs against themselves at the end.

The distance of a layer at an epoch to itself after the last epoch depends on the scale of its activations, which layers
do not share. Beside it stand two distances of the same layer at the end. The one between networks from different seeds
is how far a layer can be from another one that does as well; below the one between batches of images no distance says
anything of training. Relative distances are in units of the first: at 1 a layer is as far from what it becomes as from
what it becomes in another network. With one network the unit is the second.
"""

import numpy as np
import pandas as pd

from actopo.errors import InputError
from actopo.similarity.intervals import mean_interval
from actopo.similarity.specificity import blocks

COLUMNS = ["epoch", "metric", "statistic", "layer", "n_models", "value", "low", "high", "min", "max", "null_high"]
COLUMNS += ["between_networks", "between_batches"]
# Tests that an epoch has a row of, and the variants of those that have several.
TESTS = ("rho", "rho_same_width", "ding", "retrieval")
VARIANT = {"correlation": "pearson", "own_layer": "with"}


def mean_to_same_layer(matrix, n_clouds, n_layers):
    """
    Mean distance between the same layer of different networks, or on different batches.

    Parameters
    ----------
    matrix : array_like of shape (n_clouds * n_layers, n_clouds * n_layers)
        Distances between the layers of all networks, or batches, one after the other.
    n_clouds, n_layers : int

    Returns
    -------
    ndarray of shape (n_layers,)
        nan for a single network or batch.
    """
    if n_clouds < 2:
        return np.full(n_layers, np.nan)
    own = np.diagonal(blocks(matrix, n_clouds, n_layers), axis1=2, axis2=3)
    return own[~np.eye(n_clouds, dtype=bool)].mean(axis=0)


def epoch_rows(distances, epochs, layers, between_networks, between_batches, metric, level=0.95):
    """
    Rows of distances of layers to themselves at the end of training.

    Parameters
    ----------
    distances : array_like of shape (e, n, l)
        By epoch, network and layer, in the unit of the filtration.
    epochs : sequence of int of length e
    layers : sequence of int of length l
    between_networks, between_batches : array_like of shape (l,)
        As `mean_to_same_layer` returns them; nan where there is a single network or batch.
    metric : str
        Name of the distance.
    level : float, default 0.95

    Returns
    -------
    list of dict
        `COLUMNS`: for every epoch a row `distance` and a row `relative` for each layer, and a row `relative` for the
        mean over the layers for which it is defined, where it is defined for any. `low` and `high` are Student's
        interval over networks, nan with fewer than 5, and `min` and `max` the range over networks. A relative distance
        is nan where its unit is 0, or where there is neither another network nor another batch.

    Raises
    ------
    InputError
        If `distances` has another shape.
    """
    distances = np.asarray(distances, dtype=np.float64)
    if distances.ndim != 3 or distances.shape[::2] != (len(epochs), len(layers)):
        raise InputError(
            f"distances have shape {distances.shape}; {len(epochs)} epochs and {len(layers)} layers need "
            f"({len(epochs)}, networks, {len(layers)})."
        )
    references = {"networks": np.asarray(between_networks, float), "batches": np.asarray(between_batches, float)}
    unit = references["batches" if np.isnan(references["networks"]).all() else "networks"]
    unit = np.where(unit > 0, unit, np.nan)
    relative, scaled = distances / unit, {name: values / unit for name, values in references.items()}
    kept = np.isfinite(unit)
    rows = []
    for place, epoch in enumerate(epochs):
        about = {"epoch": epoch, "metric": metric, "n_models": distances.shape[1]}
        for kind, values, beside in (("distance", distances, references), ("relative", relative, scaled)):
            for index, layer in enumerate(layers):
                between = {f"between_{name}": own[index] for name, own in beside.items()}
                rows.append(about | {"statistic": kind, "layer": str(layer)} | between)
                rows[-1] |= _over_networks(values[place, :, index], level)
        if kept.any():
            between = {f"between_{name}": own[kept].mean() for name, own in scaled.items()}
            rows.append(about | {"statistic": "relative", "layer": "mean"} | between)
            rows[-1] |= _over_networks(relative[place][:, kept].mean(axis=1), level)
    return rows


def specificity_rows(table, epoch):
    """
    Rows of the specificity of an epoch, as means over layers and over all pairs of networks.

    Parameters
    ----------
    table : DataFrame
        From `actopo.similarity.specificity_table.specificity_table`.
    epoch : int

    Returns
    -------
    list of dict
        As `epoch_rows`, with the statistics of `TESTS` for every metric; `min` and `max` are over pairs of networks.
    """
    table = table[(table.models == "all") & (table.layer == "mean") & table.statistic.isin(TESTS)]
    for column, value in VARIANT.items():
        table = table[table[column].isna() | table[column].isin(["", value])]
    columns = [name for name in COLUMNS if name in table and name != "epoch"]
    return [{"epoch": epoch, **row} for row in table[columns].to_dict("records")]


def accuracy_rows(accuracies, epoch, statistic, level=0.95):
    """Row of the accuracies of all networks at an epoch, as `epoch_rows`."""
    values = np.array(accuracies, dtype=np.float64)
    about = {"epoch": epoch, "metric": "", "statistic": statistic, "layer": "mean", "n_models": len(values)}
    return [about | _over_networks(values, level)]


def epoch_table(rows):
    """One table of all rows, ordered by epoch."""
    return pd.DataFrame(rows, columns=COLUMNS).sort_values("epoch", kind="stable", ignore_index=True)


def _over_networks(values, level):
    low, high = mean_interval(values, level)
    return {"value": values.mean(), "low": low, "high": high, "min": values.min(), "max": values.max()}
