"""
How diagrams of layers form in training: distances to the end, specificity and accuracy by epoch.

Epochs stand side by side, since those that are kept are rarely equally spaced. See `actopo.similarity.epochs`.
"""

import matplotlib
import numpy as np
from matplotlib.lines import Line2D

from actopo.errors import InputError
from actopo.figures import legends, style, texts

COLUMNS = (
    "epoch",
    "metric",
    "statistic",
    "layer",
    "value",
    "low",
    "high",
    "min",
    "max",
    "null_high",
    "between_batches",
)
TESTS = {"rho": "specificity, ρ", "retrieval": "layer retrieval"}
ACCURACIES = {"train_accuracy": "training images", "test_accuracy": "test images"}
# Layers from which on a legend names the first, the middle and the last of them only.
MOST_NAMES = 7
# Place of a legend, where it covers no line.
BELOW = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.2), **legends.LEGEND, "handlelength": 2}
# Height of the figure without legends, its width, that of its first panel, as a multiple of that of the others, and
# room beside a panel for its labels.
HEIGHT, WIDTH, FIRST, BESIDE = 2.6, 7.2, 1.25, 0.45
# Epochs that have a label in a narrow panel.
MOST_TICKS = 9


@style.styled
def plot(table, layers, dimension, layer_names=None):
    """
    Draw the distance of each layer to itself after the last epoch, and tests and accuracy of each epoch.

    The tests compare networks, and are left out where there is one.

    Parameters
    ----------
    table : DataFrame
        From `actopo.similarity.epochs.epoch_table`.
    layers : sequence of int
        In the order of the colours.
    dimension : int
        Homology dimension.
    layer_names : dict of int to str, optional
        Names of layers that are outputs of modules, by number.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If the table lacks a column, or has no distances of that dimension.
    """
    style.require_columns(table, COLUMNS, "the table of epochs")
    epochs, own = sorted(set(table.epoch)), table[table.metric == f"sw_h{dimension}"]
    if not len(own):
        raise InputError(f"the table of epochs has no distances of dimension {dimension}; see homology.dimensions")
    tests = [(own[own.statistic == name], label) for name, label in TESTS.items()]
    means = [(tests, "between networks")] if any(rows.value.notna().any() for rows, _ in tests) else []
    means += [([(table[table.statistic == name], label) for name, label in ACCURACIES.items()], "accuracy")]
    figure = style.new_figure(WIDTH, HEIGHT)
    left, *others = figure.subplots(1, 1 + len(means), width_ratios=[FIRST, *(1 for _ in means)])
    # Legends are no wider than their panels.
    narrow = WIDTH / (FIRST + len(means)) - BESIDE
    rows = [_legend(left, _draw_distances(left, own, epochs, layers, layer_names), FIRST * narrow)]
    for axes, (drawn, label) in zip(others, means, strict=True):
        rows.append(_legend(axes, _draw_means(axes, drawn, epochs, label), narrow))
    # What is below the panels takes nothing from them.
    figure.set_figheight(HEIGHT + legends.LEGEND_ROW * max(rows))
    left.set_title(f"H{dimension} diagrams")
    for axes, letter in zip((left, *others), "abc", strict=False):
        epoch_ticks(axes, epochs, MOST_TICKS)
        style.panel_letter(axes, letter)
    return figure


def epoch_ticks(axes, epochs, most=style.MAX_TICKS):
    """An axis of epochs, side by side, of which at most so many have a label."""
    style.layer_ticks(axes.xaxis, epochs, most=most)
    axes.set_xlim(-0.3, len(epochs) - 0.7)
    axes.set_xlabel("epoch")
    axes.grid(axis="y")


def depth_colours(n):
    """Colours of `n` layers from the first, dark, to the last, bright enough to be seen on white."""
    return [matplotlib.colormaps["viridis"](share) for share in np.linspace(0, 0.9, n)]


def depth_handles(layers, names=None):
    """Handles of a legend of layers: of all, or of the first, the middle and the last where they are many."""
    labels = texts.layer_labels(layers, {layer: texts.layer_title(layer, names) for layer in layers})
    handles = [
        Line2D([], [], color=colour, label=label)
        for label, colour in zip(labels, depth_colours(len(labels)), strict=True)
    ]
    return handles if len(handles) <= MOST_NAMES else [handles[place] for place in (0, len(handles) // 2, -1)]


def _legend(axes, handles, width):
    """Legend below a panel, no wider than so many inches if it can be; return the number of its rows."""
    if not handles:
        return 0
    columns = legends.legend_columns(axes.figure, [handle.get_label() for handle in handles], width, 2)
    axes.legend(handles=handles, ncols=columns, **BELOW)
    return -(-len(handles) // columns)


def _draw_distances(axes, own, epochs, layers, names):
    """Relative distances where there are other networks or batches, and distances otherwise; return the handles."""
    has_unit = own[own.statistic == "relative"].value.notna().any()
    rows = own[own.statistic == ("relative" if has_unit else "distance")]
    for layer, colour in zip(layers, depth_colours(len(layers)), strict=True):
        values = rows[rows.layer == str(layer)].set_index("epoch").value.reindex(epochs).to_numpy(dtype=float)
        axes.plot(np.arange(len(epochs)), values, color=colour, linewidth=0.9)
    label = "distance to the last epoch" + ("" if has_unit else "\n(filtration units)")
    handles = depth_handles(layers, names)
    if has_unit:
        [*_, mean] = rows[rows.layer == "mean"].sort_values("epoch").to_dict("records")
        of = "between networks" if np.isfinite(mean["between_networks"]) else "between batches"
        label += f"\n/ {of}"
        axes.axhline(1, color="0.35", linewidth=0.9, linestyle="--")
        handles.append(Line2D([], [], color="0.35", linestyle="--", linewidth=0.9, label=of))
        if of == "between networks" and np.isfinite(mean["between_batches"]):
            axes.axhline(mean["between_batches"], color="0.35", linestyle=":", linewidth=0.9)
            handles.append(Line2D([], [], color="0.35", linestyle=":", linewidth=0.9, label="between batches"))
    axes.set_ylabel(label)
    axes.set_ylim(bottom=0)
    return handles


def _draw_means(axes, drawn, epochs, label):
    """Means over networks with their interval, or their range, and the quantile of a null; return the handles."""
    axes.set_title(label)
    axes.set_ylim(-0.03, 1.03)
    drawn = [(rows, name) for rows, name in drawn if rows.value.notna().any()]
    if not drawn:
        axes.text(0.5, 0.5, "none measured", transform=axes.transAxes, ha="center", color="0.35")
        return []
    for (rows, name), line in zip(drawn, style.line_styles(len(drawn)), strict=True):
        rows = rows.set_index("epoch").reindex(epochs)
        places, low = np.arange(len(epochs)), rows["low"].fillna(rows["min"]).to_numpy(dtype=float)
        high = rows["high"].fillna(rows["max"]).to_numpy(dtype=float)
        axes.plot(places, rows.value.to_numpy(dtype=float), label=name, zorder=3, **line)
        axes.fill_between(places, low, high, color=line["color"], alpha=0.15, linewidth=0)
        if rows.null_high.notna().any():
            null = rows.null_high.to_numpy(dtype=float)
            dotted = {"color": line["color"], "linestyle": ":", "linewidth": 0.9}
            axes.plot(places, null, label="permuted layers: upper limit", **dotted)
    lowest = min(rows[["value", "low", "min"]].min().min() for rows, _ in drawn)
    axes.set_ylim(min(-0.03, 1.1 * lowest), 1.03)
    return axes.get_legend_handles_labels()[0]
