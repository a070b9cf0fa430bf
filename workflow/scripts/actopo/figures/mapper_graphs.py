"""
Fig. 8 (and 9, 11, 13) of [1]_: mapper graphs in a grid, samplings by layers, nodes as pies of class composition.

`actopo.figures.graph_layout` places the nodes. Where it is known in how many other graphs nodes, branches and cycles
are found (`actopo.graphs.confidence`), what is found in few is faint.

References
----------
.. [1] Purvine et al. (2023), "Experimental Observations of the Topology of Convolutional Neural Network
   Activations".
"""

from itertools import pairwise

import numpy as np
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_rgba_array
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.path import Path
from matplotlib.transforms import IdentityTransform

from actopo.errors import InputError
from actopo.figures import style, texts
from actopo.figures.graph_layout import ASPECT, ends_of, layout

FULL_WIDTH = 9.5
MAX_CELL = 2.8
LEFT, RIGHT, TOP, STRIP = 0.25, 1.0, 0.25, 0.3
MAX_RADIUS = 0.032
MIN_RADIUS = 0.95
EDGE = "0.62"
# Opacity of what is in no other graph.
FAINTEST = 0.3


@style.styled
def plot(graphs, rows, columns, class_names, seed=0, confidence=None):
    """
    Draw a grid of mapper graphs.

    Parameters
    ----------
    graphs : sequence of sequence of dict
        `graphs[i][j]` is the graph of row i and column j in node-link form: `nodes` (each with `id`, `size`,
        `composition` {class name: number of points} and `lens_mean`), `links` (`source`, `target`, `shared`)
        and `graph` (`eps`). A graph may have no node.
    rows : sequence of str
        Names of the rows, such as the samplings.
    columns : sequence of int or str
        Names of the columns; an integer is a layer.
    class_names : sequence of str
        Names of the classes, in the order of the legend.
    seed : int, default 0
        Seed of `layout`.
    confidence : dict of (int, int) to dict, optional
        For some graphs, by row and column: lists `node`, `branch` and `cycle` of dicts with `nodes`, the numbers of its
        nodes in the order of the graph (those of a cycle in their order along it), and `share`, the share of other
        graphs that have it. A node is drawn in its opacity, an edge in that of a cycle on which it lies, else in that
        of its branch, else in that of its weaker end. Other graphs are drawn opaque.

    Returns
    -------
    matplotlib.figure.Figure

    Notes
    -----
    In a row, a node's area is proportional to its number of points, with a smallest area that keeps small nodes
    visible; an edge's width grows with the square root of the number of shared points.

    Raises
    ------
    InputError
        If `graphs` does not match `rows` and `columns`, or a node has a class without a name.
    """
    if not len(rows) or not len(columns):
        raise InputError("the grid of mapper graphs is empty; list at least one sampling and one layer")
    if len(graphs) != len(rows) or any(len(row) != len(columns) for row in graphs):
        raise InputError(f"the grid of mapper graphs must be {len(rows)} x {len(columns)}, as its rows and columns")
    cell = min(MAX_CELL, (FULL_WIDTH - LEFT - RIGHT) / len(columns))
    width = LEFT + cell * len(columns) + RIGHT
    entries = max(1, int(width / (0.3 + 0.056 * max(map(len, class_names), default=0))))
    # A second line below the legend.
    extra = 0.13 if confidence else 0
    footer = 0.35 + extra + 0.15 * -(-len(class_names) // entries)
    height = TOP + len(rows) * (ASPECT * cell + STRIP) + footer
    figure = style.new_figure(width, height, layout=None)
    colours = dict(zip(class_names, style.class_colours(len(class_names)), strict=True))

    for i, (name, row) in enumerate(zip(rows, graphs, strict=True)):
        bottom = height - TOP - (i + 1) * (ASPECT * cell + STRIP) + STRIP
        scale = _Scale(row, cell)
        middle = (bottom + ASPECT * cell / 2) / height
        figure.text(0.13 / width, middle, texts.plain(name), rotation=90, ha="center", va="center", size=7.5)
        for j, (column, graph) in enumerate(zip(columns, row, strict=True)):
            box = (LEFT + (j + 0.02) * cell, bottom + 0.02 * cell, 0.96 * cell, 0.96 * ASPECT * cell)
            axes = figure.add_axes([box[0] / width, box[1] / height, box[2] / width, box[3] / height])
            _draw(axes, graph, scale, colours, seed, _opacity(graph, (confidence or {}).get((i, j))))
            if i == 0:
                axes.set_title(f"layer {column}" if isinstance(column, int | np.integer) else texts.plain(column))
        _size_legend(figure, scale, (LEFT + cell * len(columns) + 0.08) / width, middle)

    handles = [Patch(facecolor=colour, label=texts.plain(name)) for name, colour in colours.items()]
    spacing = {
        "borderpad": 0,
        "borderaxespad": 0,
        "columnspacing": 1.2,
        "handlelength": 0.9,
        "handleheight": 0.9,
    }
    anchor = (0.5, (0.17 + extra) / height)
    figure.legend(handles=handles, loc="lower center", bbox_to_anchor=anchor, ncols=entries, **spacing)
    note = r"in each component the lens grows from left to right $\rightarrow$"
    if confidence:
        figure.text(0.5, 0.05 / height, "what is faint is in few of the other graphs", ha="center")
    figure.text(0.5, (0.05 + extra) / height, note, ha="center")
    return figure


class _Scale:
    """Scale from points to areas and from shared points to line widths, in printer's points; one for each row."""

    def __init__(self, graphs, cell):
        self.largest = max((node["size"] for graph in graphs for node in graph["nodes"]), default=0)
        self.shared = max((link["shared"] for graph in graphs for link in graph["links"]), default=0)
        most = max((len(graph["nodes"]) for graph in graphs), default=0)
        n_links = max((len(graph["links"]) for graph in graphs), default=0)
        # Many edges are drawn thinner, since they would fill the space between the nodes otherwise.
        self.widest = min(1.2, np.sqrt(400 / max(n_links, 1)))
        # The smallest discs of the densest graph may cover a quarter of its cell at most.
        self.top = (MAX_RADIUS * 72 * cell) ** 2
        self.floor = min(MIN_RADIUS**2, 0.25 * ASPECT * (72 * cell) ** 2 / (np.pi * max(most, 1)))

    def squared_radius(self, size):
        return np.maximum(self.top * np.asarray(size, float) / max(self.largest, 1), self.floor)

    def line_width(self, shared):
        return 0.2 + self.widest * np.sqrt(np.asarray(shared, float) / max(self.shared, 1))


def _opacity(graph, confidence):
    """Opacity of nodes and of edges."""
    ends = ends_of(graph)
    if confidence is None:
        return np.ones(len(graph["nodes"])), np.ones(len(ends))
    shares = {kind: [item["share"] or 0 for item in confidence[kind]] for kind in ("node", "branch", "cycle")}
    of_nodes = np.array(shares["node"])
    if len(of_nodes) != len(graph["nodes"]):
        raise InputError(
            f"confidence is of {len(of_nodes)} nodes and the graph has {len(graph['nodes'])}; give its own"
        )
    of_edges = of_nodes[ends].min(axis=1, initial=1)
    for item, share in zip(confidence["branch"], shares["branch"], strict=True):
        of_edges[np.isin(ends, item["nodes"]).all(axis=1)] = share
    on_cycles = {}
    for item, share in zip(confidence["cycle"], shares["cycle"], strict=True):
        for edge in zip(item["nodes"], item["nodes"][1:] + item["nodes"][:1], strict=True):
            on_cycles[frozenset(edge)] = max(share, on_cycles.get(frozenset(edge), 0))
    of_edges = [on_cycles.get(frozenset(edge), share) for edge, share in zip(ends.tolist(), of_edges, strict=True)]
    return FAINTEST + (1 - FAINTEST) * of_nodes, FAINTEST + (1 - FAINTEST) * np.array(of_edges)


def _over_white(colour, opacity):
    """Colours over white, since what lies below would shine through."""
    opacity = np.reshape(opacity, (-1, 1))
    return (1 - opacity) + opacity * to_rgba_array(colour)[:, :3]


def _draw(axes, graph, scale, colours, seed, opacity):
    axes.set_axis_off()
    nodes, links = graph["nodes"], graph["links"]
    eps = graph.get("graph", {}).get("eps")
    note = f"{_count(len(nodes), 'node')}, {_count(len(links), 'edge')}" + ("" if eps is None else f"\nε = {eps:.4g}")
    axes.text(0.5, -0.02, note, transform=axes.transAxes, ha="center", va="top", size=6, linespacing=1.15)
    if not nodes:
        axes.text(0.5, 0.5, "no node: all noise", transform=axes.transAxes, ha="center", va="center", color="0.35")
        return
    position = layout(graph, seed)
    low, high = position.min(axis=0), position.max(axis=0)
    reach = 0.55 * max(high[0] - low[0], (high[1] - low[1]) / ASPECT, 1)
    centre = (low + high) / 2
    axes.set_xlim(centre[0] - reach, centre[0] + reach)
    axes.set_ylim(centre[1] - reach * ASPECT, centre[1] + reach * ASPECT)
    axes.set_aspect("equal")
    axes.add_collection(
        LineCollection(
            position[ends_of(graph)],
            linewidths=scale.line_width([link["shared"] for link in links]),
            colors=_over_white(EDGE, opacity[1]),
            capstyle="round",
            clip_on=False,
            zorder=1,
        ),
        autolim=False,
    )
    axes.add_collection(_pies(axes, nodes, position, scale, colours, opacity[0]), autolim=False)


def _count(number, what):
    return f"{number} {what}{'' if number == 1 else 's'}"


def _pies(axes, nodes, position, scale, colours, opacity):
    """All nodes as one collection: discs in the colour of the largest class, and wedges on those of mixed nodes."""
    squared = scale.squared_radius([node["size"] for node in nodes])
    disc = Path.unit_circle()
    paths, owner, face, outlined = [], [], [], []
    for index in np.argsort(-squared, kind="stable"):
        composition = nodes[index]["composition"]
        unnamed = sorted(set(composition) - set(colours))
        if unnamed:
            raise InputError(f"a mapper node has points of class {unnamed[0]!r}, which has no name in the legend")
        counts = [(label, composition[label]) for label in colours if composition.get(label, 0) > 0]
        largest = max(counts, key=lambda pair: pair[1])[0] if counts else None
        parts = [disc]
        shades = [style.MISSING if largest is None else colours[largest]]
        if len(counts) > 1:
            bounds = 90 - 360 * np.cumsum([0, *(count for _, count in counts)]) / sum(count for _, count in counts)
            parts += [Path.wedge(end, start) for start, end in pairwise(bounds)]
            shades += [colours[label] for label, _ in counts]
        paths += parts
        face += shades
        owner += [index] * len(parts)
        outlined += [True] + [False] * (len(parts) - 1)
    pies = PathCollection(
        paths,
        sizes=squared[owner],
        offsets=position[owner],
        offset_transform=axes.transData,
        facecolors=_over_white(face, opacity[owner]),
        edgecolors=["white" if line else "none" for line in outlined],
        linewidths=np.where(outlined, 0.2, 0),
        clip_on=False,
        zorder=2,
    )
    pies.set_transform(IdentityTransform())
    return pies


def _size_legend(figure, scale, x, y):
    if not scale.largest:
        return
    smallest = int(scale.floor * scale.largest / scale.top)
    top = _round_down(scale.largest)
    sizes = {size: f"{size:,}" for size in (top, top // 4) if size > smallest}
    if smallest:
        sizes[smallest] = f"{smallest:,} or fewer"
    disc = {"linestyle": "none", "marker": "o", "markerfacecolor": "0.45", "markeredgewidth": 0}
    handles = [
        Line2D([], [], markersize=2 * float(np.sqrt(scale.squared_radius(size))), label=label, **disc)
        for size, label in sizes.items()
    ]
    widest = _round_down(scale.shared)
    for shared in (widest, widest // 10):
        if shared:
            line = {"color": EDGE, "linewidth": float(scale.line_width(shared))}
            handles.append(Line2D([], [], label=f"{shared:,} shared", **line))
    spacing = {
        "borderpad": 0,
        "borderaxespad": 0,
        "handlelength": 1.7,
        "handletextpad": 0.5,
        "labelspacing": 0.75,
    }
    legend = figure.legend(handles=handles, loc="center left", bbox_to_anchor=(x, y), alignment="left", **spacing)
    legend.set_title("points in a node")


def _round_down(number):
    """Largest of 1, 2, 5, 10, 20, ... up to `number` (0 below 1)."""
    power = 10 ** (len(str(int(number))) - 1)
    return max((step * power for step in (1, 2, 5) if step * power <= number), default=0)
