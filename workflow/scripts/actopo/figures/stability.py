"""
How far mapper graphs depend on their parameters and on the points: invariants over a grid, and over subsamples.

Rows are invariants; columns are values of eps, with the numbers of intervals and their overlaps on the axes. The
last column has the same invariants of graphs of random parts of the points (`actopo.graphs.stability`).
"""

import matplotlib
import numpy as np
from matplotlib.colors import Normalize
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from actopo.errors import InputError
from actopo.figures import heat_maps, style

INVARIANTS = {
    "n_nodes": "nodes",
    "n_components": "components",
    "n_cycles": "cycles",
    "node_purity": "mean purity",
}
PARAMETERS = ("n_intervals", "overlap", "eps")
# Groups of subsamples by how their eps was chosen: all are parts of the graph that the figure shows.
EPS_CHOICES = {"fixed": "same ε", "anew": "ε anew"}
MOST_EPS = 4
# Cells of a row of the figure, those as wide as of the subsamples included, in which numbers have room.
MOST_NUMBERS = 20
SPREAD = 0.16


@style.styled
def plot(grid, samples=None, used=None, by=None, unit="ε", has_classes=True):
    """
    Draw heat maps of invariants over the grid of parameters, and their distribution over subsamples.

    Parameters
    ----------
    grid : DataFrame
        From `actopo.graphs.stability.grid`: a row per graph with columns `n_intervals`, `overlap`, `eps`, `n_nodes`,
        `n_components`, `n_cycles` and `node_purity`.
    samples : DataFrame, optional
        From `actopo.graphs.stability.resample`: a row per subsample with the same invariants. None leaves the last
        column out.
    used : tuple of (int, float, float), optional
        Number of intervals, overlap and eps of the graph in the other figures: its cell is framed, and its
        invariants are marked beside those of the subsamples unless these are in groups of other graphs.
    by : str, optional
        Column of `samples` that divides them into groups, such as `layer`; one box per group. `eps_choice` divides the
        parts of one graph into those with its eps (`fixed`) and those with an eps of their own (`anew`).
    unit : str, default 'ε'
        Quantity in the column `eps`, such as 'ε' or 'ε / knee'.
    has_classes : bool, default True
        Whether images have classes, and graphs a purity.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If a table lacks a column or has no row, a combination of parameters occurs twice, there are more than
        four values of eps, or `used` is not in the grid.
    """
    invariants = {key: name for key, name in INVARIANTS.items() if has_classes or key != "node_purity"}
    style.require_columns(grid, (*PARAMETERS, *invariants), "the table of the grid")
    if grid.duplicated(list(PARAMETERS)).any():
        raise InputError("the table of the grid has a combination of parameters twice; give the grid of one graph")
    if samples is not None:
        style.require_columns(samples, (*invariants, *([by] if by else [])), "the table of subsamples")
    eps = sorted(grid.eps.unique())
    if len(eps) > MOST_EPS:
        raise InputError(f"the grid has {len(eps)} values of eps; choose at most {MOST_EPS} of them to draw")
    shown = None if used is None else _shown(grid, used)

    with_samples = samples is not None
    own_parts = by in (None, "eps_choice")
    height = max(1.25, 0.22 * grid.n_intervals.nunique() + 0.35)
    figure = style.new_figure(min(7.2, 1.6 + 1.5 * (len(eps) + with_samples)), 0.3 + height * len(invariants))
    widths = [1] * len(eps) + [1] * with_samples
    panels = figure.subplots(len(invariants), len(widths), squeeze=False, width_ratios=widths)
    for index, (key, name) in enumerate(invariants.items()):
        row = panels[index]
        norm = _norm(key, grid[key])
        for axes, value in zip(row, eps, strict=False):
            mesh = _draw_map(axes, grid[grid.eps == value], key, norm, grid.overlap.nunique() * len(widths))
            if index == 0:
                axes.set_title(f"{unit} = {value:.3g}")
            if index == len(panels) - 1:
                axes.set_xlabel("overlap")
            if used is not None and value == shown.eps:
                _frame(axes, grid, shown)
        row[0].set_ylabel("intervals")
        bar = heat_maps.colour_bar(figure, mesh, list(row[: len(eps)]), name, pad=0.02, aspect=12)
        bar.locator = _ticks(key)
        bar.update_ticks()
        if with_samples:
            groups = {"": samples} if by is None else dict(list(samples.groupby(by, sort=False)))
            if own_parts:
                groups = {EPS_CHOICES.get(name, name): own for name, own in groups.items()}
            _draw_samples(row[-1], groups, key, None if shown is None or not own_parts else shown[key])
            row[-1].set_ylabel(name)
    if with_samples:
        most = max(map(len, groups.values()))
        panels[0, -1].set_title(f"{most} subsample{'s' * (most > 1)}")
        panels[-1, -1].set_xlabel("" if own_parts else by)
        # Titles of narrow panels reach to their left ends.
        beside = -0.25 if len(eps) == MOST_EPS else 0.0
        style.panel_letter(panels[0, 0], "a", x=beside)
        style.panel_letter(panels[0, -1], "b", x=beside)
    if shown is not None:
        frame = {"marker": "s", "markerfacecolor": "white", "markeredgewidth": 1.6, "markersize": 6}
        line = {} if not own_parts or not with_samples else {"linestyle": "--", "linewidth": 0.9}
        used_mark = Line2D([], [], **{"color": style.LINES[1], "linestyle": "none", **line, **frame})
        figure.legend([used_mark], ["parameters used, all points"], loc="outside lower center", handlelength=3)
    return figure


