r"""
Measures of similarity between paired point clouds, as distances.

Row i of every cloud is the activation of the same image. Clouds may differ in their number of columns. All measures
are distances, and invariant to translation, scaling and, except PWCCA for its first cloud, rotation of a cloud (a
constant column is invisible to all but the CCA family, which counts it as a direction that is lost):

- `linear_cka` [1]_: :math:`1 - |Y^T X|_F^2 / (|X^T X|_F |Y^T Y|_F)` of centred columns; in [0, 1].
- `unbiased_cka` [2]_: :math:`1 - HSIC_1(X, Y) / \sqrt{HSIC_1(X, X) HSIC_1(Y, Y)}` with the unbiased
  estimator on linear kernels; in [0, 2], and 1 on average for independent clouds.
- `mean_cca`: 1 less the mean of the canonical correlations over min(p, q) directions, with p and q the numbers of
  columns; a direction that one cloud lacks has the correlation 0, and one that both lack is none; in [0, 1].
- `svcca` [3]_: the same on the fewest principal components that hold 99 % of the variance. The mean still runs over
  min(p, q), not over the smaller number of kept components, by which a cloud that lost all but one of them would be at
  distance 0: a component that is kept in one cloud and has no counterpart in the other counts 0.
- `pwcca` [4]_, [5]_: 1 less the mean of the canonical correlations weighted by :math:`\sum_j |<h_i, x_j>|`, with
  :math:`h_i` all canonical vectors of X in the space of images (beyond the rank of Y with correlation 0; where
  correlations are equal, the principal axes of their span) and :math:`x_j` its columns; not symmetric.
- `procrustes` [5]_: :math:`2 - 2 |X^T Y|_*` (nuclear norm) of centred clouds with Frobenius norm 1, the
  squared distance that the best rotation leaves; in [0, 2].
- `rtd`, `rtd_lite`: see `actopo.similarity.metrics.rtd`.

Work on one cloud (centring, bases, distances) is done once, not once per pair. Ranks go by the precision in which a
cloud was computed, that of its type. Canonical correlations of n images are all 1 if a rank is n - 1, and some are 1
for any clouds if the sum of the two ranks exceeds n - 1: use many more images than channels. The chance distance is
that of clouds whose rows are not paired: the mean over orders of the rows of Y.

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

import logging
from collections import deque
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from itertools import combinations, islice, product
from itertools import permutations as ordered_pairs
from threading import Lock

import numpy as np
from threadpoolctl import threadpool_limits

from actopo.errors import InputError
from actopo.homology.scale import is_flat
from actopo.similarity.metrics.cca import mean_cca, permuted, prepare_cca, prepare_pwcca, prepare_svcca, pwcca
from actopo.similarity.metrics.choices import METRICS
from actopo.similarity.metrics.cka import (
    linear_cka,
    linear_cka_chance,
    prepare_linear_cka,
    prepare_unbiased_cka,
    unbiased_cka,
    unbiased_cka_chance,
)
from actopo.similarity.metrics.linear_algebra import precision
from actopo.similarity.metrics.procrustes import prepare_procrustes, procrustes

# Number of prepared clouds in memory; each may be as large as its matrix of distances.
AT_A_TIME = 32

# Function that prepares a centred cloud with a name, and distance of two prepared clouds; see `functions_of`.
FUNCTIONS = {
    "linear_cka": (prepare_linear_cka, linear_cka),
    "unbiased_cka": (prepare_unbiased_cka, unbiased_cka),
    "mean_cca": (prepare_cca, mean_cca),
    "svcca": (prepare_svcca, mean_cca),
    "pwcca": (prepare_pwcca, pwcca),
    "procrustes": (prepare_procrustes, procrustes),
}

# Mean distance of two prepared clouds over all orders of the rows of the second, where it has a closed form.
EXACT_CHANCE = {"linear_cka": linear_cka_chance, "unbiased_cka": unbiased_cka_chance}


def functions_of(metric):
    """Function that prepares a centred cloud with a name, and distance of two prepared clouds."""
    if metric in FUNCTIONS:
        return FUNCTIONS[metric]
    # Imported here, since numba and SciPy's distances take most of a second to load.
    from actopo.similarity.metrics.rtd import prepare_rtd, prepare_rtd_lite, rtd, rtd_lite

    return {"rtd": (prepare_rtd, rtd), "rtd_lite": (prepare_rtd_lite, rtd_lite)}[metric]


def metric_distances(
    metric,
    rows,
    columns=None,
    n_threads=1,
    subsets=10,
    subset_size=500,
    seed=0,
    progress=None,
    return_chance=False,
    permutations=5,
    names=None,
):
    """
    Distances between all clouds of one list and all of another.

    Parameters
    ----------
    metric : str
        A key of `actopo.similarity.metrics.choices.METRICS`.
    rows : sequence of array_like of shape (n, c_i)
        Point clouds, all with the same images in the same rows.
    columns : sequence of array_like of shape (n, c_j), optional
        Clouds with the same images too; by default `rows`.
    n_threads : int, default 1
        Pairs computed at the same time, with BLAS on one thread each. The result does not depend on it.
    subsets, subset_size, seed : int, default 10, 500 and 0
        For `rtd`: number of subsets to average over, their number of points, and the seed of their draw; subsets are
        the same for every pair. Clouds of at most `subset_size` points are compared as a whole. The seed also draws the
        orders of `permutations`.
    progress : callable, optional
        Called without arguments once per pair: as many times as the result has entries or, without
        `columns`, entries above the diagonal (off the diagonal if the metric is not symmetric).
    return_chance : bool, default False
        Whether to return the chance distances too.
    permutations : int, default 5
        For the CCA family: number of random orders of the rows, the same for every pair, over which the chance
        distance is averaged. That of CKA is the mean over all orders, in closed form.
    names : sequence of str, optional
        What messages call the clouds of `columns`; by default their place in the list.

    Returns
    -------
    distances : ndarray of shape (k, l)
        Distance of each row's cloud to each column's, float64; 0 between a cloud and itself.
    chance : ndarray of shape (k, l)
        With `return_chance`: mean distance to the column's cloud with its rows in random order; nan between a cloud and
        itself without `columns`, and for Procrustes and RTD.

    Warns
    -----
    logging.WARNING
        If two clouds span as many dimensions as there are points, so that some canonical correlations are 1 by chance.

    Raises
    ------
    InputError
        If an argument is out of range, or a cloud has another shape or number of points, is not finite, has
        only equal points or, for the CCA family, not more points than columns; the message has its name.
    """
    if metric not in METRICS:
        raise InputError(f'metric is "{metric}"; write one of {", ".join(METRICS)}.')
    for option, value in {"n_threads": n_threads, "subsets": subsets, "permutations": permutations}.items():
        if value < 1:
            raise InputError(f"{option} is {value}; write a positive whole number.")
    if subset_size < 3:
        raise InputError(f"subset_size is {subset_size}; RTD needs subsets of at least 3 points.")
    settings = {"subsets": subsets, "subset_size": subset_size, "seed": seed}
    (prepare, distance), table = functions_of(metric), METRICS[metric]
    options = {option: settings[option] for option in table.options}
    rows = list(rows)
    columns, own = (rows, True) if columns is None else (list(columns), False)
    called = {id(cloud): f"cloud {index} of columns" for index, cloud in enumerate(columns)}
    called |= {id(cloud): f"cloud {index}" for index, cloud in enumerate(rows)}
    called |= {id(cloud): name for cloud, name in zip(columns, names or [], strict=False)}
    clouds = {id(cloud): cloud for cloud in rows + columns}
    _check_lengths(clouds, called)
    chance_of = _chance(metric, len(rows[0]) if rows else 0, permutations, seed) if return_chance else None

    # Iterators implemented in C, which threads can share.
    if not own:
        pairs = product(range(len(rows)), range(len(columns)))
    else:
        pairs = (combinations if table.symmetric else ordered_pairs)(range(len(rows)), 2)
    distances, lock = np.zeros((len(rows), len(columns))), Lock()
    chance = np.full(distances.shape, np.nan)

    def work():
        for i, j in pairs:
            a, b = prepared[id(rows[i])], prepared[id(columns[j])]
            if a is not b:
                distances[i, j] = distance(a, b)
            if chance_of is not None:
                chance[i, j] = chance_of(a, b)
            if progress is not None:
                with lock:
                    progress()

    def prepare_one(key):
        eps = {"eps": precision(clouds[key])} if table.needs_rank else {}
        return prepare(_centred(clouds[key], called[key], table), called[key], **eps, **options)

    with threadpool_limits(1, "blas"), ThreadPoolExecutor(n_threads) as pool:
        prepared = dict(zip(clouds, pool.map(prepare_one, clouds), strict=True))
        if table.needs_rank:
            _warn_of_dimensions(
                [prepared[id(cloud)] for cloud in rows], [prepared[id(cloud)] for cloud in columns], table
            )
        workers = [pool.submit(work) for _ in range(n_threads)]
        try:
            wait(workers, return_when=FIRST_EXCEPTION)
        finally:
            # After a failure or an interrupt, no pairs are left for the other threads.
            deque(pairs, maxlen=0)
        for worker in workers:
            worker.result()
    if own and table.symmetric:
        distances, chance = distances + distances.T, np.fmax(chance, chance.T)
    return (distances, chance) if return_chance else distances


def _chance(metric, n, permutations, seed):
    """Function of two prepared clouds that returns their chance distance; None for a metric without."""
    if not METRICS[metric].needs_rank:
        return EXACT_CHANCE.get(metric)
    rng, distance = np.random.default_rng(seed), functions_of(metric)[1]
    orders = [rng.permutation(n) for _ in range(permutations)]
    return lambda a, b: float(np.mean([distance(a, permuted(b, order)) for order in orders]))


def _warn_of_dimensions(rows, columns, table):
    """Warn of pairs of prepared clouds of the CCA family that fill the space of their images."""
    n = len(rows[0][0])
    own, other = (np.array([basis.shape[1] for basis, _ in clouds]) for clouds in (rows, columns))
    full = np.argwhere(np.add.outer(own, other) >= n)
    if len(full):
        r, s = own[full[0][0]], other[full[0][1]]
        logging.warning(
            "%s: %d of %d pairs of clouds span together as many dimensions as there are points (%d), such as %d and "
            "%d: some of their canonical correlations are 1 by chance. Give more images, or read what is corrected "
            "for chance.",
            *(table.label, len(full), len(own) * len(other), n, r, s),
        )


def distances_to(cloud, others, metric, n_threads=1, **settings):
    """
    Distances from one cloud to many, only a few of which are in memory at a time.

    Parameters
    ----------
    cloud : array_like of shape (n, c)
        Point cloud.
    others : iterable of array_like of shape (n, c_i)
        Clouds with the same images in the same rows. One that has fewer columns than `cloud` is what is left of it in
        the space of c dimensions: for the CCA family, the directions that it lost have the correlation 0.
    metric, n_threads, **settings
        As in `metric_distances`.

    Returns
    -------
    ndarray of float64
        Distance to each of `others`; nan for a cloud whose points are all equal, which cannot be compared.

    Raises
    ------
    InputError
        As `metric_distances`, for `cloud` and for the others whose points differ.
    """
    distances, others = [], iter(others)
    while batch := list(islice(others, AT_A_TIME)):
        found = np.full(len(batch), np.nan)
        left = [place for place, other in enumerate(batch) if not is_flat(other)]
        filled = [_filled(batch[place], cloud) for place in left]
        found[left] = metric_distances(metric, [cloud], filled, n_threads=n_threads, **settings)[0]
        distances.append(found)
    return np.concatenate(distances) if distances else np.empty(0)


def _filled(other, cloud):
    """`other` with zeros for the columns that it has less than `cloud`, and as it is if it has none less."""
    lost = np.shape(cloud)[1] - np.shape(other)[1]
    return np.pad(other, ((0, 0), (0, lost))) if lost > 0 else other


def _check_lengths(clouds, names):
    lengths = {names[key]: len(cloud) for key, cloud in clouds.items()}
    for name, length in lengths.items():
        first = next(iter(lengths))
        if length != lengths[first]:
            raise InputError(
                f"{name} has {length} points where {first} has {lengths[first]}; sample all from the same images."
            )


def _centred(cloud, name, metric):
    """Checked cloud with columns of mean 0, scaled against overflow, to which every metric is invariant."""
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
    # The first point is subtracted first, so that a constant column becomes exactly 0.
    cloud = cloud - cloud[0]
    scale = np.abs(cloud).max(initial=0)
    if scale == 0:
        raise InputError(f"{name} is one point {n} times, and there is nothing to compare; leave out that layer.")
    cloud /= scale
    return cloud - cloud.mean(axis=0)
