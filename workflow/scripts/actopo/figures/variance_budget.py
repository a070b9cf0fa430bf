"""Variance budget of the distance between layers, stacked: by how far apart they are, and for neighbours."""

import numpy as np

from actopo.figures import style, texts
from actopo.similarity.choices import BUDGET

COLUMNS = ("layer_a", "layer_b", "term", "value", "low", "high")
# Tol's muted scheme, and grey.
COLOURS = {
    "seed": "#332288",
    "images": "#88CCEE",
    "seed_and_images": "0.75",
    "scale": "#DDCC77",
    "second_moments": "#117733",
    "remainder": "#CC6677",
}
HATCHES = {"seed_and_images": "////", "remainder": "...."}


@style.styled
def plot(table, layers, dimension, layer_names=None):
    """
    Draw what the mean distance between layers consists of, as shares of it.

    Parameters
    ----------
    table : DataFrame
        Rows of one homology dimension of `actopo.similarity.variance_budget.budget_table`.
    layers : sequence of int
        Layer indices, in the order of the network.
    dimension : str
        Homology dimension, such as "H1", for the title.
    layer_names : dict of int to str, optional
        Names of layers that are outputs of modules, by number; other layers are shown by their number.

    Returns
    -------
    matplotlib.figure.Figure
        Left, the mean over all pairs that are equally far apart in `layers`; right, each pair of neighbours. Terms
        below 0 are stacked downwards.

    Raises
    ------
    InputError
        If the table lacks a column or has no row.
    """
    style.require_columns(table, COLUMNS, "the variance budget")
    place = {layer: index for index, layer in enumerate(layers)}
    table = table.assign(apart=(table.layer_a.map(place) - table.layer_b.map(place)).abs())
    # Where a pair has no value of a term, such as a scale, it is in the remainder.
    by_distance = table.groupby(["apart", "term"]).value
    means = (by_distance.sum(min_count=1) / by_distance.size()).unstack()
    near = table[table.apart == 1].pivot(index=["layer_a", "layer_b"], columns="term", values="value")
    near = near.loc[sorted(near.index, key=lambda pair: min(place[pair[0]], place[pair[1]]))]
    terms = [term for term in COLOURS if term in means]
    room = texts.layer_room(layers, layer_names)
    figure = style.new_figure(7.2, 3.3 + room)
    left, right = figure.subplots(1, 2, sharey=True)
    _stack(left, means, terms)
    style.layer_ticks(left.xaxis, means.index.tolist())
    left.set(xlabel="layers apart (0: a layer with itself)", ylabel="share of the mean distance")
    left.set_title(f"all pairs of layers, {dimension}")
    labels = dict(zip(layers, texts.layer_labels(layers, layer_names), strict=True))
    # Names of layers are too wide for one line.
    between = "–\n" if room else "–"
    names = [between.join((labels[a], labels[b])) for a, b in near.index]
    if names:
        _stack(right, near, terms)
        step = -(-len(names) // style.MAX_TICKS)
        right.set_xticks(range(0, len(names), step), names[::step])
        right.tick_params(axis="x", rotation=90 if room or len(names) > 8 else 0)
    else:
        right.set_xticks([])
    right.set(xlabel="layers", title="neighbouring layers" if names else "no neighbouring layers")
    for axes, letter in ((left, "a"), (right, "b")):
        axes.axhline(0, color="0.2", linewidth=0.6)
        axes.grid(axis="y")
        style.panel_letter(axes, letter)
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), handlelength=1.2)
    return figure


def _stack(axes, values, terms):
    """Bars of shares of the total, positive terms upwards and negative ones downwards."""
    positions, total = np.arange(len(values)), values["total"].to_numpy()
    up, down = np.zeros((2, len(values)))
    for term in terms:
        share = np.divide(values[term].to_numpy(), total, out=np.zeros(len(values)), where=total > 0)
        share = np.nan_to_num(share)
        bottom = np.where(share >= 0, up, down)
        look = {"color": COLOURS[term], "edgecolor": "white", "linewidth": 0.3, "hatch": HATCHES.get(term)}
        axes.bar(positions, share, 0.85, bottom=bottom, label=BUDGET[term], **look)
        up, down = up + np.maximum(share, 0), down + np.minimum(share, 0)
