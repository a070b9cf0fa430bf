r"""
Debiased sliced-Wasserstein distance between the distributions that two samples of diagrams come from.

The sliced-Wasserstein distance is an L1 distance and so conditionally negative definite (Carrière, Cuturi and Oudot
2017): it is the *squared* distance of diagrams in a Hilbert space. The mean distance between independent diagrams of
two distributions is therefore the squared distance of the means of the distributions plus half the mean distance within
each, the sampling noise. The plain distance is positive even for two samples of one distribution. The energy term

.. math:: E\,SW(X, Y) - \tfrac12 E\,SW(X, X') - \tfrac12 E\,SW(Y, Y')

leaves the noise out. Its estimate is unbiased: 0 on average for two samples of one distribution, and so below 0 in
half of the cases or more, positive on average for all others whose means differ.

References
----------
.. [1] Carrière, Cuturi and Oudot (2017), "Sliced Wasserstein Kernel for Persistence Diagrams".
.. [2] Székely and Rizzo (2013), "Energy Statistics: A Class of Statistics Based on Distances", Journal of Statistical
   Planning and Inference 143.
"""

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from actopo.errors import InputError
from actopo.similarity.intervals import FEWEST_NETWORKS


def debiased_matrix(distances, n_batches):
    """
    Debiased distances between all layers, from the distances between all layers of all batches of images.

    Parameters
    ----------
    distances : array_like of shape (b * l, b * l)
        Symmetric; rows and columns are batches, and within them layers.
    n_batches : int
        b, at least 2. Batches share no images.

    Returns
    -------
    ndarray of shape (l, l)
        Symmetric, with 0 on the diagonal; may be negative.

    Raises
    ------
    InputError
        If the shape does not fit, or there is one batch only.
    """
    return _energy(_mean_over_batches(_stack(distances, n_batches), n_batches * (n_batches - 1)))


def debiased_table(matrices, layers, n_batches, level=0.95):
    """
    Debiased distances beside the plain ones.

    Parameters
    ----------
    matrices : dict of str to ndarray of shape (b * l, b * l)
        Distances by dimension, as in `debiased_matrix`.
    layers : sequence of int of length l
    n_batches : int
    level : float, default 0.95
        Level of the interval.

    Returns
    -------
    DataFrame
        Columns `dimension`, `layer_a`, `layer_b` (every pair once), `plain` (the mean distance between the layers on
        the same batch), `other_batch` (that between the layers on different batches), `noise` (the mean of the two
        distances of a layer to itself on different batches, halved and added), `debiased` = other_batch - noise, and
        `low`, `high`: the interval of `debiased` over batches by the jackknife with Student's t, nan with fewer than 5
        batches. It is conditional on the network.
    """
    layers = np.asarray(layers)
    first, second = np.triu_indices(len(layers), k=1)
    tables = []
    for dimension, matrix in matrices.items():
        stack = _stack(matrix, n_batches)
        mean = _mean_over_batches(stack, n_batches * (n_batches - 1))
        noise = (np.diag(mean)[:, None] + np.diag(mean)) / 2
        low, high = _jackknife(stack, level)
        columns = {
            "layer_a": layers[first],
            "layer_b": layers[second],
            "plain": np.einsum("blbm->lm", stack)[first, second] / n_batches,
            "other_batch": mean[first, second],
            "noise": noise[first, second],
            "debiased": _energy(mean)[first, second],
            "low": low[first, second],
            "high": high[first, second],
        }
        tables.append(pd.DataFrame({"dimension": dimension, **columns}))
    return pd.concat(tables, ignore_index=True)


def _stack(distances, n_batches):
    """Distances as (batch, layer, batch, layer)."""
    distances = np.asarray(distances, dtype=np.float64)
    if n_batches < 2:
        raise InputError("there is one batch of images; the distance to another needs 2, so raise homology.batches.")
    n_layers, rest = divmod(len(distances), n_batches)
    if distances.ndim != 2 or rest or distances.shape[0] != distances.shape[1]:
        raise InputError(f"distances have shape {distances.shape}; give as many rows for each of {n_batches} batches.")
    return distances.reshape(n_batches, n_layers, n_batches, n_layers)


def _mean_over_batches(stack, n_pairs):
    """Mean over ordered pairs of different batches, symmetric in the layers."""
    total = stack.sum(axis=(0, 2)) - np.einsum("blbm->lm", stack)
    return (total + total.T) / (2 * n_pairs)


def _energy(mean):
    within = np.diag(mean) / 2
    return mean - within[:, None] - within


def _jackknife(stack, level):
    n = len(stack)
    if n < FEWEST_NETWORKS:
        return np.full((2, stack.shape[1], stack.shape[1]), np.nan)
    estimate = _energy(_mean_over_batches(stack, n * (n - 1)))
    kept = [np.delete(np.arange(n), batch) for batch in range(n)]
    parts = [stack[rows][:, :, rows] for rows in kept]
    without = np.stack([_energy(_mean_over_batches(part, (n - 1) * (n - 2))) for part in parts])
    error = np.sqrt((n - 1) / n * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
    half = stdtrit(n - 1, (1 + level) / 2) * error
    return estimate - half, estimate + half
