"""
How the classes separate in mapper graphs: a dendrogram per layer, and how far layers and samplings agree.

Two classes are joined at their merge level, the highest value of the lens at which the graph above it connects
them (`actopo.graphs.branching`). As in the drawings of the graphs the lens grows from left to right: the trunk is on
the left, and classes that separate late do so on the right.
"""

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import ScaledTranslation
from scipy.cluster.hierarchy import leaves_list

from actopo.errors import InputError
from actopo.figures import heat_maps, legends, style, texts
from actopo.graphs.branching import dendrogram

AGREEMENT_COLUMNS = ("sampling_a", "layer_a", "sampling_b", "layer_b", "rho", "p")
PER_ROW = 3
LINE = "0.35"
MOST_NUMBERS = 12
# A correlation over the pairs of fewer classes is hatched: five have ten pairs.
FEW = 6
# Letters of names of classes beside trees, and of layers.
MOST_CLASS, MOST_LAYER = 20, 16
# So many classes are all drawn.
MOST_CLASSES = 40
# In inches: of the page, and of names and legend below the matrix.
WIDTH, BELOW = 7.2, 0.85


@style.styled
def plot(levels, class_names, agreement=None, lens="lens ($l_2$ norm)", layer_names=None, sampling=None, classes=None):
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
        `rho` and `p`, from `actopo.graphs.branching.agreement`, and optionally `n_classes`, the number of classes that
        are compared: few are hatched. None leaves the matrix out.
    lens : str
        Label of the lens.
    layer_names : dict of int to str, optional
        Names of layers that are outputs of modules, by number; other layers are shown by their number.
    sampling : str, optional
        Name of the sampling of the trees.
    classes : int or sequence of str, optional
        Classes that are drawn where there are more than `MOST_CLASSES`: so many of those whose branches are longest, or
        these. By default all.

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
    names = {layer: texts.short(name, MOST_LAYER) for layer, name in (layer_names or {}).items()}
    kept, n_all = _kept(levels, class_names, classes), len(class_names)
    levels = {layer: np.asarray(matrix, dtype=float)[np.ix_(kept, kept)] for layer, matrix in levels.items()}
    class_names = [class_names[place] for place in kept]
    rows = -(-len(levels) // PER_ROW)
    of_class = 0.115 if len(class_names) <= 40 else 0.1
    heights = [0.65 + rows * max(1.1, 0.35 + of_class * len(class_names))]
    side = 0.0 if agreement is None else float(np.clip(0.3 * len(_graphs(agreement)), 1.9, 4.4))
    # Names of layers need more space than their numbers.
    name_width = 0.055 * max(map(len, names.values()), default=0)
    if agreement is not None:
        heights.append(0.35 + side + BELOW + name_width)
    figure = style.new_figure(WIDTH / 2 if len(levels) == 1 and agreement is None else WIDTH, sum(heights))
    parts = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False).ravel()
    trees, _ = style.panel_grid(parts[0], len(levels), PER_ROW)
    shown = texts.short_names(class_names, MOST_CLASS)
    for axes, (layer, matrix) in zip(trees, levels.items(), strict=True):
        _draw_tree(axes, matrix, shown)
        axes.set_title(texts.layer_title(layer, names))
    parts[0].supxlabel(lens, fontsize=7)
    notes = [] if sampling is None else [Line2D([], [], linestyle="none", label=f"sampling: {texts.short(sampling)}")]
    if len(kept) < n_all:
        which = "with the longest branches" if isinstance(classes, int) else "that are chosen"
        notes.append(Line2D([], [], linestyle="none", label=f"{len(kept)} of {n_all} classes, {which}"))
    notes.append(Line2D([], [], color=LINE, marker="o", linestyle="none", label="highest lens of the class"))
    notes.append(Line2D([], [], color=LINE, linestyle=":", linewidth=1, label="no common component"))
    columns = legends.legend_columns(figure, [note.get_label() for note in notes], figure.get_figwidth() - 0.2, 2)
    parts[0].legend(handles=notes, loc="outside upper right", ncols=columns, **legends.LEGEND | {"handlelength": 2})
    if agreement is not None:
        style.panel_letter(trees[0], "a")
        _add_agreement(parts[1], agreement, list(levels), names, side, name_width)
    return figure


def _kept(levels, class_names, chosen):
    """Places of the classes that are drawn."""
    every = range(len(class_names))
    if chosen is None or len(class_names) <= MOST_CLASSES:
        return list(every)
    if not isinstance(chosen, int):
        return [place for place in every if class_names[place] in set(chosen)]
    lengths = np.zeros(len(class_names))
    for matrix in levels.values():
        others = np.array(matrix, dtype=float)
        own = np.diag(others).copy()
        np.fill_diagonal(others, np.nan)
        # Where a class meets no other, its branch begins at the lowest of all ends.
        start = np.nanmin(own) if np.isfinite(own).any() else 0.0
        meets = np.where(np.isfinite(others), others, start).max(axis=1)
        span = np.ptp(own[np.isfinite(own)]) if np.isfinite(own).any() else 0.0
        lengths += np.nan_to_num((own - meets) / (span or 1.0))
    # Of equal ones the first.
    return sorted(np.argsort(-lengths, kind="stable")[:chosen].tolist())


