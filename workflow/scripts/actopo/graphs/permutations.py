"""A number that was observed, beside those of permutations."""

import warnings

import numpy as np

from actopo.errors import InputError


def check_permutations(n_permutations):
    """Raise `InputError` unless there is a permutation."""
    if n_permutations < 1:
        raise InputError(f"a null needs at least one permutation, not {n_permutations}.")


def beside_permutations(observed, drawn, extreme, rounding):
    """
    Where numbers lie among those of permutations.

    Parameters
    ----------
    observed : float or array_like of shape (k,)
    drawn : array_like of shape (n_permutations,) or (n_permutations, k)
        NaN where a permutation has no value.
    extreme : {"high", "low"}
        Which numbers speak against the null.
    rounding : float
        Numbers that differ by no more are equal: the order of summation makes equal ones differ.

    Returns
    -------
    dict of str to float or ndarray of shape (k,)
        `observed`; over the permutations with a value `mean`, `low` (2.5 % quantile) and `high` (97.5 %); and `p`, the
        one-sided p-value: the share of the permutations, the observed numbers among them, that are as extreme [1]_.
        A permutation without a value counts as one that is, which makes the p-value larger. NaN where nothing is
        observed.

    References
    ----------
    .. [1] Phipson and Smyth (2010), "Permutation P-values Should Never Be Zero", Statistical Applications in Genetics
       and Molecular Biology 9.
    """
    observed, drawn = np.asarray(observed, dtype=np.float64), np.asarray(drawn, dtype=np.float64)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "(Mean of empty|All-NaN) slice", RuntimeWarning)
        mean, (low, high) = np.nanmean(drawn, axis=0), np.nanquantile(drawn, [0.025, 0.975], axis=0)
    less = drawn < observed - rounding if extreme == "high" else drawn > observed + rounding
    p_values = np.where(np.isnan(observed), np.nan, (1 + (~less).sum(axis=0)) / (1 + len(drawn)))
    found = {"observed": observed, "mean": mean, "low": low, "high": high, "p": p_values}
    return {name: values[()] for name, values in found.items()}
