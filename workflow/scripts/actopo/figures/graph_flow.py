"""
How mapper graphs of neighbouring layers are related: their distances, and the flow of images from node to node.

A distance of two graphs (`actopo.graphs.distances`) is compared with its chance level, the distance after the
images of one graph are permuted. The flow says in which nodes of one graph the images of a node of the other lie. The
first layer of a pair, in the order of the axis, is on the left, in both panels. A node has the colour of the class of
whose points it holds the largest share, so that a frequent class is not the largest everywhere.
"""

from collections import Counter

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from actopo.errors import InputError
from actopo.figures import legends, style, texts

COLUMNS = ("sampling", "layer_a", "layer_b", "distance", "chance_low", "chance_high")
DODGE = 0.13
BAR = 0.05
GAP = 0.012
STEPS = 40
NO_NODE, OTHERS = "0.55", style.MISSING
WIDTH, HEIGHT = 7.2, 3.3
# Letters of a line that fit below one half of the flows, and below a pair of layers.
MOST_TITLE, MOST_LAYER = 26, 16
# Pairs of numbers that stand beside each other.
MOST_PAIRS = 8


def in_order(table, flows, layers, axis):
    """
    Distances and flows between graphs of layers from the earlier to the later layer.

    Parameters
    ----------
    table : DataFrame
        Columns `layer_a` and `layer_b`; the other columns do not depend on the order of the two.
    flows : ndarray of shape (n, m)
        Flow from the nodes of the graph of `layers[0]` to those of the graph of `layers[1]`.
    layers : pair of int
    axis : sequence of int
        All layers, the earliest first.

    Returns
    -------
    table : DataFrame
        The rows, `layer_a` before `layer_b`, in the order of the layers; rows of equal layers keep their order.
    flows : ndarray
        Transposed if `layers[0]` is the later one.
    """
    place = {layer: index for index, layer in enumerate(axis)}
    ends = np.array([table.layer_a.map(place), table.layer_b.map(place)])
    first, second = (np.array(axis)[ends.min(axis=0)], np.array(axis)[ends.max(axis=0)])
    table = table.assign(layer_a=first, layer_b=second).iloc[np.lexsort((ends.max(axis=0), ends.min(axis=0)))]
    return table, flows if place[layers[0]] < place[layers[1]] else flows.T


