"""
Layout of mapper graphs: positions in the plane that are the same for the same graph and seed.

Each connected component is laid out by stress minimisation, which makes distances in the drawing approximate those
in the graph, and rotated so that the lens grows from left to right: a trunk of mixed nodes comes first and the
branches of single classes fan out from it. Components are placed largest first, and nodes without a
neighbour in a block underneath; where discs of different components would touch, as in graphs that are mostly nodes
without a neighbour, all of these stand further apart. :func:`spread` makes room for the discs of the nodes.

Stress is minimised by stochastic gradient descent over pairs of nodes [1]_. Pairs are scheduled as in a round-robin
tournament: each round has every node once, so that it is one array operation. If there are more than a thousand
rounds, an epoch consists of a random thousand.

References
----------
.. [1] Zheng, Pawar and Goodman (2019), "Graph drawing by stochastic gradient descent", IEEE Transactions on
   Visualization and Computer Graphics 25.
"""

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from actopo.errors import InputError

EPOCHS = 15
MAX_ROUNDS = 1000
LAST_STEP = 0.1
# Height of a drawing by its width.
ASPECT = 0.85
# Radii of discs in the explorer: that of the largest node by the square root of a node's share of the drawing, but at
# most by that of the whole drawing, and that of the smallest by the largest.
DISC, LARGEST, SMALLEST = 0.42, 0.05, 0.2
# How often components are moved apart until their discs have room, and by how much.
WIDENINGS, WIDER = 16, 1.25
# How often discs are moved apart, and how often the drawing is then fitted into its room again.
STEPS, ROUNDS = 60, 4


def layout(graph, seed=0, discs=None):
    """
    Positions of the nodes, the same for the same graph and seed.

    Parameters
    ----------
    graph : dict
        Node-link form, as in `actopo.figures.mapper_graphs.plot`.
    seed : int, default 0
        Seed of the small displacements that separate nodes with equal distances.
    discs : ndarray of shape (K,), optional
        Radius of each node's disc, by the square root of the area of the drawing; by default about as in the explorer.
        There may be no room for discs that are larger than the largest of the explorer.

    Returns
    -------
    ndarray of shape (K, 2)
        Positions in the order of `graph["nodes"]`; the unit is the length of an edge between two small nodes.

    Raises
    ------
    InputError
        If a link names a node that does not exist.
    """
    nodes = graph["nodes"]
    if not nodes:
        return np.zeros((0, 2))
    rng = np.random.default_rng(seed)
    ends = ends_of(graph)
    lens = np.array([node["lens_mean"] for node in nodes], dtype=float)
    radius = np.sqrt([node["size"] for node in nodes])
    radius = radius / max(radius.max(), 1)
    # Large nodes are placed further from their neighbours, since the discs of a trunk would overlap otherwise.
    length = 1 + 2.5 * radius[ends].sum(axis=1)
    _, component = connected_components(_sparse(ends, length, len(nodes)), directed=False)
    count = np.bincount(component)
    position = np.zeros((len(nodes), 2))
    members = [np.flatnonzero(component == label) for label in np.argsort(-count, kind="stable") if count[label] > 1]
    for inside in members:
        local = np.full(len(nodes), -1)
        local[inside] = np.arange(len(inside))
        kept = local[ends[:, 0]] >= 0
        position[inside] = _component(local[ends[kept]], length[kept], lens[inside], rng)
    single = np.flatnonzero(count[component] == 1)
    single = single[np.argsort(lens[single], kind="stable")]
    _arrange(position, members, single)
    most = DISC / np.sqrt(len(nodes))
    discs = min(most, LARGEST) * np.maximum(radius, SMALLEST) if discs is None else np.minimum(discs, most)
    # As far from each other as neighbours of middle size are.
    apart = 1 + 5 * radius.mean()
    for _ in range(WIDENINGS):
        if not _touch(position, discs, component):
            break
        _arrange(position, members, single, apart)
        apart *= WIDER
    return position


def spread(position, radius, room, gap=0.0):
    """
    Move nodes of a layout apart where their discs would touch, and fit the drawing into a room.

    Parameters
    ----------
    position : ndarray of shape (K, 2)
        From :func:`layout`.
    radius : ndarray of shape (K,)
        Radius of each node's disc, in the unit of the room.
    room : pair of float
        Width and height of the drawing.
    gap : float, default 0
        Smallest distance between two discs, in the unit of the room.

    Returns
    -------
    position : ndarray of shape (K, 2)
        In the unit of the layout. Nodes that nothing touches stay where they are.
    scale : float
        Length in the room of a unit of the layout. Where the discs leave no space to move, some still touch.
    """
    reach = radius + gap / 2
    for _ in range(ROUNDS):
        scale = _scale_into(position, radius, room)
        moved = _moved_apart(position, reach / scale)
        if moved is position:
            break
        position = moved
    return position, _scale_into(position, radius, room)


def _scale_into(position, radius, room):
    """Largest scale at which all discs are inside of the room."""
    extent = np.ptp(position, axis=0) if len(position) else np.zeros(2)
    free = np.maximum(np.asarray(room, dtype=float) - 2 * radius.max(initial=0), 1e-3)
    return float(np.min(free / np.maximum(extent, 1e-9), initial=free.max()))


