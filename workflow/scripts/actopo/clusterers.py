"""Clusterers by name: any class with scikit-learn's ``fit_predict``, made from its import path and parameters."""

import importlib
import inspect

from actopo.dbscan import DBSCAN
from actopo.errors import InputError


def make_clusterer(choice, eps, min_samples, seed=0):
    """
    The clusterer that a configuration names.

    Parameters
    ----------
    choice : str or dict
        "dbscan", or `path` and `params` of `load_clusterer`.
    eps, min_samples
        Of DBSCAN, not used by others.
    seed : int, default 0

    Returns
    -------
    object with ``fit_predict(points)``
    """
    if choice == "dbscan":
        return DBSCAN(eps, min_samples)
    return load_clusterer(choice["path"], choice.get("params"), seed)


def load_clusterer(path, params=None, seed=0):
    """
    Make a clusterer from its import path and parameters.

    Parameters
    ----------
    path : str
        Where to import the class from, such as "sklearn.cluster.HDBSCAN" or "actopo.dbscan.DBSCAN".
    params : dict, optional
        Its keyword arguments.
    seed : int, default 0
        Its `random_state`, where it has one that `params` does not set.

    Returns
    -------
    object with ``fit_predict(points)``

    Raises
    ------
    InputError
        If there is no such class, it has no `fit_predict`, or it does not take these parameters.
    """
    params = dict(params or {})
    module, _, name = str(path).rpartition(".")
    try:
        make = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(
            f"there is no clusterer {path!r} ({error}); write the import path of a class, such as "
            "'sklearn.cluster.HDBSCAN', and install its package."
        ) from error
    if not inspect.isclass(make) or not callable(getattr(make, "fit_predict", None)):
        raise InputError(f"{path!r} is no clusterer, since it has no fit_predict; 'sklearn.cluster.HDBSCAN' has one.")
    known = list(inspect.signature(make).parameters)
    if "random_state" in known:
        params.setdefault("random_state", seed)
    try:
        clusterer = make(**params)
        # scikit-learn checks values when it fits: here is where a wrong one is still near to the config.
        if hasattr(clusterer, "_validate_params"):
            clusterer._validate_params()
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{path} does not take these parameters: {error}. Its parameters are {', '.join(known)}."
        ) from error
    return clusterer
