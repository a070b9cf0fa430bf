"""
Persistence diagrams of point clouds: Vietoris-Rips filtration, Euclidean metric, no distance cut-off.

Computed by giotto-tda (Tauzin et al. 2021, "giotto-tda: A Topological Data Analysis Toolkit"), whose
back end is a parallel Ripser (Bauer 2021). The filtration value of an edge is its length; the infinite
bar of H0 is dropped, and so are bars of length zero, so that a diagram holds finite points only.
"""

import numpy as np
from gtda.homology import VietorisRipsPersistence

from actopo.errors import InputError


def diagrams(clouds, dimensions=(0, 1), n_jobs=1):
    """
    Vietoris-Rips persistence diagrams of several point clouds.

    Parameters
    ----------
    clouds : sequence of ndarray of shape (P, c)
        Point clouds; `P`, at least 2, and `c` may differ from one to another.
    dimensions : sequence of int, default (0, 1)
        Homology dimensions.
    n_jobs : int, default 1
        Clouds computed at the same time; -1 for one on each core. The result does not depend on it.

    Returns
    -------
    list of dict
        For each cloud the diagram of each dimension, a float64 array of shape (k, 2) with rows
        (birth, death), in the unit of the cloud's coordinates and accurate to float32, with
        birth < death, sorted by birth and then by death. `k` may be 0.

    Raises
    ------
    InputError
        If a cloud is not a two-dimensional array of at least 2 points, or is not finite (with its index).
    """
    clouds = [_checked(cloud, index) for index, cloud in enumerate(clouds)]
    if not clouds:
        return []
    # Minkowski's distance takes differences; the "euclidean" of scikit-learn expands the square, which
    # leaves duplicate points apart by rounding.
    rips = VietorisRipsPersistence(
        metric="minkowski", metric_params={"p": 2}, homology_dimensions=dimensions, n_jobs=n_jobs
    )
    padded = rips.fit_transform(clouds)
    return [{dimension: _diagram(rows, dimension) for dimension in dimensions} for rows in padded]


def _checked(cloud, index):
    cloud = np.asarray(cloud)
    if cloud.ndim != 2 or len(cloud) < 2:
        raise InputError(f"cloud {index} has shape {cloud.shape}; give at least 2 points, one a row.")
    if not np.isfinite(cloud).all():
        raise InputError(f"cloud {index} is not finite; leave out the images whose activations overflow.")
    return cloud


def _diagram(rows, dimension):
    """Rows of one dimension without the padding, which giotto-tda writes with birth equal to death."""
    pairs = rows[(rows[:, 2] == dimension) & (rows[:, 0] < rows[:, 1]), :2]
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
