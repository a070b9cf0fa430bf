r"""
In how many other graphs a node, a branch or a cycle of a mapper graph is found again.

The other graphs are of other draws of the positions, of random parts of the images, and of other networks. Two graphs
are aligned by the images that both clouds hold, and by nothing else; sets of images are restricted to these.

- A *node* is compared with the node of the other graph that has the highest Jaccard index of images (shared over all).
  It is found if the index reaches a threshold. Where two covers of equal intervals with overlap `o` are shifted against
  each other by half a step, which is the most, an interval has the index :math:`(1 + o) / (3 - o)` with the next one:
  0.48 for an overlap of 0.3. A threshold of 0.4 is below that.
- A *branch* (`actopo.graphs.features`) is compared with all arms of the other graph in the same way.
- A *cycle* is carried over [1]_: the carrier of a node is the set of nodes of the other graph that share a part of the
  images of the smaller of the two, at least half of the threshold: a fifth for 0.4. A cycle goes to the closed walk
  through the nodes of the highest Jaccard index in the carriers, each joined to the next by a shortest path within the
  carriers of both. It is found if there is such a walk and it is not 0 in the homology of the other graph (with
  coefficients in Z/2): if it runs over some edge an odd number of times. Large carriers leave more ways around a hole,
  so that a cycle is found less often at a higher threshold, as nodes and branches are.

What is found by chance is measured with the images of the other graph permuted. A node with most of the images is found
by chance.

References
----------
.. [1] Munkres (1984), "Elements of Algebraic Topology", section 13 (acyclic carriers).
"""

from collections import Counter
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from actopo.errors import InputError
from actopo.graphs.features import arms, closed_edges, cycles, edge_index, image_graph, mean_lens, shortest_path
from actopo.graphs.random_parts import random_parts
from actopo.mapper.graph import mapper_graph

# Jaccard indices from which a node or a branch is found, and what carries cycles; the first is that of the share.
THRESHOLDS = (0.4, 0.3, 0.5)
# Least part of the images of the smaller node that a node of a carrier has in common with it, over the threshold.
CARRIED = 0.5


class Matches(NamedTuple):
    """
    What of a graph is found in another.

    Attributes
    ----------
    nodes, branches : ndarray of float
        Highest Jaccard index of each; NaN where none of its images is in the other cloud.
    cycles : ndarray of shape (n_cycles, n_thresholds), float
        At each threshold 1 for each that is carried over, 0 for the others; NaN where none of its images is in the
        other cloud.
    """

    nodes: np.ndarray
    branches: np.ndarray
    cycles: np.ndarray


class Reference:
    """
    A graph whose features are looked for in others.

    Parameters
    ----------
    graph : actopo.graphs.features.ImageGraph
    share : float, default 0.01
        As in `actopo.graphs.features.arms`, for this graph and the others.
    thresholds : sequence of float, default (0.4, 0.3, 0.5)
        Jaccard indices by which cycles are carried over.

    Attributes
    ----------
    branches : list of actopo.graphs.features.Arm
    cycles : list of list of int
    """

    def __init__(self, graph, share=0.01, thresholds=THRESHOLDS):
        self.graph, self.share, self.thresholds = graph, share, thresholds
        self.branches = [arm for arm in arms(graph, share) if arm.is_branch]
        self.cycles = cycles(graph)

    def find_in(self, other, seed=None):
        """
        What of the graph is found in another.

        Parameters
        ----------
        other : actopo.graphs.features.ImageGraph
        seed : int or sequence of int, optional
            Seed of a permutation of the images of `other`, for what is found by chance; by default none are permuted.

        Returns
        -------
        Matches

        Raises
        ------
        InputError
            If the graphs have no image in common.
        """
        shared, own, others = np.intersect1d(self.graph.images, other.images, return_indices=True)
        if len(shared) == 0:
            raise InputError("the two graphs have no image in common; they cannot be compared.")
        if seed is not None:
            others = np.random.default_rng(seed).permutation(others)
        overlap, jaccard, sizes = _compare(self.graph.members[own], other.members[others])
        branches, other_arms = (
            sparse.csr_array(np.array([arm.images for arm in found]).reshape(len(found), len(graph.images)).T)
            for found, graph in ((self.branches, self.graph), (arms(other, self.share), other))
        )
        _, of_branches, branch_sizes = _compare(branches[own], other_arms[others])
        return Matches(
            _best(jaccard, sizes[0]), _best(of_branches, branch_sizes[0]), self._carried(other, overlap, jaccard, sizes)
        )

    def _carried(self, other, overlap, jaccard, sizes):
        smaller = np.minimum(sizes[0][:, None], sizes[1])
        carriers = [(overlap > 0) & (overlap >= CARRIED * level * smaller) for level in self.thresholds]
        adjacent, known = [[] for _ in other.lens], edge_index(other)
        for a, b in known:
            adjacent[a].append(b)
            adjacent[b].append(a)
        found = np.full((len(self.cycles), len(carriers)), np.nan)
        for place, cycle in enumerate(self.cycles):
            # A node without a shared image says nothing of the way.
            if nodes := [node for node in cycle if sizes[0][node]]:
                found[place] = [_is_carried(nodes, own, jaccard, adjacent) for own in carriers]
        return found


