"""
Random parts of point clouds, and distances between their diagrams: what `actopo.similarity.power` is computed from.

Parts are of the same images in every network, so that pairs of points stay pairs.
"""

import numpy as np

from actopo.errors import InputError
from actopo.similarity.wasserstein import pairwise_distances


def draw_points(n_points, size, draw=0, seed=0):
    """
    Random part of a cloud; parts of consecutive draws are disjoint as far as the points go.

    Parameters
    ----------
    n_points : int
        Points of the cloud. Clouds of the same number have the same parts.
    size : int
        Points of the part; all points, in their order, if there are no more.
    draw : int, default 0
        Number of the draw. A random order of the points is cut into parts until too few are left for another; the
        next draws cut another order.
    seed : int, default 0

    Returns
    -------
    ndarray of shape (size,)
        Indices of points, in ascending order.

    Raises
    ------
    InputError
        If the part would have fewer than 2 points.
    """
    if min(n_points, size) < 2:
        raise InputError(f"{min(n_points, size)} point is no cloud; give clouds and parts of at least 2 points.")
    if size >= n_points:
        return np.arange(n_points)
    order, part = divmod(draw, n_points // size)
    shuffled = np.random.default_rng([seed, size, order]).permutation(n_points)
    return np.sort(shuffled[part * size :][:size])


def reference_distances(diagrams, n_layers, n_directions, n_threads=1):
    """
    Distances from the layers of the first network to those of all networks.

    Parameters
    ----------
    diagrams : sequence of n * l ndarray of shape (k, 2)
        Diagrams of the layers of all networks, network by network.
    n_layers, n_directions, n_threads : int
        As in `actopo.similarity.wasserstein.pairwise_distances`.

    Returns
    -------
    ndarray of shape (1, n, l, l)
        `D` of `actopo.similarity.specificity`, with the first network as reference.
    """
    rows = pairwise_distances(diagrams[:n_layers], diagrams, n_directions, n_threads=n_threads)
    return rows.reshape(n_layers, -1, n_layers).swapaxes(0, 1)[None]


def batch_distances(diagrams, n_layers, n_directions, n_threads=1):
    """
    Mean distance between two batches of images, for each layer of one network.

    Parameters
    ----------
    diagrams : sequence of b * l ndarray of shape (k, 2)
        Diagrams of the layers on all batches, batch by batch.
    n_layers, n_directions, n_threads : int
        As in `reference_distances`.

    Returns
    -------
    ndarray of shape (l,)
        Means over the pairs of batches; nan if there is a single batch.
    """
    n_batches = len(diagrams) // n_layers
    if n_batches < 2:
        return np.full(n_layers, np.nan)
    pairs = np.triu_indices(n_batches, 1)
    of_layer = (diagrams[layer::n_layers] for layer in range(n_layers))
    return np.array(
        [pairwise_distances(own, None, n_directions, n_threads=n_threads)[pairs].mean() for own in of_layer]
    )
