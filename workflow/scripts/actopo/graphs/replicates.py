"""
Averages of what is measured on graphs, over networks and over draws of positions, with an interval.

A graph is one of many that could have been: another network, trained from another seed, gives another, and so does
another draw of the positions. Draws of one network share it, so that they are not independent where there are several
networks: a value is averaged over the draws of each network first. With 5 networks or more the interval is Student's t
over these means (`actopo.similarity.intervals.mean_interval`); with one network and 5 draws or more it is Student's t
over the draws, and says nothing of another network. With fewer, the range over all graphs is told instead, and the
column `interval` says which of the three it is, or that one graph has none. Comparisons of the first network or draw
with the others are one fewer than there are networks or draws, so that they need 6.

Some graphs may lack a measure, such as the level at which two classes merge. Its mean is then that of the graphs that
have it (`conditional`), and only these are counted; their share of all graphs stands beside it.

A p-value of several graphs is twice the mean of their own, and at most 1: a valid p-value whatever the dependence
between them [1]_. Of a measure that one graph has, it is the graph's; nulls are those of the graphs that have it.

References
----------
.. [1] Vovk and Wang (2020), "Combining P-Values via Averaging", Biometrika 107.
"""

from itertools import combinations

import numpy as np
import pandas as pd

from actopo.errors import InputError
from actopo.similarity.intervals import FEWEST_NETWORKS, mean_interval

# What an interval is of.
NETWORKS, DRAWS, RANGE, NONE = "t over networks", "t over draws of one network", "range over graphs", "none"


def over_graphs(table, keys, level=0.95, conditional=None):
    """
    Mean of every column over networks and draws, with an interval.

    Parameters
    ----------
    table : DataFrame
        One row per network, draw and combination of `keys`, with columns `seed` and `draw`; all columns but these and
        the keys are numbers. Values that are not finite are left out.
    keys : sequence of str
        Columns that say what a row is of, such as sampling and layer.
    level : float, default 0.95
        Coverage of the intervals that are Student's.
    conditional : dict of str to str, optional
        Of a measure that not every graph has, the name of a column with the share of the graphs in which it is finite.
        `n_networks`, `n_graphs` and `interval` then count the graphs that have all such measures.

    Returns
    -------
    DataFrame
        One row per combination of `keys`, in the order of the table: `n_networks`, `n_graphs`, `interval` (see the
        module), and every other column with its mean. A measure also has `_low` and `_high`, NaN where fewer values
        are finite than its interval needs. Columns of a null (with `null_` or `chance_` in their name) have the mean
        alone, p-values (`p`, or ending in `_p`) the one of all graphs. A table without rows gives the same columns.

    Raises
    ------
    InputError
        If a network and draw has a combination of keys twice.
    """
    keys, conditional = list(keys), conditional or {}
    measures = [name for name in table.columns if name not in {"seed", "draw", *keys}]
    if table.duplicated([*keys, "seed", "draw"]).any():
        raise InputError(f"the table has a graph twice; give one row for each seed, draw and {', '.join(keys)}.")
    rows, null_of = [], _measures_of_nulls(measures)
    for names, own in table.groupby(keys, sort=False):
        values = own[measures].to_numpy(dtype=np.float64)
        finite = np.isfinite(values)
        values[~finite] = np.nan
        for null, place in null_of.items():
            values[~finite[:, place], null] = np.nan
        counted = finite[:, [measures.index(name) for name in conditional]].all(axis=1)
        shares = {share: finite[:, measures.index(name)].mean() for name, share in conditional.items()}
        values, seeds = values[counted], own["seed"].to_numpy()[counted]
        networks = _network_means(values, seeds)
        kind = _kind(len(networks), len(values))
        low, high = _interval(values, networks, kind, level)
        # A p-value of one graph alone is its own.
        several = np.isfinite(values).sum(axis=0) > 1
        means, p_values = _means(networks), np.minimum(_means(values) * np.where(several, 2, 1), 1)
        row = {**dict(zip(keys, names, strict=True)), "n_networks": len(networks), "n_graphs": len(values)}
        row |= {"interval": kind, **shares}
        for place, name in enumerate(measures):
            row[name] = p_values[place] if _is_p(name) else means[place]
            if _has_interval(name):
                row |= {f"{name}_low": low[place], f"{name}_high": high[place]}
        rows.append(row)
    columns = [*keys, "n_networks", "n_graphs", "interval", *conditional.values()]
    for name in measures:
        columns += [name, f"{name}_low", f"{name}_high"] if _has_interval(name) else [name]
    return pd.DataFrame(rows, columns=columns)


def pairs_of_draws(graphs):
    """
    Pairs of the graphs of one draw.

    A sampling in which nothing is drawn has one graph, which stands for all draws: it is paired with every draw of
    another sampling, and once with another such graph.

    Parameters
    ----------
    graphs : sequence of dict
        Columns `sampling`, `draw` and `layer` of the graphs of a network, the first draw of each with number 0.

    Yields
    ------
    draw : int
        Ascending.
    first, second : int
        Places of the two graphs; samplings and layers come in the order of their first graphs.
    """
    places = {}
    for place, graph in enumerate(graphs):
        places.setdefault((graph["sampling"], graph["layer"]), {})[graph["draw"]] = place
    for draw in sorted({graph["draw"] for graph in graphs}):
        drawn = [own for own in places.values() if draw in own or list(own) == [0]]
        for first, second in combinations(drawn, 2):
            if draw in first or draw in second:
                yield draw, first.get(draw, first.get(0)), second.get(draw, second.get(0))


def _kind(n_networks, n_graphs):
    if n_networks >= FEWEST_NETWORKS:
        return NETWORKS
    if n_networks == 1 and n_graphs >= FEWEST_NETWORKS:
        return DRAWS
    return RANGE if n_graphs > 1 else NONE


def _interval(values, networks, kind, level):
    if kind in (NETWORKS, DRAWS):
        return mean_interval(networks if kind == NETWORKS else values, level)
    unknown = np.isnan(values)
    # Fewer than two values have no range.
    none = (~unknown).sum(axis=0) < 2
    low = np.where(unknown, np.inf, values).min(axis=0, initial=np.inf)
    high = np.where(unknown, -np.inf, values).max(axis=0, initial=-np.inf)
    return np.where(none, np.nan, low), np.where(none, np.nan, high)


def _network_means(values, seeds):
    """Mean over the draws of each network."""
    return np.array([_means(values[seeds == seed]) for seed in pd.unique(seeds)]).reshape(-1, values.shape[1])


def _means(values):
    known = ~np.isnan(values)
    count = known.sum(axis=0)
    return np.divide(np.where(known, values, 0).sum(axis=0), count, out=np.full(len(count), np.nan), where=count > 0)


def _measures_of_nulls(columns):
    """Place of the measure that each column of a null is of: the one that it names, or else the last one before it."""
    found, before = {}, None
    for place, name in enumerate(columns):
        if _has_interval(name):
            before = place
        elif not _is_p(name):
            own = next((other for other in columns if name.startswith((f"{other}_null_", f"{other}_chance_"))), None)
            found[place] = before if own is None else columns.index(own)
    return {place: measure for place, measure in found.items() if measure is not None}


def _is_p(name):
    return name == "p" or name.endswith("_p")


def _has_interval(name):
    return not _is_p(name) and "null_" not in name and "chance_" not in name
