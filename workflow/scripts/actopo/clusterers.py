"""Clusterers by name: any class with scikit-learn's ``fit_predict``, made from its import path and parameters."""

import importlib
import inspect

import numpy as np

from actopo.dbscan import DBSCAN
from actopo.errors import InputError
from actopo.neighbours import choose_eps, nearest_neighbour_curve, nearest_neighbour_distances

# The sorted distances of a larger cloud are exact down to their knee only.
EXACT_POINTS = 50_000


def describe_clusterer(points, clusterer, eps, min_samples):
    """
    What a graph's document says about its clusterer, with eps as a number.

    Parameters
    ----------
    points : ndarray of shape (n, c)
        The whole cloud.
    clusterer : str or dict
        "dbscan", or `path` and `params` of `load_clusterer` and the `min_points` that an interval needs.
    eps : float or "knee"
        Radius of DBSCAN, or the rule of `actopo.neighbours.choose_eps`.
    min_samples : int
        Of DBSCAN.

    Returns
    -------
    description : dict
        ``clusterer``; for DBSCAN ``eps``, ``eps_choice`` (the rule) and ``min_samples``, too.
    nearest : dict
        Of a knee, ``nearest_neighbour_distance``: the sorted distances in which it was looked for.
    """
    if clusterer != "dbscan":
        return {"clusterer": clusterer}, {}
    if eps != "knee":
        return {"clusterer": clusterer, "eps": eps, "eps_choice": {"rule": "fixed"}, "min_samples": min_samples}, {}
    if len(points) > EXACT_POINTS:
        curve = nearest_neighbour_curve(points)
    else:
        curve = np.sort(nearest_neighbour_distances(points))[::-1]
    eps, rule = choose_eps(curve)
    described = {"clusterer": clusterer, "eps": eps, "eps_choice": rule, "min_samples": min_samples}
    return described, {"nearest_neighbour_distance": curve}


def make_clusterer(description, seed=0):
    """
    Make the clusterer of a description, see `describe_clusterer`.

    Parameters
    ----------
    description : dict
    seed : int, default 0

    Returns
    -------
    clusterer : object with ``fit_predict(points)``
    min_points : int
        Points that an interval needs.
    """
    choice = description["clusterer"]
    if choice == "dbscan":
        return DBSCAN(description["eps"], description["min_samples"]), 1
    return load_clusterer(choice["path"], choice.get("params"), seed), choice.get("min_points", 1)


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
    except (ImportError, AttributeError, ValueError, TypeError) as error:
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
