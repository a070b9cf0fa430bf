"""Files of one mapper graph at several values of eps, for those who look at them one after the other."""

from contextlib import contextmanager

import numpy as np
from scipy.sparse import csr_array

from actopo.files import load_arrays, writing_arrays
from actopo.mapper.graph import MapperGraph

# Graphs of one file.
MOST = 20
PARTS = ("interval", "edges", "shared", "jaccard")


def kept_places(n_values, most=MOST):
    """
    Places of the values of eps whose graphs are kept.

    Parameters
    ----------
    n_values : int
    most : int, default 20

    Returns
    -------
    list of int
        Ascending, as evenly spaced as whole numbers can be, with both ends.
    """
    return np.unique(np.linspace(0, n_values - 1, min(most, n_values)).round().astype(int)).tolist()


@contextmanager
def writing_graphs(path, eps_values, lens, labels, images):
    """
    Write graphs one by one.

    Parameters
    ----------
    path : str or Path
    eps_values : sequence of float
        Values of the graphs that will come.
    lens : ndarray of shape (n_points,) or (n_points, 2)
    labels, images : ndarray of shape (n_points,)
        Class and image of each point.

    Yields
    ------
    callable (graph)
        Appends the graph of the next value.
    """
    with writing_arrays(path) as add:
        for name, values in (("eps", eps_values), ("lens", lens), ("label", labels), ("image", images)):
            add(name, np.asarray(values))
        places = iter(range(len(eps_values)))

        def keep(graph):
            place = next(places)
            add(f"{place}.indptr", graph.incidence.indptr)
            add(f"{place}.indices", graph.incidence.indices)
            for part in PARTS:
                add(f"{place}.{part}", getattr(graph, part))

        yield keep


def load_graphs(path):
    """
    Graphs that `writing_graphs` wrote.

    Yields
    ------
    eps : float
    graph : actopo.mapper.graph.MapperGraph
    """
    file = load_arrays(path)
    n_points = len(file["image"])
    for place, eps in enumerate(file["eps"].tolist()):
        indices, interval = file[f"{place}.indices"], file[f"{place}.interval"]
        values = (np.ones(len(indices), dtype=np.int8), indices, file[f"{place}.indptr"])
        incidence = csr_array(values, shape=(n_points, len(interval)))
        yield eps, MapperGraph(incidence, *(file[f"{place}.{part}"] for part in PARTS))