def _moved_apart(position, radius):
    """Positions at which no two discs touch, or nearly none; the same array if no two do."""
    for _ in range(STEPS):
        pairs = cKDTree(position).query_pairs(2 * radius.max(initial=0), output_type="ndarray")
        apart = position[pairs[:, 0]] - position[pairs[:, 1]]
        distance = np.hypot(*apart.T)
        missing = radius[pairs].sum(axis=1) - distance
        touching = missing > 1e-6 * radius.max(initial=0)
        if not touching.any():
            break
        pairs, apart, distance, missing = (each[touching] for each in (pairs, apart, distance, missing))
        # Nodes at the same place part in the direction of their numbers.
        apart[distance == 0], distance[distance == 0] = (1.0, 0.0), 1.0
        push = (missing / distance / 2)[:, None] * apart
        position = position.copy()
        np.add.at(position, pairs[:, 0], push)
        np.add.at(position, pairs[:, 1], -push)
    return position


def ends_of(graph):
    """Places of the nodes that each link joins: ndarray of shape (n_links, 2)."""
    index = {node["id"]: place for place, node in enumerate(graph["nodes"])}
    try:
        ends = [(index[link["source"]], index[link["target"]]) for link in graph["links"]]
    except KeyError as unknown:
        raise InputError(f"a link of the mapper graph names node {unknown}, which is not among its nodes") from None
    return np.array(ends, dtype=int).reshape(-1, 2)


def _sparse(ends, weight, n):
    return coo_matrix((weight, (ends[:, 0], ends[:, 1])), shape=(n, n)).tocsr()


def _component(ends, length, lens, rng):
    """Positions of one connected graph's nodes around the origin, rotated along the lens."""
    position = _minimise_stress(dijkstra(_sparse(ends, length, len(lens)), directed=False), rng)
    position -= position.mean(axis=0)
    # The direction of largest covariance: a regression slope would follow noise across a thin drawing.
    direction = (lens - lens.mean()) @ position
    if np.hypot(*direction) == 0:
        direction = np.linalg.svd(position, full_matrices=False)[2][0]
    x, y = direction / np.hypot(*direction)
    return position @ np.array([[x, -y], [y, x]])


def _minimise_stress(distance, rng):
    """Points of the plane whose distances approximate `distance`, each with weight `distance ** -2`."""
    n = len(distance)
    position = rng.normal(scale=distance.mean(), size=(n, 2))
    players = n + n % 2
    pairs = players // 2 - 1
    # Small graphs have few pairs in an epoch, and take little time.
    epochs = EPOCHS if n > 100 else 4 * EPOCHS
    smallest = distance[distance > 0].min()
    for step in np.geomspace(distance.max() ** 2, LAST_STEP * smallest**2, epochs):
        name = rng.permutation(players)
        ring = np.tile(name[:-1], 3)
        for shift in players - 1 + rng.permutation(players - 1)[:MAX_ROUNDS]:
            first = np.append(ring[shift + 1 : shift + 1 + pairs], name[-1])
            second = np.append(ring[shift - pairs : shift][::-1], ring[shift])
            if n < players:
                present = (first < n) & (second < n)
                first, second = first[present], second[present]
            wanted = distance[first, second]
            apart = position[first] - position[second]
            actual = np.maximum(np.hypot(apart[:, 0], apart[:, 1]), 1e-9)
            move = (np.minimum(step / wanted**2, 1) * (1 - wanted / actual) / 2)[:, None] * apart
            position[first] -= move
            position[second] += move
    return position


def _touch(position, discs, component):
    """Whether discs of different components touch, whose radii are by the square root of the area of the drawing."""
    width, depth = np.ptp(position, axis=0)
    radius = np.sqrt(ASPECT) * max(width, depth / ASPECT) * discs
    first, second = cKDTree(position).query_pairs(2 * radius.max(), output_type="ndarray").T
    distance = np.hypot(*(position[first] - position[second]).T)
    return np.any((component[first] != component[second]) & (distance < radius[first] + radius[second]))


def _arrange(position, members, single, apart=0.0):
    """Place components, and below them the nodes without a neighbour, at least so far apart."""
    extent = _pack(position, members, apart, len(single) * apart**2)
    _block(position, single, extent, apart)


def _pack(position, members, apart, area):
    """
    Place components side by side in rows as wide as a cell, which has room for an area besides; return the width and
    depth that they fill.
    """
    if not members:
        return np.sqrt(area / ASPECT), 0.0
    gap = max(1.0, 0.04 * np.ptp(position[members[0]], axis=0).max(), apart)
    sizes = []
    for inside in members:
        position[inside] -= position[inside].min(axis=0)
        sizes.append(position[inside].max(axis=0) + gap)
    sizes = np.array(sizes)
    limit = max(sizes[:, 0].max(), np.sqrt((1.15 * sizes.prod(axis=1).sum() + area) / ASPECT))
    x = depth = shelf = width = 0.0
    for inside, (wide, high) in zip(members, sizes, strict=True):
        if x > 0 and x + wide > limit:
            x, depth, shelf = 0.0, depth + shelf, 0.0
        position[inside] += (x, -depth - high + gap)
        x, shelf, width = x + wide, max(shelf, high), max(width, x + wide)
    return max(limit if area else width - gap, (depth + shelf) / ASPECT), depth + shelf


def _block(position, single, extent, apart):
    """Place nodes without a neighbour in a grid below the rest, column by column in the order of the lens."""
    if not len(single):
        return
    width, depth = extent
    if width == 0:
        width = np.sqrt(len(single) / ASPECT)
        step = 1.0
    else:
        step = apart or width * min(1 / 28, np.sqrt(0.2 / len(single)))
    n_rows = max(1, -(-len(single) // (1 + int(width / step))))
    column, row = np.divmod(np.arange(len(single)), n_rows)
    position[single] = np.column_stack([column * step, -depth - row * step])
