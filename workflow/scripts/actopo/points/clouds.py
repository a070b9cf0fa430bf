"""Reading files of point clouds, which `actopo.points.spool` writes."""

from actopo.files import load_named
from actopo.keys import layer_key


def load_clouds(paths, layers):
    """
    Point clouds of some layers.

    Parameters
    ----------
    paths : str, Path, or sequence of these
        Files of one network, batch and sampling that together hold the layers.
    layers : sequence of int

    Returns
    -------
    list of float32 ndarray of shape (P, c)
    """
    return load_named(paths, [layer_key(layer, "points") for layer in layers])


def load_columns(paths, layer, *names):
    """
    Read some arrays of the points of one layer.

    Parameters
    ----------
    paths : str, Path, or sequence of these
        As in `load_clouds`.
    layer : int
    *names : {"points", "image", "row", "col", "label", "norm"}

    Returns
    -------
    list of ndarray of length P
    """
    return load_named(paths, [layer_key(layer, name) for name in names])
