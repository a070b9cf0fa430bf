"""Clouds of one point per image: the mean of a layer's spatial activations over all positions (average pooling)."""

import numpy as np

from actopo.keys import layer_key
from actopo.points.norms import l2_norms


class MeanPool:
    """Means over positions of several layers, for activations that come batch by batch."""

    def __init__(self):
        self._means = {}

    def append(self, layer, activations):
        """
        Take the activations of the next images.

        Parameters
        ----------
        layer : int
        activations : float32 ndarray of shape (b, n, m, c)
        """
        means = activations.mean(axis=(1, 2), dtype=np.float64).astype(np.float32)
        self._means.setdefault(layer, []).append(means)

    def arrays(self, index, labels):
        """
        Arrays of a file of point clouds, without rows and columns, which a mean has not.

        Parameters
        ----------
        index, labels : ndarray of shape (N,)
            Index and class label that are written for each image.

        Returns
        -------
        dict of str to ndarray
            Points (N, c), images, labels and norms (N,) of every layer.
        """
        arrays = {}
        # Networks differ in the order in which they pass layers.
        for layer, parts in sorted(self._means.items()):
            points = np.concatenate(parts)
            columns = {"points": points, "image": index, "label": labels, "norm": l2_norms(points)}
            arrays |= {layer_key(layer, name): values for name, values in columns.items()}
        return arrays
