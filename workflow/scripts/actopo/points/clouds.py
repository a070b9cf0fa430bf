"""Reading files of point clouds, which `actopo.points.spool` writes."""

from actopo.files import load_arrays
from actopo.keys import layer_key


def load_clouds(path, layers):
    """
    Point clouds of some layers.

    Parameters
    ----------
    path : str or Path
    layers : sequence of int

    Returns
    -------
    list of float32 ndarray of shape (P, c)
    """
    with load_arrays(path) as file:
        return [file[layer_key(layer, "points")] for layer in layers]


def load_columns(path, layer, *names):
    """
    Read some arrays of the points of one layer.

    Parameters
    ----------
    path : str or Path
    layer : int
    *names : {"points", "image", "row", "col", "label", "norm"}

    Returns
    -------
    list of ndarray of length P
    """
    with load_arrays(path) as file:
        return [file[layer_key(layer, name)] for name in names]
