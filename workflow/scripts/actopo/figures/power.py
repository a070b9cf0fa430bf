"""
Power: rho, floor and detection against the number of points, directions and networks.

Columns are what is varied, rows the statistics of `actopo.similarity.power`, as means over layers: no floor of a single
batch, and no detection without curves. Bars are the range over random draws of points or of networks.
"""

import numpy as np
from matplotlib.ticker import NullLocator

from actopo.figures import legends, style

COLUMNS = ("varied", "points", "directions", "networks", "metric", "statistic", "correlation", "layer")
VALUES = ("value", "low", "high")
VARIED = {
    "points": "points per cloud",
    "directions": "directions",
    "networks": "networks",
}
STATISTICS = {
    "rho": r"mean $\rho$",
    "floor": "floor / baseline",
    "detection": "first detected, $k/c$",
}
# Lines are moved apart by this factor, so that no bar hides another.
APART = 1.035


@style.styled
def plot(table):
    """
    Draw a panel for each statistic and each number that is varied, with a line per metric and correlation.

    Parameters
    ----------
    table : DataFrame
        From `actopo.similarity.power.power_table`. Only the means over layers are drawn.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If the table lacks a column or has no mean over layers.
    """
    style.require_columns(table, COLUMNS + VALUES, "the table of power")
    table = table[table.layer == "mean"].fillna({"correlation": ""})
    style.require_columns(table, COLUMNS, "the mean over layers in the table of power")
    defined = set(table.statistic[np.isfinite(table.value)])
    shown = [name for name in STATISTICS if name in defined or name == "rho"]
    figure = style.new_figure(7.2, 0.7 + 1.5 * len(shown))
    panels = figure.subplots(len(shown), len(VARIED), sharey="row", squeeze=False)
    rows, looks = dict(zip(shown, panels, strict=True)), _looks(table)
    for statistic, row in rows.items():
        for axes, varied in zip(row, VARIED, strict=True):
            here = table[(table.statistic == statistic) & (table.varied == varied)]
            lines = list(here.groupby(["metric", "correlation"]))
            for place, (key, line) in enumerate(lines):
                _draw(axes, line.sort_values(varied), varied, APART ** (place - (len(lines) - 1) / 2), looks[key])
            axes.grid(axis="y")
            if not np.isfinite(here.value).any():
                axes.text(0.5, 0.5, "not defined", transform=axes.transAxes, ha="center", color="0.35")
        row[0].set_ylabel(STATISTICS[statistic])
    for column, (varied, label), letter in zip(panels.T, VARIED.items(), "abc", strict=True):
        _number_axes(column, table.loc[table.varied == varied, varied].unique(), label)
        style.panel_letter(column[0], letter)
    # Where another batch of images is as far as another network.
    if "floor" in rows:
        for axes in rows["floor"]:
            axes.axhline(1, color="0.35", linestyle=":", linewidth=0.9, zorder=1)
        rows["floor"][0].set_ylim(bottom=0)
    if "detection" in rows:
        rows["detection"][0].set_ylim(0, 1.05)
    handles = legends.handles_of(panels.flat)
    figure.legend(handles.values(), handles, loc="outside upper center", ncols=len(handles), handlelength=3)
    return figure


def _looks(table):
    """Keywords of the line of each metric and correlation: a colour for the metric, dashes for Spearman's rho."""
    looks = {}
    for metric, line in zip(sorted(table.metric.unique()), style.line_styles(table.metric.nunique()), strict=True):
        name = metric.removeprefix("sw_").upper()
        looks[metric, ""] = {**line, "linestyle": "-"}
        looks[metric, "pearson"] = {**looks[metric, ""], "label": f"{name} (rho: Pearson)"}
        looks[metric, "spearman"] = {**line, "linestyle": style.DASHES[1], "label": f"{name} (rho: Spearman)"}
        looks[metric, "spearman"] |= {"markerfacecolor": "white", "markeredgecolor": line["color"]}
    return looks


def _draw(axes, line, varied, factor, look):
    """Draw a line of values with a bar for each range."""
    x = line[varied] * factor
    axes.vlines(x, line.low, line.high, color=look["color"], linewidth=0.9, zorder=2)
    axes.plot(x, line.value, zorder=3, **look)


def _number_axes(column, numbers, label):
    """Give the panels of a column one logarithmic axis, with the numbers that were computed as ticks."""
    for axes in column:
        axes.set_xscale("log")
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xticks(numbers, [f"{number:g}" for number in numbers])
        axes.set_xlim(min(numbers) / 1.3, max(numbers) * 1.3)
        axes.tick_params(labelbottom=axes is column[-1])
    column[-1].set_xlabel(label)
