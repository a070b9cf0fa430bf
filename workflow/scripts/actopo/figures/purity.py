"""
Fig. 12: purity of mapper graphs by layer, for several ways of sampling spatial activations.

Purvine et al. (2023), "Experimental Observations of the Topology of Convolutional Neural Network
Activations": a node's purity is one over the number of class labels present in it. A point in no node has
no purity, so the figure also shows the share of points that are in a node. Purity falls with a node's size for
random labels too, so an interval for permuted labels is drawn, and a marker is empty where labels that are permuted
reach the purity too often; the majority's share and the entropy weight classes by their points. Where there are several
networks or draws, a line is their mean, in the band of their interval (`actopo.graphs.replicates`).
"""

import numpy as np
from matplotlib.lines import Line2D

from actopo.errors import InputError
from actopo.figures import legends, style, texts

# Key, label of the axis, title, and whether 1 / (number of classes) is the lowest value possible.
PANELS = (
    ("node_purity", "mean node-wise purity", "all classes", True),
    ("class_purity", "class-wise purity", None, True),
    ("coverage", "share of points in a node", "coverage", False),
)
OPTIONAL_PANELS = (
    ("majority_share", "share of the majority class", "majority, weighted by size", True),
    ("entropy", "normalised entropy", "class entropy, weighted by size", False),
)
# Those with a null.
NULLS = ("node_purity", "class_purity", "majority_share")
DODGE = 0.09
# Letters of the name of the class, and of those of layers, which need so many inches each.
MOST_CLASS, MOST_LAYER, LETTER = 18, 16, 0.055
# Numbers of layers below a panel.
MOST_TICKS = 9


def by_sampling(graphs, classes, class_name):
    """
    Data for `plot`, from tables of purity.

    Parameters
    ----------
    graphs, classes : DataFrame
        From `actopo.graphs.purity_tables.purity_tables`, with columns `sampling` and `layer`.
    class_name : str
        Class whose purity is wanted.

    Returns
    -------
    dict of str to dict
        For each sampling, sequences by layer.
    """
    of_class = classes.loc[classes["class"] == class_name].drop(columns="class")
    names = [name for name in of_class if name.startswith("purity")]
    of_class = of_class[["sampling", "layer", *names]].rename(columns={name: f"class_{name}" for name in names})
    # The table of graphs has the mean over classes by this name.
    graphs = graphs.drop(columns=[name for name in graphs if name.startswith("class_purity")])
    merged = graphs.merge(of_class, on=["sampling", "layer"])
    names = {
        "layers": "layer",
        **{panel[0]: panel[0] for panel in (*PANELS, *OPTIONAL_PANELS)},
        **{f"{key}_{end}": f"{key}_null_{end}" for key in NULLS for end in ("low", "high")},
        **{f"{key}_p": f"{key}_p" for key in NULLS},
    }
    for key in list(names):
        names |= {f"{key}_graphs_{end}": f"{key}_{end}" for end in ("low", "high") if f"{key}_{end}" in merged}
    return {
        sampling: {key: rows[column].tolist() for key, column in names.items() if column in rows}
        for sampling, rows in merged.groupby("sampling", sort=False)
    }


@style.styled
def plot(table, class_name="deer", n_classes=10, order=None, layer_names=None):
    """
    Draw node-wise purity, class-wise purity of one class, coverage and further measures, a line per sampling.

    Parameters
    ----------
    table : dict of str to dict
        For each sampling a dict of sequences of one length: `layers`, `node_purity`, `class_purity` and
        `coverage`, and optionally `majority_share` and `entropy`, means over nodes weighted by their points, the
        entropy between 0 and 1. Any measure may have an interval for permuted labels, such as
        `node_purity_low` and `node_purity_high`, with p-values `node_purity_p`, and an interval over networks and
        draws, `node_purity_graphs_low` and `node_purity_graphs_high`. A panel without data in any sampling is left
        out. Samplings may have different layers; NaN leaves a gap.
    class_name : str, default 'deer'
        Class of the second panel.
    n_classes : int, default 10
        Number of classes; `1 / n_classes` is the lowest purity possible, and is marked.
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
        If there is no sampling, a sampling's sequences differ in length, or an interval lacks an end.
    """
    if not table:
        raise InputError("the purity table is empty; list at least one sampling")
    for sampling, values in table.items():
        _check(sampling, values)
    layers = sorted({int(layer) for values in table.values() for layer in values["layers"]})
    if order is not None:
        layers.sort(key=list(order).index)
    panels = [*PANELS, *(panel for panel in OPTIONAL_PANELS if any(panel[0] in values for values in table.values()))]

    names = [texts.short((layer_names or {}).get(layer, layer), MOST_LAYER) for layer in layers]
    rows = 1 if len(panels) == len(PANELS) else 2
    figure = style.new_figure(
        7.2, (2.75 if rows == 1 else 4.2) + rows * LETTER * max(map(len, names)) * bool(layer_names)
    )
    grid, spare = style.panel_grid(figure, len(panels), 3)
    samplings = texts.short_names(table)
    for axes, letter, (key, label, title, has_floor) in zip(grid, "abcde"[: len(panels)], panels, strict=True):
        lines = zip(samplings, table.values(), style.line_styles(len(table)), strict=True)
        for index, (sampling, values, line) in enumerate(lines):
            shift = DODGE * (index - (len(table) - 1) / 2)
            _draw(axes, values, key, layers, shift, {"label": sampling, **line})
        if has_floor:
            floor = {"color": "0.35", "linestyle": ":", "linewidth": 0.9}
            axes.axhline(1 / n_classes, label=f"lowest possible, 1/{n_classes}", **floor)
        if not np.isfinite([value for values in table.values() for value in values.get(key, [])]).any():
            axes.text(0.5, 0.5, "no node", transform=axes.transAxes, ha="center", va="center", color="0.35")
        axes.set_title(title or f"class {texts.short(class_name, MOST_CLASS)}")
        axes.set_ylabel(label)
        axes.set_xlabel("layer")
        axes.set_ylim(_limits(table, key, has_floor))
        axes.set_xlim(-0.4, len(layers) - 0.6)
        axes.grid(axis="y")
        style.layer_ticks(axes.xaxis, names, most=style.MAX_TICKS if layer_names else MOST_TICKS)
        if layer_names:
            axes.tick_params(axis="x", rotation=90)
        style.panel_letter(axes, letter)
    handles = legends.handles_of(grid)
    if any(key.endswith("_low") for values in table.values() for key in values):
        handles["labels permuted"] = Line2D(
            [], [], color="0.35", marker="$\\mathrm{I}$", markersize=5, linestyle="none"
        )
    ends = [values[key] for values in table.values() for key in values if key.endswith("_graphs_low")]
    if np.isfinite([value for own in ends for value in own]).any():
        handles["networks and draws"] = Line2D([], [], color="0.35", alpha=0.3, linewidth=3)
    p_values = [values[key] for values in table.values() for key in values if key.endswith("_p")]
    if any(np.greater(own, style.LEVEL).any() for own in p_values):
        handles[f"p > {style.LEVEL:g}"] = Line2D([], [], marker="o", linestyle="none", **style.empty_marker("0.35"))
    if len(spare):
        spare[0].legend(handles.values(), handles, loc="center left", handlelength=3.6)
    else:
        place = {"loc": "outside lower center", "ncols": min(len(handles), 5)}
        figure.legend(handles.values(), handles, handlelength=3.2, **place)
    return figure


