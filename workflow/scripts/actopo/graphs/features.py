r"""
Features of a mapper graph that can be looked for in another graph: nodes, branches and cycles, by their images.

Points of two graphs need not be the same (other positions, another network, a part of the images), but their images
are: a node stands for the images that have a point in it.

A *branch* is a leaf of the merge tree of the superlevel sets [1]_, as far as its components are large. Nodes are added
from the highest lens (the mean over their points) to the lowest. Where a node joins components of which two or more
hold at least `share` of the images, each of these is an *arm*, which ends there: the part of the graph above the place
where it meets another one. Smaller components are absorbed. In the end, components of the whole graph count as if they
met below it. An arm that has no arms inside is a branch. A graph that is one piece and does not part has no branch.

*Cycles* are a basis of the cycle space (homology with coefficients in Z/2) of short cycles: for each edge the shortest
cycle through it, by increasing length, as long as it is independent of those before; then, where these do not span,
fundamental cycles of a spanning forest.

References
----------
.. [1] Carr, Snoeyink and Axen (2003), "Computing Contour Trees in All Dimensions", Computational Geometry.
"""

from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import sparse

from actopo.errors import InputError


class Arm(NamedTuple):
    """
    Part of a graph above the place where it meets another.

    Attributes
    ----------
    nodes : ndarray of int
        Ascending.
    images : ndarray of shape (n_images,), bool
        Which images have a point in it.
    is_branch : bool
        Whether no arms meet inside.
    """

    nodes: np.ndarray
    images: np.ndarray
    is_branch: bool


@dataclass(frozen=True, eq=False)
class ImageGraph:
    """
    A mapper graph by its images.

    Attributes
    ----------
    images : ndarray of shape (n_images,), int
        Ascending; all images of the cloud, those in no node too.
    members : scipy.sparse.csr_array of shape (n_images, n_nodes), bool
        Whether an image has a point in the node.
    edges : ndarray of shape (n_edges, 2), int
    lens : ndarray of shape (n_nodes,)
        Mean lens of each node.
    """

    images: np.ndarray
    members: sparse.csr_array
    edges: np.ndarray
    lens: np.ndarray


def image_graph(incidence, images, edges, lens):
    """
    Mapper graph by its images.

    Parameters
    ----------
    incidence : sparse matrix of shape (n_points, n_nodes)
        Not 0 where the point is in the node.
    images : ndarray of shape (n_points,), int
        Image of each point.
    edges : ndarray of shape (n_edges, 2), int
    lens : ndarray of shape (n_nodes,)
        Mean lens of each node, finite.

    Returns
    -------
    ImageGraph

    Raises
    ------
    InputError
        If the arguments do not describe one graph.
    """
    incidence, images = sparse.csr_array(incidence != 0), np.asarray(images)
    edges, lens = np.asarray(edges, dtype=np.int64).reshape(-1, 2), np.asarray(lens, dtype=np.float64)
    n_points, n_nodes = incidence.shape
    fits = images.shape == (n_points,) and lens.shape == (n_nodes,) and np.isfinite(lens).all()
    if not fits or (len(edges) and not 0 <= edges.min() <= edges.max() < n_nodes):
        raise InputError(
            f"the incidence of {n_points} points and {n_nodes} nodes, images of shape {images.shape}, {len(edges)} "
            f"edges and lens values of shape {lens.shape} are not those of one graph."
        )
    found, place = np.unique(images, return_inverse=True)
    gather = sparse.csr_array((np.ones(n_points), (place, np.arange(n_points))), shape=(len(found), n_points))
    return ImageGraph(found, sparse.csr_array(gather @ incidence.astype(np.float64)).astype(bool), edges, lens)


def mean_lens(incidence, lens):
    """Mean lens of each node over its points; `lens` has a value for each point."""
    members = sparse.csc_array(incidence != 0)
    return (members.T.astype(np.float64) @ np.asarray(lens, dtype=np.float64)) / np.diff(members.indptr)


def arms(graph, share=0.01):
    """
    Arms of a graph, see the module; those with `is_branch` are its branches.

    Parameters
    ----------
    graph : ImageGraph
    share : float, default 0.01
        Least share of the graph's images that an arm holds, above 0 and at most 1.

    Returns
    -------
    list of Arm
        In the order in which the sweep finds them; the lens of their lowest node does not rise.

    Raises
    ------
    InputError
        If `share` is out of its range.
    """
    if not 0 < share <= 1:
        raise InputError(f"share must be above 0 and at most 1 (0.01 is 1 % of the images), not {share!r}.")
    # A share of 0.07 of 100 images is 7, not the number above it that it is in binary.
    least, found = share * len(graph.images) - 1e-9, []
    neighbours, columns = _neighbours(graph), sparse.csc_array(graph.members)
    order = np.argsort(-graph.lens, kind="stable")
    owner = np.full(len(order), -1)
    # Nodes and images of each component, and whether arms have met in it.
    parts = {}
    # A superlevel set has all nodes of a level at once.
    levels = np.split(order, np.flatnonzero(np.diff(graph.lens[order])) + 1)
    for nodes, meeting in (joined for level in levels for joined in _joined(level.tolist(), neighbours, owner)):
        own = np.zeros(len(graph.images), dtype=bool)
        for node in nodes:
            own[columns.indices[columns.indptr[node] : columns.indptr[node + 1]]] = True
        large = [part for part in meeting if parts[part][1].sum() >= least]
        if len(large) > 1:
            found += [_arm(*parts[part]) for part in large]
        name, has_arms = nodes[0], len(large) > 1
        for part in meeting:
            others, images, had_arms = parts.pop(part)
            nodes, own, has_arms = nodes + others, own | images, has_arms or had_arms
        owner[nodes], parts[name] = name, (nodes, own, has_arms)
    large = [part for part in parts.values() if part[1].sum() >= least]
    return found + [_arm(*part) for part in large if len(large) > 1]


