"""
Random permutations of layer labels, and correlations of rows after them.

A permutation does not change the standardisation of a row, so that the correlation after it is a sum of
products of permuted entries; a loop computes it for every permutation and pair of models. Threads share the
permutations; each permutation is summed by one thread, so that the result does not depend on their number.
"""

from contextlib import contextmanager

import numba
import numpy as np
from numba import prange

from actopo.compiled import compiled


@contextmanager
def threads(n_threads):
    """Let loops of this thread run on so many threads; no more than numba has."""
    before = numba.get_num_threads()
    numba.set_num_threads(min(n_threads, numba.config.NUMBA_NUM_THREADS))
    try:
        yield
    finally:
        numba.set_num_threads(before)


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


@compiled(parallel=True, nogil=True)
def add_correlations(reference, first, own, foreign, orders, total, count):
    """
    Add the correlations of one model's rows with the permuted rows of some others, for every permutation.

    A model's order puts its layers in places, and a place is a layer after the permutation: its row of the reference is
    that of the reference's layer there, whose entry for another place is multiplied by that of the other model.

    Parameters
    ----------
    reference : int
        Index of the model.
    first : int
        Index of the first model of `foreign`.
    own : ndarray of shape (l, l)
        Standardised rows of the model, 0 where an entry is left out, nan in a row without correlation.
    foreign : ndarray of shape (k, 1, l, l) or (k, l, l, l)
        Standardised rows of its distances to k models, itself left out of the sum. With shape (k, l, l, l),
        `foreign[:, d]` leaves out entry d, and row l uses the d that is multiplied by entry l of `own`.
    orders : ndarray of int of shape (p, n, l)
        Order of the labels of every model in every permutation.
    total, count : ndarray of float of shape (p, l)
        Sums over the other models by place, and numbers of defined summands; both are updated in place.
    """
    n_permutations, _, n_layers = orders.shape
    leave_out = foreign.shape[1] > 1
    for p in prange(n_permutations):
        met = np.empty(n_layers, dtype=np.intp)
        for k in range(len(foreign)):
            if first + k == reference:
                continue
            for place in range(n_layers):
                met[orders[p, reference, place]] = orders[p, first + k, place]
            for place in range(n_layers):
                row = orders[p, reference, place]
                rows = foreign[k, met[row] if leave_out else 0, row]
                rho = 0.0
                for m in range(n_layers):
                    rho += own[row, m] * rows[met[m]]
                if not np.isnan(rho):
                    total[p, place] += rho
                    count[p, place] += 1
