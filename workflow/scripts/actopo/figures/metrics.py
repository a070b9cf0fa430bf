"""
Measures of similarity in the same tests, side by side.

The figure shows for each measure the distances from the layers of a network to those of another, and the distances
after principal components are removed, in units of its own baseline (the distance to the same layer of other
networks, after Ding et al. 2021, "Grounding Representation Similarity Through Statistical Testing"); below, what it is
invariant to, and its results in the tests of specificity (Purvine et al. 2023, "Experimental Observations of the
Topology of Convolutional Neural Network Activations"), layer retrieval and Ding's criterion, on points at positions of
each network's own, at those of the first network, and on means over all positions.
"""

from collections import Counter

import numpy as np
from matplotlib.colors import Normalize
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from actopo.errors import InputError
from actopo.figures import heat_maps, style, texts
from actopo.figures import sensitivity as curve_figure
from actopo.figures.choices import TESTED_CLOUDS
from actopo.figures.controls import (
    MODELS,
    common_models,
    draw_retrieval_and_ding,
    draw_rows,
    explain_nulls,
    mean_row,
)
from actopo.similarity.metrics.choices import INVARIANCES, LABELS, METRICS, UNPAIRED, metric_and_clouds

PER_ROW = 7
# Lowest ratio to the baseline that is drawn, and all lower ones with it: a change there is far from detectable, and one
# of a metric that the removal leaves as it is only rounding.
FLOOR = 1e-3
# Layers whose ticks have room in a narrow panel.
MOST_IN_NARROW = 20


