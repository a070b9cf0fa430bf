"""
A control for the study of clouds by their topology: Gaussian clouds of the same mean and covariance.

A result that remains on Gaussian clouds with the means and covariances of the layers is due to second moments alone.
"""

import numpy as np
from threadpoolctl import threadpool_limits

from actopo.homology.scale import finite_cloud


def gaussian_like(points, seed):
    """
    Gaussian sample with the mean, the covariance and the number of points of a cloud.

    Parameters
    ----------
    points : ndarray of shape (P, c)
        At least 2 points; their covariance may be singular.
    seed : int or sequence of int

    Returns
    -------
    ndarray of shape (P, c)
        Independent draws from the normal distribution with the mean and the covariance (with P - 1) of
        `points`; of the type of `points` if that is floating, else float64. The sample lies in the affine hull of
        `points`, up to rounding.

    Raises
    ------
    InputError
        If `points` has another shape or is not finite.
    """
    dtype = np.result_type(points) if np.issubdtype(np.result_type(points), np.floating) else np.float64
    points = finite_cloud(points)
    mean = points.mean(axis=0)
    # One thread, because BLAS and LAPACK round differently on several.
    with threadpool_limits(1, "blas"):
        # A square root of the covariance, since R'R = X'X; unlike Cholesky's it exists if the covariance is singular.
        root = np.linalg.qr(points - mean, mode="r") / np.sqrt(len(points) - 1)
        noise = np.random.default_rng(seed).normal(size=(len(points), len(root)))
        return (mean + noise @ root).astype(dtype)
