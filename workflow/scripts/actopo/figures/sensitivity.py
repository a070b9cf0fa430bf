"""
Fig. 7: how far a layer's cloud moves from itself as it loses principal components.

Purvine et al. (2023), "Experimental Observations of the Topology of Convolutional Neural Network
Activations": the distance between the full cloud and the cloud without k of its c principal components,
against k / c. The removal is detectable above the baseline, the distance of the layer to the same layer of
networks that differ only in their seed. Below the floor, the distance of the layer to itself on other images,
it cannot be told from these.
"""

import numpy as np

from actopo.errors import InputError
from actopo.figures import legends, style, texts
from actopo.similarity.choices import COMPONENTS, ORDER_QUANTILES

CURVE_COLUMNS = ("metric", "layer", "components", "order", "channels", "fraction", "in_paper", "distance")
DETECTION_COLUMNS = ("metric", "layer", "components", "threshold", "level", "first_fraction", "censored")
LEVELS = {
    "mean": {"label": "baseline, mean", "color": "0.25", "linestyle": (0, (5, 2))},
    "quantile": {"label": "baseline, quantile", "color": "0.25", "linestyle": (0, (1.2, 1.6))},
    "floor_mean": {"label": "floor, mean", "color": "0.55", "linestyle": (0, (5, 2))},
    "floor_quantile": {"label": "floor, quantile", "color": "0.55", "linestyle": (0, (1.2, 1.6))},
}
# Crossings that are ringed, lest the others hide them: of the paper's level, and of the floor's upper one.
RINGS = {
    "mean": {"label": "first above the baseline's mean", "marker": "o", "markersize": 5.5},
    "floor_quantile": {"label": "first above the floor's quantile", "marker": "D", "markersize": 5.5},
}
PER_ROW = 6
# So many panels have titles of two lines.
MANY = 5
# Letters of the name of a layer above few panels, and above so many.
MOST_LAYER, LEAST_LAYER = 24, 10
# Length of a handle of the legend, in units of the font's size.
HANDLE = 3


