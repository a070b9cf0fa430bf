"""How purity of mapper graphs forms in training: node-wise purity by epoch, a panel per sampling, a line per layer."""

import numpy as np
from matplotlib.lines import Line2D

from actopo.figures import style, texts
from actopo.figures.epochs import depth_colours, depth_handles, epoch_ticks

# Epochs that have a label in a row of panels.
MOST_TICKS = 30
# Letters of the name of a sampling.
MOST_SAMPLING = 22
COLUMNS = ("sampling", "layer", "epoch", "node_purity", "node_purity_null_mean")


@style.styled
def plot(table, order, layer_names=None):
    """
    Draw the mean node-wise purity of every sampling and layer by epoch, and the mean for permuted labels.

    Parameters
    ----------
    table : DataFrame
        A row per sampling, layer and epoch, over networks: `node_purity`, optionally with `_low` and `_high`, and
        `node_purity_null_mean`.
    order : sequence of int
        Layers in the order of the colours.
    layer_names : dict of int to str, optional
        Names of layers that are outputs of modules, by number.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If the table lacks a column or has no row.
    """
    style.require_columns(table, COLUMNS, "the table of purity by epoch")
    samplings, epochs = list(dict.fromkeys(table.sampling)), sorted(set(table.epoch))
    layers = [layer for layer in order if layer in set(table.layer)]
    highest = [table[name].max() for name in ("node_purity", "node_purity_high") if name in table]
    top = min(1.03, 1.25 * np.nanmax([*highest, 0.2]))
    n_rows, columns = style.grid_shape(len(samplings), 4)
    figure = style.new_figure(7.2 if columns > 2 else 1.2 + 3 * columns, 0.45 + 1.9 * n_rows)
    panels, _ = style.panel_grid(figure, len(samplings), columns)
    titles = texts.short_names(samplings, MOST_SAMPLING)
    for place, (axes, sampling, title) in enumerate(zip(panels, samplings, titles, strict=True)):
        for layer, colour in zip(layers, depth_colours(len(layers)), strict=True):
            rows = table[(table.sampling == sampling) & (table.layer == layer)].set_index("epoch").reindex(epochs)
            _draw(axes, rows, colour)
        axes.set_title(title)
        axes.set_ylim(0, top)
        epoch_ticks(axes, epochs, min(style.MAX_TICKS, MOST_TICKS // columns))
        if place % columns == 0:
            axes.set_ylabel("mean node-wise purity")
    handles = depth_handles(layers, layer_names)
    handles.append(Line2D([], [], color="0.35", linestyle="--", linewidth=0.9, label="labels permuted, mean"))
    figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), 7 if columns > 2 else 3))
    return figure


def _draw(axes, rows, colour):
    places = np.arange(len(rows))
    axes.plot(places, rows.node_purity.to_numpy(dtype=float), color=colour, marker="o", markersize=2.4, zorder=3)
    null = rows.node_purity_null_mean.to_numpy(dtype=float)
    axes.plot(places, null, color=colour, linestyle="--", linewidth=0.8, zorder=2)
    if "node_purity_low" in rows:
        low, high = (rows[f"node_purity_{end}"].to_numpy(dtype=float) for end in ("low", "high"))
        axes.fill_between(places, low, high, color=colour, alpha=0.15, linewidth=0)
