"""
Sets of numbers as short texts: differences of ascending numbers, as bytes of seven bits, as base64.

A difference below 128 takes one byte; a larger one takes a byte for every seven bits, the lowest first, and all but its
last byte have the highest bit set (LEB128). `decodeSets` of `data.js` reads the texts.
"""

import base64

import numpy as np

from actopo.errors import InputError


def encode_sets(sets):
    """
    Text for some sets of numbers.

    Parameters
    ----------
    sets : sequence of int ndarray
        Each strictly ascending, from 0 to 2 ** 31 - 1.

    Returns
    -------
    str
        Base64 of the differences of all sets one after another; each set starts anew from -1, so that every difference
        is at least 1. The number of members of each set has to be kept beside it.

    Raises
    ------
    InputError
        If a set is not strictly ascending, or has a number out of range.
    """
    steps = [np.diff(np.asarray(numbers, dtype=np.int64), prepend=-1) for numbers in sets]
    differences = np.concatenate([np.zeros(0, dtype=np.int64), *steps])
    if len(differences) and (differences.min() < 1 or max(int(own.sum()) for own in steps) > 2**31):
        raise InputError("a set of numbers is not ascending, or has a number that is not from 0 to 2 ** 31 - 1")
    # Five bytes hold every difference; those above its highest are left out.
    groups = (differences[:, None] >> (7 * np.arange(5))) & 127
    n_bytes = np.maximum(1, 5 - (groups[:, ::-1] != 0).argmax(axis=1))
    kept = np.arange(5) < n_bytes[:, None]
    groups |= np.where(np.arange(5) < n_bytes[:, None] - 1, 128, 0)
    return base64.b64encode(groups[kept].astype(np.uint8).tobytes()).decode("ascii")