def _add_agreement(part, agreement, order, names, side, name_width):
    """Matrix, colour bar and legend at places by hand: the layout engine reserves too little for names of samplings."""
    height = part.bbox.height / part.dpi
    left, bottom, inside = (WIDTH - side + name_width) / 2, BELOW + name_width, side / height
    axes = part.add_axes([left / WIDTH, bottom / height, side / WIDTH, inside])
    mesh, notes = _draw_agreement(axes, agreement, order, names, 72 * name_width)
    style.panel_letter(axes, "b")
    bar = part.add_axes([(left + side + 0.15) / WIDTH, bottom / height + 0.1 * inside, 0.1 / WIDTH, 0.8 * inside])
    heat_maps.colour_bar(part, mesh, axes, "Spearman correlation\nof merge levels", cax=bar, ticks=[-1, 0, 1])
    place = {"loc": "lower center", "bbox_to_anchor": (0.5, 0), "ncols": 3}
    if notes:
        part.legend(handles=notes, handlelength=1.2, handleheight=1.2, columnspacing=1.6, **place)


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
    margin = 0.04 * (top - min(ends) or abs(top) or 1)
    axes.set_xlim(min(ends) - margin, top + margin)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.set_ylim(-0.6, n - 0.4)
    order = np.argsort(rank)
    axes.set_yticks(range(n), [class_names[present[leaf]] for leaf in order], size=6)
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
    rho, p, compared = np.full((3, len(graphs), len(graphs)), np.nan)
    for row in agreement.itertuples():
        i, j = place[str(row.sampling_a), int(row.layer_a)], place[str(row.sampling_b), int(row.layer_b)]
        rho[i, j] = rho[j, i] = row.rho
        p[i, j] = p[j, i] = row.p
        compared[i, j] = compared[j, i] = getattr(row, "n_classes", np.nan)
    np.fill_diagonal(rho, np.nan)
    shown = [names.get(layer, layer) for _, layer in graphs]
    mesh = heat_maps.heat_map(axes, rho, shown, Normalize(-1, 1), "RdBu_r", most=len(graphs))
    with_number = len(graphs) <= MOST_NUMBERS
    for i, j in np.argwhere(np.isfinite(rho)):
        colours = ("white", "black") if abs(rho[i, j]) > 0.6 else ("black", "white")
        text = {"ha": "center", "va": "center", "size": 6, "color": colours[0]}
        if compared[i, j] < FEW:
            # Legible on the hatches.
            text["path_effects"] = [withStroke(linewidth=1.4, foreground=colours[1])]
        if with_number:
            axes.text(j + 0.5, i + 0.5, texts.number(np.round(rho[i, j], 2) + 0.0, ".2f").replace("0.", "."), **text)
        if p[i, j] <= style.LEVEL:
            axes.text(j + 0.5, i + (0.22 if with_number else 0.62), "*", **text)
    axes.set_title("agreement of graphs")
    if len(graphs) > MOST_NUMBERS or names:
        axes.tick_params(axis="x", rotation=90)
        axes.tick_params(labelsize=6)
    # Layers are the ticks; each sampling is named once, beyond them, and a line separates it from the next.
    beyond = 14 + name_width if names else 25
    # Letters beside a cell.
    room = 72 * WIDTH * axes.get_position().width / len(graphs) / 4.2
    for sampling in dict.fromkeys(sampling for sampling, _ in graphs):
        own = [position for position, graph in enumerate(graphs) if graph[0] == sampling]
        middle = (own[0] + own[-1] + 1) / 2
        name = texts.wrapped(sampling, max(int(len(own) * room), 5))
        offset = {"textcoords": "offset points", "size": 6.5, "annotation_clip": False, "ha": "center", "va": "center"}
        axes.annotate(name, (middle, len(graphs)), (0, -beyond), **offset)
        axes.annotate(name, (0, middle), (-beyond, 0), rotation=90, **offset)
        for line in (axes.axhline, axes.axvline):
            if own[0]:
                line(own[0], color="white", linewidth=2)
    axes.set(xlabel="", ylabel="")
    return mesh, _explain_cells(axes, rho, p, compared)


def _explain_cells(axes, rho, p, compared):
    """Hatch cells that rest on few classes, and blank the diagonal; return the handles that explain all cells."""
    notes, off = [], ~np.eye(len(rho), dtype=bool)
    for place in range(len(rho)):
        axes.add_patch(Rectangle((place, place), 1, 1, facecolor="white", linewidth=0, zorder=1.5))
    if (p <= style.LEVEL).any():
        notes.append(
            Line2D(
                [],
                [],
                color="black",
                marker="*",
                markersize=4,
                markeredgewidth=0,
                linestyle="none",
                label=f"$p$ ≤ {style.LEVEL:g}",
            )
        )
    few = np.isfinite(rho) & (compared < FEW)
    hatch = {"fill": False, "hatch": "//////", "edgecolor": "0.35", "linewidth": 0}
    for i, j in np.argwhere(few):
        axes.add_patch(Rectangle((j, i), 1, 1, zorder=1.5, **hatch))
    if few.any():
        notes.append(Patch(**hatch, label=f"over fewer than {FEW} classes in both"))
    if np.isnan(rho[off]).any():
        label = "no value: fewer than 3 classes in both, or all merge at one level"
        notes.append(Patch(facecolor=style.MISSING, label=label))
    return notes
