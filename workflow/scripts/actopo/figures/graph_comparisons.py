"""
How far mapper graphs are from those of noisy images, other samplings, other draws and other networks.

A row of panels for each comparison of `actopo.graphs.comparisons`: the distance against its chance level, and the
shares of the branches and of the cycles that are kept. Noise is beside the accuracy of the network on such images.
Up to six samplings or pairs of them are lines; more are the rows of a heat map, which has no intervals.
"""

from itertools import groupby

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.colors import Normalize
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from actopo.errors import InputError
from actopo.figures import heat_maps, style, texts
from actopo.graphs.choices import COMPARISONS

PANELS = {"distance": "distance of memberships", "branches_kept": "branches kept", "cycles_kept": "cycles kept"}
COLUMNS = ("kind", "sampling_a", "sampling_b", "layer", "sigma", "chance_low", "chance_high", "p", *PANELS)
WIDTH = 0.5
# Width of all bars of a panel, in points.
BARS = 55
# More lines than there are colours are the rows of a heat map instead.
MOST_LINES = len(style.LINES)
MOST_TICKS = 9
# Letters of the name of a layer, and of a sampling, of which a line may name two.
MOST_LAYER = MOST_SAMPLING = 16
# Heights in inches: of a row of panels with lines, and of what surrounds a heat map and each of its rows.
LINES_HEIGHT, AROUND_MAP, MAP_ROW, NOTES_HEIGHT = 1.9, 1.05, 0.13, 0.5
ACCURACY, NOTHING = "test accuracy", "none in the first graph"


