"""Matrices between layers as heat maps, with their colour bars."""

import matplotlib
import numpy as np
from matplotlib.colors import Normalize

from actopo.errors import InputError
from actopo.figures import style

# Place of a colour bar as high as its map, in parts of the map.
BAR = (1.04, 0, 0.05, 1)


def layer_matrix(matrix, layers, name):
    """
    Check a matrix between layers.

    Returns
    -------
    ndarray of shape (L, L)
        `matrix` in float64.

    Raises
    ------
    InputError
        If there is no layer, or the matrix is not `L x L` for `L` layers.
    """
    matrix = np.asarray(matrix, dtype=float)
    if not len(layers):
        raise InputError(f"{name} has no layer to draw; list at least one layer")
    if matrix.shape != (len(layers), len(layers)):
        raise InputError(f"{name} has shape {matrix.shape}, but there are {len(layers)} layers; give one row each")
    return matrix


def shared_norm(*matrices):
    """Colour scale from 0 to the largest finite value of all the matrices (1 if none is above 0)."""
    largest = max((matrix[np.isfinite(matrix)].max(initial=0) for matrix in matrices), default=0)
    return Normalize(0, largest if largest > 0 else 1)


def heat_map(axes, matrix, layers, norm, colours="viridis", most=style.MAX_TICKS, names=None):
    """
    Draw a layer-by-layer matrix, row 0 on top, as vector cells; values that are not finite are grey.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where to draw.
    matrix : ndarray of shape (L, L)
        Values.
    layers : sequence of int
        Numbers of layers, the ticks of both axes.
    norm : matplotlib.colors.Normalize
        Colour scale.
    colours : str, default 'viridis'
        Colour map.
    most : int
        Most ticks of an axis.
    names : dict of int to str, optional
        Names of layers that are outputs of modules, by number.

    Returns
    -------
    matplotlib.collections.QuadMesh
        Mesh for the colour bar.
    """
    colours = matplotlib.colormaps[colours].with_extremes(bad=style.MISSING)
    # Edges in the cell's own colour close the hairlines that viewers leave between vector cells.
    mesh = axes.pcolormesh(
        np.ma.masked_invalid(matrix),
        norm=norm,
        cmap=colours,
        edgecolors="face",
        linewidth=0.15,
        antialiased=True,
    )
    axes.set_aspect("equal")
    axes.invert_yaxis()
    for axis in (axes.xaxis, axes.yaxis):
        style.layer_ticks(axis, layers, offset=0.5, most=most, names=names)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("layer")
    axes.set_ylabel("layer")
    return mesh


def colour_bar(figure, mesh, axes, label, **kwargs):
    """Colour bar of `mesh` beside `axes`, in vector cells without hairlines between them."""
    bar = figure.colorbar(mesh, ax=axes, label=label, **kwargs)
    bar.solids.set(edgecolor="face", rasterized=False)
    bar.outline.set_visible(False)
    return bar
