"""
Scale of point clouds: their mean distance, and diagrams divided by it.

Persistence diagrams are equivariant to scale: those of a cloud divided by its mean distance are its diagrams divided by
it. A result that remains on such diagrams is not due to scale.
"""

import logging

import numpy as np

from actopo.errors import InputError

BLOCK = 256


def finite_cloud(points):
    """
    A cloud in double precision.

    Parameters
    ----------
    points : array_like of shape (P, c)

    Returns
    -------
    float64 ndarray of shape (P, c)

    Raises
    ------
    InputError
        If there are fewer than 2 points, the shape is another, or a coordinate is not finite.
    """
    points = np.asarray(points, dtype=np.float64)
    if points.ndim != 2 or len(points) < 2:
        raise InputError(f"the cloud has shape {points.shape}; give at least 2 points, one a row.")
    if not np.isfinite(points).all():
        raise InputError("the cloud is not finite; leave out the images whose activations overflow.")
    return points


def is_flat(points):
    """Whether all points of a cloud of shape (P, c) are equal, so that it has no variance and no scale."""
    points = np.asarray(points)
    return bool((points == points[:1]).all())


def mean_distance(points):
    """
    Mean Euclidean distance of the pairs of points of a cloud.

    Parameters
    ----------
    points : ndarray of shape (P, c)
        At least 2 points. 256 x P distances are in memory at a time.

    Returns
    -------
    float
        Mean over the P (P - 1) / 2 pairs, positive, in the unit of the coordinates.

    Raises
    ------
    InputError
        If `points` has another shape, is not finite, or all points are equal.
    """
    # Imported here, since it takes a third of a second, and whoever asks whether a cloud is flat needs none.
    from scipy.spatial.distance import cdist, pdist

    points = finite_cloud(points)
    total = 0.0
    for start in range(0, len(points), BLOCK):
        block, rest = points[start : start + BLOCK], points[start + BLOCK :]
        total += pdist(block).sum() + cdist(block, rest).sum()
    if total == 0:
        raise InputError("all points of the cloud are equal, so it has no scale; leave out the layer that made it.")
    return float(total / (len(points) * (len(points) - 1) / 2))


def mean_distances(clouds, names):
    """
    Mean distance of every cloud, nan with a logged warning for one whose points are all equal.

    Parameters
    ----------
    clouds : iterable of ndarray of shape (P, c)
    names : sequence of str
        What messages call the clouds.

    Returns
    -------
    ndarray of float

    Raises
    ------
    InputError
        If a cloud has another shape or is not finite; the message has its name.
    """
    units = []
    for name, cloud in zip(names, clouds, strict=True):
        if len(cloud) > 1 and is_flat(cloud):
            logging.warning(
                "all points of %s are equal: it has no scale, and its distances at equal scale are nan", name
            )
            units.append(np.nan)
            continue
        try:
            units.append(mean_distance(cloud))
        except InputError as error:
            raise InputError(f"{name}: {error}") from error
    return np.array(units)


def rescaled(diagrams, units):
    """Diagrams of shape (n, 2) divided by the units of their clouds; an empty one where the unit is nan."""
    return [np.empty((0, 2)) if np.isnan(unit) else d / unit for d, unit in zip(diagrams, units, strict=True)]
