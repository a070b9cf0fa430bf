"""Sliced-Wasserstein distances between persistence diagrams of clouds at equal scale."""

import numpy as np

from actopo.homology.scale import rescaled
from actopo.similarity.wasserstein import pairwise_distances


def equal_scale_distances(diagrams, units, other=None, other_units=None, **options):
    """
    Distances between all pairs of diagrams, each divided by the unit of its cloud.

    Parameters
    ----------
    diagrams : sequence of k array_like of shape (n_i, 2)
        Finite (birth, death) pairs.
    units : array_like of shape (k,)
        Mean distance of the points of each cloud, nan where it has no scale; ones leave the diagrams as they are.
    other : sequence of l array_like of shape (m_j, 2), optional
        The diagrams of the columns; by default `diagrams` itself.
    other_units : array_like of shape (l,), optional
        With `other`.
    **options
        Of `actopo.similarity.wasserstein.pairwise_distances`.

    Returns
    -------
    distances : ndarray of shape (k, k) or (k, l)
        Without a unit; nan where one of the clouds has no scale.
    bound : ndarray of the same shape
        Only with `return_bound`.

    Raises
    ------
    InputError
        As `pairwise_distances`.
    """
    columns = None if other is None else rescaled(other, other_units)
    found = pairwise_distances(rescaled(diagrams, units), columns, **options)
    distances = found[0] if options.get("return_bound") else found
    distances[np.isnan(np.add.outer(units, units if other is None else other_units))] = np.nan
    return found