def _check(sampling, values):
    required = ["layers", *(panel[0] for panel in PANELS)]
    measures = [panel[0] for panel in (*PANELS, *OPTIONAL_PANELS)]
    missing = [key for key in required if key not in values]
    if missing:
        raise InputError(f"the purity of sampling {sampling!r} lacks {', '.join(missing)}; give a value for each layer")
    ends = [key for key in measures if (f"{key}_low" in values) != (f"{key}_high" in values)]
    if ends:
        raise InputError(
            f"the interval of {ends[0]} of sampling {sampling!r} lacks an end; give {ends[0]}_low and {ends[0]}_high"
        )
    ends = ("low", "high", "p", "graphs_low", "graphs_high")
    known = ["layers", *measures, *(f"{key}_{end}" for key in measures for end in ends)]
    lengths = {key: len(values[key]) for key in known if key in values}
    if len(set(lengths.values())) > 1:
        raise InputError(f"the purity of sampling {sampling!r} has sequences of unequal length: {lengths}")


def _limits(table, key, has_floor):
    """Limits 0 and 1, the upper lowered if a measure with a floor stays far below 1, the lower raised for entropy."""
    drawn = [np.asarray(values[key], float) for values in table.values() if key in values]
    for end in ("high", "graphs_low", "graphs_high"):
        drawn += [np.asarray(values[f"{key}_{end}"], float) for values in table.values() if f"{key}_{end}" in values]
    known = np.concatenate(drawn)
    known = known[np.isfinite(known)]
    if has_floor:
        return 0, min(1.03, 1.25 * known.max(initial=0.2))
    return (max(0, 1 - 1.25 * (1 - known.min(initial=0.8))) if key == "entropy" else 0), 1.03


def _draw(axes, values, key, layers, shift, line):
    """Line of one measure and sampling, and its intervals, shifted so that samplings with equal values are all seen."""
    position = np.array([layers.index(int(layer)) for layer in values["layers"]])
    order = np.argsort(position)
    position = position[order] + shift
    if key in values:
        drawn = np.asarray(values[key], float)[order]
        axes.plot(position, drawn, zorder=3, **line)
        chance = np.asarray(values.get(f"{key}_p", np.zeros(len(order))), float)[order] > style.LEVEL
        if chance.any():
            empty = {**line, "label": None, "linestyle": "none", **style.empty_marker(line["color"])}
            axes.plot(position[chance], drawn[chance], zorder=4, **empty)
    if f"{key}_graphs_low" in values:
        low, high = (np.asarray(values[f"{key}_graphs_{end}"], float)[order] for end in ("low", "high"))
        if np.isfinite(low).any():
            axes.fill_between(position, low, high, color=line["color"], alpha=0.15, linewidth=0, zorder=1)
            # A single layer has no area.
            axes.vlines(position, low, high, color=line["color"], alpha=0.3, linewidth=3, zorder=1)
    if f"{key}_low" in values:
        low, high = (np.asarray(values[f"{key}_{end}"], float)[order] for end in ("low", "high"))
        middle = (low + high) / 2
        axes.errorbar(
            position,
            middle,
            yerr=[middle - low, high - middle],
            fmt="none",
            ecolor=line["color"],
            elinewidth=0.9,
            capsize=1.6,
            capthick=0.9,
            zorder=2,
        )
