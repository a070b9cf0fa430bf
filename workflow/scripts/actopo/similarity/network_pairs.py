"""
Two networks, compared layer by layer: a matrix of distances for every measure, with a row for each layer of the first.

The networks may differ in everything but the images that they see. The sliced-Wasserstein distance compares their own
clouds, whose points need not be paired. The other measures pair rows, and layers of two networks have other positions:
they compare means over all positions, one row for each image.
"""

import logging

import numpy as np
import pandas as pd

from actopo.homology.scale import is_flat, mean_distances
from actopo.similarity.dimensions import with_sum
from actopo.similarity.equal_scale import equal_scale_distances
from actopo.similarity.metrics.choices import METRICS
from actopo.similarity.metrics.pairwise import metric_distances

COLUMNS = ["measure", "layer_a", "name_a", "layer_b", "name_b", "distance", "chance"]


def topological_distances(diagrams, clouds, names, **options):
    """
    Sliced-Wasserstein distances between the layers of two networks, as they are and at equal scale.

    Parameters
    ----------
    diagrams : pair of dict of int to sequence of array_like of shape (n_i, 2)
        Of each network the diagrams of its layers by homology dimension.
    clouds : pair of sequence of array_like of shape (n, c_i)
        The clouds of these layers.
    names : pair of sequence of str
        What messages call the layers.
    **options
        Of `actopo.similarity.wasserstein.pairwise_distances`.

    Returns
    -------
    dict of str to ndarray of shape (k, l)
        `sw_h0` and so on, their `sw_sum`, and `sw_h0_scaled` and so on of clouds divided by their mean distances, nan
        where all points are equal; `scale`, the absolute differences of these means.
    """
    units = [mean_distances(own, called) for own, called in zip(clouds, names, strict=True)]

    def compare(dimension, units):
        (rows, columns), (own, other) = ([side[dimension] for side in diagrams], units)
        return equal_scale_distances(rows, own, columns, other, **options)

    ones = [np.ones(len(own)) for own in units]
    plain = {f"sw_h{dimension}": compare(dimension, ones) for dimension in diagrams[0]}
    scaled = {f"sw_h{dimension}_scaled": compare(dimension, units) for dimension in diagrams[0]}
    scale = np.abs(np.subtract.outer(*map(np.nan_to_num, units)))
    return {**with_sum(plain, "sw_sum"), **scaled, "scale": scale}


def paired_distances(metric, clouds, names, n_threads=1, **settings):
    """
    Distances between the layers of two networks by a measure that pairs rows, and those by chance.

    Parameters
    ----------
    metric : str
        A key of `actopo.similarity.metrics.choices.METRICS`.
    clouds : pair of sequence of array_like of shape (n, c_i)
        Of each network the clouds of its layers, all with the same images in the same rows.
    names : pair of sequence of str
        What messages call the layers.
    n_threads : int, default 1
    **settings
        Of `actopo.similarity.metrics.pairwise.metric_distances`.

    Returns
    -------
    distances, chance : ndarray of shape (k, l)
        nan for a layer whose points are all equal or, for measures that need more points than channels, no more than
        these; such layers are logged. Chance is nan for measures without one.
    """
    kept = []
    for own, called in zip(clouds, names, strict=True):
        wide = [METRICS[metric].needs_rank and np.shape(cloud)[1] >= len(cloud) for cloud in own]
        kept.append([place for place, cloud in enumerate(own) if not wide[place] and not is_flat(cloud)])
        for name in [name for place, name in enumerate(called) if place not in kept[-1]]:
            logging.warning("%s has no distances of %s: its points are equal, or fewer than its channels", metric, name)
    found, chance = np.full((2, *map(len, clouds)), np.nan)
    if all(kept):
        sides = [[own[place] for place in places] for own, places in zip(clouds, kept, strict=True)]
        called = [names[1][place] for place in kept[1]]
        where = np.ix_(*kept)
        found[where], chance[where] = metric_distances(
            metric, *sides, n_threads=n_threads, return_chance=True, names=called, **settings
        )
    return found, chance


def pair_table(distances, layers, names):
    """
    A row for each measure and pair of layers.

    Parameters
    ----------
    distances : dict of str to (ndarray, ndarray) of shape (k, l)
        Distances by measure, and those by chance.
    layers : pair of sequence of int
        Of each network.
    names : pair of sequence of str

    Returns
    -------
    DataFrame
        `COLUMNS`.
    """
    rows = [
        [measure, layers[0][i], names[0][i], layers[1][j], names[1][j], matrix[i, j], chance[i, j]]
        for measure, (matrix, chance) in distances.items()
        for i in range(len(layers[0]))
        for j in range(len(layers[1]))
    ]
    return pd.DataFrame(rows, columns=COLUMNS)
