"""
Random permutations of layer labels, and correlations of rows after them.

A permutation does not change the standardisation of a row, so that the correlation after it is a sum of
products of permuted entries; a loop computes it for every permutation and pair of models.
"""

import numpy as np
from numba import njit


def draw_permutations(groups, shape, rng):
    """
    Independent, uniform permutations that keep every label in its group.

    Parameters
    ----------
    groups : array_like of shape (l,)
        Group of each label; labels of one group may change places.
    shape : tuple of int
        Shape of the array of permutations.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int of shape (*shape, l)
    """
    groups = np.asarray(groups)
    permutations = np.empty((*shape, len(groups)), dtype=np.intp)
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        permutations[..., members] = rng.permuted(np.broadcast_to(members, (*shape, len(members))), axis=-1)
    return permutations


@njit(nogil=True, cache=True)
def add_correlations(reference, own, foreign, orders, total, count):
    """
    Add the correlations of one model's rows with the permuted rows of the others, for every permutation.

    Entry m of a row of the reference is multiplied by the entry of the other model whose label is at the same place.

    Parameters
    ----------
    reference : int
        Index of the model.
    own : ndarray of shape (l, l)
        Standardised rows of the model, 0 where an entry is left out, nan in a row without correlation.
    foreign : ndarray of shape (n, 1, l, l) or (n, l, l, l)
        Standardised rows of its distances to every model. With shape (n, l, l, l), `foreign[:, d]` leaves out entry d,
        and row l uses the d that is multiplied by the entry m = l.
    orders : ndarray of int of shape (p, n, l)
        Order of the labels of every model in every permutation.
    total, count : ndarray of float of shape (p, l)
        Sums over the other models, and numbers of defined summands; both are updated in place.
    """
    n_permutations, n_models, n_layers = orders.shape
    leave_out = foreign.shape[1] > 1
    met = np.empty(n_layers, dtype=np.intp)
    for j in range(n_models):
        if j == reference:
            continue
        for p in range(n_permutations):
            for place in range(n_layers):
                met[orders[p, reference, place]] = orders[p, j, place]
            for row in range(n_layers):
                rows = foreign[j, met[row] if leave_out else 0, row]
                rho = 0.0
                for m in range(n_layers):
                    rho += own[row, m] * rows[met[m]]
                if not np.isnan(rho):
                    total[p, row] += rho
                    count[p, row] += 1
