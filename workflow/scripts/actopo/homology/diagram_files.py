"""Files of persistence diagrams: each holds layers of one network on one batch of images."""

from actopo.files import load_named, save_arrays
from actopo.keys import layer_key


def save_diagrams(path, layers, diagrams):
    """
    Write the diagrams of some layers.

    Parameters
    ----------
    path : str or Path
    layers : sequence of int
    diagrams : sequence of dict
        For each layer the diagrams by dimension, as `actopo.homology.diagrams.diagrams` returns them.
    """
    arrays = {
        layer_key(layer, f"h{dimension}"): diagram
        for layer, own in zip(layers, diagrams, strict=True)
        for dimension, diagram in own.items()
    }
    save_arrays(path, **arrays)


def load_diagrams(paths, layers, dimension):
    """
    Diagrams of some layers in one dimension.

    Parameters
    ----------
    paths : str, Path, or sequence of these
        Files of one network and batch that together hold the layers.
    layers : sequence of int
    dimension : int

    Returns
    -------
    list of float64 ndarray of shape (n, 2)
    """
    return load_named(paths, [layer_key(layer, f"h{dimension}") for layer in layers])
