r"""
Specificity of trained networks beside that of other kinds of networks and clouds.

`rho_l(A, B)` is the correlation of the distances from layer l of model A to the layers of A and to those of
model B (Purvine et al. 2023, "Experimental Observations of the Topology of Convolutional Neural Network
Activations"). A high value says little by itself: distances depend on the clouds' scale and the layers' width,
which all models share. The figure therefore compares it with untrained networks and Gaussian clouds of the same
covariance, with all of these at equal scale, and with permuted labels of layers, all of them or among layers of
equal width.
"""

import numpy as np

from actopo.errors import InputError
from actopo.figures import style
from actopo.similarity.choices import CLOUDS

COLUMNS = ("statistic", "correlation", "own_layer", "models", "layer", "value", "low", "high")
NULL_COLUMNS = ("null_mean", "null_high", "width_null_mean", "width_null_high")
MODELS = {"all": "all ordered pairs of networks", "fixed": "first network against the others"}
NULLS = {
    "null": ("permuted layers: mean to upper limit", "#BBBBBB", 0.58),
    "width_null": ("permuted within equal width: mean to upper limit", "#DDCC77", 0.32),
}


@style.styled
def plot(specificity, labels=None):
    """
    Draw mean rho in four variants, rho by layer, layer retrieval and Ding's criterion, for every kind of clouds.

    Parameters
    ----------
    specificity : dict of str to DataFrame
        For each kind, `trained` first, its table of one metric, from
        `actopo.similarity.specificity.specificity_table`. All ordered pairs of models are drawn if every table has
        them, else those of the first model.
    labels : dict of str to str, optional
        Names of kinds; by default those in `CLOUDS`.

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

    heights = (1.0 + 0.17 * len(names), 2.55)
    figure = style.new_figure(7.2, sum(heights))
    upper, lower = figure.subfigures(2, 1, height_ratios=heights, hspace=0.03)
    panels = upper.subplots(1, 4, sharex=True, sharey=True)
    variants = [(correlation, own) for correlation in ("pearson", "spearman") for own in ("with", "without")]
    lowest = 0.0
    for axes, letter, (correlation, own) in zip(panels, "abcd", variants, strict=True):
        rows = [mean_row(table, kind, "rho", models, correlation, own) for kind, table in specificity.items()]
        draw_rows(axes, rows, colours)
        lowest = min(lowest, axes.get_xlim()[0])
        axes.set_title(f"{correlation.capitalize()}\n{own} $m = l$")
        axes.set_xlabel(r"mean $\rho$")
        style.panel_letter(axes, letter, lines=2)
    # The panels share the axis: the one that reaches furthest below 0 sets its lower limit.
    panels[0].set_xlim(left=lowest)
    name_rows(panels[0], names)
    explain_nulls(upper, panels)

    by_layer, retrieval, ding = lower.subplots(1, 3, width_ratios=(2.1, 1, 1))
    _by_layer(by_layer, specificity, models, names, lines)
    ding.sharey(retrieval)
    ding.tick_params(labelleft=False)
    draw_retrieval_and_ding((retrieval, ding), specificity, models, colours)
    name_rows(retrieval, names)
    for axes, letter in ((retrieval, "f"), (ding, "g")):
        style.panel_letter(axes, letter)
    handles, _ = by_layer.get_legend_handles_labels()
    lower.legend(handles, names, loc="outside lower center", ncols=min(len(names), 5), handlelength=3)
    return figure


def _by_layer(axes, specificity, models, names, lines):
    layers = layers_of(next(iter(specificity.values())))
    for (kind, table), name, line in zip(specificity.items(), names, lines, strict=True):
        rows = select(table, "rho", models, "pearson", "with").set_index("layer")
        if not set(layers) <= set(rows.index) or not rows.index.is_unique:
            raise InputError(f"the specificity of {kind} needs one row for each of the layers {', '.join(layers)}")
        axes.plot(range(len(layers)), rows.value[layers], label=name, zorder=3, **line)
    axes.set(xlabel="layer $l$", ylabel=r"$\rho_l$ (Pearson, with $m = l$)", title=MODELS[models])
    axes.set_ylim(min(axes.get_ylim()[0], 0), 1.03)
    axes.grid(axis="y")
    style.layer_ticks(axes.xaxis, layers)
    style.panel_letter(axes, "e")


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
    Draw values one below the other, each with its interval, on bars from the mean of a null to its upper limit.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where to draw.
    rows : sequence of Series
        `value`, `low`, `high` and `NULL_COLUMNS`; nan is not drawn.
    colours : sequence of str
        One colour per row.
    """
    for place, row in enumerate(rows):
        for null, (label, colour, height) in NULLS.items():
            left, right = row[f"{null}_mean"], row[f"{null}_high"]
            if np.isfinite([left, right]).all():
                axes.barh(place, right - left, height, left, color=colour, label=label, zorder=2)
                axes.vlines(left, place - height / 2, place + height / 2, color="0.35", linewidth=0.8, zorder=2)
        if np.isfinite([row.low, row.high]).all():
            axes.hlines(place, row.low, row.high, color=colours[place], linewidth=1.2, zorder=3, clip_on=False)
        look = {"color": colours[place], "markersize": 4, "markeredgecolor": "white", "markeredgewidth": 0.4}
        axes.plot(row.value, place, "o", zorder=4, clip_on=False, **look)
    lowest = min([0.0, *(value for row in rows for value in (row.value, row.low, row.null_mean) if value < 0)])
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
    n_layers = len(layers_of(next(iter(tables.values()))))
    panels[0].axvline(1 / n_layers, color="0.35", linestyle=":", linewidth=0.9, zorder=1)


def name_rows(axes, names):
    """Name the rows of `draw_rows`."""
    axes.set_yticks(range(len(names)), names)


def explain_nulls(figure, panels, columns=None):
    """Legend of the nulls that are drawn in any panel, below them, in one row or in some columns."""
    handles = {name: handle for axes in panels for handle, name in zip(*axes.get_legend_handles_labels(), strict=True)}
    if handles:
        figure.legend(
            handles.values(), handles, loc="outside lower center", ncols=columns or len(handles), handlelength=1.5
        )
