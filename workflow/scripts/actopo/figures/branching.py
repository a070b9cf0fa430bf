"""
How the classes separate in mapper graphs: a dendrogram per layer, and how far layers and samplings agree.

Two classes are joined at their merge level, the highest value of the lens at which the graph above it connects
them (`actopo.graphs.branching`). As in the drawings of the graphs the lens grows from left to right: the trunk is on
the left, and classes that separate late do so on the right.
"""

import textwrap

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import ScaledTranslation
from scipy.cluster.hierarchy import leaves_list

from actopo.errors import InputError
from actopo.figures import style, texts
from actopo.graphs.branching import dendrogram

AGREEMENT_COLUMNS = ("sampling_a", "layer_a", "sampling_b", "layer_b", "rho", "p")
PER_ROW = 3
LINE = "0.35"
SIGNIFICANT = 0.05
MOST_NUMBERS = 12


@style.styled
def plot(levels, class_names, agreement=None, lens="lens ($l_2$ norm)", layer_names=None):
    """
    Draw the classes' merge tree of each layer, and the agreement of graphs as a matrix.

    Parameters
    ----------
    levels : dict of int to ndarray of shape (k, k)
        For each layer the merge levels of the classes, from `actopo.graphs.branching.merge_levels`.
    class_names : sequence of str of length k
        Names of the classes.
    agreement : DataFrame, optional
        A row per pair of graphs, in one order or both: columns `sampling_a`, `layer_a`, `sampling_b`, `layer_b`,
        `rho` and `p`, from `actopo.graphs.branching.agreement`. None leaves the matrix out.
    lens : str
        Label of the lens.
    layer_names : dict of int to str, optional
        Names of layers that are outputs of modules, by number; other layers are shown by their number.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If there is no layer, a matrix does not fit the classes, or the table lacks a column or has no row.
    """
    if not levels:
        raise InputError("the figure of branching is empty; give the merge levels of at least one layer")
    for layer, matrix in levels.items():
        if np.shape(matrix) != (len(class_names),) * 2:
            raise InputError(
                f"the merge levels of layer {layer} have shape {np.shape(matrix)}, but there are {len(class_names)} "
                "classes"
            )
    if agreement is not None:
        style.require_columns(agreement, AGREEMENT_COLUMNS, "the table of agreement")
    rows = -(-len(levels) // PER_ROW)
    tree_height = 0.45 + rows * max(1.1, 0.35 + 0.115 * len(class_names))
    n_graphs = 0 if agreement is None else len(_graphs(agreement))
    side = float(np.clip(0.3 * n_graphs, 1.9, 4.3))
    # Names of layers need more space than their numbers.
    name_width = 0.05 * max(map(len, (layer_names or {}).values()), default=0)
    heights = [tree_height] if agreement is None else [tree_height, 0.35 + side + 0.8 + name_width]
    figure = style.new_figure(3.5 if len(levels) == 1 and agreement is None else 7.2, sum(heights))
    parts = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False).ravel()
    trees, _ = style.panel_grid(parts[0], len(levels), PER_ROW)
    for axes, (layer, matrix) in zip(trees, levels.items(), strict=True):
        _draw_tree(axes, np.asarray(matrix, dtype=float), class_names)
        axes.set_title(texts.layer_title(layer, layer_names))
    parts[0].supxlabel(lens, fontsize=7)
    dotted = Line2D([], [], color=LINE, linestyle=":", linewidth=1, label="classes in no common component")
    tip = Line2D([], [], color=LINE, marker="o", linestyle="none", label="highest lens of the class")
    parts[0].legend(handles=[tip, dotted], loc="outside upper right", ncols=2)
    if agreement is not None:
        style.panel_letter(trees[0], "a")
        # The names of the samplings lie outside of the axes, where the layout engine does not reserve enough space.
        left, bottom, height = (7.2 - side) / 2 / 7.2, (0.8 + name_width) / heights[1], side / heights[1]
        axes = parts[1].add_axes([left, bottom, side / 7.2, height])
        mesh = _draw_agreement(axes, agreement, list(levels), layer_names or {}, 72 * name_width)
        style.panel_letter(axes, "b")
        bar = parts[1].add_axes([left + (side + 0.15) / 7.2, bottom + 0.1 * height, 0.1 / 7.2, 0.8 * height])
        style.colour_bar(parts[1], mesh, axes, "Spearman correlation\nof merge levels", cax=bar, ticks=[-1, 0, 1])
    return figure