@style.styled
def plot(table, order=None, layer_names=None):
    """
    Draw the comparisons of mapper graphs.

    Parameters
    ----------
    table : DataFrame
        A row per comparison, over networks and draws: `kind`, `sampling_a`, `sampling_b`, `layer`, `sigma`, `distance`,
        `chance_low`, `chance_high`, `p`, `branches_kept` and `cycles_kept`; optionally `_low` and `_high` of the
        distance and of what is kept, and the `test_accuracy` on noisy images with `clean_accuracy`.
    order : sequence of int, optional
        All layers in the order of the axis, by default ascending.
    layer_names : dict of int to str, optional
        Names of layers that are outputs of modules, by number; other layers are shown by their number.

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
    layer_names = layer_names or {}
    names = dict(zip(layer_names, texts.short_names(layer_names.values(), MOST_LAYER), strict=True))
    table = _placed(table, order or sorted(table.layer.unique()), names)
    kinds = [kind for kind in COMPARISONS if (table.kind == kind).any()]
    lines = {kind: _lines(table[table.kind == kind], kind, names) for kind in kinds}
    # Panels are aligned with those of their own form.
    groups = [list(group) for _, group in groupby(kinds, lambda kind: _is_map(lines[kind]))]
    below = 0.055 * max(map(len, names.values()), default=0)
    heights = [[_height(lines[kind]) + below * (kind != "noise") for kind in group] for group in groups]
    figure = style.new_figure(7.2, NOTES_HEIGHT + sum(map(sum, heights)))
    shares = [*map(sum, heights[:-1]), sum(heights[-1]) + NOTES_HEIGHT]
    parts = figure.subfigures(len(groups), 1, height_ratios=shares, squeeze=False).ravel()
    for part, group, ratios in zip(parts, groups, heights, strict=True):
        panels = part.subplots(len(group), len(PANELS), height_ratios=ratios, squeeze=False)
        for row, kind in zip(panels, group, strict=True):
            draw = _draw_map if _is_map(lines[kind]) else _draw_lines
            draw(row, lines[kind], kind)
            for axes in row:
                axes.set_xlabel("σ of the noise" if kind == "noise" else "layer")
                if names and kind != "noise":
                    axes.tick_params(axis="x", rotation=90)
            style.panel_letter(row[0], "abcdef"[kinds.index(kind)])
            row[1].set_title(COMPARISONS[kind])
    parts[-1].legend(handles=_notes(table, lines), loc="outside lower center", ncols=3)
    return figure


def _is_map(lines):
    return len(lines) > MOST_LINES


def _height(lines):
    return AROUND_MAP + MAP_ROW * (len(lines) + 1) if _is_map(lines) else LINES_HEIGHT


def _notes(table, lines):
    """Handles of the legend of the whole figure: only what is drawn."""
    mapped = table[[_is_map(lines[kind]) for kind in table.kind]]
    notes = []
    if len(mapped) < len(table):
        notes.append(Patch(facecolor=style.LINES[0], alpha=0.35, label="chance: images permuted"))
    if (table.p > style.LEVEL).any():
        empty = {"marker": "o", "linestyle": "none", **style.empty_marker("0.35")}
        notes.append(Line2D([], [], label=f"p > {style.LEVEL:g}", **empty))
    if mapped[list(PANELS)].isna().any(axis=None):
        label = "no value" if mapped.distance.isna().any() else NOTHING
        notes.append(Patch(facecolor=style.MISSING, label=label))
    return notes


def _placed(table, order, names):
    """Table with the place of each row on its axis, which is that of the noise or of the layer, and its name there."""
    is_noise = table.kind == "noise"
    layers = [names.get(layer, f"{layer}") for layer in table.layer]
    return table.assign(
        place=np.where(is_noise, table.sigma, table.layer.map(list(order).index)),
        shown=np.where(is_noise, table.sigma.map("{:g}".format), layers),
    )


def _lines(table, kind, names):
    """Rows of each line, by its name."""
    samplings, found = list(dict.fromkeys([*table.sampling_a, *table.sampling_b])), {}
    shown = dict(zip(samplings, texts.short_names(samplings, MOST_SAMPLING), strict=True))
    for row in table.itertuples():
        name = shown[row.sampling_b]
        if kind == "samplings":
            name = f"{shown[row.sampling_a]} – {name}"
        elif kind == "noise":
            name = f"{name}, {texts.layer_title(row.layer, names)}"
        found.setdefault(name, []).append(row.Index)
    return {name: table.loc[rows] for name, rows in found.items()}


def _places(table):
    """Names of the places on the axis, in their order: noise grows to the right, and layers are as in the network."""
    return dict(sorted(zip(table.place, table.shown, strict=True)))


def _draw_lines(row, lines, kind):
    """Lines beside each other, with intervals and chance, and a legend at the right."""
    own = pd.concat(lines.values())
    names, handles = _places(own), {}
    places = list(names)
    # Bars of chance stand beside each other.
    width = float(np.clip(BARS / (len(lines) * len(places)), 1, 4))
    for axes, (column, label) in zip(row, PANELS.items(), strict=True):
        for index, ((name, rows), line) in enumerate(zip(lines.items(), style.line_styles(len(lines)), strict=True)):
            shift = WIDTH * ((index + 0.5) / len(lines) - 0.5)
            x = np.array([places.index(value) for value in rows.place]) + shift
            _draw(axes, x, rows, column, {"label": name, **line}, width)
        if own[column].isna().all():
            text = "no value" if column == "distance" else NOTHING
            axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", color="0.35")
        elif kind == "noise" and column != "distance":
            _draw_accuracy(axes, own, places)
        style.layer_ticks(axes.xaxis, list(names.values()), most=MOST_TICKS)
        axes.set_xlim(-0.6, len(places) - 0.4)
        axes.set_ylabel(label)
        axes.grid(axis="y")
        if column != "distance":
            axes.set_ylim(-0.04, 1.04)
        handles |= dict(zip(*axes.get_legend_handles_labels()[::-1], strict=True))
    row[-1].legend(handles.values(), handles, loc="center left", bbox_to_anchor=(1.02, 0.5), handlelength=2.4)


def _draw_map(row, lines, kind):
    """A heat map of each measure, with a row for each line; rings are not told from chance."""
    shown = _places(pd.concat(lines.values()))
    places = list(shown)
    accuracy = _accuracies(pd.concat(lines.values()), places) if kind == "noise" else None
    names = list(lines) + ([] if accuracy is None else [ACCURACY])
    for axes, (column, label) in zip(row, PANELS.items(), strict=True):
        matrix, p = np.full((2, len(lines), len(places)), np.nan)
        for index, rows in enumerate(lines.values()):
            columns = [places.index(value) for value in rows.place]
            matrix[index, columns], p[index, columns] = rows[column], rows.p
        norm, has_accuracy = Normalize(0, 1), column != "distance" and accuracy is not None
        if column == "distance" and np.isfinite(matrix).any():
            norm = Normalize(np.nanmin(matrix), np.nanmax(matrix))
        mesh = _draw_cells(axes, matrix, norm)
        if has_accuracy:
            _draw_cells(axes, accuracy[None], norm, len(lines))
        if column == "distance":
            y, x = np.nonzero(p > style.LEVEL)
            size = float(np.clip(90 / len(places), 2, 9))
            axes.scatter(x + 0.5, y + 0.5, s=size, c="white", edgecolors="0.35", linewidths=0.9, zorder=3)
        style.layer_ticks(axes.xaxis, list(shown.values()), 0.5, MOST_TICKS)
        axes.set_yticks(np.arange(len(names)) + 0.5, names if axes is row[0] else [""] * len(names))
        axes.set_ylim(len(names), 0)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        heat_maps.colour_bar(axes.figure, mesh, axes, label, location="bottom", aspect=25, pad=0.02, shrink=0.9)


def _draw_cells(axes, matrix, norm, top=0):
    colours = matplotlib.colormaps["viridis"].with_extremes(bad=style.MISSING)
    edges = np.arange(matrix.shape[1] + 1), np.arange(matrix.shape[0] + 1) + top
    cells = {"edgecolors": "white", "linewidth": 0.3, "antialiased": True}
    return axes.pcolormesh(*edges, np.ma.masked_invalid(matrix), norm=norm, cmap=colours, **cells)


def _draw(axes, x, rows, column, line, width):
    order = np.argsort(x)
    x, values = x[order], rows[column].to_numpy(dtype=float)[order]
    axes.plot(x, values, zorder=3, **{**line, "markersize": 4})
    if f"{column}_low" in rows:
        low, high = (rows[f"{column}_{end}"].to_numpy(dtype=float)[order] for end in ("low", "high"))
        axes.vlines(x, low, high, color=line["color"], linewidth=1, zorder=2)
    if column == "distance":
        low, high = (rows[f"chance_{end}"].to_numpy(dtype=float)[order] for end in ("low", "high"))
        axes.vlines(x, low, high, color=line["color"], alpha=0.35, linewidth=width, zorder=2)
        at_chance = rows.p.to_numpy(dtype=float)[order] > style.LEVEL
        empty = {**line, "label": None, "linestyle": "none", "markersize": 4, **style.empty_marker(line["color"])}
        if at_chance.any():
            axes.plot(x[at_chance], values[at_chance], zorder=4, **empty)


def _accuracies(table, places):
    """Accuracy on images with noise of each strength; None where it is not known."""
    if "test_accuracy" not in table or table.test_accuracy.isna().all():
        return None
    return np.array([table[table.sigma == place].test_accuracy.mean() for place in places])


def _draw_accuracy(axes, table, places):
    """Accuracy on noisy images, and that on clean ones."""
    values = _accuracies(table, places)
    if values is None:
        return
    style_of_line = {"color": "0.25", "linestyle": "--", "linewidth": 1, "marker": "x", "markersize": 4}
    axes.plot(range(len(places)), values, label=ACCURACY, zorder=2, **style_of_line)
    if table.clean_accuracy.notna().any():
        axes.axhline(table.clean_accuracy.mean(), color="0.25", linestyle=":", linewidth=0.8, label="on clean images")
