"""Branches are leaves of the merge tree, as by brute force over all levels; cycles are a basis of the cycle space."""

from dataclasses import replace

import networkx
import numpy as np
import pytest
from actopo.errors import InputError
from actopo.graphs.features import arms, closed_edges, cycles, edge_index, image_graph, mean_lens
from scipy import sparse

# A trunk 0-1-2 that splits into 3-4 and 5-6, and a component 7 of its own; ten images a node, of one point each.
EDGES = [(0, 1), (1, 2), (2, 3), (3, 4), (2, 5), (5, 6)]
LENS = [0.0, 1.0, 2.0, 3.0, 4.0, 3.5, 4.5, 2.5]


def of_nodes(sizes, edges, lens):
    """Graph whose nodes have images of their own."""
    nodes = np.repeat(np.arange(len(sizes)), sizes)
    ones = np.ones(len(nodes), dtype=np.int8)
    incidence = sparse.csr_array((ones, (np.arange(len(nodes)), nodes)), shape=(len(nodes), len(sizes)))
    return image_graph(incidence, np.arange(len(nodes)), edges, lens)


def random_graph(seed, n_nodes=14, density=0.15):
    rng = np.random.default_rng(seed)
    first, second = np.triu_indices(n_nodes, 1)
    kept = rng.random(len(first)) < density
    edges, lens = np.stack([first[kept], second[kept]], axis=1), rng.permutation(n_nodes).astype(float)
    incidence = sparse.csr_array((rng.random((60, n_nodes)) < 0.1).astype(np.int8))
    return image_graph(incidence, rng.integers(0, 40, 60), edges, lens)


def as_networkx(graph, nodes=None):
    found = networkx.Graph()
    found.add_nodes_from(range(len(graph.lens)))
    found.add_edges_from(graph.edges.tolist())
    return found if nodes is None else found.subgraph(nodes)


def test_images_and_lens_of_nodes():
    incidence = sparse.csr_array(np.array([[1, 0], [1, 1], [0, 1], [0, 0]], dtype=np.int8))
    graph = image_graph(incidence, [7, 7, 3, 5], [(0, 1)], mean_lens(incidence, [1.0, 3.0, 8.0, 9.0]))
    np.testing.assert_array_equal(graph.images, [3, 5, 7])
    np.testing.assert_array_equal(graph.members.toarray(), [[False, True], [False, False], [True, True]])
    np.testing.assert_array_equal(graph.lens, [2, 5.5])


def test_branches_end_where_they_meet():
    found = sorted(arms(of_nodes([10] * 8, EDGES, LENS), share=0.1), key=lambda arm: -arm.nodes[0])
    # The node with a lens of 2 joins two; the whole components meet below the graph.
    assert [arm.nodes.tolist() for arm in found] == [[7], [5, 6], [3, 4], [0, 1, 2, 3, 4, 5, 6]]
    assert [arm.is_branch for arm in found] == [True, True, True, False]
    assert [arm.images.sum() for arm in found] == [10, 20, 20, 70]


def test_small_components_are_absorbed():
    # The tip 5-6 has 4 of 64 images: what is left does not part.
    sizes = [10, 10, 10, 10, 10, 2, 2, 10]
    found = arms(of_nodes(sizes, EDGES, LENS), share=0.1)
    assert sorted(arm.nodes.tolist() for arm in found) == [[0, 1, 2, 3, 4, 5, 6], [7]]
    assert len(arms(of_nodes(sizes, EDGES, LENS), share=0.05)) == 4
    # Just as large as is asked for: 7 of 100 images, and in binary 0.07 of 100 is more.
    assert len(arms(of_nodes([86, 7, 7], [(0, 1), (0, 2)], [0.0, 1.0, 2.0]), share=0.07)) == 2
    # One piece.
    assert arms(of_nodes(sizes[:7], EDGES, LENS[:7]), share=0.1) == []


