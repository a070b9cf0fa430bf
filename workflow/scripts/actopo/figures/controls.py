r"""
Specificity of trained networks beside that of other kinds of networks and clouds.

`rho_l(A, B)` is the correlation of the distances from layer l of model A to the layers of A and to those of
model B (Purvine et al. 2023, "Experimental Observations of the Topology of Convolutional Neural Network
Activations"). A high value says little by itself: distances depend on the clouds' scale and the layers' width,
which all models share. The figure therefore compares it with untrained networks and Gaussian clouds of the same
covariance, with all of these at equal scale, and with permuted labels of layers, all of them or among layers of
equal width. Trained networks minus a control of the same networks have an interval of their own.
"""

import numpy as np

from actopo.errors import InputError
from actopo.figures import legends, style, texts
from actopo.similarity.choices import CLOUDS

COLUMNS = ("statistic", "correlation", "own_layer", "models", "layer", "value", "low", "high", "min", "max")
NULL_COLUMNS = ("null_mean", "null_high", "width_null_mean", "width_null_high")
MODELS = {"all": "all ordered pairs of networks", "fixed": "first network against the others"}
NULLS = {
    "null": ("permuted layers: mean to upper limit", "#BBBBBB", 0.58),
    "width_null": ("permuted within equal width: mean to upper limit", "#DDCC77", 0.32),
}


MARKER = {"markersize": 4, "markeredgecolor": "white", "markeredgewidth": 0.4}
RANGE = "range over pairs, where there is no interval"
DIFFERENCE_COLUMNS = ("control", "statistic", "correlation", "own_layer", "models", "layer", "difference")
DIFFERENCE_COLUMNS += ("low", "high", "min", "max")


@style.styled
def plot(specificity, differences=None, labels=None, order=None, layer_names=None):
    """
    Draw mean rho in four variants, trained minus controls, and rho by layer, layer retrieval and Ding's criterion.

    Parameters
    ----------
    specificity : dict of str to DataFrame
        For each kind, `trained` first, its table of one metric, from
        `actopo.similarity.specificity_table.specificity_table`. All ordered pairs of models are drawn if every table
        has them, else those of the first model.
    differences : DataFrame, optional
        The rows of one metric from `actopo.similarity.control_differences.control_table`, with every kind but
        `trained`; without it that panel is left out.
    labels : dict of str to str, optional
        Names of kinds; by default those in `CLOUDS`.
    order : sequence of int, optional
        Layers in the order of their axis; ascending by default.
    layer_names : dict of int to str, optional
        Names of layers that are outputs of modules, by number; other layers are shown by their number.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If there is no table, or a table lacks a column, or a row to be drawn is missing or there twice.
    """
    if not specificity:
        raise InputError("there is no specificity to draw; give the table of the trained networks at least")
    models = common_models(specificity)
    names = [(CLOUDS | (labels or {})).get(kind, kind) for kind in specificity]
    lines = style.line_styles(len(names))
    colours = [line["color"] for line in lines]

    layers = layers_of(next(iter(specificity.values()))) if order is None else list(map(str, order))
    room = texts.layer_room(list(map(int, layers)), layer_names)
    heights = (1.0 + 0.17 * len(names), 2.55 + room)
    figure = style.new_figure(7.2, sum(heights))
    upper, lower = figure.subfigures(2, 1, height_ratios=heights, hspace=0.03)
    panels = upper.subplots(1, 4 + (differences is not None), sharey=True)
    variants = [(correlation, own) for correlation in ("pearson", "spearman") for own in ("with", "without")]
    for axes in panels[1:4]:
        axes.sharex(panels[0])
    lowest = 0.0
    for axes, letter, (correlation, own) in zip(panels, "abcd", variants, strict=False):
        rows = [mean_row(table, kind, "rho", models, correlation, own) for kind, table in specificity.items()]
        draw_rows(axes, rows, colours)
        lowest = min(lowest, axes.get_xlim()[0])
        axes.set_title(f"{correlation.capitalize()}\n{own} $m = l$")
        axes.set_xlabel(r"mean $\rho$")
        style.panel_letter(axes, letter, lines=2)
    # The panels share the axis: the one that reaches furthest below 0 sets its lower limit.
    panels[0].set_xlim(left=lowest)
    letters = iter("efgh")
    if differences is not None:
        _differences(panels[4], differences, list(specificity), models, colours)
        style.panel_letter(panels[4], next(letters), lines=2)
    name_rows(panels[0], names)
    explain_nulls(upper, panels)

    by_layer, retrieval, ding = lower.subplots(1, 3, width_ratios=(2.1, 1, 1))
    _by_layer(by_layer, specificity, layers, models, names, lines)
    style.layer_ticks(by_layer.xaxis, list(map(int, layers)), names=layer_names)
    style.panel_letter(by_layer, next(letters))
    ding.sharey(retrieval)
    ding.tick_params(labelleft=False)
    draw_retrieval_and_ding((retrieval, ding), specificity, models, colours)
    name_rows(retrieval, names)
    for axes, letter in zip((retrieval, ding), letters, strict=False):
        style.panel_letter(axes, letter)
    handles, _ = by_layer.get_legend_handles_labels()
    columns = legends.legend_columns(figure, names, figure.get_figwidth() - 0.2, 3)
    lower.legend(handles, names, loc="outside lower center", ncols=columns, **legends.LEGEND | {"handlelength": 3})
    return figure


