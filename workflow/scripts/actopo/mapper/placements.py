r"""
New points on a mapper graph that is finished: the nodes that would take each of them.

A new point lies over the intervals of the graph's cover that contain its lens value. Over each it is treated as DBSCAN
treats a border point: it goes to the first cluster, in the order of nodes, that has a core point within `eps`, and to
none if there is no such point. Core points are those of the graph, counted among its own points over the interval, so
that new points change nothing and do not see each other. A point of the graph itself goes to its own nodes.
"""

import numpy as np
from scipy import sparse

from actopo.errors import InputError
from actopo.mapper.composition import membership
from actopo.mapper.dbscan import core_points
from actopo.mapper.exact_distances import are_within
from actopo.mapper.graph import interval_members

ROWS = 1024


def place_points(new_points, new_lens, points, lens, incidence, interval, cover, eps, min_samples=5, progress=None):
    """
    Nodes of a mapper graph that would take new points.

    Parameters
    ----------
    new_points : ndarray of shape (n_new, c)
    new_lens : ndarray of shape (n_new,) or (n_new, 2)
        Finite lens values of the new points, with reference to the graph's cloud.
    points : ndarray of shape (n_points, c)
        The graph's cloud.
    lens : ndarray of shape (n_points,) or (n_points, 2)
        Its lens values.
    incidence : sparse matrix of shape (n_points, n_nodes)
        The graph's incidence, not 0 where the point is in the node.
    interval : ndarray of shape (n_nodes,)
        Interval of each node.
    cover : object with ``intervals(lens)``
        The graph's cover.
    eps, min_samples
        Those of the graph's DBSCAN.
    progress : callable, optional
        Wraps the sequence of intervals that have a node and yields them, as tqdm does.

    Returns
    -------
    csr_array of shape (n_new, n_nodes), bool
        Not 0 where the node takes the point: at most one node of each interval.

    Raises
    ------
    InputError
        If the arrays do not describe one graph and points of its space, or a point is not finite.
    """
    members, interval = membership(incidence), np.asarray(interval)
    if members.shape != (len(points), len(interval)) or len(lens) != len(points) or len(new_lens) != len(new_points):
        raise InputError(
            f"{len(points)} points, {len(lens)} lens values, an incidence of shape {members.shape} and "
            f"{len(interval)} intervals of nodes are not those of one graph, or {len(new_points)} new points have "
            f"{len(new_lens)} lens values."
        )
    if np.ndim(new_points) != 2 or new_points.shape[1] != points.shape[1]:
        raise InputError(
            f"new points of shape {np.shape(new_points)} do not lie in the space of the graph's, which have "
            f"{points.shape[1]} coordinates; read them from the same layer."
        )
    if not np.isfinite(new_points).all():
        row = np.flatnonzero(~np.isfinite(new_points).all(axis=1))[0]
        raise InputError(f"new point {row} has a coordinate that is not finite; drop that point.")
    rows, nodes = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    if len(new_points) and len(interval):
        bounds, columns = cover.intervals(lens), members.tocsc()
        used = np.unique(interval)
        own, new = (dict(zip(used, interval_members(of, bounds[used]), strict=True)) for of in (lens, new_lens))
        for i in used if progress is None else progress(used):
            if not len(new[i]):
                continue
            first = np.flatnonzero(interval == i)
            place, node = columns[:, first].nonzero()
            # A core point is in one node of its interval.
            node_of = dict(zip(place.tolist(), first[node].tolist(), strict=True))
            core = own[i][core_points(points[own[i]], eps, min_samples)]
            found = _first_cluster(new_points[new[i]], points[core], np.array([node_of[x] for x in core.tolist()]), eps)
            rows.append(new[i][found >= 0])
            nodes.append(found[found >= 0])
    rows, nodes = np.concatenate(rows), np.concatenate(nodes)
    return sparse.csr_array((np.ones(len(rows), dtype=bool), (rows, nodes)), shape=(len(new_points), len(interval)))


def _first_cluster(new_points, core, node, eps):
    """Smallest node of the core points within `eps` of each new point, -1 for none."""
    found = np.full(len(new_points), -1, dtype=np.int64)
    if not len(core):
        return found
    # Both in one array, in the precision in which DBSCAN compares points.
    kind = np.float32 if new_points.dtype == core.dtype == np.float32 else np.float64
    both = np.concatenate([core, new_points]).astype(kind, copy=False)
    centre, squared = core.mean(axis=0, dtype=np.float64), float(eps) ** 2
    columns = core.astype(np.float64) - centre
    lengths = np.square(columns).sum(axis=1)
    for start in range(0, len(new_points), ROWS):
        part = new_points[start : start + ROWS].astype(np.float64) - centre
        sums = np.square(part).sum(axis=1)[:, None] + lengths
        distances = sums - 2 * (part @ columns.T)
        # Rounding moves a square by less than this; pairs that it could decide are compared coordinate by coordinate.
        slack = (part.shape[1] + 16) * 2.0**-50 * sums
        within = distances <= squared - slack
        row, column = np.nonzero(~within & (distances <= squared + slack))
        within[row, column] = are_within(both, column, len(core) + start + row, squared)
        nodes = np.where(within, node, np.iinfo(np.int64).max).min(axis=1)
        found[start : start + ROWS] = np.where(within.any(axis=1), nodes, -1)
    return found