@style.styled
def plot(
    curves,
    detection=None,
    others=(),
    label="sliced Wasserstein distance\n(filtration units)",
    order=None,
    layer_names=None,
):
    """
    Draw a panel per layer with a line per kind of components, the levels, and the first crossings.

    Parameters
    ----------
    curves : DataFrame
        Curves of one metric and network: columns `metric`, `layer`, `components` (smallest, largest or random),
        `order`, `channels`, `fraction` (removed / channels), `in_paper` and `distance`; others are ignored. Of random
        orders the median and a band of quantiles are drawn. Points that the paper has are filled.
    detection : DataFrame, optional
        Columns `metric`, `layer`, `components`, `threshold` (mean or quantile of the baseline, floor_mean or
        floor_quantile), `level`, its value, `first_fraction`, the first fraction on the curve that lies above it, nan
        for none, and `censored`, whether that is the curve's first point, which is marked by a sign. None or without
        a row where there is neither another network nor another batch.
    others : sequence of DataFrame
        Curves of other networks, drawn as thin lines.
    label : str
        Label of the vertical axis.
    order : sequence of int, optional
        Layers in the order of the panels; ascending by default.
    layer_names : dict of int to str, optional
        Names of layers that are outputs of modules, by number; other layers are shown by their number.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If a table lacks a column, the curves have no row, or a table holds several metrics or an unknown word, or
        marks a crossing where there is no point of the curve.
    """
    curves, detection = checked(curves, detection)
    if curves.metric.nunique() > 1:
        raise InputError(f"the curves are of {', '.join(curves.metric.unique())}; give those of one metric")
    layers = sorted(curves.layer.unique(), key=None if order is None else list(order).index)
    rows = -(-len(layers) // PER_ROW)
    figure = style.new_figure(7.2 if len(layers) > 1 else 3.5, 3.0 if rows == 1 else 0.7 + 1.32 * rows)
    panels, _ = style.panel_grid(figure, len(layers), PER_ROW)
    for index, (axes, layer) in enumerate(zip(panels, layers, strict=True)):
        here = curves[curves.layer == layer]
        for other in others:
            _draw_thin(axes, other[other.layer == layer])
        draw_curves(axes, here)
        if detection is not None:
            draw_levels(axes, here, detection[detection.layer == layer])
        between = " " if len(layers) < MANY and not layer_names else "\n"
        most = MOST_LAYER if len(layers) < MANY else LEAST_LAYER
        title = texts.layer_labels([layer], {layer: texts.layer_title(layer, layer_names)}, most)[0]
        axes.set_title(f"{title}{between}($c$ = {here.channels.iloc[0]})")
        axes.set_xlim(0, 1)
        axes.margins(y=0.08)
        axes.set_ylim(bottom=0)
        axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
        if rows == 1:
            axes.set_xticks([0.25, 0.75], minor=True)
            style.panel_letter(axes, "abcdef"[index], lines=1 if len(layers) < MANY else 2)
        axes.grid(axis="y")
    figure.supxlabel("share of principal components removed, $k/c$", fontsize=7)
    figure.supylabel(label, fontsize=7, multialignment="center")
    columns = legends.legend_columns(figure, legends.handles_of(panels), figure.get_figwidth() - 0.2, HANDLE)
    legend(figure, panels, min(columns, 4))
    return figure


def legend(figure, panels, columns):
    """Draw one legend above the panels, with one entry for everything that is drawn in any of them."""
    handles = legends.handles_of(panels)
    if handles:
        figure.legend(handles.values(), handles, loc="outside upper center", ncols=columns, handlelength=HANDLE)


def checked(curves, detection):
    """Both tables, their columns and words checked, in order of `fraction`."""
    style.require_columns(curves, CURVE_COLUMNS, "the table of curves")
    _only(curves.components, COMPONENTS, "components")
    if detection is not None and len(detection):
        style.require_columns(detection, DETECTION_COLUMNS, "the table of detection")
        _only(detection.threshold, LEVELS, "threshold")
    return curves.sort_values("fraction", kind="stable"), detection


def draw_curves(axes, curves, unit=1.0):
    """Draw the curves of one metric and layer, distances divided by `unit`, a line per kind of components."""
    for components, look in zip(COMPONENTS, style.line_styles(len(COMPONENTS)), strict=True):
        curve = curves[curves.components == components]
        if curve.empty:
            continue
        name, several = f"{components} components", curve.order.nunique() > 1
        by_fraction = curve.groupby("fraction").distance
        middle = by_fraction.median() / unit
        if several:
            low, high = (by_fraction.quantile(q) / unit for q in ORDER_QUANTILES)
            axes.fill_between(low.index, low, high, color=look["color"], alpha=0.2, linewidth=0, zorder=2)
            name = f"random (median, {100 * ORDER_QUANTILES[0]:g} to {100 * ORDER_QUANTILES[1]:g} %)"
        look = {**look, "markersize": 2.6}
        axes.plot(middle.index, middle, label=name, zorder=3, **look | {"marker": ""})
        for in_paper, points in middle.groupby(curve.groupby("fraction").in_paper.first()):
            own = look | {"linestyle": "none", "label": f"_{name}"}
            own |= (
                {}
                if in_paper
                else {"markerfacecolor": "white", "markeredgecolor": look["color"], "markeredgewidth": 0.6}
            )
            axes.plot(points.index, points, zorder=3, **own)


def _draw_thin(axes, curves):
    """Draw the curves of another network."""
    for components, look in zip(COMPONENTS, style.line_styles(len(COMPONENTS)), strict=True):
        middle = curves[curves.components == components].groupby("fraction").distance.median()
        if len(middle):
            axes.plot(middle.index, middle, color=look["color"], linewidth=0.4, alpha=0.5, label="_other", zorder=1.5)


def draw_levels(axes, curves, detection, unit=1.0, thresholds=tuple(LEVELS)):
    """Draw the levels of one metric and layer, divided by `unit`, and ring the first point of a curve above some."""
    for threshold in thresholds:
        found = detection[(detection.threshold == threshold) & detection.level.notna()]
        if found.empty:
            continue
        axes.axhline(found.level.iloc[0] / unit, linewidth=0.9, zorder=2, **LEVELS[threshold])
        points = [(*_point(curves, row), row.censored) for row in found.itertuples() if row.first_fraction > 0]
        if not points or threshold not in RINGS:
            continue
        x, y, censored = np.transpose(points)
        ring = RINGS[threshold] | {"mfc": "none", "mec": "black", "mew": 0.7, "clip_on": False}
        axes.plot(x, y / unit, linestyle="none", zorder=4, **ring)
        for at in zip(x[censored > 0], y[censored > 0] / unit, strict=True):
            axes.annotate("≤", at, xytext=(5, 0), textcoords="offset points", va="center", fontsize=6.5)


def _point(curves, crossing):
    at = (curves.components == crossing.components) & np.isclose(curves.fraction, crossing.first_fraction)
    if not at.any():
        raise InputError(
            f"layer {crossing.layer} crosses at {crossing.first_fraction:g} of the {crossing.components} components, "
            "where its curve has no point; are both tables of one run?"
        )
    # Of several orders it is the median of their crossings that is marked, on the level.
    several = curves.order[at].nunique() > 1
    return crossing.first_fraction, crossing.level if several else curves.distance[at].iloc[0]


def _only(words, known, column):
    unknown = sorted(set(words) - set(known))
    if unknown:
        raise InputError(f"{column} has {', '.join(map(repr, unknown))}; choose among {', '.join(known)}")
