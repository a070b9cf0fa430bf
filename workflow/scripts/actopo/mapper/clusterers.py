"""Clusterers by name: any class with scikit-learn's ``fit_predict``, made from its import path and parameters."""

import importlib
import inspect
from numbers import Real

import numpy as np

from actopo.errors import InputError
from actopo.mapper.all_eps import N_VALUES, QUANTILES, stable_eps
from actopo.mapper.choices import DBSCAN_NAME, EPS_RULES
from actopo.mapper.dbscan import DBSCAN
from actopo.mapper.eps import SENSITIVITY, choose_eps, nearest_neighbour_curve
from actopo.mapper.nearest_neighbours import nearest_neighbour_distances
from actopo.mapper.neighbour_search import NeighbourSearch

# The sorted distances of a cloud with more points are exact only down to their knee.
EXACT_POINTS = 50_000
# For fewer points a search by few axes does not pay.
SEARCHED_POINTS = 4096


def describe_clusterer(
    points,
    clusterer,
    eps,
    min_samples,
    knee_sensitivity=SENSITIVITY,
    stable=None,
    lens=None,
    cover=None,
    device="cpu",
):
    """
    Description of a clusterer for a graph's document, with eps as a number.

    Parameters
    ----------
    points : ndarray of shape (n, c)
        The whole cloud.
    clusterer : str or dict
        "dbscan", or `path` and `params` of `load_clusterer` and the `min_points` that an interval needs.
    eps : float, "knee" or "stable"
        Radius of DBSCAN, or the rule of `actopo.mapper.eps.choose_eps` or `actopo.mapper.all_eps.stable_eps`. The
        latter takes the knee where it finds no plateau.
    min_samples : int
        As in `actopo.mapper.dbscan.dbscan`.
    knee_sensitivity : float, default 2.5
        `sensitivity` of the knee.
    stable : dict, optional
        `values` and `quantiles` of the rule "stable", as in `actopo.mapper.all_eps.eps_range`.
    lens, cover : optional
        Lens and cover of the graph, as in `actopo.mapper.graph.mapper_graph`, which the rule "stable" needs.
    device : str, default "cpu"
        As in `actopo.mapper.dbscan.dbscan`. The description does not depend on it.

    Returns
    -------
    description : dict
        ``clusterer``; for DBSCAN ``eps``, ``eps_choice`` (the rule) and ``min_samples``, too.
    nearest : dict
        ``nearest_neighbour_distance``, the sorted distances, if `eps` is a rule; else empty.

    Raises
    ------
    InputError
        If eps is neither a rule nor a positive number, or the rule "stable" has no lens or cover.
    """
    if clusterer != DBSCAN_NAME:
        return {"clusterer": clusterer}, {}
    if eps == "stable" and (lens is None or cover is None):
        raise InputError("eps is 'stable', which looks at graphs: give their lens and cover, too")
    if eps not in EPS_RULES:
        if not (isinstance(eps, Real) and 0 < eps < np.inf):
            raise InputError(f"eps is {eps!r}; give a positive number, or one of {', '.join(EPS_RULES)}")
        return {"clusterer": clusterer, "eps": eps, "eps_choice": {"rule": "fixed"}, "min_samples": min_samples}, {}
    if len(points) > EXACT_POINTS:
        curve = nearest_neighbour_curve(points, sensitivity=knee_sensitivity, device=device)
    else:
        few = len(points) < SEARCHED_POINTS
        distances = nearest_neighbour_distances(points) if few else NeighbourSearch(points, device).distances()
        curve = np.sort(distances)[::-1]
    found = None
    if eps == "stable":
        stable = stable or {}
        range_of_eps = {"n_values": stable.get("values", N_VALUES), "quantiles": stable.get("quantiles", QUANTILES)}
        found, plateau = stable_eps(points, lens, cover, min_samples, **range_of_eps, device=device)
    if found is not None and curve[0] == 0:
        # Each point has an exact duplicate, which leaves no knee to compare with.
        chosen, details = None, {"knee_rank": None, "knee_share": None}
    else:
        chosen, details = choose_eps(curve, knee_sensitivity, is_logged=found is None)
    if eps == "stable":
        details = {"knee": chosen, **details, "plateau": None, **plateau}
        chosen = chosen if found is None else found
    described = {"clusterer": clusterer, "eps": chosen, "eps_choice": details, "min_samples": min_samples}
    return described, {"nearest_neighbour_distance": curve}


def make_clusterer(description, seed=0, device="cpu"):
    """
    Make the clusterer of a description, see `describe_clusterer`.

    Parameters
    ----------
    description : dict
    seed : int, default 0
    device : str, default "cpu"
        Device of DBSCAN, as in `actopo.mapper.dbscan.dbscan`. Other clusterers take theirs, if any, from their
        parameters.

    Returns
    -------
    clusterer : object with ``fit_predict(points)``
    min_points : int
        Number of points that an interval needs.
    """
    choice = description["clusterer"]
    if choice == DBSCAN_NAME:
        return DBSCAN(description["eps"], description["min_samples"], device), 1
    if not isinstance(choice, dict):
        raise InputError(
            f"there is no clusterer {choice!r}; write {DBSCAN_NAME}, or a mapping with the path of a class"
        )
    return load_clusterer(choice["path"], choice.get("params"), seed), choice.get("min_points", 1)


def load_clusterer(path, params=None, seed=0):
    """
    Make a clusterer from its import path and parameters.

    Parameters
    ----------
    path : str
        Import path of the class, such as "sklearn.cluster.HDBSCAN" or "actopo.mapper.dbscan.DBSCAN".
    params : dict, optional
        Keyword arguments of the class.
    seed : int, default 0
        `random_state` of the clusterer, if it has one that `params` does not set.

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
            "'sklearn.cluster.HDBSCAN', and install its package, or put the folder of its file into PYTHONPATH."
        ) from error
    if not inspect.isclass(make) or not callable(getattr(make, "fit_predict", None)):
        raise InputError(f"{path!r} is no clusterer, since it has no fit_predict; 'sklearn.cluster.HDBSCAN' has one.")
    known = list(inspect.signature(make).parameters)
    if "random_state" in known:
        params.setdefault("random_state", seed)
    try:
        clusterer = make(**params)
        # scikit-learn checks values when it fits; checked here, a wrong value is reported before any clustering.
        if hasattr(clusterer, "_validate_params"):
            clusterer._validate_params()
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{path} does not take these parameters: {error}. Its parameters are {', '.join(known)}."
        ) from error
    return clusterer
