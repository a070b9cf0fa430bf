"""
How far mapper graphs are from those of noisy images, other samplings, other draws and other networks.

A row for each comparison of `actopo.graphs.comparisons`: the distance against its chance level, and the shares of the
branches and of the cycles that are kept. Noise is beside the accuracy of the network on such images.
"""

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from actopo.errors import InputError
from actopo.figures import style
from actopo.graphs.choices import COMPARISONS

PANELS = {"distance": "distance of memberships", "branches_kept": "branches kept", "cycles_kept": "cycles kept"}
COLUMNS = ("kind", "sampling_a", "sampling_b", "layer", "sigma", "chance_low", "chance_high", "p", *PANELS)
# A p-value above it leaves the marker empty.
LEVEL = 0.05
WIDTH = 0.5


@style.styled
def plot(table):
    """
    Draw the comparisons of mapper graphs.

    Parameters
    ----------
    table : DataFrame
        A row per comparison, over networks and draws: `kind`, `sampling_a`, `sampling_b`, `layer`, `sigma`, `distance`,
        `chance_low`, `chance_high`, `p`, `branches_kept` and `cycles_kept`; optionally `_low` and `_high` of the
        distance and of what is kept, and the `test_accuracy` on noisy images with `clean_accuracy`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If the table lacks a column or has no row, or a kind is unknown.
    """
    style.require_columns(table, COLUMNS, "the table of comparisons")
    if unknown := sorted(set(table.kind) - set(COMPARISONS)):
        raise InputError(f"the table compares {unknown[0]!r}; known are {', '.join(COMPARISONS)}")
    kinds = [kind for kind in COMPARISONS if (table.kind == kind).any()]
    figure = style.new_figure(7.2, 0.5 + 1.9 * len(kinds))
    panels = figure.subplots(len(kinds), len(PANELS), squeeze=False)
    for row, kind in zip(panels, kinds, strict=True):
        own = table[table.kind == kind]
        lines = _lines(own, kind)
        places = _places(own, kind)
        handles = {}
        for axes, (column, label) in zip(row, PANELS.items(), strict=True):
            for index, ((name, rows), line) in enumerate(
                zip(lines.items(), style.line_styles(len(lines)), strict=True)
            ):
                shift = WIDTH * ((index + 0.5) / len(lines) - 0.5)
                x = np.array([places.index(value) for value in _values(rows, kind)]) + shift
                _draw(axes, x, rows, column, {"label": name, **line})
            if own[column].isna().all():
                axes.text(0.5, 0.5, "none in the first graph", transform=axes.transAxes, ha="center", color="0.35")
            elif kind == "noise" and column != "distance":
                _draw_accuracy(axes, own, places)
            axes.set_xticks(range(len(places)), [f"{place:g}" for place in places])
            axes.set_xlim(-0.6, len(places) - 0.4)
            axes.set_xlabel("σ of the noise" if kind == "noise" else "layer")
            axes.set_ylabel(label)
            axes.grid(axis="y")
            if column != "distance":
                axes.set_ylim(-0.04, 1.04)
            handles |= dict(zip(*axes.get_legend_handles_labels()[::-1], strict=True))
        row[0].set_title(COMPARISONS[kind], loc="left")
        row[-1].legend(handles.values(), handles, loc="center left", bbox_to_anchor=(1.02, 0.5), handlelength=2.4)
    notes = [Patch(facecolor="0.55", alpha=0.35, label="chance: images permuted")]
    if (table.p > LEVEL).any():
        empty = {"marker": "o", "linestyle": "none", **style.empty_marker("0.35")}
        notes.append(Line2D([], [], label=f"p > {LEVEL:g}", **empty))
    figure.legend(handles=notes, loc="outside lower center", ncols=len(notes))
    return figure


def _lines(table, kind):
    """Rows of each line, by its name."""
    found = {}
    for row in table.itertuples():
        name = row.sampling_b
        if kind == "samplings":
            name = f"{row.sampling_a} – {row.sampling_b}"
        elif kind == "noise":
            name = f"{row.sampling_b}, layer {row.layer}"
        found.setdefault(name, []).append(row.Index)
    return {name: table.loc[rows] for name, rows in found.items()}


def _values(table, kind):
    return table["sigma" if kind == "noise" else "layer"].tolist()


def _places(table, kind):
    """Noise grows to the right, and layers are in the order of the network."""
    return sorted(set(_values(table, kind)))


def _draw(axes, x, rows, column, line):
    order = np.argsort(x)
    x, values = x[order], rows[column].to_numpy(dtype=float)[order]
    axes.plot(x, values, zorder=3, **{**line, "markersize": 4})
    if f"{column}_low" in rows:
        low, high = (rows[f"{column}_{end}"].to_numpy(dtype=float)[order] for end in ("low", "high"))
        axes.vlines(x, low, high, color=line["color"], linewidth=1, zorder=2)
    if column == "distance":
        low, high = (rows[f"chance_{end}"].to_numpy(dtype=float)[order] for end in ("low", "high"))
        axes.vlines(x, low, high, color=line["color"], alpha=0.35, linewidth=4, zorder=2)
        at_chance = rows.p.to_numpy(dtype=float)[order] > LEVEL
        empty = {**line, "label": None, "linestyle": "none", "markersize": 4, **style.empty_marker(line["color"])}
        if at_chance.any():
            axes.plot(x[at_chance], values[at_chance], zorder=4, **empty)


def _draw_accuracy(axes, table, places):
    """Accuracy on noisy images, and that on clean ones."""
    if "test_accuracy" not in table or table.test_accuracy.isna().all():
        return
    values = [table[table.sigma == place].test_accuracy.mean() for place in places]
    style_of_line = {"color": "0.25", "linestyle": "--", "linewidth": 1, "marker": "x", "markersize": 4}
    axes.plot(range(len(places)), values, label="test accuracy", zorder=2, **style_of_line)
    if table.clean_accuracy.notna().any():
        axes.axhline(table.clean_accuracy.mean(), color="0.25", linestyle=":", linewidth=0.8, label="on clean images")
