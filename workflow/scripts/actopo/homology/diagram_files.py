"""Files of persistence diagrams: each holds all layers of one network on one batch of images."""

from actopo.files import load_arrays, save_arrays
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


def load_diagrams(path, layers, dimension):
    """
    Diagrams of some layers in one dimension.

    Parameters
    ----------
    path : str or Path
    layers : sequence of int
    dimension : int

    Returns
    -------
    list of float64 ndarray of shape (n, 2)
    """
    with load_arrays(path) as file:
        return [file[layer_key(layer, f"h{dimension}")] for layer in layers]