def _shown(grid, used):
    at = np.all([np.isclose(grid[name], value) for name, value in zip(PARAMETERS, used, strict=True)], axis=0)
    if not at.any():
        raise InputError(f"the grid has no graph with (n_intervals, overlap, eps) = {tuple(used)}; choose one of its")
    return grid[at].iloc[0]


def _norm(key, values):
    if key == "node_purity":
        return Normalize(0, 1)
    return Normalize(0, max(float(np.nanmax(values)), 1))


def _ticks(key, least=1):
    """Ticks of an axis of an invariant: those of numbers of nodes, components and cycles are whole."""
    return MaxNLocator(4, integer=key != "node_purity", min_n_ticks=int(least), steps=[1, 2, 5, 10])


def _draw_map(axes, table, key, norm, n_cells):
    """Draw the cells of one eps, of `n_cells` that stand beside each other in the figure."""
    wide = table.pivot(index="n_intervals", columns="overlap", values=key)
    colours = matplotlib.colormaps["viridis"].with_extremes(bad=style.MISSING)
    values = wide.to_numpy(dtype=float)
    cells = {"edgecolors": "face", "linewidth": 0.15, "antialiased": True}
    mesh = axes.pcolormesh(np.ma.masked_invalid(values), norm=norm, cmap=colours, **cells)
    axes.set_xticks(np.arange(wide.shape[1]) + 0.5, [f"{overlap:g}" for overlap in wide.columns])
    axes.tick_params(axis="x", rotation=90 if n_cells > MOST_NUMBERS else 0)
    axes.set_yticks(np.arange(wide.shape[0]) + 0.5, [f"{n}" for n in wide.index])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if n_cells <= MOST_NUMBERS:
        for i, j in np.argwhere(np.isfinite(values)):
            text = f"{values[i, j]:.2f}" if key == "node_purity" else f"{values[i, j]:.0f}"
            shade = "white" if norm(values[i, j]) < 0.6 else "black"
            axes.text(j + 0.5, i + 0.5, text, ha="center", va="center", size=6, color=shade)
    return mesh


def _frame(axes, grid, shown):
    column = sorted(grid.overlap.unique()).index(shown.overlap)
    row = sorted(grid.n_intervals.unique()).index(shown.n_intervals)
    frame = {"fill": False, "edgecolor": style.LINES[1], "linewidth": 1.6, "clip_on": False, "zorder": 5}
    axes.add_patch(Rectangle((column, row), 1, 1, **frame))


def _draw_samples(axes, groups, key, mark):
    """A box over the points of each group, points side by side in the order of the samples."""
    for position, own in enumerate(groups.values()):
        values = own[key].to_numpy(dtype=float)
        values = values[np.isfinite(values)]
        spread = SPREAD * np.sin(2.4 * np.arange(len(values)))
        axes.scatter(position + spread, values, s=5, color=style.LINES[0], alpha=0.45, linewidths=0, zorder=2)
        line = {"color": "black", "linewidth": 0.8}
        axes.boxplot(
            [values],
            positions=[position],
            widths=0.55,
            showfliers=False,
            boxprops=line,
            whiskerprops=line,
            capprops=line,
            medianprops=line | {"linewidth": 1.4},
            manage_ticks=False,
        )
    if mark is not None:
        axes.axhline(mark, color=style.LINES[1], linestyle="--", linewidth=0.9)
    axes.set_xticks(range(len(groups)), [str(name) for name in groups])
    axes.set_xlim(-0.6, len(groups) - 0.4)
    axes.tick_params(axis="x", length=0)
    axes.grid(axis="y")
    if key == "node_purity":
        axes.set_ylim(0, 1.03)
    low, high = axes.get_ylim()
    whole = np.floor(high) - np.ceil(low) + 1
    axes.yaxis.set_major_locator(_ticks(key, 2 if key == "node_purity" else min(2, whole)))
