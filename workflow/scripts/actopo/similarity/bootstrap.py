"""
Intervals for means over pairs of models.

Pairs share models, so they are not independent: the bootstrap of Efron (1979) draws models, not pairs, as
Snijders and Borgatti (1999) do for the vertices of a network.

References
----------
Efron (1979), "Bootstrap Methods: Another Look at the Jackknife", The Annals of Statistics 7.
Snijders and Borgatti (1999), "Non-Parametric Standard Errors and Tests for Network Statistics", Connections 22.
"""

import numpy as np
import pandas as pd


def bootstrap_interval(values, n_resamples=1000, level=0.95, seed=0):
    """
    Percentile interval of the mean over pairs of models, by a bootstrap over models.

    A resample draws n models with replacement, and the weight of a pair (i, j) is the number of times that i is drawn
    times the number of times that j is; a model paired with its own copy has weight 0. A single reference is kept, and
    the n - 1 others are resampled. Resamples in which every pair has weight 0 are left out.

    Parameters
    ----------
    values : array_like of shape (a, n) or (a, n, l)
        A statistic of each pair of models, nan if it is undefined; `values[i, i]` is ignored.
    n_resamples : int, default 1000
    level : float, default 0.95
    seed : int, default 0

    Returns
    -------
    low, high : float or ndarray of shape (l,)
        Bounds of the interval; nan with fewer than 3 models, which make a single pair.
    """
    values = np.asarray(values, dtype=np.float64)
    n_references, n_models, *shape = values.shape
    if n_models < 3:
        return np.full(shape, np.nan)[()], np.full(shape, np.nan)[()]
    values = values.reshape(n_references, n_models, -1)
    fixed = int(n_references == 1)
    drawn = n_models - fixed
    counts = np.random.default_rng(seed).multinomial(drawn, np.full(drawn, 1 / drawn), size=n_resamples)
    weights = np.hstack([np.ones((n_resamples, fixed)), counts])
    defined = np.isfinite(values) & ~np.eye(n_references, n_models, dtype=bool)[..., None]
    values = np.where(defined, values, 0)
    means = []
    for part in np.array_split(weights, -(-n_resamples // 500)):
        # einsum, unlike a matrix product, gives identical results on any number of threads.
        sums = (np.einsum("ri,ijl->rjl", part[:, :n_references], x) for x in (values, defined.astype(np.float64)))
        total, weight = (np.einsum("rj,rjl->rl", part, x) for x in sums)
        means.append(np.divide(total, weight, out=np.full_like(total, np.nan), where=weight > 0))
    quantiles = pd.DataFrame(np.concatenate(means)).quantile([(1 - level) / 2, (1 + level) / 2])
    low, high = quantiles.to_numpy().reshape(2, *shape)
    return low[()], high[()]
