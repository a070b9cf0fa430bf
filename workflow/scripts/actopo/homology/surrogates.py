r"""
Surrogate clouds that have exactly the mean and covariance of a cloud, and are Gaussian beyond that.

A Gaussian sample `X` of P points stays a sample of the same distribution when its centred columns are turned by an
orthogonal matrix `Q` of the P - 1 dimensions orthogonal to the vector of ones, and its mean and covariance do not
change. With `Q` uniform (Haar), `mean + Q (X - mean)` is a draw from the Gaussian distribution given its sufficient
statistics. The cloud and its surrogates are exchangeable if its points are independent and Gaussian, whatever their
mean and covariance, so that a rank test of any statistic is exact (Langsrud 2005). Several points of an image are not
independent. Draws from a Gaussian with the *estimated* covariance, such as `actopo.homology.controls.gaussian_like`, do
not have this property: their sample covariances scatter about that of the cloud.

The clouds of several layers whose points are of the same images turn by the same `Q`. That keeps their
cross-covariances, and distances *between* surrogates of two layers are draws of those between jointly Gaussian layers.
Within classes, each class turns by a `Q` of its own: the surrogates have the mean and covariance of each.
A class of k points has k - 1 dimensions to turn in. If that is below the number of channels, the covariance is singular
and its surrogate lies in the affine hull of the class; a class of one point stays as it is.

References
----------
Langsrud (2005), "Rotation Tests", Statistics and Computing 15.
"""

import numpy as np
from scipy.linalg import helmert
from threadpoolctl import threadpool_limits

from actopo.errors import InputError


def surrogates(clouds, n_draws, seed, labels=None):
    """
    Draw surrogates of several clouds.

    Parameters
    ----------
    clouds : sequence of ndarray of shape (P_l, c_l)
        Finite. Clouds with the same number of points and the same labels turn together, row by row.
    n_draws : int
    seed : sequence of int
    labels : sequence of integer ndarray of shape (P_l,), optional
        Classes of the points of each cloud; by default all points are of one class.

    Yields
    ------
    list of ndarray of shape (P_l, c_l)
        One surrogate of each cloud, of its type (float64 for one of whole numbers), for each of `n_draws`. Draw r does
        not depend on `n_draws`.

    Raises
    ------
    InputError
        If a cloud is not two-dimensional, or its labels have another length.
    """
    labels = [np.zeros(len(cloud), np.int64) for cloud in clouds] if labels is None else list(labels)
    for index, (cloud, own) in enumerate(zip(clouds, labels, strict=True)):
        if np.ndim(cloud) != 2 or len(own) != len(cloud):
            raise InputError(f"cloud {index} has shape {np.shape(cloud)} and {len(own)} labels; give one for each row.")
    with threadpool_limits(1, "blas"):
        blocks = list(_blocks(clouds, labels))
    for draw in range(n_draws):
        drawn = [
            np.empty(cloud.shape, cloud.dtype if np.issubdtype(cloud.dtype, np.floating) else np.float64)
            for cloud in clouds
        ]
        rng = np.random.default_rng([*seed, draw])
        # One thread, because BLAS and LAPACK round differently on several.
        with threadpool_limits(1, "blas"):
            for members, rows, mean, coordinates in blocks:
                turned = mean + _turn(coordinates, len(rows), rng)
                edges = np.cumsum([clouds[member].shape[1] for member in members])[:-1]
                for member, part in zip(members, np.split(turned, edges, axis=1), strict=True):
                    drawn[member][rows] = part
        yield drawn


def rms_distance(points):
    """
    Root mean square of the Euclidean distances of the pairs of points of a cloud.

    It is twice the trace of the covariance (with P - 1), under the root: the same for a cloud and its surrogates.

    Parameters
    ----------
    points : ndarray of shape (P, c)
        At least 2 points.

    Returns
    -------
    float
        Positive, in the unit of the coordinates.

    Raises
    ------
    InputError
        If all points are equal.
    """
    distance = np.sqrt(2 * np.var(np.asarray(points, dtype=np.float64), axis=0, ddof=1).sum())
    if distance == 0:
        raise InputError("all points of the cloud are equal, so it has no scale; leave out the layer that made it.")
    return float(distance)


def _blocks(clouds, labels):
    """Rows that turn together: the clouds they are of, their indices, means and coordinates."""
    together = {}
    for index, own in enumerate(labels):
        together.setdefault(np.asarray(own, dtype=np.int64).tobytes(), []).append(index)
    for members in together.values():
        own = np.asarray(labels[members[0]])
        for label in np.unique(own):
            rows = np.flatnonzero(own == label)
            joint = np.hstack([np.asarray(clouds[member], dtype=np.float64)[rows] for member in members])
            yield members, rows, joint.mean(axis=0), _coordinates(joint)


def _coordinates(points):
    """Coordinates of the centred columns in some basis of their span, or of all that is orthogonal to ones."""
    n_points, n_columns = points.shape
    if n_columns < n_points - 1:
        return np.linalg.qr(points - points.mean(axis=0), mode="r")
    return helmert(n_points) @ points


def _turn(coordinates, n_points, rng):
    """Columns with these coordinates in a uniform orthonormal frame that is orthogonal to the vector of ones."""
    noise = rng.normal(size=(n_points, len(coordinates)))
    frame, triangle = np.linalg.qr(noise - noise.mean(axis=0))
    # The signs make the frame uniform.
    return (frame * np.where(np.diag(triangle) < 0, -1.0, 1.0)) @ coordinates
