"""
Tests of models by distances between layers: specificity, Ding's criterion and layer retrieval.

Distances between the layers of models are an array `D` of shape (a, n, l, l): `D[i, j, x, y]` is the distance
from layer x of model i to layer y of model j. Its references are the first `a` of the `n` models: the first
alone, or all of them for every ordered pair. `D_AA` and `D_AB` below are `D[i, i]` and `D[i, j]`.

Specificity (Purvine et al. 2023) tests whether the distances from a layer to the layers of another model follow those
to the layers of its own. The criterion of Ding et al. (2021) and layer retrieval, after Kornblith et al. (2019), test
whether its counterpart in the other model is nearer than other layers are. Pairs of models share models, for which
`actopo.similarity.intervals` accounts. Distances also depend on the widths of layers, independently of training: nulls
permute the labels of all layers, or of layers of equal width.

References
----------
Purvine et al. (2023), "Experimental Observations of the Topology of Convolutional Neural Network Activations".
Ding, Denain and Steinhardt (2021), "Grounding Representation Similarity Through Statistical Testing".
Kornblith, Norouzi, Lee and Hinton (2019), "Similarity of Neural Network Representations Revisited".
"""

import numpy as np

from actopo.errors import InputError

# Tolerance for correlations, and shares of the largest distance, that are equal in exact arithmetic.
ROUNDING = 1e-10
# Variants of rho: correlation, and with or without m = l.
CORRELATIONS = [(correlation, own) for correlation in ("pearson", "spearman") for own in ("with", "without")]


def blocks(matrix, n_models, n_layers):
    """
    Square matrix of distances as the array `D` of all ordered pairs of models.

    Parameters
    ----------
    matrix : array_like of shape (n_models * n_layers, n_models * n_layers)
        Distances between the layers of all models, model by model.
    n_models, n_layers : int
        Numbers of models and of layers, into which both axes are divided.

    Returns
    -------
    ndarray of shape (n_models, n_models, n_layers, n_layers)
        Distances; a view if `matrix` is an array of float64.

    Raises
    ------
    InputError
        If the matrix has another shape.
    """
    matrix, size = np.asarray(matrix, dtype=np.float64), n_models * n_layers
    if matrix.shape != (size, size):
        raise InputError(
            f"distances have shape {matrix.shape}; {n_models} models of {n_layers} layers need ({size}, {size})."
        )
    return matrix.reshape(n_models, n_layers, n_models, n_layers).swapaxes(1, 2)


def defined_layers(D):
    """
    Layers that have distances in every model.

    A layer whose points are all equal in one model, and that the metric cannot compare, has nan in place of its
    distances. It is left out for all models, so that every pair of models is compared on the same layers.

    Parameters
    ----------
    D : array_like of shape (a, n, l, l)
        Distances; see the module.

    Returns
    -------
    bool ndarray of shape (l,)

    Raises
    ------
    InputError
        If `D` has another shape.
    """
    undefined = np.isnan(_shaped(D))
    return ~(undefined.all(axis=3) | undefined.all(axis=2)).any(axis=(0, 1))


def of_layers(D, kept):
    """Distances of shape (a, n, k, k) between the layers that a bool array of shape (l,) selects."""
    return np.asarray(D, dtype=np.float64)[..., kept, :][..., kept]


def specificity(D, correlation="pearson", include_self=True, widths=None):
    """
    Correlation of the distances from a layer to the layers of its own model and of another (Purvine et al. 2023).

    `rho_l(A, B)` is the correlation over m of `D_AA[l, m]` and `D_AB[l, m]`.

    Parameters
    ----------
    D : array_like of shape (a, n, l, l)
        Distances; see the module.
    correlation : {"pearson", "spearman"}, default "pearson"
        Spearman's is Pearson's on ranks, with ties at their mean rank.
    include_self : bool, default True
        Whether to include m = l, where `D_AA` is 0.
    widths : array_like of shape (l,), optional
        Channels of each layer; only the m that are as wide as l are then included.

    Returns
    -------
    ndarray of shape (a, n, l)
        Correlations; nan if B is A, a row is constant or fewer than 3 of its entries are included.

    Raises
    ------
    InputError
        If `D` has another shape, a single model, fewer than 3 layers or a value that is not finite, or
        another argument is out of range.
    """
    D = checked(D)
    taking_part = same_group(widths, D.shape[2])
    if not include_self:
        taking_part &= ~np.eye(D.shape[2], dtype=bool)
    rho = np.empty(D.shape[:3])
    for i, rows in enumerate(D):
        own, foreign = (standardised(x, taking_part, correlation) for x in (rows[i], rows))
        rho[i] = np.einsum("lm,jlm->jl", own, foreign)
    return _between_models(rho)