@style.styled
def plot(
    table,
    flows=None,
    graphs=None,
    titles=("first graph", "second graph"),
    class_names=(),
    label="distance",
    layer_names=None,
    classes=None,
):
    """
    Draw distances against their chance level, and the largest flows between the nodes of two graphs.

    Parameters
    ----------
    table : DataFrame
        A row per sampling and pair of layers: columns `sampling`, `layer_a`, `layer_b`, `distance`, and
        `chance_low` and `chance_high`, the interval for permuted images. Pairs keep their order. With a column `p`,
        the p-value of a distance that low, the marker is empty where it is above 0.05; with `distance_low` and
        `distance_high`, the interval over networks and draws, a bar stands behind it.
    flows : tuple of ndarray, optional
        `source`, `target` and `mass` of the largest flows, from `actopo.graphs.distances.flow_table`. The index
        after a graph's last node stands for points in no node. None leaves the panel out.
    graphs : pair of dict, optional
        The two graphs in node-link form, from `actopo.mapper.node_link.node_link`: `nodes` with `composition` and
        `lens_mean`, and with a second lens `lens2_mean`. Needed with `flows`.
    titles : pair of str
        Names of the two graphs.
    class_names : sequence of str
        Names of the classes. A node has the colour of the class of whose points in the graph it holds the largest
        share, a flow that of its source node.
    label : str, default 'distance'
        Label of the distances, with their unit.
    layer_names : dict of int to str, optional
        Names of layers that are outputs of modules, by number; other layers are shown by their number.
    classes : int or sequence of str, optional
        Classes with colours of their own, where nodes have more: so many of those whose nodes have the largest flows,
        or these. The others share one. By default all.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If the table lacks a column or has no row, flows come without graphs, a flow names a node or a node a
        class that does not exist, or no flow is above 0.
    """
    style.require_columns(table, COLUMNS, "the table of graph distances")
    n_lines = table.sampling.nunique()
    if flows is None:
        figure = style.new_figure(3.5, 2.3 + legends.LEGEND_ROW * n_lines)
        _draw_distances(figure.subplots(), table, label, layer_names)
        return figure
    if graphs is None:
        raise InputError("flows need the two graphs that they run between; give both in node-link form")
    figure = style.new_figure(WIDTH, HEIGHT)
    distances, sankey = figure.subplots(1, 2, width_ratios=(1, 1.15))
    _draw_distances(distances, table, label, layer_names)
    handles = _draw_flows(sankey, flows, graphs, titles, class_names, classes)
    columns = legends.legend_columns(figure, [handle.get_label() for handle in handles], WIDTH - 0.3)
    figure.legend(handles=handles, loc="outside lower center", ncols=columns, **legends.LEGEND)
    # What is below and above the panels takes nothing from them.
    rows = -(-len(handles) // columns) + -(-n_lines // 2)
    figure.set_figheight(HEIGHT + legends.LEGEND_ROW * rows + (0.5 if layer_names else 0))
    for axes, letter in ((distances, "a"), (sankey, "b")):
        style.panel_letter(axes, letter)
    return figure


def _draw_distances(axes, table, label, names):
    pairs = list(dict.fromkeys(zip(table.layer_a, table.layer_b, strict=True)))
    samplings = list(dict.fromkeys(table.sampling))
    lines = zip(samplings, texts.short_names(samplings), style.line_styles(len(samplings)), strict=True)
    for index, (sampling, name, line) in enumerate(lines):
        own = table[table.sampling == sampling]
        shift = DODGE * (index - (len(samplings) - 1) / 2)
        x = np.array([pairs.index(pair) for pair in zip(own.layer_a, own.layer_b, strict=True)]) + shift
        chance = {"color": line["color"], "alpha": 0.35, "linewidth": 4, "zorder": 2}
        # The ends are drawn too, so that a very short interval is still visible.
        axes.vlines(x, own.chance_low, own.chance_high, **chance)
        for end in ("chance_low", "chance_high"):
            axes.hlines(own[end], x - 0.05, x + 0.05, color=line["color"], linewidth=0.8, zorder=2)
        axes.plot(x, own.distance, label=name, zorder=3, **{**line, "linestyle": "none", "markersize": 4.5})
        if "distance_low" in own:
            axes.vlines(x, own.distance_low, own.distance_high, color=line["color"], linewidth=1, zorder=3)
        if "p" in own and (chance := (own.p > style.LEVEL).to_numpy()).any():
            empty = {**line, "linestyle": "none", "markersize": 4.5, **style.empty_marker(line["color"])}
            axes.plot(x[chance], own.distance[chance], zorder=4, **empty)
    # Names of layers are too wide for one line.
    between = "–\n" if names else "–"
    named = [between.join(texts.short((names or {}).get(layer, layer), MOST_LAYER) for layer in pair) for pair in pairs]
    axes.set_xticks(range(len(pairs)), named, **({"rotation": 90} if names or len(pairs) > MOST_PAIRS else {}))
    axes.set_xlim(-0.5, len(pairs) - 0.5)
    # Distances of graphs that share few images differ from chance by less than a thousandth.
    axes.margins(y=0.08)
    axes.ticklabel_format(axis="y", useOffset=False)
    # What differs by its rounding alone has labels of sixteen digits.
    low, high = axes.get_ylim()
    if high - low < 1e-6 * high:
        axes.set_ylim(low - 1e-4 * high, high + 1e-4 * high)
    if table.distance.isna().all():
        axes.text(0.5, 0.5, "no value", transform=axes.transAxes, ha="center", color="0.35")
    axes.grid(axis="y")
    axes.set_xlabel("pair of layers")
    axes.set_ylabel(label)
    handles, _ = axes.get_legend_handles_labels()
    handles.append(Patch(facecolor=NO_NODE, alpha=0.5, label="chance: images permuted"))
    if "p" in table and (table.p > style.LEVEL).any():
        empty = {"marker": "o", "linestyle": "none", **style.empty_marker(NO_NODE)}
        handles.append(Line2D([], [], label=f"p > {style.LEVEL:g}", **empty))
    place = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.06), "ncols": 2, "borderaxespad": 0}
    axes.legend(handles=handles, **legends.LEGEND, **place)


