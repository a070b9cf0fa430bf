r"""
Intervals of means over networks, and over pairs of networks.

Pairs share networks, so they are not independent. The mean over all ordered pairs is a U-statistic of degree 2: with
`s_ij` the mean of both directions, it is modelled as `mu + g_i + g_j + e_ij`, effects of networks and noise of pairs.
The jackknife deletes one network with all its pairs. Its variance is unbiased for the part of the effects and counts
that of the noise twice or more (Efron and Stein 1981); the excess is subtracted, with the noise estimated from the
residuals. This is the analysis of variance of a diallel cross without selfs (Griffing 1956, method 4): with the mean
squares `G` of the effects and `E` of the residuals, the variance of the mean is
`4 G / (n (n - 2)) - 2 E / ((n - 1) (n - 2))`, and at least `2 E / (n (n - 1))`, that of noise alone. The interval takes
Student's t with n - 1 degrees of freedom. It covers more than it says where networks have no effect and are few, and,
as every t interval, less where the effects of few networks are strongly skewed, as for a statistic near its limit.
Values that are all equal have no interval: they say nothing of networks that were not seen.

With a single reference, the n - 1 pairs differ in the other network alone and are independent given the reference: the
interval is that of Student's t over them. It is conditional on the reference, and says nothing of another reference.

A difference between two kinds of clouds of the same networks is taken first, pair by pair, and its interval then.

References
----------
Efron and Stein (1981), "The Jackknife Estimate of Variance", The Annals of Statistics 9.
Griffing (1956), "Concept of General and Specific Combining Ability in Relation to Diallel Crossing Systems",
Australian Journal of Biological Sciences 9.
Student (1908), "The Probable Error of a Mean", Biometrika 6.
"""

import numpy as np
from scipy.special import stdtrit

from actopo.errors import InputError

# With fewer networks there is no interval; the range over pairs is told instead.
FEWEST_NETWORKS = 5


def network_interval(values, level=0.95):
    """
    Interval of the mean over pairs of networks, which share networks.

    The rule is that of the module. The interval is centred on the mean over all pairs with a value. For all ordered
    pairs, a pair that has a value in one direction alone takes that; where pairs have none, networks are left out of
    the width, those with the most such pairs first, until every pair of the others has one.

    Parameters
    ----------
    values : array_like of shape (1, n) or (n, n), or (1, n, k) or (n, n, k)
        A statistic, or k of them, of each ordered pair of networks: with the first network as the single reference,
        or with each. nan where it is undefined; `values[i, i]` is ignored.
    level : float, default 0.95

    Returns
    -------
    low, high : float or ndarray of shape (k,)
        Bounds, not cut at the limits of the statistic; nan with fewer than 5 networks, and where all pairs have the
        same value.

    Raises
    ------
    InputError
        If `values` has another shape.
    """
    values = _pairs(values)
    if len(values) == 1:
        return _t_interval(values[0, 1:], level, FEWEST_NETWORKS - 1)
    columns = values.reshape(*values.shape[:2], -1)
    centre, error, n_networks = np.transpose([_mean_over_pairs(columns[..., k]) for k in range(columns.shape[2])])
    half = stdtrit(np.maximum(n_networks - 1, 1), (1 + level) / 2) * error
    return (centre - half).reshape(values.shape[2:])[()], (centre + half).reshape(values.shape[2:])[()]


def mean_interval(values, level=0.95):
    """
    Student's t interval of the mean of independent values, one for each network.

    Parameters
    ----------
    values : array_like of shape (n,) or (n, k)
        nan where undefined; such entries are left out.
    level : float, default 0.95

    Returns
    -------
    low, high : float or ndarray of shape (k,)
        Bounds; nan with fewer than 5 values, and where all are equal.
    """
    return _t_interval(np.asarray(values, dtype=np.float64), level, FEWEST_NETWORKS)


def pair_range(values):
    """
    Smallest and largest value over pairs of networks, to be told where there are too few networks for an interval.

    Parameters
    ----------
    values : array_like of shape (1, n) or (n, n), or (1, n, k) or (n, n, k)
        As in `network_interval`.

    Returns
    -------
    lowest, highest : float or ndarray of shape (k,)
        nan where no pair has a value.

    Raises
    ------
    InputError
        If `values` has another shape.
    """
    values = _pairs(values)
    values = values.reshape(-1, *values.shape[2:])
    undefined = np.isnan(values)
    none = undefined.all(axis=0)
    lowest = np.where(none, np.nan, np.where(undefined, np.inf, values).min(axis=0))
    return lowest[()], np.where(none, np.nan, np.where(undefined, -np.inf, values).max(axis=0))[()]


def _pairs(values):
    """Copy of the values with those of a network paired with itself set to nan."""
    values = np.array(values, dtype=np.float64)
    if values.ndim not in (2, 3) or len(values) not in (1, values.shape[1]):
        raise InputError(
            f"values of pairs have shape {values.shape}; give (references, networks) or (references, networks, "
            "statistics), with one reference or as many as networks."
        )
    itself = np.arange(len(values))
    values[itself, itself] = np.nan
    return values


def _t_interval(values, level, fewest):
    defined = ~np.isnan(values)
    count = defined.sum(axis=0)
    enough = (count >= fewest) & _differ(values)
    mean = np.where(defined, values, 0).sum(axis=0) / np.maximum(count, 1)
    squares = (np.where(defined, values - mean, 0) ** 2).sum(axis=0)
    dof = np.maximum(count - 1, 1)
    half = stdtrit(dof, (1 + level) / 2) * np.sqrt(squares / dof / np.maximum(count, 1))
    return np.where(enough, mean - half, np.nan)[()], np.where(enough, mean + half, np.nan)[()]


def _differ(values):
    """Whether there are two values along the first axis; nan is none."""
    highest, lowest = (extreme.reduce(values, axis=0, initial=np.nan) for extreme in (np.fmax, np.fmin))
    return highest > lowest


def _mean_over_pairs(values):
    """Mean over ordered pairs, its standard error, and the number of networks from which the error comes."""
    defined = ~np.isnan(values)
    directions = defined.astype(int) + defined.T
    kept = _networks_with_all_pairs(directions > 0)
    n = len(kept)
    if n < FEWEST_NETWORKS or not _differ(values.ravel()):
        return np.nan, np.nan, n
    filled = np.where(defined, values, 0)
    centre = filled.sum() / defined.sum()
    chosen, off_diagonal = np.ix_(kept, kept), ~np.eye(n, dtype=bool)
    pairs = (filled + filled.T)[chosen] / np.maximum(directions[chosen], 1)
    mean = pairs.sum() / (n * (n - 1))
    effects = (pairs.sum(axis=1) - (n - 1) * mean) / (n - 2)
    residuals = np.where(off_diagonal, pairs - mean - effects[:, None] - effects, 0)
    of_networks = (n - 2) * (effects**2).sum() / (n - 1)
    of_pairs = (residuals**2).sum() / (n * (n - 3))
    jackknife = 4 * of_networks / (n * (n - 2))
    variance = max(jackknife - 2 * of_pairs / ((n - 1) * (n - 2)), 2 * of_pairs / (n * (n - 1)))
    return centre, np.sqrt(variance), n


def _networks_with_all_pairs(defined):
    """Networks among which every pair is defined; those with the most undefined pairs are left out one by one."""
    kept = np.arange(len(defined))
    missing = ~(defined | np.eye(len(defined), dtype=bool))
    while missing[np.ix_(kept, kept)].any():
        kept = np.delete(kept, missing[np.ix_(kept, kept)].sum(axis=1).argmax())
    return kept
