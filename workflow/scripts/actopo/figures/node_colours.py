"""
What the nodes of mapper graphs are coloured by, besides the classes of their points.

A figure draws a node as a pie of the composition of its points. Another colouring is another composition: by ranges of
the lens, or by a column of a user's table of images, whose numbers fall into ranges. Of many classes some have colours
of their own, and the others share one.
"""

import matplotlib
import numpy as np
from matplotlib.colors import to_hex

from actopo.errors import InputError
from actopo.figures import style
from actopo.mapper.composition import composition

# Ranges of the lens of a graph, of equal length, and most ranges of numbers of images.
LENS_RANGES = ("lowest fifth of the lens", "second", "third", "fourth", "highest fifth of the lens")
MOST_RANGES = 5
NO_LABEL, NO_COLOUR = "no label", "0.7"


def by_lens(graph):
    """
    A graph whose nodes are coloured by their mean lens, in fifths of the range over its nodes.

    Parameters
    ----------
    graph : dict
        In node-link form: `nodes` with `size` and `lens_mean`.

    Returns
    -------
    dict
        The graph with other compositions, of names in `LENS_RANGES`.
    """
    means = np.array([node["lens_mean"] for node in graph["nodes"]], dtype=np.float64)
    low, high = means.min(initial=np.inf), means.max(initial=-np.inf)
    shares = (means - low) / (high - low) if high > low else np.zeros(len(means))
    fifths = np.minimum((shares * len(LENS_RANGES)).astype(int), len(LENS_RANGES) - 1)
    nodes = zip(graph["nodes"], fifths, strict=True)
    return {**graph, "nodes": [{**node, "composition": {LENS_RANGES[fifth]: node["size"]}} for node, fifth in nodes]}


def value_ranges(labels):
    """
    Labels of images as classes, numbers as ranges.

    Parameters
    ----------
    labels : actopo.graphs.image_labels.ImageLabels

    Returns
    -------
    codes : ndarray of shape (n_images,), int64
        Indices into the names.
    names : list of str
        Classes or ranges in ascending order, and `NO_LABEL` last if some image has none.
    colours : list of str
        A colour for each: of classes as everywhere, of numbers from dark to bright, grey for none.
    """
    if labels.class_names is not None:
        codes, names = np.array(labels.values), list(labels.class_names)
        colours = style.class_colours(len(names))
    else:
        # Fifths of the ranks of the images, to which a value goes by the middle of its own; few values have one each.
        distinct, place, counts = np.unique(labels.values[labels.is_known], return_inverse=True, return_counts=True)
        middles = (np.cumsum(counts) - counts / 2) / counts.sum()
        few = len(distinct) <= MOST_RANGES
        _, ranges = np.unique(distinct if few else (middles * MOST_RANGES).astype(int), return_inverse=True)
        codes = np.full(len(labels.values), -1)
        codes[labels.is_known] = ranges[place]
        names = _range_names([distinct[ranges == code] for code in range(ranges.max() + 1)])
        colours = sequence(len(names))
    if (codes < 0).any():
        codes, names, colours = np.where(codes < 0, len(names), codes), [*names, NO_LABEL], [*colours, NO_COLOUR]
    return codes.astype(np.int64), names, colours


def _range_names(ranges):
    """Names of ranges of values in ascending order, with as many digits as their ends differ in."""
    ends = [(own[0], own[-1]) for own in ranges]
    distinct = {end for pair in ends for end in pair}
    for digits in range(3, 18):
        texts = {end: _number(end, digits) for end in distinct}
        if len(set(texts.values())) == len(distinct):
            break
    return [texts[low] if low == high else f"{texts[low]} to {texts[high]}" for low, high in ends]


def _number(value, digits):
    # There is no other zero than 0.
    return str(int(value)) if value == int(value) and abs(value) < 1e6 else f"{value + 0.0:.{digits}g}"


def sequence(n):
    """Colours of `n` values in their order, from dark to bright."""
    return [to_hex(matplotlib.colormaps["viridis"](share)) for share in np.linspace(0, 0.95, n)]


def by_images(graph, incidence, images, codes, names):
    """
    A graph whose nodes are coloured by labels of the images of their points.

    Parameters
    ----------
    graph : dict
        In node-link form.
    incidence : sparse matrix of shape (n_points, n_nodes)
    images : ndarray of shape (n_points,), int
        Image of each point.
    codes : ndarray of shape (n_images,), int
    names : sequence of str
        As `value_ranges` returns them.

    Returns
    -------
    dict
        The graph with other compositions.
    """
    counts = composition(incidence, codes[images], len(names))
    nodes = [
        {**node, "composition": {names[code]: int(own[code]) for code in np.flatnonzero(own)}}
        for node, own in zip(graph["nodes"], counts, strict=True)
    ]
    return {**graph, "nodes": nodes}


def with_others(graphs, names, colours, chosen):
    """
    Graphs in which some classes keep their names, and the others share one.

    Parameters
    ----------
    graphs : list of dict
        In node-link form.
    names, colours : sequence of str
        Of all classes.
    chosen : int or list of str
        Classes that keep theirs: so many of those with the most points in nodes, the first of equal ones, or by name.

    Returns
    -------
    graphs : list of dict
    names, colours : list of str
        Of the classes that are left, in their order, and of the others. The colours of those that are left are chosen
        anew, so that they differ. Where no class or one is left over, all is as it was.

    Raises
    ------
    InputError
        If a name is of no class.
    """
    if isinstance(chosen, int):
        totals = dict.fromkeys(names, 0)
        for graph in graphs:
            for node in graph["nodes"]:
                for name, count in node["composition"].items():
                    totals[name] += count
        # Sorting keeps the order of equal ones.
        kept = set(sorted(names, key=lambda name: -totals[name])[:chosen])
    elif unknown := [name for name in chosen if name not in names]:
        raise InputError(f"figures.classes: the graphs have no class {unknown[0]!r}; choose some of {', '.join(names)}")
    else:
        kept = set(chosen)
    kept.add(NO_LABEL)
    left = [name for name in names if name in kept]
    if len(names) - len(left) < 2:
        return list(graphs), list(names), list(colours)
    others = f"{len(names) - len(left)} others"

    def folded(counts):
        shared = sum(count for name, count in counts.items() if name not in kept)
        return {name: count for name, count in counts.items() if name in kept} | ({others: shared} if shared else {})

    changed = [
        {**graph, "nodes": [{**node, "composition": folded(node["composition"])} for node in graph["nodes"]]}
        for graph in graphs
    ]
    shades = iter(style.class_colours(len(left)))
    return (
        changed,
        [*left, others],
        [*(NO_COLOUR if name == NO_LABEL else next(shades) for name in left), style.MISSING],
    )