def _by_layer(axes, specificity, layers, models, names, lines):
    for (kind, table), name, line in zip(specificity.items(), names, lines, strict=True):
        rows = select(table, "rho", models, "pearson", "with").set_index("layer")
        if not set(layers) <= set(rows.index) or not rows.index.is_unique:
            raise InputError(f"the specificity of {kind} needs one row for each of the layers {', '.join(layers)}")
        axes.plot(range(len(layers)), rows.value[layers], label=name, zorder=3, **line)
    axes.set(xlabel="layer $l$", ylabel=r"$\rho_l$ (Pearson, with $m = l$)", title=MODELS[models])
    if not any(np.isfinite(line.get_ydata()).any() for line in axes.lines):
        axes.text(0.5, 0.5, "no correlation is defined", transform=axes.transAxes, ha="center", color="0.35")
    axes.set_ylim(min(axes.get_ylim()[0], 0), 1.03)
    axes.grid(axis="y")


def _differences(axes, table, kinds, models, colours):
    style.require_columns(table, DIFFERENCE_COLUMNS, "the differences from the controls")
    drawn = [-0.05, 0.05]
    for place, kind in enumerate(kinds):
        if kind == "trained":
            continue
        row = mean_row(table[table.control == kind], kind, "rho", models, "pearson", "with")
        drawn += [row.difference, *_draw_interval(axes, row, place, colours[place])]
        axes.plot(row.difference, place, "o", color=colours[place], zorder=4, **MARKER)
        if np.isnan(row.difference):
            _say_undefined(axes, place)
    axes.axvline(0, color="0.35", linewidth=0.8, zorder=1)
    low, high = np.nanmin(drawn), np.nanmax(drawn)
    axes.set_xlim(low - 0.08 * (high - low), high + 0.08 * (high - low))
    axes.set_title("trained –\ncontrol")
    axes.set_xlabel("difference in a")
    axes.grid(axis="x")


def _say_undefined(axes, place):
    axes.text(0.03, place, "undefined", va="center", color="0.35", fontsize=6, transform=axes.get_yaxis_transform())


def _draw_interval(axes, row, place, colour):
    """Draw the interval of a row, or the range over pairs where there is none and they differ; return the limits."""
    look, limits = {"linewidth": 1.2}, (row["low"], row["high"])
    if not np.isfinite(limits).all():
        look, limits = {"linewidth": 1.0, "linestyle": (0, (1, 1)), "label": RANGE}, (row["min"], row["max"])
    if np.isfinite(limits).all() and limits[0] < limits[1]:
        axes.hlines(place, *limits, color=colour, zorder=3, **look)
    return limits


def common_models(tables):
    """
    Pairs of models that all tables have: "all", or "fixed" if one of them has only those of the first model.

    Raises
    ------
    InputError
        If a table lacks a column or has no row.
    """
    for kind, table in tables.items():
        style.require_columns(table, COLUMNS + NULL_COLUMNS, f"the specificity of {kind}")
    return "all" if all((table.models == "all").any() for table in tables.values()) else "fixed"