def confidence_table(reference, found, by_chance, sources):
    """
    Share of other graphs in which each feature of a graph is found.

    Parameters
    ----------
    reference : Reference
    found : sequence of Matches
        One for each other graph.
    by_chance : sequence of Matches
        Of the same graphs with their images permuted.
    sources : sequence of str
        What each graph is of, such as `draws`.

    Returns
    -------
    DataFrame
        One row for each feature: `kind` (node, branch or cycle), `id` (of a node its number), `nodes` (numbers of its
        nodes, with spaces between them), `n_images`, `lens` (the highest mean of a node), `n_graphs` (those that hold
        an image of it), `share`, `chance` (the share where images are permuted), `jaccard` and `jaccard_chance` (means
        of the highest index; NaN for cycles), `share_at_<threshold>` for each, and for each source `share_<source>` and
        `n_<source>`. The first threshold of the reference is that of `share` and `chance`. A graph without nodes
        has these columns and no row.

    Raises
    ------
    InputError
        If there is no other graph.
    """
    if not found:
        raise InputError("confidence needs other graphs: draws, networks or parts of the images.")
    rows, names, sources = _features(reference), list(dict.fromkeys(sources)), np.array(sources)
    thresholds = reference.thresholds
    for kind in ("nodes", "branches", "cycles"):
        values, chance = (np.array([getattr(each, kind) for each in graphs]) for graphs in (found, by_chance))
        is_set = kind != "cycles"
        # Of graphs and features by threshold; a feature without a shared image is at none.
        reached, of_chance = (each[..., None] >= thresholds if is_set else each == 1 for each in (values, chance))
        known, drawn = (~np.isnan(each if is_set else each[..., 0]) for each in (values, chance))
        for place, row in enumerate(row for row in rows if row["kind"] == KINDS[kind]):
            at, seen = reached[:, place].T, known[:, place]
            row |= {"n_graphs": int(seen.sum()), "share": _share(at[0], seen)}
            row |= {"chance": _share(of_chance[:, place, 0], drawn[:, place])}
            row |= {"jaccard": _mean(values[:, place]) if is_set else np.nan}
            row |= {"jaccard_chance": _mean(chance[:, place]) if is_set else np.nan}
            row |= {f"share_at_{level:g}": _share(own, seen) for level, own in zip(thresholds, at, strict=True)}
            for source in names:
                of_source = seen & (sources == source)
                row |= {f"share_{source}": _share(at[0], of_source), f"n_{source}": int(of_source.sum())}
    columns = ["kind", "id", "nodes", "n_images", "lens", "n_graphs", "share", "chance", "jaccard", "jaccard_chance"]
    columns += [f"share_at_{level:g}" for level in thresholds]
    columns += [f"{column}_{source}" for source in names for column in ("share", "n")]
    return pd.DataFrame(rows, columns=columns)


