"""
Persistence diagrams layer by layer.

A point is a homology class of the Vietoris-Rips filtration of a layer's cloud, born at the length of the
edge that closes it and dead at that of the edge that fills it: the farther from the diagonal, the longer
it lives. Components (H0) are all born at 0. The infinite bar of H0 is not part of a diagram.
"""

import numpy as np
from matplotlib.ticker import MaxNLocator

from actopo.errors import InputError
from actopo.figures import style, texts

PER_ROW = 4
MARKERS = ("o", "^", "s", "D")
# Size of a marker by that of dimension 0: points of the others are few, and near the diagonal.
SIZES = (1.0, 1.6, 1.6, 1.6)
# Height of the title and the ticks of a panel, in inches.
AROUND = 0.4
# Axes extend below 0 by this share of their length, so that H0, born at 0, does not touch the frame.
MARGIN = 0.04


@style.styled
def plot(diagrams, layers, layer_names=None):
    """
    Draw a panel per layer, each on its own scale, the same for birth and death.

    Parameters
    ----------
    diagrams : sequence of dict of int to array_like of shape (k, 2)
        For each layer the (birth, death) pairs of each homology dimension, in filtration units; `k` may be 0.
    layers : sequence of int
        Layer indices, one per dict.
    layer_names : dict of int to str, optional
        Names of layers that are outputs of modules, by number; other layers are shown by their number.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If there is no layer, their number differs from that of the diagrams, or a diagram has another
        shape, a value that is not finite or a death before its birth.
    """
    if len(diagrams) != len(layers) or not len(layers):
        raise InputError(
            f"{len(diagrams)} layers have diagrams, but {len(layers)} have a name; give one or more of each"
        )
    diagrams = [
        {dimension: checked(pairs, f"the diagram H{dimension} of layer {layer}") for dimension, pairs in each.items()}
        for layer, each in zip(layers, diagrams, strict=True)
    ]
    rows = -(-len(layers) // PER_ROW)
    columns = -(-len(layers) // rows)
    cell = min(7.0 / columns, 2.8)
    figure = style.new_figure(cell * columns + 0.2, rows * (cell + 0.05) + 0.45, layout="compressed")
    panels, _ = style.panel_grid(figure, len(layers), PER_ROW)
    handles = {}
    for axes, layer, each in zip(panels, layers, diagrams, strict=True):
        points = draw(axes, each, size=1.7 if columns > 2 else 2.2)
        handles |= points
        counts = "\n".join(f"{len(pairs)} {name}" for name, pairs in zip(points, each.values(), strict=True))
        axes.text(0.97, 0.06, counts, transform=axes.transAxes, ha="right", va="bottom", fontsize=6, linespacing=1.3)
        axes.set_title(texts.short(texts.layer_title(layer, layer_names)))
    figure.supxlabel("birth (filtration units)", fontsize=7)
    figure.supylabel("death (filtration units)", fontsize=7)
    figure.legend(handles.values(), handles, loc="outside upper center", ncols=len(handles), markerscale=1.8)
    # Panels are squares, whose side is what ticks at the left leave of the width.
    figure.get_layout_engine().execute(figure)
    side = panels[0].get_position().height * figure.get_figheight()
    figure.set_figheight(min(figure.get_figheight(), round(rows * (side + AROUND) + 0.45, 2)))
    return figure


def checked(pairs, name):
    """Return a diagram as float64 of shape (k, 2), or raise InputError."""
    pairs = np.asarray(pairs, dtype=float)
    if pairs.size == 0:
        return np.empty((0, 2))
    if pairs.ndim != 2 or pairs.shape[1] != 2:
        raise InputError(f"{name} has shape {pairs.shape}; give one (birth, death) pair a row")
    if not np.isfinite(pairs).all() or (pairs[:, 1] < pairs[:, 0]).any():
        raise InputError(f"{name} has an infinite bar or one that dies before its birth; leave such bars out")
    return pairs


def draw(axes, diagrams, size):
    """
    Draw the diagrams of one cloud and the diagonal, on equal scales from 0 to the last death.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where to draw.
    diagrams : dict of int to ndarray of shape (k, 2)
        Diagrams as `checked` returns them.
    size : float
        Size of a marker of dimension 0, in points.

    Returns
    -------
    dict of str to matplotlib.lines.Line2D
        The points of each dimension, by name, in order of the diagrams.
    """
    last = max((pairs[:, 1].max(initial=0) for pairs in diagrams.values()), default=0) or 1
    limits = (-MARGIN * last, (1 + MARGIN) * last)
    axes.plot(limits, limits, color="0.6", linewidth=0.7, zorder=1)
    points = {}
    for dimension, pairs in diagrams.items():
        look = {"marker": MARKERS[dimension % len(MARKERS)], "color": style.LINES[dimension % len(style.LINES)]}
        look |= {"markersize": size * SIZES[dimension % len(SIZES)], "markeredgewidth": 0, "linestyle": "none"}
        # Without a point and a frame that cuts it, a line reaches to the corner of the page for the layout engine.
        look["clip_on"] = len(pairs) == 0
        (points[f"H{dimension}"],) = axes.plot(*pairs.T, zorder=3 + dimension / 10, **look)
    axes.set(xlim=limits, ylim=limits, aspect="equal")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
        axis.set_major_formatter("{x:g}")
    return points
