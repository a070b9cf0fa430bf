"""Purity of several mapper graphs as tidy tables, with a null from permuted labels."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from actopo.graphs.purity import (
    class_purity,
    coverage,
    majority_share,
    node_entropy,
    node_purity,
    permutation_null,
    weighted_mean,
)

# Beginnings of columns that say something of classes.
OF_CLASSES = ("node_purity", "majority_share", "entropy", "class_purity", "purity")
NULL = {"mean": "null_mean", "low": "null_low", "high": "null_high", "p": "p"}


class LabelledGraph(NamedTuple):
    """
    A mapper graph with the classes and images of its points.

    Attributes
    ----------
    incidence : sparse matrix of shape (n_points, n_nodes)
        Not 0 where the point is in the node.
    labels, images : ndarray of shape (n_points,), int
        Class and image of each point.
    n_edges : int
    facts : dict
        `n_points`, `n_components` and `n_cycles` of the graph; and `eps` and `eps_choice`, if its clusterer has them.
    """

    incidence: sparse.csr_array
    labels: np.ndarray
    images: np.ndarray
    n_edges: int
    facts: dict


def purity_tables(graphs, class_names, uncovered="drop", n_permutations=199, seed=0):
    """
    Purity of graphs over their nodes and of their classes.

    Parameters
    ----------
    graphs : iterable of (dict, LabelledGraph)
        The dict holds the columns that identify the graph.
    class_names : sequence of str
    uncovered : {"drop", "zero"}, default "drop"
        As in `actopo.graphs.purity.class_purity`.
    n_permutations, seed : int, default 199 and 0
        Permutations and seed of the null, which permutes labels over images: points of one image share its label.

    Returns
    -------
    by_graph : DataFrame
        One row per graph: eps and the share of the points before its knee (nan if there is none), counts, node purity,
        majority share, entropy, class purity (mean over classes) and coverage; some also with `_null_mean`,
        `_null_low`, `_null_high` and the p-value `_p`.
    by_class : DataFrame
        One row per graph and class: `class`, `purity` with its null, and `coverage`. A single class is that of images
        without labels: there is no purity, and the columns of both tables that need one are nan.

    Raises
    ------
    InputError
        As `actopo.graphs.purity.permutation_null`.
    """
    rows, tables = [], []
    for key, graph in graphs:
        incidence, labels, n_classes = graph.incidence, graph.labels, len(class_names)
        # Labels that are all equal need no permutations.
        n_drawn = n_permutations if n_classes > 1 else 1
        null = permutation_null(incidence, labels, n_classes, n_drawn, seed, graph.images, uncovered)
        gamma = class_purity(incidence, labels, n_classes, uncovered)
        rows.append({**key, **_graph_row(graph, n_classes, gamma, null)})
        columns = {
            "class": class_names,
            "purity": gamma,
            **{f"purity_{column}": null["class_purity"][name] for name, column in NULL.items()},
            "coverage": coverage(incidence, labels, n_classes),
        }
        tables.append(pd.DataFrame({**key, **columns}))
    tables = pd.DataFrame(rows), pd.concat(tables)
    if len(class_names) == 1:
        for table in tables:
            table.loc[:, [name for name in table if name.startswith(OF_CLASSES)]] = np.nan
    return tables


def _graph_row(graph, n_classes, gamma, null):
    incidence, labels = graph.incidence, graph.labels
    alpha, sizes = node_purity(incidence, labels), np.diff(incidence.tocsc().indptr)
    choice = graph.facts.get("eps_choice", {})
    # Beside an eps that is not the knee it would say nothing of it.
    knee_share = choice.get("knee_share") if choice.get("rule") == "knee" else None
    return {
        "eps": graph.facts.get("eps", np.nan),
        "knee_share": np.nan if knee_share is None else knee_share,
        "n_nodes": incidence.shape[1],
        "n_edges": graph.n_edges,
        **{name: graph.facts[name] for name in ("n_points", "n_components", "n_cycles")},
        "node_purity": alpha.mean() if len(alpha) else np.nan,
        **{f"node_purity_{column}": null["node_purity"][name] for name, column in NULL.items()},
        "node_purity_by_size": weighted_mean(alpha, sizes),
        "majority_share": weighted_mean(majority_share(incidence, labels), sizes),
        **{f"majority_share_{column}": null["majority_share"][name] for name, column in NULL.items()},
        "entropy": weighted_mean(node_entropy(incidence, labels, n_classes, normalised=True), sizes),
        "class_purity": np.nan if np.isnan(gamma).all() else np.nanmean(gamma),
        "coverage": coverage(incidence),
    }
