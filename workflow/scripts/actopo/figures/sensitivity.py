"""
Fig. 7: how far a layer's cloud moves from itself as it loses principal components.

Purvine et al. (2023), "Experimental Observations of the Topology of Convolutional Neural Network
Activations": the distance between the full cloud and the cloud without k of its c principal components,
against k / c. The removal is detectable above the baseline, the distance of the layer to the same layer of
networks that differ only in their seed.
"""

import numpy as np

from actopo.errors import InputError
from actopo.figures import style
from actopo.similarity.choices import COMPONENTS

CURVE_COLUMNS = ("metric", "layer", "components", "channels", "fraction", "distance")
DETECTION_COLUMNS = ("metric", "layer", "components", "threshold", "level", "first_fraction")
THRESHOLDS = {
    "mean": {"linestyle": (0, (5, 2)), "marker": "o", "markersize": 5.5},
    "quantile": {"linestyle": (0, (1.2, 1.6)), "marker": "s", "markersize": 6.5},
}
PER_ROW = 6


@style.styled
def plot(curves, detection=None, label="sliced Wasserstein distance\n(filtration units)"):
    """
    Draw a panel per layer with a line per kind of components, the baseline's levels and the first crossings.

    Parameters
    ----------
    curves : DataFrame
        Curves of one metric: columns `metric`, `layer`, `components` (smallest, largest or random),
        `channels`, `fraction` (removed / channels) and `distance`; others are ignored.
    detection : DataFrame, optional
        Columns `metric`, `layer`, `components`, `threshold` (mean or quantile of the baseline), `level`,
        its value, and `first_fraction`, the first fraction on the curve that lies above it, nan for none.
        None for a single network, which has no baseline.
    label : str
        Label of the vertical axis.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If a table lacks a column or has no row, holds several metrics or an unknown word, or marks a
        crossing where there is no point of the curve.
    """
    curves, detection = checked(curves, detection)
    if curves.metric.nunique() > 1:
        raise InputError(f"the curves are of {', '.join(curves.metric.unique())}; give those of one metric")
    layers = sorted(curves.layer.unique())
    rows = -(-len(layers) // PER_ROW)
    figure = style.new_figure(7.2 if len(layers) > 1 else 3.5, 2.75 if rows == 1 else 0.7 + 1.32 * rows)
    panels, _ = style.panel_grid(figure, len(layers), PER_ROW)
    for index, (axes, layer) in enumerate(zip(panels, layers, strict=True)):
        here = curves[curves.layer == layer]
        draw_curves(axes, here)
        if detection is not None:
            draw_levels(axes, here, detection[detection.layer == layer])
        axes.set_title(f"layer {layer} ($c$ = {here.channels.iloc[0]})")
        axes.set_xlim(0, 1)
        axes.margins(y=0.08)
        axes.set_ylim(bottom=0)
        axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
        if rows == 1:
            axes.set_xticks([0.25, 0.75], minor=True)
            style.panel_letter(axes, "abcdef"[index])
        axes.grid(axis="y")
    figure.supxlabel("share of principal components removed, $k/c$", fontsize=7)
    figure.supylabel(label, fontsize=7, multialignment="center")
    legend(figure, panels, 4 if len(layers) > 1 else 2)
    return figure


def legend(figure, panels, columns):
    """Draw one legend above the panels, with one entry for everything that is drawn in any of them."""
    handles = {}
    for axes in panels:
        for handle, name in zip(*axes.get_legend_handles_labels(), strict=True):
            handles.setdefault(name, handle)
    if handles:
        figure.legend(handles.values(), handles, loc="outside upper center", ncols=columns, handlelength=3)


def checked(curves, detection):
    """Both tables, their columns and words checked, in order of `fraction`."""
    style.require_columns(curves, CURVE_COLUMNS, "the table of curves")
    _only(curves.components, COMPONENTS, "components")
    if detection is not None:
        style.require_columns(detection, DETECTION_COLUMNS, "the table of detection")
        _only(detection.threshold, THRESHOLDS, "threshold")
    return curves.sort_values("fraction", kind="stable"), detection


def draw_curves(axes, curves, unit=1.0):
    """Draw the curves of one metric and layer, distances divided by `unit`, a line per kind of components."""
    for components, line in zip(COMPONENTS, style.line_styles(len(COMPONENTS)), strict=True):
        curve = curves[curves.components == components]
        if len(curve):
            line = {**line, "markersize": 2.6}
            axes.plot(curve.fraction, curve.distance / unit, label=f"{components} components", zorder=3, **line)


def draw_levels(axes, curves, detection, unit=1.0, thresholds=tuple(THRESHOLDS)):
    """Draw the levels of one metric and layer, divided by `unit`, and ring the first point of a curve above each."""
    for threshold in thresholds:
        look, found = THRESHOLDS[threshold], detection[detection.threshold == threshold]
        if found.empty:
            continue
        axes.axhline(
            found.level.iloc[0] / unit,
            color="0.25",
            linewidth=0.9,
            linestyle=look["linestyle"],
            label=f"baseline, {threshold}",
            zorder=2,
        )
        points = [_point(curves, row) for row in found.itertuples() if np.isfinite(row.first_fraction)]
        if not points:
            continue
        x, y = np.transpose(points)
        ring = {key: look[key] for key in ("marker", "markersize")}
        name = f"first above the {threshold}"
        ring |= {"mfc": "none", "mec": "black", "mew": 0.7, "clip_on": False}
        axes.plot(x, y / unit, linestyle="none", label=name, zorder=4, **ring)


def _point(curves, crossing):
    at = (curves.components == crossing.components) & np.isclose(curves.fraction, crossing.first_fraction)
    if not at.any():
        raise InputError(
            f"layer {crossing.layer} crosses at {crossing.first_fraction:g} of the {crossing.components} components, "
            "where its curve has no point; are both tables of one run?"
        )
    return crossing.first_fraction, curves.distance[at].iloc[0]


def _only(words, known, column):
    unknown = sorted(set(words) - set(known))
    if unknown:
        raise InputError(f"{column} has {', '.join(map(repr, unknown))}; choose among {', '.join(known)}")
