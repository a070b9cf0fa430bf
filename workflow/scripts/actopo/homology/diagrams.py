"""
Persistence diagrams of point clouds: Vietoris-Rips filtration, Euclidean metric, no distance cut-off.

They are computed by giotto-tda (Tauzin et al. 2021, "giotto-tda: A Topological Data Analysis Toolkit"), whose
back end is a parallel Ripser (Bauer 2021). The filtration value of an edge is its length; the infinite
bar of H0 is dropped, and so are bars of length zero, so that a diagram holds finite points only.
"""

import multiprocessing
import sys
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from operator import length_hint

import numpy as np

from actopo.errors import InputError

# Clouds that are queued for each process: enough that none waits, but few in memory.
AHEAD = 4


def diagrams(clouds, dimensions=(0, 1), n_jobs=1):
    """
    Vietoris-Rips persistence diagrams of several point clouds.

    Parameters
    ----------
    clouds : iterable of ndarray of shape (P, c)
        Point clouds; `P`, at least 2, and `c` may differ between clouds. An iterator is read as its
        clouds are needed: a few for each job are in memory at a time.
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
        If a cloud is not a two-dimensional array of at least 2 points, or is not finite; the message has its index.
    """
    # Before processes are forked, which would each spend the seconds that this takes.
    from gtda.homology import VietorisRipsPersistence  # noqa: F401
    from joblib import effective_n_jobs
    from scipy.spatial import distance  # noqa: F401

    # Of a dimension that is given twice, giotto-tda has every point twice.
    dimensions = tuple(dict.fromkeys(map(int, dimensions)))
    n_workers = min(effective_n_jobs(n_jobs), length_hint(clouds, sys.maxsize))
    checked = (_checked(cloud, index) for index, cloud in enumerate(clouds))
    if n_workers <= 1:
        return [_diagrams(cloud, dimensions) for cloud in checked]
    found, pending = [], deque()
    with ProcessPoolExecutor(n_workers, mp_context=_context()) as pool:
        for cloud in checked:
            pending.append(pool.submit(_diagrams, cloud, dimensions))
            if len(pending) == AHEAD * n_workers:
                found.append(pending.popleft().result())
        return found + [future.result() for future in pending]


def _context():
    # The back end holds the interpreter's lock, so threads would run one at a time. A forked process starts at once,
    # a spawned one imports for seconds. Forking is safe since the process calls neither BLAS nor OpenMP.
    return multiprocessing.get_context("fork" if "fork" in multiprocessing.get_all_start_methods() else None)


def _checked(cloud, index):
    cloud = np.asarray(cloud)
    if cloud.ndim != 2 or len(cloud) < 2:
        raise InputError(f"cloud {index} has shape {cloud.shape}; give at least 2 points, one a row.")
    if not np.isfinite(cloud).all():
        raise InputError(f"cloud {index} is not finite; leave out the images whose activations overflow.")
    return cloud


def _diagrams(cloud, dimensions):
    from gtda.homology import VietorisRipsPersistence
    from scipy.spatial.distance import pdist, squareform

    # pdist takes differences, while scikit-learn's "euclidean", giotto-tda's default, expands the square, which
    # gives duplicate points a positive distance by rounding.
    rips = VietorisRipsPersistence(metric="precomputed", homology_dimensions=dimensions)
    rows = rips.fit_transform([squareform(pdist(cloud))])[0]
    return {dimension: _diagram(rows, dimension) for dimension in dimensions}


def _diagram(rows, dimension):
    """Rows of one dimension without the padding, which giotto-tda writes with birth equal to death."""
    pairs = rows[(rows[:, 2] == dimension) & (rows[:, 0] < rows[:, 1]), :2]
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
