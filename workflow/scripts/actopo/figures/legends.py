"""Legends that have as many columns as there is room for."""

import numpy as np

from actopo.figures import style

# Lengths in a legend, in units of its font's size.
LEGEND = {"handlelength": 0.9, "handleheight": 0.9, "handletextpad": 0.6, "columnspacing": 1.2, "labelspacing": 0.3}
# Height of a row of such a legend, in inches.
LEGEND_ROW = 0.128


def handles_of(panels):
    """
    Handles of one legend for several axes.

    Parameters
    ----------
    panels : iterable of Axes

    Returns
    -------
    dict of str to artist
        The first that has each label.
    """
    handles = {}
    for axes in panels:
        for handle, name in zip(*axes.get_legend_handles_labels(), strict=True):
            handles.setdefault(name, handle)
    return handles


def legend_columns(figure, labels, width, handlelength=LEGEND["handlelength"]):
    """
    Number of columns of a legend with the spacing of `LEGEND`, as equal in height as can be.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Figure of the legend, in which texts are measured.
    labels : sequence of str
        Texts of the legend.
    width : float
        Room for it, in inches.
    handlelength : float
        Length of a handle, in units of the font's size.

    Returns
    -------
    int
        At least 1, even if a single column is too wide.
    """
    size = style.PARAMETERS["legend.fontsize"] / 72
    probe = figure.text(0, 0, "", size=72 * size)
    widths = []
    for label in labels:
        probe.set_text(label)
        widths.append(probe.get_window_extent().width / figure.dpi + (handlelength + LEGEND["handletextpad"]) * size)
    probe.remove()
    for columns in range(len(widths), 1, -1):
        parts = np.array_split(widths, columns)
        if sum(max(part) for part in parts) + (columns - 1) * LEGEND["columnspacing"] * size <= width:
            rows = -(-len(widths) // columns)
            return -(-len(widths) // rows)
    return 1
