"""
How the radius of DBSCAN was chosen: the sorted distances between nearest neighbours, and the value on the curve.

The rule is the knee of the curve, or the median if it has none (`actopo.mapper.eps.choose_eps`), or the middle of the
range over which the graph stays (`actopo.mapper.all_eps.stable_eps`), or a fixed number. The rank of a knee stands in
its panel, since a knee at one of the first ranks is that of a few points. A curve of hundreds of thousands of points is
drawn with a few hundred of them, equally spaced on the axis.
"""

import numpy as np

from actopo.errors import InputError
from actopo.figures import legends, style, texts

RULES = {"knee": "knee", "stable": "middle of the plateau", "median": "median: no knee", "fixed": "fixed"}
MARKS = {"knee": "o", "stable": "^", "median": "s", "fixed": "D"}
PER_ROW = 6
# Panels beside each other in which a line of text has room.
MOST_WIDE = 4
MOST_POINTS = 400
# Letters of the name of a layer.
MOST_LAYER = 12


@style.styled
def plot(curves, layer_names=None):
    r"""
    Draw a panel per graph: distances in descending order, and eps at its rank.

    Parameters
    ----------
    curves : sequence of dict
        Each with `sampling`, `layer`, `distances` (ndarray of shape (n,), each point's distance to its nearest
        neighbour), `eps`, `rule` ('knee', 'stable', 'median' or 'fixed') and `noise_share` (share of the points in no
        node, or None). Where each sampling has the same layers in the same order, rows are samplings.
    layer_names : dict of int to str, optional
        Names of layers that are outputs of modules, by number; other layers are shown by their number.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If there is no curve, a curve has no distance or one that is not finite, a rule is unknown, or eps is not
        positive.
    """
    if not len(curves):
        raise InputError("the figure of eps is empty; give at least one curve")
    for curve in curves:
        _check(curve)
    per_row = _per_row(curves)
    rows, columns = style.grid_shape(len(curves), per_row)
    figure = style.new_figure(7.2 if columns > 2 else 3.5, 0.65 + 1.55 * rows)
    panels, _ = style.panel_grid(figure, len(curves), per_row)
    for index, (axes, curve) in enumerate(zip(panels, curves, strict=True)):
        _draw(axes, curve, layer_names, columns > MOST_WIDE)
        if index + columns >= len(curves):
            axes.set_xlabel("rank of the point")
        if index % columns == 0:
            axes.set_ylabel("distance")
    handles = legends.handles_of(panels)
    place = {"loc": "outside lower center", **legends.LEGEND, "handlelength": 2.6}
    place["ncols"] = legends.legend_columns(figure, list(handles), figure.get_figwidth() - 0.2, place["handlelength"])
    figure.legend(handles.values(), handles, **place)
    return figure


def _check(curve):
    name = f"{curve['sampling']}, layer {curve['layer']}"
    distances = np.asarray(curve["distances"], dtype=float)
    if distances.ndim != 1 or len(distances) == 0 or not np.isfinite(distances).all():
        raise InputError(f"the nearest-neighbour distances of {name} must be finite, and at least one")
    if curve["rule"] not in RULES:
        raise InputError(f"the rule of eps of {name} is {curve['rule']!r}; choose one of {', '.join(RULES)}")
    if not curve["eps"] > 0:
        raise InputError(f"eps of {name} is {curve['eps']!r}; it must be a positive distance")


def _per_row(curves):
    """Number of columns, at most `PER_ROW`; if possible, each sampling has its own row."""
    layers = {}
    for curve in curves:
        layers.setdefault(curve["sampling"], []).append(curve["layer"])
    first = next(iter(layers.values()))
    blocks = len(layers) * len(first) == len(curves)
    in_order = [curve["sampling"] for curve in curves] == [name for name in layers for _ in first]
    regular = blocks and in_order and all(own == first for own in layers.values())
    return len(first) if regular and len(first) <= PER_ROW else min(PER_ROW, len(curves))


def _draw(axes, curve, names, is_narrow):
    descending = np.sort(np.asarray(curve["distances"], dtype=float))[::-1]
    n, eps = len(descending), curve["eps"]
    shown = np.unique(np.geomspace(1, n, MOST_POINTS).round().astype(int))
    axes.plot(shown, descending[shown - 1], color=style.LINES[0], label="distance to nearest neighbour")
    axes.axhline(eps, color="0.35", linestyle=":", linewidth=0.9, label="ε")
    # The first rank at which the distance is no more than eps.
    rank = min(int(np.count_nonzero(descending > eps)) + 1, n)
    mark = {"color": style.LINES[1], "marker": MARKS[curve["rule"]], "linestyle": "none", "markersize": 4.5}
    axes.plot([rank], [eps], label=RULES[curve["rule"]], zorder=3, clip_on=False, **mark)
    if curve["rule"] == "knee":
        corner = {"transform": axes.transAxes, "ha": "right", "va": "top", "size": 6}
        between = "\n" if is_narrow else " "
        axes.text(0.97, 0.95, f"{rank - 1} of {n}{between}beyond ε", **corner)
    axes.set_xscale("log")
    axes.set_xlim(1, max(n, 2))
    # The rank stands above the curve.
    above = 1.05 if curve["rule"] != "knee" else 1.5 if is_narrow else 1.3
    axes.set_ylim(0, above * max(descending[0], eps))
    axes.grid(axis="y")
    share, number = curve.get("noise_share"), f"{eps:#.3g}".rstrip(".")
    noise = "" if share is None else f"\nnoise {float(f'{100 * share:.2g}'):g} %"
    layer = texts.layer_labels(
        [curve["layer"]], {curve["layer"]: texts.layer_title(curve["layer"], names)}, MOST_LAYER
    )[0]
    title = f"{texts.short(curve['sampling'])}\n{layer}, ε = {number}{noise}"
    axes.set_title(title, size=6.5, linespacing=1.25)
