"""
Two networks, compared layer by layer: a heat map for each measure, with the nearest layer of each layer marked.

Distances by chance may differ between layers, so that a layer is the nearest by its distance over that by chance, where
there is one (`actopo.similarity.comparison.over_chance`).
"""

import numpy as np

from actopo.figures import heat_maps, style, texts
from actopo.graphs.choices import PAIR_LABEL
from actopo.keys import FIRST_OUTPUT
from actopo.similarity.comparison import over_chance
from actopo.similarity.metrics.choices import LABELS

COLUMNS = ("measure", "layer_a", "name_a", "layer_b", "name_b", "distance", "chance")
MOST_TICKS = 9
# Letters of the name of a network.
MOST_NAME = 20


@style.styled
def plot(table, names):
    """
    Draw a matrix for every measure, rows and columns in the order of the table.

    Parameters
    ----------
    table : DataFrame
        From `actopo.similarity.network_pairs.pair_table`, and rows of the measure `graphs` with the same columns.
    names : pair of str
        Of the networks.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If the table lacks a column or has no row.
    """
    style.require_columns(table, COLUMNS, "the table of two networks")
    measures = list(dict.fromkeys(table.measure))
    n_rows, columns = style.grid_shape(len(measures), 4)
    below = texts.layer_room(*_axis(table, "b"))
    figure = style.new_figure(7.2, 0.3 + (2.05 + below) * n_rows)
    panels, _ = style.panel_grid(figure, len(measures), columns)
    for place, (axes, measure) in enumerate(zip(panels, measures, strict=True)):
        rows = table[table.measure == measure]
        first, second = (_axis(rows, side) for side in "ab")
        matrix, chance = (
            rows.pivot(index="layer_a", columns="layer_b", values=values)
            .reindex(index=first[0], columns=second[0])
            .to_numpy(dtype=float)
            for values in ("distance", "chance")
        )
        _draw(axes, matrix, chance, first, second)
        axes.set_title(LABELS.get(measure, PAIR_LABEL))
        axes.set_ylabel(texts.short(names[0], MOST_NAME) if place % columns == 0 else "")
        axes.set_xlabel(texts.short(names[1], MOST_NAME))
    by_chance = ", by distance over distance by chance where there is one" if table.chance.notna().any() else ""
    note = f"colour: distance; dot: the nearest layer of the other network, for each row{by_chance}"
    figure.supxlabel(note, fontsize=6.5)
    return figure


def _axis(rows, side):
    """Layers of an axis, and the names of those that are outputs of modules."""
    own = rows.drop_duplicates(f"layer_{side}")
    layers = own[f"layer_{side}"].tolist()
    return layers, {n: name for n, name in zip(layers, own[f"name_{side}"], strict=True) if n >= FIRST_OUTPUT}


def _draw(axes, matrix, chance, rows, columns):
    (layers, names), (own, own_names) = columns, rows
    mesh = heat_maps.heat_map(axes, matrix, layers, heat_maps.shared_norm(matrix), most=MOST_TICKS, names=names)
    style.layer_ticks(axes.yaxis, own, offset=0.5, most=MOST_TICKS, names=own_names)
    axes.set_aspect("auto")
    known, has_chance = np.isfinite(matrix), np.isfinite(chance).any()
    compared = over_chance(matrix, chance) if has_chance else matrix
    # Of what has no chance in a measure with one, nothing is known.
    known &= np.isfinite(chance) if has_chance else True
    compared = np.where(known, compared, np.inf)
    # Of equal distances none is the smallest.
    is_nearest = compared == compared.min(axis=1, keepdims=True)
    places = np.flatnonzero(known.any(axis=1) & (is_nearest.sum(axis=1) == 1))
    nearest = is_nearest[places].argmax(axis=1)
    axes.plot(nearest + 0.5, places + 0.5, "o", color="white", markersize=2.6, markeredgecolor="0.2", lw=0)
    bar = heat_maps.colour_bar(axes.figure, mesh, axes, "", shrink=0.85, aspect=18)
    bar.ax.tick_params(labelsize=6)