def layers_of(table):
    """Layers of a table of specificity in ascending order, as text."""
    return sorted(set(table.layer.astype(str)) - {"mean"}, key=int)


def select(table, statistic, models, correlation=None, own_layer=None):
    """Rows of a table of specificity, one for each layer; layers are text."""
    chosen = (table.statistic == statistic) & (table.models == models)
    if correlation is not None:
        chosen &= (table.correlation == correlation) & (table.own_layer == own_layer)
    return table[chosen].astype({"layer": str})


def mean_row(table, kind, statistic, models, correlation=None, own_layer=None):
    """
    Row of the mean over layers.

    Returns
    -------
    Series

    Raises
    ------
    InputError
        If there is no such row, or several.
    """
    rows = select(table, statistic, models, correlation, own_layer)
    rows = rows[rows.layer == "mean"]
    if len(rows) != 1:
        what = " ".join(filter(None, (statistic, correlation, own_layer and f"{own_layer} the own layer")))
        raise InputError(f"the specificity of {kind} has {len(rows)} rows for the mean {what}; it needs one")
    return rows.iloc[0]


def draw_rows(axes, rows, colours):
    """
    Draw values one below the other, on bars from the mean of a null to its upper limit.

    Each has its interval, or as a dotted line the range over pairs, if there are too few networks for an interval. A
    statistic that is undefined is said to be so.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where to draw.
    rows : sequence of Series
        `value`, `low`, `high`, `min`, `max` and `NULL_COLUMNS`.
    colours : sequence of str
        One colour per row.
    """
    drawn = [0.0]
    for place, row in enumerate(rows):
        for null, (label, colour, height) in NULLS.items():
            left, right = row[f"{null}_mean"], row[f"{null}_high"]
            # Where no two layers are equally wide, nothing is permuted.
            if np.isfinite([left, right]).all() and not np.isclose(left, right):
                axes.barh(place, right - left, height, left, color=colour, label=label, zorder=2)
                axes.vlines(left, place - height / 2, place + height / 2, color="0.35", linewidth=0.8, zorder=2)
        drawn += [row.value, row.null_mean, *_draw_interval(axes, row, place, colours[place])]
        if np.isnan(row.value):
            _say_undefined(axes, place)
        axes.plot(row.value, place, "o", color=colours[place], zorder=4, clip_on=False, **MARKER)
    lowest = np.nanmin(drawn)
    axes.set_xlim(min(axes.get_xlim()[0], np.floor(10 * lowest) / 10) if lowest < 0 else 0, 1.02)
    axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    axes.set_ylim(len(rows) - 0.45, -0.55)
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0)


def draw_retrieval_and_ding(panels, tables, models, colours):
    """Draw the rows of layer retrieval, with its chance level, and of Ding's criterion into two panels."""
    titles = {
        "retrieval": ("layer retrieval", "accuracy (dotted: chance)"),
        "ding": ("Ding's criterion", "share of layers"),
    }
    for axes, (statistic, (title, label)) in zip(panels, titles.items(), strict=True):
        draw_rows(axes, [mean_row(table, name, statistic, models) for name, table in tables.items()], colours)
        axes.set(title=title, xlabel=label)
    for place, table in enumerate(tables.values()):
        # Layers that are left out are no candidates.
        rows = select(table, "retrieval", models)
        n_layers = rows[rows.layer != "mean"].value.count()
        if n_layers:
            look = {"color": "0.35", "linestyle": ":", "linewidth": 0.9, "zorder": 1}
            panels[0].plot([1 / n_layers] * 2, [place - 0.5, place + 0.5], **look)


def name_rows(axes, names):
    """Name the rows of `draw_rows`."""
    axes.set_yticks(range(len(names)), names)


def explain_nulls(figure, panels, columns=None):
    """Legend of nulls, and of ranges in place of intervals, drawn in any panel; in one row or in some columns."""
    handles = legends.handles_of(panels)
    if handles:
        spacing = legends.LEGEND | {"handlelength": 1.5}
        place = {"loc": "outside lower center", "ncols": columns or len(handles)}
        figure.legend(handles.values(), handles, **place, **spacing)