def _draw_flows(axes, flows, graphs, titles, class_names, classes):
    source, target, mass = (np.asarray(part) for part in flows)
    if not len(mass) or not (mass > 0).all():
        raise InputError("the flows between the two graphs must be above 0, and at least one")
    ends = zip((source, target), graphs, strict=True)
    sides = [_Side(nodes, graph["nodes"], mass, set(class_names)) for nodes, graph in ends]
    colours, n_others = _colours(sides, class_names, classes)
    for side in sides:
        side.colour = {node: colours.get(label, OTHERS if label else NO_NODE) for node, label in side.label.items()}
    t = np.linspace(0, 1, STEPS)
    ease = t * t * (3 - 2 * t)
    x = BAR + t * (1 - 2 * BAR)
    # Flows leave a node in the order in which they arrive, so that those of one node do not cross.
    left = sides[0].stack(source, sides[1].bottom, target, mass)
    right = sides[1].stack(target, sides[0].bottom, source, mass)
    ribbons = []
    for low, high, size in zip(left, right, mass, strict=True):
        lower = low + (high - low) * ease
        ribbons.append(np.column_stack([np.r_[x, x[::-1]], np.r_[lower, lower[::-1] + size]]))
    shades = [sides[0].colour[node] for node in source]
    axes.add_collection(PolyCollection(ribbons, facecolors=shades, alpha=0.5, linewidths=0, zorder=1))
    for side, start in zip(sides, (0, 1 - BAR), strict=True):
        for node, low in side.bottom.items():
            axes.bar(start, side.total[node], BAR, low, align="edge", color=side.colour[node], linewidth=0, zorder=2)
    height = max(side.height for side in sides)
    axes.set(xlim=(0, 1), ylim=(-0.01 * height, 1.01 * height))
    axes.set_axis_off()
    for title, place, side in zip(titles, (0, 1), ("left", "right"), strict=True):
        text = texts.wrapped(title, MOST_TITLE)
        axes.text(place, -0.02, text, transform=axes.transAxes, ha=side, va="top", multialignment=side)
    axes.annotate("", (-0.035, 0.95), (-0.035, 0.05), "axes fraction", arrowprops={"arrowstyle": "->", "lw": 0.7})
    lens = "first lens" if any("lens2_mean" in node for graph in graphs for node in graph["nodes"]) else "lens"
    axes.text(-0.055, 0.5, f"mean {lens} of the node", transform=axes.transAxes, rotation=90, ha="right", va="center")
    count = "the largest flow" if len(mass) == 1 else f"the {len(mass)} largest flows"
    axes.set_title(f"{count}: {100 * mass.sum():.0f} % of the images")
    used = {side.label[node] for side in sides for node in side.bottom}
    shown = dict(zip(class_names, texts.short_names(class_names), strict=True))
    handles = [Patch(facecolor=colours[name], label=shown[name]) for name in class_names if name in used & set(colours)]
    if n_others:
        handles.append(Patch(facecolor=OTHERS, label=f"{n_others} others"))
    if None in used:
        handles.append(Patch(facecolor=NO_NODE, label="in no node"))
    return handles


def _colours(sides, class_names, chosen):
    """Colours of the classes of nodes that have their own, and how many classes of nodes there are besides."""
    flow = Counter()
    for side in sides:
        for node, label in side.label.items():
            flow[label] += side.total[node]
    used = [name for name in class_names if name in flow]
    if isinstance(chosen, int):
        # Sorting keeps the order of equal ones.
        chosen = sorted(used, key=lambda name: -flow[name])[:chosen]
    kept = used if chosen is None else [name for name in used if name in set(chosen)]
    if len(used) - len(kept) < 2:
        kept = used
    # Colours of many classes can hardly be told apart; those of few are the same in all figures.
    shown = class_names if len(class_names) <= len(style.MUTED + style.MORE) else kept
    colours = dict(zip(shown, style.class_colours(len(shown)), strict=True))
    return {name: colours[name] for name in kept}, len(used) - len(kept)


class _Side:
    """Nodes of one graph in a column, by their lens from the bottom up, each as high as its flows."""

    def __init__(self, flowing, nodes, mass, known):
        found = np.unique(flowing)
        if not 0 <= found[0] <= found[-1] <= len(nodes):
            raise InputError(f"a flow names node {found[-1]}, but the graph has {len(nodes)} nodes; give its own graph")
        self.total, self.label = {}, {}
        of_class = sum((Counter(node["composition"]) for node in nodes), Counter())
        for node in found:
            self.total[node] = mass[flowing == node].sum()
            composition = nodes[node]["composition"] if node < len(nodes) else {}
            unnamed = sorted(set(composition) - known)
            if unnamed:
                raise InputError(f"a mapper node has points of class {unnamed[0]!r}, which is not among the classes")
            shares = {name: count / max(of_class[name], 1) for name, count in composition.items()}
            self.label[node] = max(shares, key=shares.get, default=None)
        lens = {node: nodes[node]["lens_mean"] if node < len(nodes) else -np.inf for node in found}
        self.bottom, self.height = {}, 0.0
        for node in sorted(found, key=lens.get):
            self.bottom[node] = self.height
            self.height += self.total[node] + GAP * mass.sum()

    def stack(self, own, other_bottom, others, mass):
        """Lower end of every flow on its node."""
        low, used = np.empty(len(mass)), dict(self.bottom)
        for flow in sorted(range(len(mass)), key=lambda flow: other_bottom[others[flow]]):
            low[flow] = used[own[flow]]
            used[own[flow]] += mass[flow]
        return low
