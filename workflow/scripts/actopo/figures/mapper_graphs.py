"""
Fig. 8 (and 9, 11, 13) of [1]_: mapper graphs in a grid, samplings by layers, nodes as pies of class composition.

`actopo.figures.graph_layout` places the nodes. A cell is as wide as its graphs have nodes, and a row as high as its
graphs need; with many columns it has several lines. Where it is known in how many other graphs nodes, branches and
cycles are found (`actopo.graphs.confidence`), what is found in few is faint.

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
from actopo.figures import legends, style, texts
from actopo.figures.graph_layout import ASPECT, ends_of, layout, spread

# Cells of a line, which have room for the numbers of nodes and edges.
MOST_COLUMNS = 7
# Lengths in inches: of the page; of a cell, by the square root of the most nodes; of what is around cells.
FULL_WIDTH, LEAST_WIDTH = 7.2, 3.5
CELL, MIN_CELL, MAX_CELL, MIN_HEIGHT = 0.4, 1.3, 3.4, 0.45
LEFT, RIGHT, TOP, NOTE, SIZES, LINE = 0.35, 0.05, 0.1, 0.26, 0.26, 0.13
# In points: radii of discs, the largest also as a share of the cell's width, and the least distance between two, which
# is less where nodes are many: a share of the root of a node's part of the cell. Components would mix otherwise.
MAX_RADIUS, MAX_SHARE, MIN_RADIUS, BETWEEN, MOST_BETWEEN = 7.0, 0.065, 1.9, 1.6, 0.2
# Share of a cell that the discs of a graph may cover, and the smallest discs alone.
COVERED, LEAST_COVERED = 0.16, 0.12
# Width of a letter of a title, in points.
LETTER = 4.4
EDGE = "0.62"
# Opacity of what is in no other graph.
FAINTEST = 0.3


@style.styled
def plot(graphs, rows, columns, class_names, seed=0, confidence=None, colours=None, labels=None):
    """
    Draw a grid of mapper graphs.

    Parameters
    ----------
    graphs : sequence of sequence of dict
        `graphs[i][j]` is the graph of row i and column j in node-link form: `nodes` (each with `id`, `size`,
        `composition` {class name: number of points} and `lens_mean`, and with a second lens `lens2_mean`), `links`
        (`source`, `target`, `shared`) and `graph` (`eps`). A graph may have no node.
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
    colours : sequence of str, optional
        A colour for each class; by default those of `actopo.figures.style.class_colours`.
    labels : str, optional
        What the classes are of, if not of the images' own: it stands below the graphs.

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
    n_lines = -(-len(columns) // MOST_COLUMNS)
    per_line = -(-len(columns) // n_lines)
    lines = [range(len(columns))[start : start + per_line] for start in range(0, len(columns), per_line)]
    cell = _cell_width(graphs, per_line)
    width = max(LEFT + cell * per_line + RIGHT, LEAST_WIDTH)
    left = LEFT + (width - LEFT - RIGHT - cell * per_line) / 2
    titles = [_title(column, int(72 * cell / LETTER)) for column in columns]
    scales = [_Scale(row, cell) for row in graphs]
    placed = [[_Placed(graph, scale, cell, seed) for graph in row] for row, scale in zip(graphs, scales, strict=True)]
    heights = [[max(MIN_HEIGHT, *(row[j].height for j in line)) for line in lines] for row in placed]
    figure = style.new_figure(width, 1, layout=None)
    shown = texts.short_names(class_names)
    in_legend = legends.legend_columns(figure, shown, width - 0.2)
    are_two = any("lens2_mean" in node for row in graphs for graph in row for node in graph["nodes"])
    lens = "first lens" if are_two else "lens"
    notes = [rf"in each component the {lens} grows from left to right $\rightarrow$"]
    if labels:
        notes.insert(0, f"colours: {texts.short(labels)}")
    if confidence:
        notes.append("what is faint is in few of the other graphs")
    # Above the first row, or above every line where a row has several.
    titled = LINE * (1 + max(title.count("\n") for title in titles))
    above = titled + 0.08 if n_lines > 1 else 0
    top = TOP + (0 if above else titled)
    footer = LINE * len(notes) + legends.LEGEND_ROW * -(-len(shown) // in_legend) + 0.15
    height = top + sum(map(sum, heights)) + len(rows) * (n_lines * (above + NOTE) + SIZES) + footer
    figure.set_figheight(height)

    colours = dict(zip(class_names, colours or style.class_colours(len(class_names)), strict=True))
    y = height - top
    for i, (name, row) in enumerate(zip(rows, placed, strict=True)):
        block = sum(heights[i]) + n_lines * (above + NOTE) + SIZES
        text = texts.wrapped(name, int(72 * block / LETTER))
        middle = (y - block / 2) / height
        figure.text(
            0.16 / width, middle, text, rotation=90, ha="center", va="center", multialignment="center", size=7.5
        )
        for line, high in zip(lines, heights[i], strict=True):
            y -= above + high
            for place, j in enumerate(line):
                box = np.array([left + place * cell, y, cell, high])
                axes = figure.add_axes(box / (width, height, width, height))
                opacity = _opacity(row[j].graph, (confidence or {}).get((i, j)))
                _draw(axes, row[j], box[2:], scales[i], colours, opacity)
                if i == 0 or above:
                    axes.set_title(titles[j])
            y -= NOTE
        _size_legend(figure, scales[i], y / height)
        y -= SIZES

    handles = [Patch(facecolor=colour, label=label) for label, colour in zip(shown, colours.values(), strict=True)]
    for line, note in enumerate(notes[::-1]):
        figure.text(0.5, (0.05 + LINE * line) / height, note, ha="center")
    anchor = (0.5, (0.08 + LINE * len(notes)) / height)
    place = {"loc": "lower center", "bbox_to_anchor": anchor, "borderpad": 0, "borderaxespad": 0}
    figure.legend(handles=handles, ncols=in_legend, **place, **legends.LEGEND)
    return figure


def _cell_width(graphs, n_columns):
    """Width of a cell in inches: small graphs need little of the page."""
    most = max((len(graph["nodes"]) for row in graphs for graph in row), default=0)
    return min(float(np.clip(CELL * np.sqrt(most), MIN_CELL, MAX_CELL)), (FULL_WIDTH - LEFT - RIGHT) / n_columns)


def _title(column, most):
    """Title of a column: a layer's number, or a name, in lines of at most `most` letters."""
    if isinstance(column, int | np.integer):
        return f"layer {column}"
    lines = str(column).split("\n")
    return texts.wrapped(column, most) if len(lines) == 1 else "\n".join(texts.short(line, most) for line in lines)


class _Placed:
    """A graph, the places of its nodes, and the height in inches that it takes in a cell."""

    def __init__(self, graph, scale, cell, seed):
        self.graph = graph
        self.squared_radius = scale.squared_radius([node["size"] for node in graph["nodes"]])
        radius, room = np.sqrt(self.squared_radius), np.array([0.96, 0.96 * ASPECT]) * 72 * cell
        side = np.sqrt(room.prod())
        gap = min(BETWEEN, MOST_BETWEEN * side / np.sqrt(max(len(radius), 1)))
        self.position, self.scale = spread(layout(graph, seed, (radius + gap / 2) / side), radius, room, gap)
        high = np.ptp(self.position[:, 1]) if len(radius) else 0
        self.height = (high * self.scale + 2 * radius.max(initial=0)) / 72 / 0.96


class _Scale:
    """Scale from points to areas and from shared points to line widths, in printer's points; one for each row."""

    def __init__(self, graphs, cell):
        self.largest = max((node["size"] for graph in graphs for node in graph["nodes"]), default=0)
        self.shared = max((link["shared"] for graph in graphs for link in graph["links"]), default=0)
        n_links = max((len(graph["links"]) for graph in graphs), default=0)
        # Many edges are drawn thinner, since they would fill the space between the nodes otherwise.
        self.widest = min(1.2, np.sqrt(400 / max(n_links, 1)))
        area = ASPECT * (72 * cell) ** 2 / np.pi
        most = max((len(graph["nodes"]) for graph in graphs), default=0)
        total = max((sum(node["size"] for node in graph["nodes"]) for graph in graphs), default=0)
        self.floor = min(MIN_RADIUS**2, LEAST_COVERED * area / max(most, 1))
        largest = min(MAX_RADIUS, MAX_SHARE * 72 * cell) ** 2
        self.top = max(min(largest, COVERED * area * self.largest / max(total, 1)), self.floor)

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


def _draw(axes, placed, box, scale, colours, opacity):
    """Draw a graph in axes whose width and height in inches are `box`."""
    axes.set_axis_off()
    nodes, links = placed.graph["nodes"], placed.graph["links"]
    eps = placed.graph.get("graph", {}).get("eps")
    note = f"{_count(len(nodes), 'node')}, {_count(len(links), 'edge')}" + ("" if eps is None else f"\nε = {eps:.4g}")
    below = {"xytext": (0, -2), "textcoords": "offset points", "ha": "center", "va": "top", "size": 6}
    axes.annotate(note, (0.5, 0), xycoords="axes fraction", linespacing=1.15, **below)
    if not nodes:
        axes.text(0.5, 0.5, "no node: all noise", transform=axes.transAxes, ha="center", va="center", color="0.35")
        return
    position = placed.position
    centre = (position.min(axis=0) + position.max(axis=0)) / 2
    reach = 36 * box / placed.scale
    axes.set_xlim(centre[0] - reach[0], centre[0] + reach[0])
    axes.set_ylim(centre[1] - reach[1], centre[1] + reach[1])
    axes.add_collection(
        LineCollection(
            position[ends_of(placed.graph)],
            linewidths=scale.line_width([link["shared"] for link in links]),
            colors=_over_white(EDGE, opacity[1]),
            capstyle="round",
            clip_on=False,
            zorder=1,
        ),
        autolim=False,
    )
    axes.add_collection(_pies(axes, nodes, position, placed.squared_radius, colours, opacity[0]), autolim=False)


def _count(number, what):
    return f"{number} {what}{'' if number == 1 else 's'}"


def _pies(axes, nodes, position, squared, colours, opacity):
    """All nodes as one collection: discs in the colour of the largest class, and wedges on those of mixed nodes."""
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


def _size_legend(figure, scale, y):
    """One line below a height: discs of some sizes, and edges of some numbers of shared points."""
    if not scale.largest:
        return
    smallest = max(int(scale.floor * scale.largest / scale.top), 1)
    top = _round_down(scale.largest)
    sizes = {size: _short_count(size) for size in (top, top // 4) if size > 1.2 * smallest}
    sizes[smallest] = f"≤ {_short_count(smallest)} points" if smallest > 1 else "1 point"
    disc = {"linestyle": "none", "marker": "o", "markerfacecolor": "0.45", "markeredgewidth": 0}
    handles = [
        Line2D([], [], markersize=2 * float(np.sqrt(scale.squared_radius(size))), label=label, **disc)
        for size, label in sizes.items()
    ]
    widest = _round_down(scale.shared)
    for shared in sorted({widest, widest // 10} - {0}, reverse=True):
        line = {"color": EDGE, "linewidth": float(scale.line_width(shared))}
        last = shared < 10 or shared < widest
        handles.append(Line2D([], [], label=_short_count(shared) + " shared" * last, **line))
    spacing = {"borderpad": 0, "borderaxespad": 0.2, "handlelength": 2.2, "handletextpad": 0.3, "columnspacing": 0.9}
    figure.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, y), ncols=len(handles), **spacing)


def _short_count(number):
    return f"{number:,}" if number < 1e6 else f"{number / 1e6:.3g} M"


def _round_down(number):
    """Largest of 1, 2, 5, 10, 20, ... up to `number` (0 below 1)."""
    power = 10 ** (len(str(int(number))) - 1)
    return max((step * power for step in (1, 2, 5) if step * power <= number), default=0)