@pytest.mark.parametrize("n_values", [None, 2, 4])
@pytest.mark.parametrize("seed", range(20))
def test_arms_are_those_of_all_superlevel_sets(seed, n_values):
    """Brute force: components above a level meet in a component with that level, if two or more are large."""
    graph, share = random_graph(seed), 0.1
    if n_values is not None:
        graph = replace(graph, lens=graph.lens % n_values)
    least, members = share * len(graph.images), graph.members.toarray()
    expected = []
    for level in -np.unique(-graph.lens):
        above = list(networkx.connected_components(as_networkx(graph, np.flatnonzero(graph.lens > level))))
        for whole in networkx.connected_components(as_networkx(graph, np.flatnonzero(graph.lens >= level))):
            parts = [sorted(part) for part in above if part < whole]
            large = [part for part in parts if members[:, part].any(axis=1).sum() >= least]
            expected += large if len(large) > 1 else []
    whole = map(sorted, networkx.connected_components(as_networkx(graph)))
    pieces = [part for part in whole if members[:, part].any(axis=1).sum() >= least]
    expected += pieces if len(pieces) > 1 else []
    found = arms(graph, share)
    assert sorted(arm.nodes.tolist() for arm in found) == sorted(expected)
    for arm in found:
        nodes = arm.nodes.tolist()
        np.testing.assert_array_equal(arm.images, members[:, nodes].any(axis=1))
        assert arm.is_branch == (not any(set(other) < set(nodes) for other in expected))


@pytest.mark.parametrize("seed", range(12))
def test_cycles_are_a_basis_of_closed_walks(seed):
    graph = random_graph(seed, density=0.08 + 0.03 * (seed % 4))
    found, index = cycles(graph), edge_index(graph)
    whole = as_networkx(graph)
    rank = len(graph.edges) - len(graph.lens) + networkx.number_connected_components(whole)
    assert len(found) == rank
    matrix = np.zeros((rank, len(graph.edges)), dtype=int)
    for row, cycle in zip(matrix, found, strict=True):
        assert len(set(cycle)) == len(cycle) >= 3
        for edge in closed_edges(cycle):
            row[index[edge]] = 1
    assert rank_mod_2(matrix) == rank
    # The shortest is one of the shortest there are, and in all they are not far from the least.
    if rank:
        least = networkx.minimum_cycle_basis(whole)
        assert min(map(len, found)) == min(map(len, least))
        assert sum(map(len, found)) <= 1.5 * sum(map(len, least))


def test_a_ring_of_squares_is_a_cycle_beside_its_squares():
    """Each of its edges is in a square, so that no shortest cycle through an edge goes around."""
    ring = [(i, (i + 1) % 6) for i in range(6)]
    edges = [*ring, *((6 + a, 6 + b) for a, b in ring), *((i, 6 + i) for i in range(6))]
    graph = of_nodes([1] * 12, edges, np.arange(12.0))
    found, index = cycles(graph), edge_index(graph)
    assert [len(cycle) for cycle in found[:6]] == [4] * 6
    assert len(found) == 7
    assert len(found[6]) >= 6
    rows = [np.isin(np.arange(18), [index[edge] for edge in closed_edges(cycle)]) for cycle in found]
    assert rank_mod_2(np.array(rows, dtype=int)) == 7


def rank_mod_2(matrix):
    matrix, rank = matrix.copy(), 0
    for column in range(matrix.shape[1]):
        pivots = np.flatnonzero(matrix[rank:, column]) + rank
        if len(pivots):
            matrix[[rank, pivots[0]]] = matrix[[pivots[0], rank]]
            others = np.flatnonzero(matrix[:, column])
            matrix[others[others != rank]] ^= matrix[rank]
            rank += 1
        if rank == len(matrix):
            break
    return rank


def test_a_graph_without_a_node():
    graph = image_graph(sparse.csr_array((4, 0), dtype=np.int8), range(4), [], [])
    assert arms(graph) == cycles(graph) == []


def test_what_is_refused():
    with pytest.raises(InputError, match="not those of one graph"):
        of_nodes([1, 1], [(0, 2)], [0.0, 1.0])
    with pytest.raises(InputError, match="not those of one graph"):
        of_nodes([1, 1], [(0, 1)], [0.0, np.nan])
    incidence = sparse.csr_array(np.eye(2, dtype=np.int8))
    for images, edges, lens in (([0], [], [0, 1]), ([0, 1], [], [0]), ([0, 1], [(-1, 0)], [0, 1])):
        with pytest.raises(InputError, match="not those of one graph"):
            image_graph(incidence, images, edges, lens)
    with pytest.raises(InputError, match="share must be above 0"):
        arms(of_nodes([1], [], [0.0]), share=0)
    with pytest.raises(InputError, match="at most 1"):
        arms(of_nodes([1], [], [0.0]), share=1.1)
