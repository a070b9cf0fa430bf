"""How much the distances between the layers of one network vary over batches of images."""

import numpy as np
import pandas as pd

from actopo.errors import InputError


def layer_statistics(matrices):
    """
    Mean, spread and coefficient of variation of the distance between every two layers over batches.

    Parameters
    ----------
    matrices : array_like of shape (b, l, l)
        One distance matrix per batch of images, of the same model.

    Returns
    -------
    mean, sd, cv : ndarray of shape (l, l)
        Mean, standard deviation (with b - 1) and their ratio sd / mean for each pair of layers. sd
        and cv are nan for a single batch, and cv is nan where the mean is 0, as on the diagonal.

    Raises
    ------
    InputError
        If `matrices` has another shape or no batch.
    """
    matrices = np.asarray(matrices, dtype=np.float64)
    if matrices.ndim != 3 or matrices.shape[1] != matrices.shape[2] or len(matrices) == 0:
        raise InputError(f"matrices have shape {matrices.shape}; give one square matrix per batch.")
    mean = matrices.mean(axis=0)
    sd = matrices.std(axis=0, ddof=1) if len(matrices) > 1 else np.full_like(mean, np.nan)
    return mean, sd, np.divide(sd, mean, out=np.full_like(mean, np.nan), where=mean != 0)


def layer_table(matrices, layers):
    """
    Statistics over batches as a tidy table.

    Parameters
    ----------
    matrices : dict of str to ndarray of shape (b, l, l)
        Distances by dimension, as `actopo.similarity.dimensions.with_sum` returns them.
    layers : sequence of int of length l

    Returns
    -------
    DataFrame
        Columns `dimension`, `layer_a`, `layer_b` (every pair once), `mean`, `sd`, `cv`.
    """
    first, second = np.triu_indices(len(layers), k=1)
    layers = np.asarray(layers)
    tables = []
    for dimension, stack in matrices.items():
        mean, sd, cv = (statistic[first, second] for statistic in layer_statistics(stack))
        pairs = {"layer_a": layers[first], "layer_b": layers[second]}
        tables.append(pd.DataFrame({"dimension": dimension, **pairs, "mean": mean, "sd": sd, "cv": cv}))
    return pd.concat(tables, ignore_index=True)
