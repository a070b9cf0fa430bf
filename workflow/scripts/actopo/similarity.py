"""
What distances between layers say about models: reproducibility, specificity and layer retrieval.

A distance matrix over the layers of several models is read as blocks `D_AB[l, m]`, the distance from
layer `l` of model A to layer `m` of model B. Specificity (Purvine et al. 2023, "Experimental Observations
of the Topology of Convolutional Neural Network Activations") asks whether a layer sees the layers of
another model as it sees those of its own; layer retrieval (after Ding et al. 2021, "Grounding
Representation Similarity Through Statistical Testing") whether its nearest layer there is its counterpart.
"""

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


def specificity(distances, n_models, n_layers, reference=0, correlation="pearson", include_self=True):
    """
    Correlation of the distances from a layer to its own model's layers and to another model's layers.

    `rho_l(A, B)` is the correlation over m of `D_AA[l, m]` and `D_AB[l, m]`.

    Parameters
    ----------
    distances : array_like of shape (n_models * n_layers, n_models * n_layers)
        Distances between the layers of all models, model by model.
    n_models, n_layers : int
        How the axes divide.
    reference : int or None, default 0
        The model A; None for every ordered pair (A, B).
    correlation : {"pearson", "spearman"}, default "pearson"
        Spearman is Pearson on ranks, ties at their mean rank.
    include_self : bool, default True
        Whether m = l, where `D_AA` is 0, takes part.

    Returns
    -------
    ndarray of shape (n_pairs, n_layers)
        rho for each pair, in ascending order of (A, B) with B different from A; nan where a row is
        constant.

    Raises
    ------
    InputError
        If there is a single model, fewer layers than a correlation needs, or an argument out of range.
    """
    blocks = _blocks(distances, n_models, n_layers)
    if correlation not in ("pearson", "spearman"):
        raise InputError(f'correlation is "{correlation}"; write "pearson" or "spearman".')
    if reference is not None and not 0 <= reference < n_models:
        raise InputError(f"reference is {reference}; write a number from 0 to {n_models - 1}, or null.")
    if n_layers < (2 if include_self else 3):
        raise InputError(f"{n_layers} layer(s) leave fewer than 2 distances to correlate; give more layers.")
    references = range(n_models) if reference is None else [reference]
    pairs = [(a, b) for a in references for b in range(n_models) if a != b]
    own = np.array([blocks[a, a] for a, _ in pairs])
    foreign = np.array([blocks[a, b] for a, b in pairs])
    if not include_self:
        others = np.nonzero(~np.eye(n_layers, dtype=bool))[1].reshape(n_layers, n_layers - 1)
        own, foreign = (np.take_along_axis(x, others[None], axis=2) for x in (own, foreign))
    if correlation == "spearman":
        own, foreign = _ranks(own), _ranks(foreign)
    return _pearson(own, foreign)


def mean_specificity(rho):
    """
    Mean specificity per layer, and over all layers.

    Parameters
    ----------
    rho : array_like of shape (n_pairs, n_layers)
        As `specificity` returns it.

    Returns
    -------
    per_layer : ndarray of shape (n_layers,)
        Mean over the pairs of models.
    overall : float
        Mean of `per_layer`.
    """
    per_layer = np.asarray(rho, dtype=np.float64).mean(axis=0)
    return per_layer, float(per_layer.mean())


def layer_retrieval(distances, n_models, n_layers):
    """
    Share of ordered pairs of models (A, B) where the layer of B nearest to layer l of A is layer l.

    Parameters
    ----------
    distances : array_like of shape (n_models * n_layers, n_models * n_layers)
        Distances between the layers of all models, model by model.
    n_models, n_layers : int
        How the axes divide.

    Returns
    -------
    ndarray of shape (n_layers,)
        Accuracy per layer. Where k layers are equally near, the pair counts 1 / k.

    Raises
    ------
    InputError
        If there is a single model, or the matrix has another shape.
    """
    blocks = _blocks(distances, n_models, n_layers)
    nearest = blocks == blocks.min(axis=3, keepdims=True)
    hit = np.diagonal(nearest, axis1=2, axis2=3) / nearest.sum(axis=3)
    return hit[~np.eye(n_models, dtype=bool)].mean(axis=0)


def with_sum(matrices):
    """
    Distance matrices by homology dimension, and their sum.

    Parameters
    ----------
    matrices : dict of str to ndarray
        Keys `h0`, `h1`; all of one shape.

    Returns
    -------
    dict
        The same, and `sum` where there are several.
    """
    return {**matrices, "sum": sum(matrices.values())} if len(matrices) > 1 else dict(matrices)


def layer_table(matrices, layers):
    """
    Statistics over batches as a tidy table.

    Parameters
    ----------
    matrices : dict of str to ndarray of shape (b, l, l)
        As `with_sum` returns them.
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


def specificity_table(matrices, layers, n_models):
    """
    Mean specificity of each layer in all variants, as a tidy table.

    Parameters
    ----------
    matrices : dict of str to ndarray of shape (n_models * l, n_models * l)
        As `with_sum` returns them.
    layers : sequence of int of length l
    n_models : int

    Returns
    -------
    DataFrame
        Columns `dimension`; `models`, `fixed` for the first model against the others or `all` for every
        ordered pair; `correlation`, `pearson` or `spearman`; `own_layer`, `with` or `without` the entry
        m = l; `layer`; `n_pairs`; `rho`, the mean over pairs; `sd` over pairs.
    """
    tables = []
    for dimension, matrix in matrices.items():
        for models, reference in (("fixed", 0), ("all", None)):
            for correlation in ("pearson", "spearman"):
                for own_layer, include_self in (("with", True), ("without", False)):
                    rho = specificity(matrix, n_models, len(layers), reference, correlation, include_self)
                    variant = {"models": models, "correlation": correlation, "own_layer": own_layer}
                    sd = rho.std(axis=0, ddof=1) if len(rho) > 1 else np.nan
                    numbers = {"n_pairs": len(rho), "rho": mean_specificity(rho)[0], "sd": sd}
                    tables.append(pd.DataFrame({"dimension": dimension, **variant, "layer": layers, **numbers}))
    return pd.concat(tables, ignore_index=True)


def _blocks(distances, n_models, n_layers):
    """Distances as an array `[A, B, l, m]`."""
    distances = np.asarray(distances, dtype=np.float64)
    size = n_models * n_layers
    if distances.shape != (size, size):
        raise InputError(
            f"distances have shape {distances.shape}; {n_models} models of {n_layers} layers need ({size}, {size})."
        )
    if not np.isfinite(distances).all():
        raise InputError("distances are not all finite; look for the layer that made them.")
    if n_models < 2:
        raise InputError("there is a single model to compare; train at least 2 seeds.")
    return distances.reshape(n_models, n_layers, n_models, n_layers).swapaxes(1, 2)


def _ranks(x):
    """Ranks along the last axis, from 0, ties at their mean rank."""
    below = (x[..., None, :] < x[..., :, None]).sum(axis=-1)
    equal = (x[..., None, :] == x[..., :, None]).sum(axis=-1)
    return below + (equal - 1) / 2


def _pearson(x, y):
    x, y = (v - v.mean(axis=-1, keepdims=True) for v in (x, y))
    x, y = (np.where(np.ptp(v, axis=-1, keepdims=True) > 0, v, 0) for v in (x, y))
    scale = np.sqrt((x * x).sum(axis=-1) * (y * y).sum(axis=-1))
    return np.divide((x * y).sum(axis=-1), scale, out=np.full(scale.shape, np.nan), where=scale > 0)
