"""
How the topology of layers forms in training: networks at epochs against themselves at the end.

The distance of a layer at an epoch to itself after the last epoch depends on the scale of its activations, which layers
do not share. Beside it stand two distances of the same layer at the end. The one between networks from different seeds
is how far a layer can be from another one that does as well; below the one between batches of images no distance says
anything of training. Relative distances are in units of the first: at 1 a layer is as far from what it becomes as from
what it becomes in another network. With one network the unit is the second.

The unit is a mean over pairs of the same networks, and has an error of its own. A network b of n adds `2 (h - U) / n`
to it, to first order, where h is its mean distance to the others and U the unit (Efron and Stein 1981). With D the mean
distance of the k networks that are looked at by epoch, each of these adds `(d - D) / k - 2 D (h - U) / (n U)` to D, in
the unit's terms, and each other network the second part alone. The variance of the relative distance is that of these
parts, and its interval Student's, with k - 1 degrees of freedom.

References
----------
Efron and Stein (1981), "The Jackknife Estimate of Variance", The Annals of Statistics 9.
"""

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from actopo.errors import InputError
from actopo.similarity.intervals import FEWEST_NETWORKS, mean_interval
from actopo.similarity.specificity import blocks

COLUMNS = ["epoch", "metric", "statistic", "layer", "n_models", "value", "low", "high", "min", "max", "null_high"]
COLUMNS += ["between_networks", "between_batches"]
# Tests that an epoch has a row of, and the variants of those that have several.
TESTS = ("rho", "rho_same_width", "ding", "retrieval")
VARIANT = {"correlation": "pearson", "own_layer": "with"}


def mean_to_same_layer(matrix, n_clouds, n_layers):
    """
    Mean distance of each layer to the same layer of other networks, or on other batches.

    Parameters
    ----------
    matrix : array_like of shape (n_clouds * n_layers, n_clouds * n_layers)
        Distances between the layers of all networks, or batches, one after the other.
    n_clouds, n_layers : int

    Returns
    -------
    ndarray of shape (n_clouds, n_layers)
        By network or batch, whose mean is that over all pairs; nan for a single one.
    """
    if n_clouds < 2:
        return np.full((1, n_layers), np.nan)
    own = np.diagonal(blocks(matrix, n_clouds, n_layers), axis1=2, axis2=3)
    others = ~np.eye(n_clouds, dtype=bool)
    return own.mean(axis=1, where=others[..., None])


def epoch_rows(distances, epochs, layers, between_networks, between_batches, metric, level=0.95, places=None):
    """
    Rows of distances of layers to themselves at the end of training.

    Parameters
    ----------
    distances : array_like of shape (e, n, l)
        By epoch, network and layer, in the unit of the filtration.
    epochs : sequence of int of length e
    layers : sequence of int of length l
    between_networks, between_batches : array_like of shape (networks, l) and (batches, l)
        As `mean_to_same_layer` returns them; nan where there is a single network or batch.
    metric : str
        Name of the distance.
    level : float, default 0.95
    places : sequence of int of length n, optional
        Places in `between_networks` of the networks of `distances`, which may be some of them; by default the first.

    Returns
    -------
    list of dict
        `COLUMNS`: for every epoch a row `distance` and a row `relative` for each layer, and a row `relative` for the
        mean over the layers for which it is defined, where it is defined for any. `low` and `high` are the interval
        over networks of the module, nan with fewer than 5, and `min` and `max` the range over networks. A relative
        distance is nan where its unit is 0, or where there is neither another network nor another batch.

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
    of_networks = np.asarray(between_networks, float)
    references = {"networks": of_networks.mean(axis=0), "batches": np.mean(between_batches, axis=0)}
    unit = references["batches" if np.isnan(of_networks).all() else "networks"]
    unit = np.where(unit > 0, unit, np.nan)
    relative, scaled = distances / unit, {name: values / unit for name, values in references.items()}
    kept, places = np.isfinite(unit), range(distances.shape[1]) if places is None else places
    # Twice what each network adds to the logarithm of the unit; of a unit of batches networks have no part.
    shifts = np.nan_to_num(2 * (of_networks / unit - 1))
    rows = []
    for place, epoch in enumerate(epochs):
        about = {"epoch": epoch, "metric": metric, "n_models": distances.shape[1]}
        for kind, values, beside in (("distance", distances, references), ("relative", relative, scaled)):
            for index, layer in enumerate(layers):
                between = {f"between_{name}": own[index] for name, own in beside.items()}
                own = values[place, :, index]
                if kind == "relative":
                    bounds = _with_unit(own, own.mean() * shifts[:, index], places, level)
                else:
                    bounds = mean_interval(own, level)
                rows.append(about | {"statistic": kind, "layer": str(layer)} | between | _over_networks(own, bounds))
        if kept.any():
            between = {f"between_{name}": own[kept].mean() for name, own in scaled.items()}
            own = relative[place][:, kept]
            bounds = _with_unit(own.mean(axis=1), (own.mean(axis=0) * shifts[:, kept]).mean(axis=1), places, level)
            row = about | {"statistic": "relative", "layer": "mean"} | between
            rows.append(row | _over_networks(own.mean(axis=1), bounds))
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
    return [about | _over_networks(values, mean_interval(values, level))]


def epoch_table(rows):
    """One table of all rows, ordered by epoch."""
    return pd.DataFrame(rows, columns=COLUMNS).sort_values("epoch", kind="stable", ignore_index=True)


def _over_networks(values, bounds):
    low, high = bounds
    return {"value": values.mean(), "low": low, "high": high, "min": values.min(), "max": values.max()}


def _with_unit(values, added, places, level):
    """Interval of the mean of relative distances; `added` has what each network adds to it by the unit, times n."""
    k, n = len(values), len(added)
    if k < FEWEST_NETWORKS or n < k:
        return np.nan, np.nan
    own = values - k / n * added[list(places)]
    variance = own.var(ddof=1) / k + (n - k) / n**2 * added.var(ddof=1)
    half = stdtrit(k - 1, (1 + level) / 2) * np.sqrt(variance) if variance > 0 else np.nan
    return values.mean() - half, values.mean() + half