def ding_criterion(D):
    """
    Share of the other layers of A that are farther from a layer than its counterpart in B (Ding et al. 2021).

    Parameters
    ----------
    D : array_like of shape (a, n, l, l)
        Distances; see the module.

    Returns
    -------
    ndarray of shape (a, n, l)
        Share of the m other than l with `D_AA[l, m] > D_AB[l, l]`, by more than rounding; nan if B is A.

    Raises
    ------
    InputError
        As `specificity`.
    """
    D = checked(D)
    own = np.stack([rows[i] for i, rows in enumerate(D)])
    farther = own[:, None] > (np.diagonal(D, axis1=2, axis2=3) + _rounding(D)[..., 0])[..., None]
    others = farther[..., ~np.eye(D.shape[2], dtype=bool)].reshape(*D.shape[:3], -1)
    return _between_models(others.mean(axis=-1))


def layer_retrieval(D):
    """
    Whether the layer of B nearest to layer l of A is layer l (Kornblith et al. 2019).

    Parameters
    ----------
    D : array_like of shape (a, n, l, l)
        Distances; see the module.

    Returns
    -------
    ndarray of shape (a, n, l)
        1 or 0, and 1 / k if l is one of k nearest layers at equal distance, up to rounding; nan if B is A.

    Raises
    ------
    InputError
        As `specificity`.
    """
    D = checked(D)
    nearest = D.min(axis=3, keepdims=True) + _rounding(D) >= D
    return _between_models(np.diagonal(nearest, axis1=2, axis2=3) / nearest.sum(axis=3))


def _rounding(D):
    """Difference of distances that counts as none, for each pair of models; shape (a, n, 1, 1)."""
    return ROUNDING * D.max(axis=(2, 3), keepdims=True)


def with_mean(values):
    """Values with the mean of the defined ones over the last axis put before them."""
    mean = np.ma.masked_invalid(values).mean(axis=-1, keepdims=True)
    return np.concatenate([mean.filled(np.nan), values], axis=-1)


def _shaped(D):
    D = np.asarray(D, dtype=np.float64)
    if D.ndim != 4 or D.shape[2] != D.shape[3] or len(D) not in (1, D.shape[1]):
        right = "(references, models, layers, layers), with the first model or all as references"
        raise InputError(f"distances have shape {D.shape}; give {right}.")
    return D


def checked(D):
    D = _shaped(D)
    if D.shape[1] < 2:
        raise InputError("there is a single model to compare; train at least 2 seeds.")
    if D.shape[2] < 3:
        raise InputError(f"{D.shape[2]} layer(s) leave fewer than 3 distances to compare; give 3 layers or more.")
    if not np.isfinite(D).all():
        raise InputError("distances are not all finite; look for the layer that made them.")
    return D


def _between_models(values):
    """Set the values of a reference paired with itself to nan."""
    references = np.arange(len(values))
    values[references, references] = np.nan
    return values


def same_group(widths, n_layers):
    """Whether layers l and m are equally wide; always true without `widths`."""
    widths = np.zeros(n_layers) if widths is None else np.asarray(widths)
    if widths.shape != (n_layers,):
        raise InputError(f"widths have shape {widths.shape}; give the number of channels of each of {n_layers} layers.")
    return widths[:, None] == widths


def standardised(rows, taking_part, correlation):
    """Centre rows and scale them to norm 1 over the included entries, 0 elsewhere; nan if constant or too short."""
    if correlation not in ("pearson", "spearman"):
        raise InputError(f'correlation is "{correlation}"; write "pearson" or "spearman".')
    if correlation == "spearman":
        # It takes most of a second, which jobs without ranks do not spend.
        from scipy.stats import rankdata

        # Entries that do not take part rank behind all others.
        rows = rankdata(np.where(taking_part, rows, np.inf), axis=-1)
    count = taking_part.sum(axis=-1, keepdims=True)
    mean = (rows * taking_part).sum(axis=-1, keepdims=True) / np.maximum(count, 1)
    centred = (rows - mean) * taking_part
    norm = np.sqrt((centred * centred).sum(axis=-1, keepdims=True))
    rows, taking_part = np.broadcast_arrays(rows, taking_part)
    highest = rows.max(axis=-1, keepdims=True, where=taking_part, initial=-np.inf)
    lowest = rows.min(axis=-1, keepdims=True, where=taking_part, initial=np.inf)
    defined = (highest > lowest) & (count >= 3)
    return np.divide(centred, norm, out=np.full_like(centred, np.nan), where=defined)