@style.styled
def plot(distances, specificity, curves, detection, layers, layer=None, labels=None, layer_names=None):
    """
    Draw for each metric its distances and a sensitivity curve, and for all of them the three tests.

    Parameters
    ----------
    distances : dict of str to array_like of shape (L, L)
        For each metric, in the order drawn, the distances from the layers of A to those of B; for other clouds than
        the networks' own under the names of `actopo.similarity.metrics.choices.metric_and_clouds`. Maps and curves
        are of the networks' own.
    specificity : DataFrame
        From `actopo.similarity.specificity_table.specificity_table`, with all these metrics. All ordered pairs of
        models are drawn if every metric has them, else those of the first model.
    curves, detection : DataFrame
        As in `actopo.figures.sensitivity.plot`, with several metrics. Without a curve these panels are left out.
    layers : sequence of int of length L
        Layer indices.
    layer : int, optional
        Layer of the sensitivity curves; by default the middle one of those that have curves.
    labels : dict of str to str, optional
        Names of metrics; by default those in `LABELS`.
    layer_names : dict of int to str, optional
        Names of layers that are outputs of modules, by number; other layers are shown by their number.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If there is no metric, a matrix does not fit the layers, a table lacks a column or a row of a metric,
        or `layer` has no curve.
    """
    if not distances:
        raise InputError("there is no metric to draw; give the distances of one at least")
    matrices = {metric: heat_maps.layer_matrix(each, layers, f"D_AB of {metric}") for metric, each in distances.items()}
    if has_curves := len(curves) > 0:
        curves, detection = curve_figure.checked(curves, detection)
    measured = sorted(curves.layer.unique())
    layer = measured[len(measured) // 2] if layer is None and has_curves else layer
    if layer not in (measured if has_curves else [None]):
        raise InputError(f"layer {layer} has no sensitivity curve; choose one of {', '.join(map(str, measured))}")
    style.require_columns(specificity, ("metric",), "the specificity")
    tables = {metric: specificity[specificity.metric == metric] for metric in matrices}
    models = common_models(tables)
    tested = sorted(matrices, key=lambda name: list(LABELS).index(metric_and_clouds(name)[0]))
    matrices = {metric: matrix for metric, matrix in matrices.items() if metric_and_clouds(metric)[1] == "own"}
    names = {metric: (LABELS | (labels or {})).get(metric, metric) for metric in matrices}

    bands = -(-len(names) // PER_ROW)
    columns = -(-len(names) // bands)
    cell = min(7.2 / columns, 2.0)
    # Rows of the same measure on several clouds lie close together, and share its name.
    clouds = Counter(metric_and_clouds(name)[0] for name in tested)
    row_height = 0.17 if min(clouds.values()) == 1 else 0.09
    room = texts.layer_room(layers, layer_names)
    heights = bands * (1.55 * cell + 0.55 + room) + 0.45 if has_curves else bands * (0.85 * cell + 0.35 + room)
    heights = (heights, 1.25 + row_height * len(tested))
    figure = style.new_figure(7.2, sum(heights))
    upper, lower = figure.subfigures(2, 1, height_ratios=heights)
    kinds = 1 + has_curves
    grid = upper.subplots(kinds * bands, columns, squeeze=False, height_ratios=(1.25, 1)[:kinds] * bands)
    for index, (metric, matrix) in enumerate(matrices.items()):
        band, column = divmod(index, columns)
        most = 3 if columns > 4 and len(layers) > MOST_IN_NARROW else 5
        _distances(upper, grid[kinds * band, column], matrix, layers, names[metric], column == 0, layer_names, most)
    for axes in grid[-kinds:, len(names) - columns * (bands - 1) :].ravel():
        axes.set_axis_off()
    if has_curves:
        here, title = curves[curves.layer == layer], texts.short(texts.layer_title(layer, layer_names))
        panels = grid[1::2].ravel()[: len(names)]
        for index, (metric, axes) in enumerate(zip(matrices, panels, strict=True)):
            rows = detection[(detection.metric == metric) & (detection.layer == layer)]
            label = f"{title}:\ndistance / baseline" if index % columns == 0 else ""
            _ratio(axes, here[here.metric == metric], rows, label)
        _share_ratio(panels)
        curve_figure.legend(upper, panels, 3)
    letters = iter("abcdef")
    for axes in grid[:kinds, 0]:
        # Beside the title of a narrow panel.
        style.panel_letter(axes, next(letters), x=-0.25 if columns > 4 else 0.0)
    _summary(lower, {metric: tables[metric] for metric in tested}, models, LABELS | (labels or {}), letters)
    return figure


def _distances(figure, axes, matrix, layers, name, first, layer_names, most):
    finite = matrix[np.isfinite(matrix)]
    low, high = (finite.min(), finite.max()) if finite.size else (0, 1)
    mesh = heat_maps.heat_map(
        axes, matrix, layers, Normalize(low, high if high > low else low + 1), most=most, names=layer_names
    )
    bar = heat_maps.colour_bar(figure, mesh, axes, "", cax=axes.inset_axes((1.05, 0, 0.07, 1)))
    bar.ax.tick_params(labelsize=6, length=1.5, pad=1.5)
    bar.locator = MaxNLocator(3, steps=[1, 2, 5, 10])
    bar.formatter = "{x:g}"
    bar.update_ticks()
    axes.tick_params(labelsize=6, pad=1)
    axes.set_title(name)
    axes.set_xlabel("layer of B")
    axes.set_ylabel("layer of A" if first else "")
    # Names are too wide to stand beside every panel.
    axes.tick_params(labelleft=first or not layer_names)


def _ratio(axes, curves, detection, label):
    level = detection.level[detection.threshold == "mean"]
    if len(curves) and len(level) and level.iloc[0] > 0:
        unit = level.iloc[0]
        curve_figure.draw_curves(axes, curves, unit)
        curve_figure.draw_levels(axes, curves, detection, unit, thresholds=("mean",))
        if curves.distance.max() < FLOOR * unit:
            _say(axes, 0.3, f"all below\n{FLOOR:g}")
    else:
        _say(axes, 0.5, "not\nmeasured")
    axes.set(xlim=(0, 1), xlabel="share removed, $k/c$", ylabel=label)
    axes.xaxis.label.set_size(6)
    # All panels of the row share the axis of the first.
    axes.tick_params(labelleft=bool(label))
    axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    axes.grid(axis="y")


def _say(axes, height, text):
    axes.text(0.5, height, text, transform=axes.transAxes, ha="center", va="center", color="0.35")


def _share_ratio(panels):
    """One logarithmic axis for all metrics: in units of its baseline each is detectable above 1."""
    values = np.concatenate([line.get_ydata() for axes in panels for line in axes.lines] or [[1.0]])
    values = values[np.isfinite(values)]
    low, high = max(values.min(initial=0.5), FLOOR), values.max(initial=2.0)
    lower = (values < FLOOR).any()

    def ratio(value, _):
        return f"{'≤ ' if lower and np.isclose(value, FLOOR) else ''}{value:g}"

    for axes in panels:
        for line in axes.lines:
            line.set_ydata(np.maximum(line.get_ydata(), FLOOR))
        axes.set_yscale("log")
        axes.set_ylim(low / 1.4, high * 1.4)
        axes.yaxis.set_major_locator(LogLocator(numticks=6))
        axes.yaxis.set_major_formatter(ratio)
        axes.yaxis.set_minor_locator(NullLocator())


def _summary(figure, tables, models, labels, letters):
    invariant, *panels = figure.subplots(1, 4, sharey=True, width_ratios=(0.62, 1, 1, 1))
    measures = [metric_and_clouds(metric) for metric in tables]
    colours = [style.LINES[list(TESTED_CLOUDS).index(clouds)] for _, clouds in measures]
    rows = [mean_row(table, metric, "rho", models, "pearson", "with") for metric, table in tables.items()]
    draw_rows(panels[0], rows, colours)
    panels[0].set(title="specificity", xlabel=r"mean $\rho$ (Pearson, with $m = l$)")
    draw_retrieval_and_ding(panels[1:], tables, models, colours)
    # The rows of one measure have one name, in their middle.
    places = {}
    for place, (measure, _) in enumerate(measures):
        places.setdefault(measure, []).append(place)
    _invariances(invariant, places)
    invariant.set_yticks([np.mean(own) for own in places.values()], [labels[measure] for measure in places])
    for axes in (invariant, *panels):
        for own in list(places.values())[1:]:
            axes.axhline(own[0] - 0.5, color="0.85", linewidth=0.5, zorder=0)
    for clouds, name in TESTED_CLOUDS.items():
        if any(clouds == each for _, each in measures):
            panels[0].plot([], [], "o", color=style.LINES[list(TESTED_CLOUDS).index(clouds)], markersize=4, label=name)
    for axes in (invariant, *panels):
        style.panel_letter(axes, next(letters))
    figure.suptitle(MODELS[models], fontsize=7)
    explain_nulls(figure, panels, columns=3)


def _invariances(axes, places):
    """A dot for each kind of change of a cloud that leaves a measure as it is; `places` are the rows of each."""
    columns = [*INVARIANCES, "order of rows"]
    for measure, own in places.items():
        metric = (UNPAIRED | METRICS)[measure]
        kept = {*metric.invariant_to, *([] if metric.paired else ["order of rows"])}
        for column, name in enumerate(columns):
            look = {"markersize": 3.5, "color": "0.25"} if name in kept else {"markersize": 1, "color": "0.7"}
            axes.plot(column, np.mean(own), "o", **look)
    axes.set_xticks(range(len(columns)), columns, rotation=90)
    axes.tick_params(axis="both", length=0)
    axes.set(xlim=(-0.6, len(columns) - 0.4), title="invariant to")
