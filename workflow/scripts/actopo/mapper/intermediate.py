"""
Intermediate files of mapper graphs: those between the jobs of one graph, and the membership of points in nodes.

Several jobs make a large graph: one chooses the clusterer's eps, some cluster intervals, one joins them. Later
measurements of a graph read the membership file.
"""

import json

import numpy as np
from scipy.sparse import csr_array

from actopo.files import load_array, load_arrays, save_arrays, writing_arrays

MEMBERSHIP = ("indptr", "indices", "shape", "label", "image", "interval", "edges", "shared", "jaccard")


def load_lens(path, norms):
    """
    Values of the lens at the points of a graph.

    Parameters
    ----------
    path : str, Path or empty list
        File of the values, one or two for each point. Empty where the lens is the l2 norm, which is stored with points.
    norms : ndarray of shape (n_points,)

    Returns
    -------
    ndarray of shape (n_points,) or (n_points, 2)
    """
    return load_array(path) if path else norms


def save_choice(path, description, nearest):
    """Write the description and the arrays that `actopo.mapper.clusterers.describe_clusterer` returned."""
    save_arrays(path, description=json.dumps(description), **nearest)


def load_choice(path):
    """Read the description and the arrays that `save_choice` wrote."""
    with load_arrays(path) as file:
        return json.loads(str(file["description"])), {name: file[name] for name in file.files if name != "description"}


def save_intervals(path, intervals):
    """Write clustered intervals, see `actopo.mapper.graph.LabelledInterval`."""
    with writing_arrays(path) as add:
        for interval, members, labels in intervals:
            add(f"{interval}.members", members)
            add(f"{interval}.labels", labels)


def load_intervals(path):
    """Yield the triples (interval, members, labels) that `save_intervals` wrote."""
    file = load_arrays(path)
    for name in file.files:
        interval, _, part = name.partition(".")
        if part == "members":
            yield int(interval), file[name], file[f"{interval}.labels"]


def save_membership(path, graph, labels, images, **nearest):
    """
    Write the incidence of points and nodes, and the class and image of each point.

    Parameters
    ----------
    path : str or Path
    graph : actopo.mapper.graph.MapperGraph
    labels, images : ndarray of shape (n_points,)
        Class and image of each point.
    **nearest
        More arrays, as `actopo.mapper.clusterers.describe_clusterer` returns them.
    """
    incidence = graph.incidence
    values = (incidence.indptr, incidence.indices, incidence.shape, labels, images)
    values += (graph.interval, graph.edges, graph.shared, graph.jaccard)
    save_arrays(path, **dict(zip(MEMBERSHIP, values, strict=True)), **nearest)


def load_incidence(file):
    """Incidence of shape (n_points, n_nodes), from `indptr`, `indices` and `shape` of a membership file."""
    indices = file["indices"]
    return csr_array((np.ones(len(indices), dtype=bool), indices, file["indptr"]), shape=file["shape"])