def _joined(level, neighbours, owner):
    """
    Components that the nodes of a level form with each other and with the components above them.

    Parameters
    ----------
    level : list of int
    neighbours : sequence of iterable of int
        Of each node.
    owner : ndarray of shape (n_nodes,)
        Component of each node above the level, -1 of all others.

    Returns
    -------
    list of (list of int, list of int)
        Nodes of the level, and components above it, ascending.
    """
    above = {node: {owner[other] for other in neighbours[node]} - {-1} for node in level}
    touching, found, left = {}, [], dict.fromkeys(level)
    for node, parts in above.items():
        for part in parts:
            touching.setdefault(part, []).append(node)
    while left:
        nodes, parts, waiting = [], set(), [next(iter(left))]
        while waiting:
            node = waiting.pop()
            if node not in left:
                continue
            del left[node]
            nodes.append(node)
            new = above[node] - parts
            parts |= new
            waiting += [other for other in neighbours[node] if other in left]
            waiting += [other for part in new for other in touching[part]]
        found.append((nodes, sorted(parts)))
    return found


def cycles(graph):
    """
    Basis of short cycles, see the module.

    Parameters
    ----------
    graph : ImageGraph

    Returns
    -------
    list of list of int
        Nodes of each cycle in their order, the first not repeated at the end; as many as edges - nodes + components.
    """
    neighbours, index = _neighbours(graph), edge_index(graph)
    rank = len(graph.edges) - len(graph.lens) + _n_components(neighbours)
    if rank == 0:
        return []
    shortest = [
        shortest_path(neighbours, a, b, lambda *step, edge={a, b}: set(step) != edge) for a, b in graph.edges.tolist()
    ]
    candidates = sorted(filter(None, shortest), key=lambda cycle: (len(cycle), cycle))
    candidates += _fundamental(graph, neighbours)
    basis, reduced = [], {}
    for cycle in candidates:
        vector = sum(1 << index[edge] for edge in closed_edges(cycle))
        while vector and vector.bit_length() in reduced:
            vector ^= reduced[vector.bit_length()]
        if vector:
            reduced[vector.bit_length()] = vector
            basis.append(cycle)
        if len(basis) == rank:
            break
    return basis


def edge_index(graph):
    """Number of each edge by its nodes, the smaller first."""
    return {(min(a, b), max(a, b)): place for place, (a, b) in enumerate(graph.edges.tolist())}


def closed_edges(cycle):
    """Edges of a closed walk, the smaller node first."""
    return [(min(a, b), max(a, b)) for a, b in zip(cycle, [*cycle[1:], cycle[0]], strict=True)]


def shortest_path(neighbours, start, end, may_step):
    """
    Shortest path between two nodes.

    Parameters
    ----------
    neighbours : list of list of int
        Neighbours of each node; of paths of one length, that which meets the earlier ones first is taken.
    start, end : int
    may_step : callable
        Receives two neighbours, and returns whether a path may go from the first to the second.

    Returns
    -------
    list of int or None
        Nodes from `end` back to `start`; None where there is no path.
    """
    before = _reach(neighbours, start, end, may_step)
    return _back(before, end) if end in before else None


def _arm(nodes, images, has_arms):
    return Arm(np.sort(np.array(nodes, dtype=np.int64)), images, not has_arms)


def _neighbours(graph):
    found = [[] for _ in graph.lens]
    for a, b in graph.edges.tolist():
        found[a].append(b)
        found[b].append(a)
    return [sorted(others) for others in found]


def _n_components(neighbours):
    seen, number = set(), 0
    for start in range(len(neighbours)):
        if start not in seen:
            number += 1
            seen |= set(_reach(neighbours, start))
    return number


def _reach(neighbours, start, end=None, may_step=None):
    """Predecessor of every node that is reached from a start, breadth first, until the end is reached."""
    before, queue = {start: None}, deque([start])
    while queue and end not in before:
        node = queue.popleft()
        for other in neighbours[node]:
            if other not in before and (may_step is None or may_step(node, other)):
                before[other] = node
                queue.append(other)
    return before


def _back(before, node):
    path = []
    while node is not None:
        path.append(node)
        node = before[node]
    return path


def _fundamental(graph, neighbours):
    """Cycles of the edges outside a spanning forest."""
    before = {}
    for start in range(len(neighbours)):
        if start not in before:
            before |= _reach(neighbours, start)
    found = []
    for a, b in graph.edges.tolist():
        if before[a] != b and before[b] != a:
            first, second = _back(before, a), _back(before, b)
            while len(first) > 1 and len(second) > 1 and first[-2:] == second[-2:]:
                first.pop()
                second.pop()
            found.append(first + second[-2::-1])
    return found
