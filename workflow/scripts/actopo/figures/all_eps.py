"""
One mapper graph as a function of eps: its invariants, and the clusters that persist over each interval of the lens.

All panels have the same axis, log eps. The last is a barcode for every interval: a bar runs from the eps at which a
cluster appears to that at which it merges with another. Bars of one branch have its colour; the branches that persist
longest are named.
"""

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.ticker import LogFormatter, MaxNLocator, SymmetricalLogLocator

from actopo.errors import InputError
from actopo.figures import legends, style, texts

COUNTS = {"n_nodes": "nodes", "n_components": "components", "n_cycles": "cycles"}
SHARES = {"node_purity": "mean node purity", "coverage": "coverage"}
SEGMENTS = ("interval", "birth", "death", "branch")
BRANCHES = ("branch", "first_interval", "last_interval", "birth", "death", "class", "class_share")
MOST_NAMES = len(style.LINES)
OTHER = "0.7"
RULES = {"knee": "ε of the graph (knee)", "stable": "ε of the graph (plateau)", "median": "ε of the graph (median)"}


@style.styled
def plot(profile, segments, branches, eps, choice, has_classes=True):
    """
    Draw counts, shares and persistent clusters over log eps.

    Parameters
    ----------
    profile : DataFrame
        From `actopo.graphs.eps_profile.profile`: a row per eps with `eps`, `n_nodes`, `n_components`, `n_cycles`,
        `node_purity`, `coverage`, and `in_plateau`, whether the eps lies in the longest range over which components
        and cycles stay.
    segments, branches : DataFrame
        From `actopo.graphs.eps_profile.persistent_segments`; they may have no row.
    eps : float
        The eps of the graph in the other figures.
    choice : dict
        How it was chosen: `rule`, and `knee` where that is another value; None where there is none.
    has_classes : bool, default True
        Whether images have classes, graphs a purity, and branches a class.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If a table lacks a column, the profile has no row, or an eps is not positive.
    """
    names_of_shares = {key: name for key, name in SHARES.items() if has_classes or key != "node_purity"}
    style.require_columns(profile, ("eps", *COUNTS, *names_of_shares, "in_plateau"), "the profile of eps")
    for table, columns, name in ((segments, SEGMENTS, "segments"), (branches, BRANCHES, "branches")):
        missing = [column for column in columns if column not in table]
        if missing:
            raise InputError(f"the table of {name} has no column {missing[0]}")
    if not (profile.eps > 0).all() or not eps > 0:
        raise InputError("the figure of every eps needs positive values of eps")
    figure = style.new_figure(7.2, 6.6)
    counts, shares, bars = figure.subplots(3, 1, sharex=True, height_ratios=[1.2, 0.8, 2])
    looks = style.line_styles(len(COUNTS) + len(names_of_shares))
    for axes, names in ((counts, COUNTS), (shares, names_of_shares)):
        for key, name in names.items():
            axes.plot(profile.eps, profile[key], label=name, **looks.pop(0) | {"marker": ""})
        axes.grid(axis="y")
    counts.set_yscale("symlog", linthresh=1)
    # Between powers of ten lie most of small numbers.
    subs = [1, 2, 5] if profile[list(COUNTS)].to_numpy().max() < 100 else [1]
    counts.yaxis.set_major_locator(SymmetricalLogLocator(base=10, linthresh=1, subs=subs))
    counts.set_ylim(0, None)
    counts.set_ylabel("number")
    shares.set_ylim(0, 1.03)
    shares.set_ylabel("share")
    low, high = min(profile.eps.min(), eps), max(profile.eps.max(), eps)
    shown = branches[(branches.death > low / 1.02) & (branches.birth < high * 1.02)]
    _draw_bars(bars, segments, shown, (low / 2, high * 2), has_classes)
    bars.set_xscale("log")
    bars.xaxis.set_major_formatter("{x:g}")
    bars.xaxis.set_minor_formatter(_Short(labelOnlyBase=False, minor_thresholds=(2, 1)))
    counts.yaxis.set_major_formatter("{x:g}")
    bars.set_xlim(low / 1.02, high * 1.02)
    bars.set_xlabel("ε")
    bars.set_ylabel("interval")
    inside = profile.eps[profile.in_plateau.astype(bool)]
    for axes in (counts, shares, bars):
        mark = {"color": "black", "linewidth": 0.9, "zorder": 1.5}
        axes.axvline(eps, linestyle="--", label=RULES.get(choice["rule"], "ε of the graph"), **mark)
        if choice.get("knee") not in (None, eps):
            axes.axvline(choice["knee"], linestyle=":", label="knee", **mark)
        if len(inside):
            axes.axvspan(inside.min(), inside.max(), color="0.9", linewidth=0, zorder=0, label="longest plateau")
    _add_legends(figure, (counts, shares), bars)
    for axes, letter in zip((counts, shares, bars), "abc", strict=True):
        style.panel_letter(axes, letter)
    return figure


