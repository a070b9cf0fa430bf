"""Where new points went on a mapper graph, by point and in numbers."""

import numpy as np
import pandas as pd

from actopo.mapper.composition import composition

GROUPS = ("all", "right", "wrong")


def placement_table(placed, columns, predicted, incidence, labels, class_names):
    """
    One row per new point: its nodes, and the classes there.

    Parameters
    ----------
    placed : csr_array of shape (n_new, n_nodes)
        As `actopo.mapper.placements.place_points` returns it.
    columns : dict of str to ndarray of shape (n_new,)
        ``image``, ``row``, ``col`` and ``label`` of the new points.
    predicted : ndarray of shape (n_new,), int, or None
        The network's class for the image of each new point; None where its outputs are not the classes.
    incidence : sparse matrix of shape (n_points, n_nodes)
        The graph's incidence.
    labels : ndarray of shape (n_points,), int
        Classes of the graph's points.
    class_names : sequence of str
        Names of the classes.

    Returns
    -------
    DataFrame
        ``image``, ``row``, ``col``, ``label``, ``predicted`` (names of classes; the latter empty if unknown),
        ``nodes`` (their numbers, separated by spaces), and of the graph's points in these nodes, as means over the
        nodes: the shares of the point's class (``label_share``) and of the predicted one (``predicted_share``), and
        ``majority`` (the class of the largest mean share). NaN or empty for a point in no node, and where there is a
        single class, which is that of images without labels.
    """
    n_classes = len(class_names)
    counts = composition(incidence, labels, n_classes)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    n_nodes = np.diff(placed.indptr)
    mean = (placed @ shares) / np.maximum(n_nodes, 1)[:, None]
    mean[n_nodes == 0] = np.nan
    # A single class is that of images without labels.
    if n_classes == 1:
        mean[:] = np.nan
    label, rows = columns["label"], np.arange(len(n_nodes))
    names = np.asarray([str(name) for name in class_names], dtype=object)
    majority = np.where(np.isfinite(mean[:, 0]), names[np.nan_to_num(mean).argmax(axis=1)], "")
    return pd.DataFrame(
        {
            **{name: columns[name] for name in ("image", "row", "col")},
            "label": names[label],
            "predicted": "" if predicted is None else names[predicted],
            "nodes": [" ".join(map(str, sorted(own))) for own in np.split(placed.indices, placed.indptr[1:-1])],
            "majority": majority,
            "label_share": mean[rows, label],
            "predicted_share": np.nan if predicted is None else mean[rows, predicted],
        }
    )


def placement_summary(table, own_nodes=None):
    """
    Numbers about placements, over all new points and by whether the network is right about their images.

    Parameters
    ----------
    table : DataFrame
        As `placement_table` returns it.
    own_nodes : csr_array of shape (n_new, n_nodes), optional
        Nodes that hold the point of the graph at the same position of the same image, for shifted images.

    Returns
    -------
    DataFrame
        A row for each of ``all``, ``right`` and ``wrong`` (column ``group``): ``n_points``; ``placed``, the share that
        some node takes; of these, ``majority_is_label`` and ``majority_is_predicted``, the shares whose nodes have that
        majority, and the means of ``label_share`` and ``predicted_share``; and with `own_nodes`, of the points whose
        old point is in a node, ``kept``, the share that goes to one of its nodes. NaN for shares of no point. Where the
        predictions are unknown, all numbers that depend on them are missing: those of ``right`` and ``wrong``, and
        ``majority_is_predicted``.
    """
    is_known = not len(table) or (table["predicted"] != "").all()
    right = (table["label"] == table["predicted"]).to_numpy()
    rows = []
    for group, chosen in zip(GROUPS, (np.ones_like(right), right, ~right), strict=True):
        own = table[chosen]
        inside = own[own["nodes"] != ""]
        row = {
            "group": group,
            "n_points": len(own),
            "placed": len(inside) / len(own) if len(own) else np.nan,
            "majority_is_label": (inside["majority"] == inside["label"]).mean(),
            "majority_is_predicted": (inside["majority"] == inside["predicted"]).mean(),
            **{name: inside[name].mean() for name in ("label_share", "predicted_share")},
        }
        if own_nodes is not None:
            row["kept"] = _kept(own["nodes"], own_nodes[np.flatnonzero(chosen)])
        if inside["label_share"].isna().all():
            row["majority_is_label"] = np.nan
        if not is_known:
            missing = set(row) - {"group"} if group != "all" else {"majority_is_predicted", "predicted_share"}
            row |= dict.fromkeys(missing, np.nan)
        rows.append(row)
    # A number of points that is missing leaves the others whole.
    return pd.DataFrame(rows).astype({"n_points": "Int64"})


def _kept(nodes, old):
    """Share of the points with an old node that go to one of them."""
    kept = [
        bool({int(k) for k in text.split()} & set(old.indices[a:b].tolist()))
        for text, a, b in zip(nodes, old.indptr[:-1], old.indptr[1:], strict=True)
        if b > a
    ]
    return float(np.mean(kept)) if kept else np.nan
