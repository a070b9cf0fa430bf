r"""
How well the nodes of a mapper graph separate labels of images other than their classes.

Points without a label are left out, and so are nodes without a labelled point. Classes have the purity of
:mod:`actopo.graphs.purity`. Of numbers it is asked which share of their variance the nodes explain: with a membership
for each node that holds a point,

.. math:: R^2 = 1 - \frac{\sum_i \sum_{x \in i} (y_x - \bar y_i)^2}{\sum_i \sum_{x \in i} (y_x - \bar y)^2}

is 1 if all points of a node have the same number, and 0 if all nodes have the same mean. Many small nodes explain a
part of any numbers, so that the value stands beside that of numbers which are permuted over images.
"""

import numpy as np
import pandas as pd

from actopo.errors import InputError
from actopo.graphs.permutations import beside_permutations, check_permutations
from actopo.graphs.purity import ROUNDING, coverage, permutation_null
from actopo.mapper.composition import membership

ALL = "all"


def explained_variance(incidence, values):
    """
    Share of the variance of numbers that lies between nodes.

    Parameters
    ----------
    incidence : sparse matrix of shape (n_points, n_nodes)
        Not 0 where the point is in the node.
    values : ndarray of shape (n_points,)
        Finite number of each point.

    Returns
    -------
    float
        Between 0 and 1; NaN where the points in nodes have no variance.
    """
    members = membership(incidence)
    point = np.repeat(np.arange(members.shape[0]), np.diff(members.indptr))
    return _explained(members.indices, members.shape[1], np.asarray(values, dtype=np.float64)[point])


def explained_null(incidence, values, images, n_permutations=199, seed=0):
    """
    Explained variance, and its distribution when the numbers are permuted over images.

    Parameters
    ----------
    incidence : sparse matrix of shape (n_points, n_nodes)
        Not 0 where the point is in the node.
    values : ndarray of shape (n_points,)
        Finite number of each point, the same for all points of an image.
    images : ndarray of shape (n_points,)
        Image of each point.
    n_permutations, seed : int, default 199 and 0

    Returns
    -------
    dict of str to float
        ``observed``, and over the permutations ``mean``, ``low`` (2.5 % quantile), ``high`` (97.5 %) and ``p``, the
        share of the permutations, the observed numbers among them, that explain as much
        (`actopo.graphs.permutations.beside_permutations`).

    Raises
    ------
    InputError
        If there is no permutation.
    """
    check_permutations(n_permutations)
    members = membership(incidence)
    _, first, image = np.unique(images, return_index=True, return_inverse=True)
    own = image[np.repeat(np.arange(members.shape[0]), np.diff(members.indptr))]
    by_image, rng = np.asarray(values, dtype=np.float64)[first], np.random.default_rng(seed)
    observed = _explained(members.indices, members.shape[1], by_image[own])
    drawn = [
        _explained(members.indices, members.shape[1], rng.permutation(by_image)[own]) for _ in range(n_permutations)
    ]
    return beside_permutations(observed, drawn, "high", ROUNDING)


def label_table(graphs, labels, uncovered="drop", n_permutations=199, seed=0):
    """
    Purity of graphs by one column of labels.

    Parameters
    ----------
    graphs : iterable of (dict, actopo.graphs.purity_tables.LabelledGraph)
        The dict holds the columns that identify the graph.
    labels : actopo.graphs.image_labels.ImageLabels
    uncovered, n_permutations, seed
        As in `actopo.graphs.purity.permutation_null`.

    Returns
    -------
    DataFrame
        One row per graph, measure and class: the columns of the graph, ``kind`` (classes or numbers), ``measure``
        (``node_purity``, ``majority_share`` and ``class_purity``, or ``explained_variance``), ``class`` (``all`` but
        for ``class_purity``), ``value``, ``null_mean``, ``null_low``, ``null_high``, ``p``; ``unlabelled_points``
        (their share), ``coverage`` (share of the labelled points that are in a node), ``unlabelled_images`` and
        ``unknown_rows`` (numbers).

    Raises
    ------
    InputError
        If no point of a graph has a label.
    """
    rows, is_known, null = [], labels.is_known, {"n_permutations": n_permutations, "seed": seed}
    counts = {"unlabelled_images": int(np.count_nonzero(~is_known)), "unknown_rows": labels.n_unknown}
    for key, graph in graphs:
        kept = np.flatnonzero(is_known[graph.images])
        if not len(kept):
            graph_name = ", ".join(f"{name} {value}" for name, value in key.items())
            raise InputError(f"no point of the graph of {graph_name} has a label; give labels to its images")
        incidence, images = graph.incidence[kept], graph.images[kept]
        values = labels.values[images]
        shares = {"unlabelled_points": 1 - len(kept) / len(graph.images), "coverage": coverage(incidence)}
        if labels.class_names is None:
            kind, found = "numbers", {("explained_variance", ALL): explained_null(incidence, values, images, **null)}
        else:
            kind, n_classes = "classes", len(labels.class_names)
            purity = permutation_null(incidence, values, n_classes, groups=images, uncovered=uncovered, **null)
            found = _class_rows(purity, labels.class_names)
        for (measure, name), row in found.items():
            told = {"kind": kind, "measure": measure, "class": name, "value": row["observed"]}
            told |= {f"null_{part}": row[part] for part in ("mean", "low", "high")}
            rows.append({**key, **told, "p": row["p"], **shares, **counts})
    return pd.DataFrame(rows)


def _class_rows(null, class_names):
    found = {(measure, ALL): null[measure] for measure in ("node_purity", "majority_share")}
    by_class = null["class_purity"]
    for k, name in enumerate(class_names):
        found["class_purity", name] = {part: values[k] for part, values in by_class.items()}
    return found


def _explained(nodes, n_nodes, values):
    """Explained variance of memberships: their nodes and numbers."""
    if not len(values) or values.min() == values.max():
        return np.nan
    values = values - values.mean()
    total = values @ values
    sizes, sums = np.bincount(nodes, minlength=n_nodes), np.bincount(nodes, weights=values, minlength=n_nodes)
    held = sizes > 0
    return float(min(np.sum(sums[held] ** 2 / sizes[held]) / total, 1.0))
