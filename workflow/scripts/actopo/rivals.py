r"""
Measures of similarity between paired point clouds, as distances.

Row i of every cloud is the activation of the same image. Clouds may differ in their number of columns. Each
measure is the distance of one convention, see `METRICS`; all are unchanged when a cloud is moved, scaled
or, except PWCCA for its first cloud, rotated:

- `linear_cka` [1]_: :math:`1 - |Y^T X|_F^2 / (|X^T X|_F |Y^T Y|_F)` of centred columns; in [0, 1].
- `unbiased_cka` [2]_: :math:`1 - HSIC_1(X, Y) / \sqrt{HSIC_1(X, X) HSIC_1(Y, Y)}` with the unbiased
  estimator on linear kernels; in [0, 2], and 1 on average for independent clouds.
- `mean_cca`: 1 less the mean of the canonical correlations, of which there are as many as the smaller of the
  two ranks; in [0, 1].
- `svcca` [3]_: the same on the fewest principal components that hold 99 % of the variance.
- `pwcca` [4]_: 1 less the mean of the canonical correlations weighted by :math:`\sum_j |<h_i, x_j>|`, with
  :math:`h_i` the canonical vectors of X in the space of images and :math:`x_j` its columns; not symmetric.
- `procrustes` [5]_: :math:`2 - 2 |X^T Y|_*` (nuclear norm) of centred clouds with Frobenius norm 1, the
  squared distance that the best rotation leaves; in [0, 2].
- `rtd`, `rtd_lite`: see `topology_divergence`.

Work on one cloud (centring, bases, distances) is done once, not once a pair. Canonical correlations of n
images are all 1 from rank n - 1 on, and some are 1 whatever the clouds once the two ranks exceed n - 1 together:
take many more images than channels.

References
----------
.. [1] Kornblith, Norouzi, Lee and Hinton (2019), "Similarity of Neural Network Representations Revisited", ICML.
.. [2] Nguyen, Raghu and Kornblith (2021), "Do Wide and Deep Networks Learn the Same Things?", ICLR;
   estimator by Song et al. (2012), "Feature Selection via Dependence Maximization", JMLR.
.. [3] Raghu, Gilmer, Yosinski and Sohl-Dickstein (2017), "SVCCA", NIPS.
.. [4] Morcos, Raghu and Bengio (2018), "Insights on Representational Similarity in Neural Networks with
   Canonical Correlation", NeurIPS.
.. [5] Ding, Denain and Steinhardt (2021), "Grounding Representation Similarity Through Statistical
   Testing", NeurIPS.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import combinations, permutations, product
from threading import Lock

import numpy as np
from threadpoolctl import threadpool_limits

from actopo.errors import InputError
from actopo.topology_divergence import prepare_rtd, prepare_rtd_lite, rtd, rtd_lite

VARIANCE = 0.99


@dataclass(frozen=True)
class Metric:
    """
    A distance between paired point clouds.

    Parameters
    ----------
    label : str
        How a figure names it.
    preparation : callable
        From a centred cloud, its name and options to what `distance` takes.
    distance : callable
        From two prepared clouds to a float.
    symmetric : bool, default True
    needs_rank : bool, default False
        Whether it needs more points than columns.
    min_points : int, default 3
    options : tuple of str
        Names of the options of `preparation`.
    """

    label: str
    preparation: Callable
    distance: Callable
    symmetric: bool = True
    needs_rank: bool = False
    min_points: int = 3
    options: tuple = ()

    def prepare(self, cloud, name="cloud", **options):
        """
        Everything about one cloud that its distances to others need.

        Parameters
        ----------
        cloud : array_like of shape (n, c)
            Finite coordinates, one image a row.
        name : str
            What an error calls the cloud.
        **options
            Those of `preparation`.

        Returns
        -------
        object
            An argument of `distance`.

        Raises
        ------
        InputError
            If the cloud has another shape or too few points, is not finite, or has nothing to compare.
        """
        return self.preparation(_centred(cloud, name, self), name, **options)


def rival_distances(metric, rows, columns=None, n_threads=1, subsets=10, subset_size=500, seed=0, progress=None):
    """
    Distances between all clouds of one list and all of another.

    Parameters
    ----------
    metric : str
        A key of `METRICS`.
    rows : sequence of array_like of shape (n, c_i)
        Point clouds, all with the same images in the same rows.
    columns : sequence of array_like of shape (n, c_j), optional
        Clouds with the same images too; by default `rows`.
    n_threads : int, default 1
        Pairs computed at the same time, with BLAS on one thread each. The result does not depend on it.
    subsets, subset_size, seed : int, default 10, 500 and 0
        Of `rtd`: subsets to average over, their points, and what they are drawn by, the same for every
        pair. Clouds of at most `subset_size` points are compared as a whole.
    progress : callable, optional
        Called without arguments once a pair: as many times as the result has entries or, without
        `columns`, as it has entries above the diagonal (beside the diagonal, if not symmetric).

    Returns
    -------
    ndarray of shape (k, l)
        Distance of each row's cloud to each column's, float64; 0 between a cloud and itself.

    Raises
    ------
    InputError
        If an argument is out of range, a cloud has another shape or number of points, is not finite, has
        no two points apart, or for the CCA family not more points than columns (with its index).
    """
    if metric not in METRICS:
        raise InputError(f'metric is "{metric}"; write one of {", ".join(METRICS)}.')
    for option, value in {"n_threads": n_threads, "subsets": subsets}.items():
        if value < 1:
            raise InputError(f"{option} is {value}; write a positive whole number.")
    if subset_size < 3:
        raise InputError(f"subset_size is {subset_size}; RTD needs subsets of at least 3 points.")
    settings = {"subsets": subsets, "subset_size": subset_size, "seed": seed}
    metric = METRICS[metric]
    options = {option: settings[option] for option in metric.options}
    rows = list(rows)
    columns, own = (rows, True) if columns is None else (list(columns), False)
    names = {id(cloud): f"cloud {index} of columns" for index, cloud in enumerate(columns)}
    names |= {id(cloud): f"cloud {index}" for index, cloud in enumerate(rows)}
    clouds = {id(cloud): cloud for cloud in rows + columns}
    _check_lengths(clouds, names)

    # Iterators of C code, which threads can share.
    if not own:
        pairs = product(range(len(rows)), range(len(columns)))
    else:
        pairs = (combinations if metric.symmetric else permutations)(range(len(rows)), 2)
    distances, lock = np.zeros((len(rows), len(columns))), Lock()

    def work():
        for i, j in pairs:
            if rows[i] is not columns[j]:
                distances[i, j] = metric.distance(prepared[id(rows[i])], prepared[id(columns[j])])
            if progress is not None:
                with lock:
                    progress()

    with threadpool_limits(1, "blas"), ThreadPoolExecutor(n_threads) as pool:
        ready = pool.map(lambda key: metric.prepare(clouds[key], names[key], **options), clouds)
        prepared = dict(zip(clouds, ready, strict=True))
        workers = [pool.submit(work) for _ in range(n_threads)]
        try:
            wait(workers, return_when=FIRST_EXCEPTION)
        finally:
            # After a failure or an interrupt, the other threads find nothing left to do.
            deque(pairs, maxlen=0)
        for worker in workers:
            worker.result()
    return distances + distances.T if own and metric.symmetric else distances


def _check_lengths(clouds, names):
    lengths = {names[key]: len(cloud) for key, cloud in clouds.items()}
    for name, length in lengths.items():
        first = next(iter(lengths))
        if length != lengths[first]:
            raise InputError(
                f"{name} has {length} points where {first} has {lengths[first]}; sample all from the same images."
            )


def _centred(cloud, name, metric):
    """Checked cloud with columns of mean 0, scaled against overflow, which no metric notices."""
    cloud = np.asarray(cloud, dtype=np.float64)
    if cloud.ndim != 2 or len(cloud) < metric.min_points:
        raise InputError(
            f"{name} has shape {cloud.shape}; {metric.label} needs at least {metric.min_points} points, one a row."
        )
    n, c = cloud.shape
    if metric.needs_rank and c >= n:
        raise InputError(
            f"{name} has {n} points in {c} dimensions, and {metric.label} needs more points than dimensions; "
            "give more images or a layer of fewer channels."
        )
    if not np.isfinite(cloud).all():
        raise InputError(f"{name} is not finite; leave out the images whose activations overflow.")
    # The first point goes first, so that a constant column becomes exactly 0.
    cloud = cloud - cloud[0]
    scale = np.abs(cloud).max(initial=0)
    if scale == 0:
        raise InputError(f"{name} is one point {n} times, and there is nothing to compare; leave out that layer.")
    cloud /= scale
    return cloud - cloud.mean(axis=0)


def _narrow(cloud):
    """A cloud with the same inner products in at most n columns."""
    return np.linalg.qr(cloud.T, mode="r").T if cloud.shape[1] > len(cloud) else cloud


def _prepare_linear_cka(cloud, name):
    cloud = _narrow(cloud)
    return cloud / np.sqrt(np.linalg.norm(cloud.T @ cloud))


def _linear_cka(a, b):
    return max(0.0, 1 - _square(a.T @ b))


def _prepare_unbiased_cka(cloud, name):
    cloud = _narrow(cloud)
    # In the unit of the biased estimate, which tells rounding from a value.
    cloud = cloud / np.sqrt(np.linalg.norm(cloud.T @ cloud))
    squares = np.einsum("ij,ij->i", cloud, cloud)
    own = _unbiased_product(cloud, squares, cloud, squares)
    if own <= len(cloud) * np.finfo(float).eps:
        raise InputError(
            f"{name} has all points at the same distance, which unbiased CKA cannot compare; give more images."
        )
    return cloud / own**0.25, squares / own**0.5


def _unbiased_product(x, x_squares, y, y_squares):
    """HSIC_1 times n (n - 3). The sums of a row of a centred Gram matrix without diagonal is minus its diagonal."""
    n = len(x)
    squares = x_squares @ y_squares * n / (n - 2) - x_squares.sum() * y_squares.sum() / ((n - 1) * (n - 2))
    return _square(x.T @ y) - squares


def _unbiased_cka(a, b):
    return max(0.0, 1 - _unbiased_product(*a, *b))


def _square(matrix):
    return float(np.vdot(matrix, matrix))


def _components(cloud):
    """Singular value decomposition without the components that are rounding."""
    left, values, right = np.linalg.svd(cloud, full_matrices=False)
    rank = np.count_nonzero(values > values[0] * max(cloud.shape) * np.finfo(float).eps)
    return left[:, :rank], values[:rank], right[:rank]


def _prepare_cca(cloud, name):
    return _components(cloud)[0]


def _prepare_svcca(cloud, name):
    left, values, _ = _components(cloud)
    variance = np.cumsum(values**2)
    return left[:, : 1 + np.searchsorted(variance, VARIANCE * variance[-1])]


def _mean_cca(a, b):
    return max(0.0, 1 - float(np.minimum(_singular_values(a.T @ b), 1).mean()))


def _prepare_pwcca(cloud, name):
    left, values, right = _components(cloud)
    return left, values[:, None] * right


def _pwcca(a, b):
    (basis, columns), (other, _) = a, b
    vectors, correlations, _ = np.linalg.svd(basis.T @ other, full_matrices=False)
    weights = np.abs(vectors.T @ columns).sum(axis=1)
    return max(0.0, 1 - float(np.average(np.minimum(correlations, 1), weights=weights)))


def _prepare_procrustes(cloud, name):
    cloud = _narrow(cloud)
    return cloud / np.linalg.norm(cloud)


def _procrustes(a, b):
    return max(0.0, 2 - 2 * float(_singular_values(a.T @ b).sum()))


def _singular_values(matrix):
    return np.linalg.svd(matrix, compute_uv=False)


METRICS = {
    "linear_cka": Metric("Linear CKA", _prepare_linear_cka, _linear_cka),
    "unbiased_cka": Metric("Unbiased CKA", _prepare_unbiased_cka, _unbiased_cka, min_points=4),
    "mean_cca": Metric("Mean CCA", _prepare_cca, _mean_cca, needs_rank=True),
    "svcca": Metric("SVCCA", _prepare_svcca, _mean_cca, needs_rank=True),
    "pwcca": Metric("PWCCA", _prepare_pwcca, _pwcca, symmetric=False, needs_rank=True),
    "procrustes": Metric("Procrustes", _prepare_procrustes, _procrustes),
    "rtd": Metric("RTD", prepare_rtd, rtd, options=("subsets", "subset_size", "seed")),
    "rtd_lite": Metric("RTD-Lite", prepare_rtd_lite, rtd_lite),
}