def parts(points, lens, images, cover, make_clusterer, n_parts=20, share=0.5, seed=0, progress=None):
    """
    Mapper graphs of random parts of the images, drawn without replacement.

    Parameters
    ----------
    points : ndarray of shape (n_points, c)
    lens : ndarray of shape (n_points,) or (n_points, 2)
    images : ndarray of shape (n_points,), int
        Image of each point; images are drawn as a whole.
    cover : object with ``intervals(lens)``
        Cover, applied to the lens of each part separately.
    make_clusterer : callable
        Receives the points and the lens of a part, and returns its clusterer and the number of points below which an
        interval is noise.
    n_parts : int, default 20
    share : float, default 0.5
        Share of the images in each part, above 0 and at most 1.
    seed : int, default 0
    progress : callable, optional
        Wraps the sequence of parts and yields them, as tqdm does.

    Yields
    ------
    actopo.graphs.features.ImageGraph

    Raises
    ------
    InputError
        If `share` is out of its range.
    """
    for part in random_parts(images, n_parts, share, seed, progress):
        own, own_lens = points[part], lens[part]
        clusterer, min_points = make_clusterer(own, own_lens)
        graph = mapper_graph(own, own_lens, cover, clusterer, min_points=min_points)
        # Branches end where the first lens does.
        first = own_lens if own_lens.ndim == 1 else own_lens[:, 0]
        yield image_graph(graph.incidence, images[part], graph.edges, mean_lens(graph.incidence, first))


KINDS = {"nodes": "node", "branches": "branch", "cycles": "cycle"}


def _features(reference):
    """What each feature is: a node, the nodes of a branch, those of a cycle in their order."""
    graph = reference.graph
    features = [("node", [node]) for node in range(len(graph.lens))]
    features += [("branch", arm.nodes.tolist()) for arm in reference.branches]
    features += [("cycle", cycle) for cycle in reference.cycles]
    counts, rows, columns = Counter(), [], sparse.csc_array(graph.members)
    for kind, nodes in features:
        images = np.unique(np.concatenate([columns.indices[columns.indptr[k] : columns.indptr[k + 1]] for k in nodes]))
        row = {"kind": kind, "id": counts[kind], "nodes": " ".join(map(str, nodes)), "n_images": len(images)}
        rows.append(row | {"lens": graph.lens[nodes].max()})
        counts[kind] += 1
    return rows


def _compare(first, second):
    """Number of images in common, Jaccard index, and sizes, of the columns of two incidences of the same images."""
    first, second = (sparse.csr_array(sets).astype(np.float64) for sets in (first, second))
    overlap, sizes = (first.T @ second).toarray(), (first.sum(axis=0), second.sum(axis=0))
    union = sizes[0][:, None] + sizes[1] - overlap
    return overlap, np.divide(overlap, union, out=np.zeros_like(overlap), where=union > 0), sizes


def _best(jaccard, sizes):
    return np.where(sizes > 0, jaccard.max(axis=1, initial=0), np.nan)


def _is_carried(nodes, carriers, jaccard, adjacent):
    """Whether a closed walk over nodes goes to one that is not 0 in the homology of the other graph."""
    if not carriers[nodes].any(axis=1).all():
        return False
    goals = [int(np.where(carriers[node], jaccard[node], -1).argmax()) for node in nodes]
    passed = Counter()
    for place, node in enumerate(nodes):
        following = (place + 1) % len(nodes)
        allowed = carriers[node] | carriers[nodes[following]]
        path = shortest_path(adjacent, goals[place], goals[following], lambda _, other, allowed=allowed: allowed[other])
        if path is None:
            return False
        # The edge that closes a path would be one of a cycle, but its ends differ.
        passed.update(edge for edge in closed_edges(path)[:-1])
    return any(times % 2 for times in passed.values())


def _share(reached, known):
    return float(reached[known].mean()) if known.any() else np.nan


def _mean(values):
    known = ~np.isnan(values)
    return float(values[known].mean()) if known.any() else np.nan
