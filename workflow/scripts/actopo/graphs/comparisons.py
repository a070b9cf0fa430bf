"""
Mapper graphs side by side: clean and noisy images, two samplings, two draws, two networks.

Two graphs are at a distance (`actopo.graphs.distances.membership_distance`), beside the distance of unrelated graphs of
the same sizes. What happens to the shape is told by the shares of the nodes, branches and cycles of the first that are
found in the second (`actopo.graphs.confidence`), and by the numbers of branches and cycles of both. A graph may lose
its branches while the distance is still below chance, and the other way round.
"""

import numpy as np

from actopo.errors import InputError
from actopo.graphs.choices import COMPARISONS
from actopo.graphs.confidence import Reference
from actopo.graphs.distances import chance, membership_distance
from actopo.graphs.features import image_graph
from actopo.graphs.replicates import pairs_of_draws

# Columns of a graph that tell it from others.
COLUMNS = ("sampling", "draw", "sigma", "layer")
# What is measured on two graphs.
MEASURES = ("distance", "chance_mean", "chance_low", "chance_high", "p", "nodes_kept", "branches_kept", "cycles_kept")
MEASURES += ("n_branches_a", "n_branches_b", "n_cycles_a", "n_cycles_b")


class ComparedGraph:
    """
    A graph with its points and its features.

    Parameters
    ----------
    incidence : sparse matrix of shape (n_points, n_nodes)
    images : ndarray of shape (n_points,), int
    edges : ndarray of shape (n_edges, 2), int
    lens : ndarray of shape (n_nodes,)
        Mean lens of each node.
    share : float, default 0.01
        Least share of the images in a branch.
    threshold : float, default 0.4
        Jaccard index from which a node or branch of it is found in another graph, and what carries its cycles, see
        `actopo.graphs.confidence`.
    """

    def __init__(self, incidence, images, edges, lens, share=0.01, threshold=0.4):
        self.incidence, self.images = incidence, images
        self.reference = Reference(image_graph(incidence, images, edges, lens), share, [threshold])


def pairs(own, others=(), kinds=COMPARISONS):
    """
    Pairs of graphs that are compared.

    Parameters
    ----------
    own : sequence of dict
        Columns `sampling`, `draw`, `sigma` and `layer` of the graphs of a network.
    others : sequence of dict
        The same of the graphs of the first network, where it is another one.
    kinds : sequence of {"noise", "samplings", "draws", "networks"}
        `noise`: a graph of clean images and that of noisy ones. `samplings`: two samplings of a layer, of one draw
        (`actopo.graphs.replicates.pairs_of_draws`).
        `draws`: the first draw and another one. `networks`: the first network and the other, of the first draw and
        clean images.

    Yields
    ------
    kind : str
    first : int
        Place of the first graph in `own`; for `networks` in `others`.
    second : int
        Place of the second graph in `own`.

    Raises
    ------
    InputError
        If there is no such kind.
    """
    if unknown := sorted(set(kinds) - set(COMPARISONS)):
        raise InputError(f"there is no comparison {unknown[0]!r}; choose among {', '.join(COMPARISONS)}.")
    place = {_key(graph): number for number, graph in enumerate(own)}
    elsewhere = {_key(graph): number for number, graph in enumerate(others)}
    for kind in kinds:
        if kind == "samplings":
            clean = [number for number, graph in enumerate(own) if not graph["sigma"]]
            for _, first, second in pairs_of_draws([own[number] for number in clean]):
                a, b = own[clean[first]], own[clean[second]]
                if a["layer"] == b["layer"]:
                    yield kind, clean[first], clean[second]
            continue
        for number, graph in enumerate(own):
            first, is_clean = None, not graph["sigma"]
            if kind == "noise" and not is_clean:
                first = place.get(_key({**graph, "sigma": 0}))
            elif kind == "draws" and is_clean and graph["draw"]:
                first = place.get(_key({**graph, "draw": 0}))
            elif kind == "networks" and is_clean and not graph["draw"]:
                first = elsewhere.get(_key(graph))
            if first is not None:
                yield kind, first, number


def compare(first, second, n_permutations=199, seed=0):
    """
    Distance of two graphs, and what of the first is found in the second.

    Parameters
    ----------
    first, second : ComparedGraph
    n_permutations, seed : int, default 199 and 0
        Permutations of the images for the distance by chance.

    Returns
    -------
    dict of str to float
        A value for each of `MEASURES`: ``distance``; ``chance_mean``, ``chance_low``, ``chance_high`` and ``p`` as of
        `actopo.graphs.distances.chance`; ``nodes_kept``, ``branches_kept`` and ``cycles_kept``, the shares of those of
        the first that are found in the second, among those with an image that both graphs hold (NaN where there is
        none); and ``n_branches_a``, ``n_branches_b``,
        ``n_cycles_a`` and ``n_cycles_b``.

    Raises
    ------
    InputError
        If the graphs have no image in common.
    """
    arguments = (first.incidence, second.incidence, first.images, second.images)
    found = chance(membership_distance, *arguments, n_permutations, seed)
    matches = first.reference.find_in(second.reference.graph)
    [threshold] = first.reference.thresholds
    kept = {"nodes_kept": (matches.nodes, threshold), "branches_kept": (matches.branches, threshold)}
    kept["cycles_kept"] = (matches.cycles[:, 0], 1)
    of = {"a": first.reference, "b": second.reference}
    return {
        "distance": found["observed"],
        **{f"chance_{name}": found[name] for name in ("mean", "low", "high")},
        "p": found["p"],
        **{name: _share(*values) for name, values in kept.items()},
        **{f"n_branches_{name}": len(graph.branches) for name, graph in of.items()},
        **{f"n_cycles_{name}": len(graph.cycles) for name, graph in of.items()},
    }


def _key(graph):
    return tuple(graph[name] for name in COLUMNS)


def _share(values, least):
    """Share of the features that are found, of those that have a shared image."""
    known = values[~np.isnan(values)]
    return float(np.mean(known >= least)) if len(known) else float("nan")
