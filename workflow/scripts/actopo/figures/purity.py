"""
Fig. 12: purity of mapper graphs by layer, for several ways of sampling spatial activations.

Purvine et al. (2023), "Experimental Observations of the Topology of Convolutional Neural Network
Activations": a node's purity is one over the number of class labels present in it. A point in no node has
no purity, so each curve comes with the share of points it speaks for.
"""

import numpy as np

from actopo.errors import InputError
from actopo.figures import style

PANELS = (
    ("node_purity", "mean node-wise purity", "all classes"),
    ("class_purity", "class-wise purity", None),
    ("coverage", "share of points in a node", "coverage"),
)


@style.styled
def plot(table, class_name="deer", n_classes=10):
    """
    Draw node-wise purity, class-wise purity of one class, and coverage, a line per sampling.

    Parameters
    ----------
    table : dict of str to dict
        For each sampling a dict of four sequences of one length: `layers`, `node_purity`, `class_purity`,
        `coverage`. Samplings may have different layers; NaN leaves a gap.
    class_name : str, default 'deer'
        Class of the second panel.
    n_classes : int, default 10
        Number of classes; `1 / n_classes` is the lowest purity possible, and is marked.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If there is no sampling, or a sampling's sequences differ in length.
    """
    if not table:
        raise InputError("the purity table is empty; list at least one sampling")
    for sampling, values in table.items():
        lengths = {key: len(values[key]) for key in ("layers", *(panel[0] for panel in PANELS))}
        if len(set(lengths.values())) > 1:
            raise InputError(f"the purity of sampling {sampling!r} has sequences of unequal length: {lengths}")
    layers = sorted({int(layer) for values in table.values() for layer in values["layers"]})
    place = {layer: position for position, layer in enumerate(layers)}

    figure = style.new_figure(7.2, 2.75)
    panels = figure.subplots(1, 3, width_ratios=(1.25, 1.25, 1))
    for axes, letter, (key, label, title) in zip(panels, "abc", PANELS, strict=True):
        for (sampling, values), line in zip(table.items(), style.line_styles(len(table)), strict=True):
            order = np.argsort(values["layers"])
            positions = [place[int(values["layers"][index])] for index in order]
            axes.plot(positions, np.asarray(values[key], float)[order], label=sampling, zorder=3, **line)
        axes.set_title(title or f"class {class_name}")
        axes.set_ylabel(label)
        axes.set_xlabel("layer")
        axes.set_ylim(0, 1.03)
        axes.set_xlim(-0.4, len(layers) - 0.6)
        axes.grid(axis="y")
        style.layer_ticks(axes.xaxis, layers)
        style.panel_letter(axes, letter)
    handles, labels = panels[0].get_legend_handles_labels()
    for axes in panels[:2]:
        floor = axes.axhline(1 / n_classes, color="0.35", linestyle=":", linewidth=0.9)
    handles.append(floor)
    labels.append(f"lowest possible, 1/{n_classes}")
    figure.legend(handles, labels, loc="outside lower center", ncols=min(len(handles), 5), handlelength=3.2)
    return figure
