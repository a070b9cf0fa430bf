"""
Functions that numba compiles, and keeps on disk for as long as nothing changes that they are made of.

numba takes what it has compiled of a function while the file of that function is the same. It does not look at other
files [1]_, though functions that are called from there, and numbers that are imported, are compiled into it: both would
stay as they were. Here the name of what is kept on disk has a digest of these.

References
----------
.. [1] The manual of numba, "Notes on Caching", on the invalidation of a cache.
"""

import hashlib
from pathlib import Path

import numpy as np
from numba import njit
from numba.core.codegen import get_host_cpu_features
from numba.extending import is_jitted

PROCESSOR = get_host_cpu_features()


def compiled(**options):
    """
    Decorator that lets numba compile a function when it is called, see the module.

    The digest ends the qualified name of the function, of which numba makes the names of files. It covers the time and
    size of the function's file, by which numba goes too, and numbers and compiled functions that are there before it,
    such as those that are imported. numba replaces files one by one, so that processes side by side could take one
    under the name of another: what was compiled before an edit, or on another machine with the same folder. For this
    the digest covers the processor.

    Parameters
    ----------
    **options
        Those of `numba.njit`, but for `cache`.

    Returns
    -------
    callable
        Takes the function, and returns the one that is compiled.
    """

    def decorate(function):
        file = Path(function.__code__.co_filename).stat()
        used = sorted((name, state) for name, value in function.__globals__.items() if (state := _state(value)))
        made_of = (PROCESSOR, file.st_mtime, file.st_size, used)
        function.__qualname__ += f".{hashlib.sha256(repr(made_of).encode()).hexdigest()[:12]}"
        return njit(cache=True, **options)(function)

    return decorate


def _state(value):
    """What of a value is compiled into functions that refer to it, as text; empty for nothing."""
    if is_jitted(value):
        return value.py_func.__qualname__
    return repr(value) if isinstance(value, int | float | np.generic) else ""
