"""
What the positions of a transformer see of an image: their patches.

Attention lets every token depend on every pixel, so that its receptive field says nothing about where it is. A position
of a layer of a transformer is taken to see the cell of the image that it stands for: for a grid of n x m positions, one
of n x m equal rectangles, which is the patch that the network cut out there. A class or register token, and what has
one position, sees the whole image.
"""

import numpy as np
from torch import nn

from actopo.networks.layer_modules import blocks


def sees_patches(model, place):
    """
    Whether the positions of a layer see their patches, and have no receptive field that is counted.

    Parameters
    ----------
    model : torch.nn.Module
    place : actopo.networks.outputs.Place

    Returns
    -------
    bool
        True for tokens and vectors, and for all modules of a transformer but its convolutions.
    """
    if place.layout.axes not in ("first", "last"):
        return True
    return bool(blocks(model)) and not isinstance(model.get_submodule(place.call.key[0]), nn.Conv2d)


def patch_fields(layout, tokens, row_of, col_of):
    """
    Cells of the positions of a layer, in the place of receptive fields.

    Parameters
    ----------
    layout : actopo.networks.layouts.Layout
    tokens : {"patches", "class", "all"}
    row_of, col_of : int ndarrays of shapes (H,) and (W,)
        Row and column of the block of pixels that a pixel belongs to.

    Returns
    -------
    float64 ndarray of shape (n, m, rows, columns)
        Share of each block that lies in the cell of each position; 1 for class tokens.
    """
    cells = np.einsum("ir,jc->ijrc", _shares(layout.rows, row_of), _shares(layout.columns, col_of))
    if tokens == "patches":
        return cells
    whole = np.ones((1, layout.prefix, *cells.shape[2:]))
    return whole if tokens == "class" else np.concatenate([whole, cells.reshape(1, -1, *cells.shape[2:])], axis=1)


def _shares(n_cells, block_of):
    """Share of each block of pixels that lies in each of some equal pieces of the side."""
    side = len(block_of)
    edges = np.arange(n_cells + 1) * (side / n_cells)
    pixels = np.arange(side)
    inside = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    shares = np.zeros((n_cells, block_of[-1] + 1))
    np.add.at(shares.T, block_of, np.clip(inside, 0, None).T)
    return shares / np.bincount(block_of)