class _Short(LogFormatter):
    """Labels between powers of ten where the axis has few of these, as numbers like theirs."""

    def __call__(self, value, pos=None):
        return f"{value:g}" if super().__call__(value, pos) else ""


def _draw_bars(axes, segments, branches, reach, has_classes):
    """A bar per leaf up to beyond the axis, side by side in its interval, and the names of branches on the axis."""
    leaves = segments[segments.branch > 0].sort_values(["interval", "branch"])
    named = branches.sort_values("branch")[:MOST_NAMES]
    colours = dict(zip(named.branch, style.LINES, strict=False))
    for interval, own in leaves.groupby("interval"):
        heights = interval + (np.arange(len(own)) + 1) / (len(own) + 1) - 0.5
        ends = np.stack([own.birth.clip(lower=reach[0]), own.death.clip(upper=reach[1])], axis=1)
        lines = [[(a, y), (b, y)] for (a, b), y in zip(ends, heights, strict=True)]
        look = {"colors": [colours.get(branch, OTHER) for branch in own.branch], "linewidths": 1.1}
        axes.add_collection(LineCollection(lines, capstyle="butt", **look))
    if len(leaves):
        axes.set_ylim(leaves.interval.min() - 0.7, leaves.interval.max() + 0.7)
        axes.yaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    else:
        axes.set_yticks([])
        axes.text(0.5, 0.5, "no cluster persists", transform=axes.transAxes, ha="center", va="center", color="0.35")
    for row in named.itertuples():
        cls, share = row[branches.columns.get_loc("class") + 1], row.class_share
        end = f"{row.death:.3g}" if np.isfinite(row.death) else "∞"
        over = f"intervals {row.first_interval} to {row.last_interval}"
        over = over if row.last_interval > row.first_interval else f"interval {row.first_interval}"
        over += f", ε {row.birth:.3g} to {end}"
        of_class = f"{texts.short(cls)} ({100 * share:.0f} %), " if has_classes else ""
        axes.plot([], [], color=colours[row.branch], label=f"{row.branch}: {of_class}{over}")
    if len(branches) > len(named):
        axes.plot([], [], color=OTHER, label=f"{len(branches) - len(named)} others")


def _add_legends(figure, curves, bars):
    handles = legends.handles_of(curves)
    figure.legend(handles.values(), handles, loc="outside upper center", ncols=4, handlelength=2.6)
    shown = [pair for pair in zip(*bars.get_legend_handles_labels(), strict=True) if pair[1] not in handles]
    if shown:
        columns = min(legends.legend_columns(figure, [name for _, name in shown], figure.get_figwidth() - 0.2, 1.6), 2)
        place = {"loc": "outside lower center", "ncols": columns}
        figure.legend(*zip(*shown, strict=True), **place, **legends.LEGEND | {"handlelength": 1.6})
