"""
Distances between layers against those of surrogates of the same second moments.

One matrix for each kind of surrogates. Above the diagonal are clouds as they are, below it clouds at equal scale, on it
each layer against its own surrogates, which is the same at any scale.
"""

import numpy as np
from matplotlib.colors import CenteredNorm

from actopo.figures import heat_maps, style, texts
from actopo.similarity.choices import SURROGATES

TITLES = {kind: f"against surrogates of the same\n{kept}" for kind, kept in SURROGATES.items()}
COLUMNS = ("scale", "layer_a", "layer_b", "ratio", "q_value", "draws")
# The colour scale reaches to so many powers of two, at least and at most.
LEAST, MOST = 2, 6


@style.styled
def plot(tables, layers, dimension, level=0.95, layer_names=None):
    """
    Draw the ratios of observed distances to those of surrogates, with a dot where they differ.

    Parameters
    ----------
    tables : dict of str to DataFrame
        For each kind of `actopo.similarity.choices.SURROGATES`, the rows of one homology dimension of a table of
        `actopo.similarity.calibration.calibration_tables`.
    layers : sequence of int of length L
        Layer indices, in the order of the axes.
    dimension : str
        Homology dimension, such as "H1", for the title.
    level : float, default 0.95
        A dot marks a false discovery rate of at most 1 - `level`.
    layer_names : dict of int to str, optional
        Names of layers that are outputs of modules, by number; other layers are shown by their number.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If a table lacks a column or has no row.
    """
    for kind, table in tables.items():
        style.require_columns(table, COLUMNS, f"the calibration by {kind}")
    found = {kind: _matrices(table, layers) for kind, table in tables.items()}
    room = texts.layer_room(layers, layer_names)
    figure = style.new_figure(min(1.4 + (2.9 + room) * len(found), 7.2), 3.55 + room)
    panels = figure.subplots(1, len(found), squeeze=False)[0]
    norm = _norm([ratios for ratios, _ in found.values()])
    for index, (axes, (kind, (ratios, q_values))) in enumerate(zip(panels, found.items(), strict=True)):
        mesh = heat_maps.heat_map(axes, np.log2(ratios), layers, norm, "RdBu_r", names=layer_names)
        rows, columns = np.nonzero(q_values <= 1 - level + 1e-12)
        axes.plot(columns + 0.5, rows + 0.5, "o", color="0.1", markersize=_dot(len(layers)), linestyle="none")
        axes.plot([0, len(layers)], [0, len(layers)], color="0.25", linewidth=0.5)
        axes.set_title(f"{dimension} {TITLES[kind]}")
        axes.set_xlabel("layer (above the diagonal: clouds as they are)")
        axes.set_ylabel("layer (below the diagonal: equal scale)")
        style.panel_letter(axes, "abcdef"[index], lines=2)
    if np.isfinite([norm.vmin, norm.vmax]).all():
        bar = heat_maps.colour_bar(figure, mesh, panels, "observed distance / mean of surrogates", shrink=0.8)
        ticks = np.arange(np.ceil(norm.vmin), np.floor(norm.vmax) + 1)
        bar.set_ticks(ticks, labels=[f"{2.0**tick:g}" for tick in ticks])
    figure.supxlabel(_explain(tables, level), fontsize=6.5)
    return figure


def _matrices(table, layers):
    """Ratios and adjusted p-values; clouds as they are above the diagonal, at equal scale below it."""
    place = {layer: index for index, layer in enumerate(layers)}
    ratios, q_values = np.full((2, len(layers), len(layers)), np.nan)
    for row in table.itertuples():
        first, second = sorted((place[row.layer_a], place[row.layer_b]))
        where = (first, second) if row.scale == "own" else (second, first)
        ratios[where], q_values[where] = row.ratio if row.ratio > 0 else np.nan, row.q_value
    return ratios, q_values


def _norm(ratios):
    """Scale of log2 ratios on which a factor and its inverse are equally far from the middle colour."""
    values = np.log2(np.concatenate([ratio[np.isfinite(ratio)] for ratio in ratios] or [[]]))
    return CenteredNorm(0, float(np.clip(np.ceil(np.abs(values).max(initial=LEAST)), LEAST, MOST)))


def _dot(n_layers):
    return float(np.clip(40 / n_layers, 0.8, 3))


def _explain(tables, level):
    draws = max(int(table.draws.max()) for table in tables.values())
    return f"dot: false discovery rate at most {1 - level:.2g} ({draws} surrogates of each layer)"