def _draw_tree(axes, levels, class_names):
    held = np.flatnonzero(~np.isnan(np.diag(levels)))
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    if len(held) < 2:
        axes.text(0.5, 0.5, "no two classes have a node", transform=axes.transAxes, ha="center", va="center")
        axes.set(xticks=[], yticks=[])
        return
    colours = style.class_colours(len(class_names))
    tree, present, top, _ = dendrogram(levels)
    n = len(present)
    rank = np.empty(n)
    rank[leaves_list(tree)] = np.arange(n)[::-1]
    # The right end of each branch and the height at which it is drawn; a leaf ends at its class's highest lens.
    ends, middle = [*np.diag(levels)[present]], [*rank]
    for a, b, height, _ in tree:
        level, pair = top - height, (int(a), int(b))
        dashes = "-" if np.isclose(levels[np.ix_(present, present)], level, rtol=1e-9).any() else ":"
        for branch in pair:
            colour = colours[present[branch]] if branch < n else LINE
            width = 1.4 if branch < n else 0.9
            axes.plot([level, ends[branch]], [middle[branch]] * 2, color=colour, linewidth=width, linestyle=dashes)
        upright = [(level, middle[branch]) for branch in pair]
        axes.add_collection(LineCollection([upright], colors=LINE, linewidths=0.9, linestyles=dashes, zorder=3))
        ends.append(level)
        middle.append(sum(middle[branch] for branch in pair) / 2)
    axes.scatter(ends[:n], middle[:n], s=9, c=[colours[label] for label in present], zorder=4, clip_on=False)
    margin = 0.04 * (top - min(ends))
    axes.set_xlim(min(ends) - margin, top + margin)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.set_ylim(-0.6, n - 0.4)
    order = np.argsort(rank)
    axes.set_yticks(range(n), [texts.plain(class_names[present[leaf]]) for leaf in order], size=6)
    axes.yaxis.tick_right()
    axes.tick_params(axis="y", pad=8, length=0)
    beside = axes.get_yaxis_transform() + ScaledTranslation(5 / 72, 0, axes.figure.dpi_scale_trans)
    shades = [colours[present[leaf]] for leaf in order]
    axes.scatter(np.ones(n), range(n), s=12, c=shades, marker="s", linewidths=0, clip_on=False, transform=beside)


def _graphs(agreement, order=None):
    """Sampling and layer of every graph, samplings in the order of the table and layers in an order, or ascending."""
    graphs = []
    for end in ("a", "b"):
        pairs = zip(agreement[f"sampling_{end}"], agreement[f"layer_{end}"], strict=True)
        graphs += [(str(sampling), int(layer)) for sampling, layer in pairs]
    samplings = list(dict.fromkeys(sampling for sampling, _ in graphs))
    return sorted(
        set(graphs), key=lambda graph: (samplings.index(graph[0]), order.index(graph[1]) if order else graph[1])
    )


def _draw_agreement(axes, agreement, order, names, name_width):
    graphs = _graphs(agreement, order if names else None)
    place = {graph: position for position, graph in enumerate(graphs)}
    rho = np.full((len(graphs),) * 2, np.nan)
    p = np.full_like(rho, np.nan)
    for row in agreement.itertuples():
        i, j = place[str(row.sampling_a), int(row.layer_a)], place[str(row.sampling_b), int(row.layer_b)]
        rho[i, j] = rho[j, i] = row.rho
        p[i, j] = p[j, i] = row.p
    np.fill_diagonal(rho, np.nan)
    shown = [names.get(layer, layer) for _, layer in graphs]
    mesh = style.heat_map(axes, rho, shown, Normalize(-1, 1), "RdBu_r", most=len(graphs))
    for i, j in np.argwhere(np.isfinite(rho)):
        text = {"ha": "center", "va": "center", "size": 6, "color": "white" if abs(rho[i, j]) > 0.6 else "black"}
        with_number = len(graphs) <= MOST_NUMBERS
        if with_number:
            number = f"{np.round(rho[i, j], 2) + 0.0:.2f}".replace("-", "−").replace("0.", ".")
            axes.text(j + 0.5, i + 0.5, number, **text)
        if p[i, j] <= SIGNIFICANT:
            axes.text(j + 0.5, i + (0.22 if with_number else 0.62), "*", **text)
    axes.set_title(f"agreement (* $p$ ≤ {SIGNIFICANT:g})")
    if len(graphs) > MOST_NUMBERS or names:
        axes.tick_params(axis="x", rotation=90)
        axes.tick_params(labelsize=6)
    # Layers are the ticks; each sampling is named once, beyond them, and a line separates it from the next.
    beyond = 14 + name_width if names else 25
    for sampling in dict.fromkeys(sampling for sampling, _ in graphs):
        own = [position for position, graph in enumerate(graphs) if graph[0] == sampling]
        middle = (own[0] + own[-1] + 1) / 2
        name = textwrap.fill(sampling, 12)
        offset = {"textcoords": "offset points", "size": 6.5, "annotation_clip": False, "ha": "center", "va": "center"}
        axes.annotate(name, (middle, len(graphs)), (0, -beyond), **offset)
        axes.annotate(name, (0, middle), (-beyond, 0), rotation=90, **offset)
        for line in (axes.axhline, axes.axvline):
            if own[0]:
                line(own[0], color="white", linewidth=2)
    axes.set_xlabel("layer", labelpad=24)
    axes.set_ylabel("layer", labelpad=24)
    return mesh
