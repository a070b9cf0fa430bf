"""
Random permutations of layer labels, and correlations of rows after them.

A permutation leaves the standardisation of a row as it is, so that after it a correlation is a sum of
products of entries in other places; the loop below gathers them, for every permutation and pair of models.
"""

import numpy as np
from numba import njit


def draw_permutations(groups, shape, rng):
    """
    Independent, uniform permutations that keep every label in its group.

    Parameters
    ----------
    groups : array_like of shape (l,)
        Labels with equal entries may change places.
    shape : tuple of int
        How many permutations.
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

    Entry m of a row of the reference meets the entry of the other model whose label is at the same place.

    Parameters
    ----------
    reference : int
        Which of the models.
    own : ndarray of shape (l, l)
        Its standardised rows, 0 where an entry takes no part, nan in a row without correlation.
    foreign : ndarray of shape (n, 1, l, l) or (n, l, l, l)
        The same of its rows to every model; several where entry d is left out of `foreign[:, d]`, and then
        used is the one that leaves out what meets the entry m = l.
    orders : ndarray of int of shape (p, n, l)
        Order of the labels of every model in every permutation.
    total, count : ndarray of float of shape (p, l)
        Sums over the other models, and numbers of defined summands; added to in place.
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
