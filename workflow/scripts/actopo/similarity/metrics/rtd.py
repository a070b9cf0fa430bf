r"""
Representation topology divergence (RTD) of paired point clouds, and its light version.

Barannikov et al. (2022) [1]_ compare the distances `w` and `v` within two clouds of the same n objects by
the H1 barcode of the Vietoris-Rips filtration of the 2n x 2n matrix ``[[0, w], [w, min(w, v)]]``, and take
the sum of its bar lengths. :func:`cross_length` computes the same sum without that complex.

*Reduction.* Write R for Rips complexes. The first n points span a simplex, so that the matrix has the H1
of the pair `(R(min), D)`, with `D` the simplices of `R(min)` whose vertices have a common `w`-neighbour.
An edge jk of `D` that is longer than t in `w` has a common neighbour i; the triangle ijk lies in `R(min)`
and its other edges in `R(w)`, so that the class of jk is zero modulo `R(w)` already, and the bars are
those of the pair `(R(min), R(w))`. Its vertices cancel: at t, H1 is the vector space over GF(2) spanned by
the edges with ``min(w, v) <= t``, modulo the edges with ``w <= t`` and the triangles of ``R(min)``.

*Sweep.* Let t grow and store the class of every edge as a bit vector over the bars that are alive. A new
edge closes triangles with the common neighbours of its ends. The first of them determines its class; if
there is none and its `w` exceeds t, a bar is born. Every other triangle, and every edge once its
`w` is reached, must be zero: if it is not, a bar in it dies and is replaced in all classes by the sum of the others.
By the elder rule the youngest bar dies, but the sum of lengths, deaths less births, is the same for any choice.
The time is :math:`O(n^3)` operations on machine words, vectorised, plus :math:`O(n^2)` per bar.

RTD-Lite [2]_ is the part that H0 determines, for which minimum spanning trees suffice.

References
----------
.. [1] Barannikov, Trofimov, Balabin and Burnaev (2022), "Representation Topology Divergence: A Method for
   Comparing Neural Network Representations", ICML.
.. [2] Tulchinskii et al. (2025), "RTD-Lite: Scalable Topological Analysis for Comparing Weighted Graphs in
   Learning Tasks", AISTATS.
"""

import numpy as np
from scipy.spatial.distance import pdist, squareform

from actopo.compiled import compiled
from actopo.errors import InputError

QUANTILE = 0.9
_ALL = np.uint64(2**64 - 1)


def scaled_distances(cloud, name="cloud"):
    """
    Euclidean distances between the points of a cloud over their 0.9 quantile, or over the largest if that is 0.

    The quantile is that of the whole n x n matrix with its zero diagonal, as in the code of RTD's authors.

    Parameters
    ----------
    cloud : ndarray of shape (n, c)
        Finite coordinates.
    name : str
        Name of the cloud in error messages.

    Returns
    -------
    ndarray of shape (n, n), float32

    Raises
    ------
    InputError
        If all points are equal.
    """
    # pdist uses differences, not the expanded square, so that duplicates are at distance 0.
    distances = squareform(pdist(cloud))
    unit = np.quantile(distances, QUANTILE) or distances.max()
    if unit == 0:
        raise InputError(
            f"{name} is one point many times, and RTD has no unit; leave out a layer whose points coincide."
        )
    return (distances / unit).astype(np.float32)


def prepare_rtd(cloud, name="cloud", subsets=10, subset_size=500, seed=0):
    """
    Scaled distances within random subsets of a cloud, each over its own quantile.

    Parameters
    ----------
    cloud : ndarray of shape (n, c)
        Finite coordinates.
    name : str
        Name of the cloud in error messages.
    subsets, subset_size, seed : int, default 10, 500 and 0
        Rows are drawn without replacement, the same ones for every cloud of `n` points. With
        ``n <= subset_size`` there is one subset, of all points.

    Returns
    -------
    ndarray of shape (subsets, s * (s - 1) / 2), float32
        Distances between the rows i < j of each subset of s points, in the order of `numpy.triu_indices`.

    Raises
    ------
    InputError
        If all points are equal.
    """
    n = len(cloud)
    if n <= subset_size:
        chosen = [np.arange(n)]
    else:
        rng = np.random.default_rng(seed)
        chosen = [rng.choice(n, subset_size, replace=False) for _ in range(subsets)]
    return np.array([squareform(scaled_distances(cloud[rows], name), checks=False) for rows in chosen])


def rtd(a, b):
    """
    RTD: the sum of H1 bar lengths, averaged over both directions and over subsets.

    0 for clouds with the same distances; not a metric. The unit is that of scaled distances.

    Parameters
    ----------
    a, b : ndarray of shape (subsets, s * (s - 1) / 2)
        As `prepare_rtd` returns them.

    Returns
    -------
    float
    """
    return float(np.mean([(cross_length(w, v) + cross_length(v, w)) / 2 for w, v in zip(a, b, strict=True)]))


def cross_length(w, v):
    """
    Sum of the H1 bar lengths of the filtration of ``[[0, w], [w, min(w, v)]]``.

    Parameters
    ----------
    w, v : ndarray of shape (s * (s - 1) / 2,)
        Distances between the points i < j of each cloud, in the order of `numpy.triu_indices`.

    Returns
    -------
    float
    """
    n = (1 + int(np.sqrt(1 + 8 * len(w)))) // 2
    start = np.minimum(w, v)
    order = np.argsort(start, kind="stable")
    first, second = (end[order].astype(np.int32) for end in np.triu_indices(n, 1))
    start, end = (x[order].astype(np.float64) for x in (start, w))
    late = np.nonzero(start < end)[0]
    return _sweep(n, first, second, start, end, late[np.argsort(end[late], kind="stable")])


def prepare_rtd_lite(cloud, name="cloud"):
    """
    Scaled distances of a cloud and the length of their minimum spanning tree.

    Parameters
    ----------
    cloud : ndarray of shape (n, c)
        Finite coordinates.
    name : str
        Name of the cloud in error messages.

    Returns
    -------
    distances : ndarray of shape (n, n), float32
    length : float

    Raises
    ------
    InputError
        If all points are equal.
    """
    distances = scaled_distances(cloud, name)
    return distances, _tree_length(distances, distances)


def rtd_lite(a, b):
    """
    RTD-Lite: half of ``MST(w) + MST(v) - 2 MST(min(w, v))``.

    Points that coincide are joined at length 0. Not a metric; in the unit of scaled distances.

    Parameters
    ----------
    a, b : tuple
        As `prepare_rtd_lite` returns them.

    Returns
    -------
    float
    """
    (w, w_length), (v, v_length) = a, b
    return max(0.0, (w_length + v_length) / 2 - _tree_length(w, v))


@compiled(nogil=True)
def _tree_length(w, v):
    """Length of the minimum spanning tree of the complete graph of ``min(w, v)``, by Prim's algorithm."""
    reach = np.minimum(w[0], v[0])
    outside = np.arange(1, len(w))
    length = 0.0
    while len(outside):
        nearest = 0
        for i in range(1, len(outside)):
            if reach[outside[i]] < reach[outside[nearest]]:
                nearest = i
        new = outside[nearest]
        length += reach[new]
        outside[nearest] = outside[-1]
        outside = outside[:-1]
        for other in outside:
            reach[other] = min(reach[other], w[new, other], v[new, other])
    return length


@compiled(nogil=True)
def _sweep(n, first, second, start, end, late):
    """
    Total bar length. Edges come in order of `start`; `late` are those with start < end, in order of `end`.

    Bit b of word i in ``classes[i, j, k]`` says whether the class of edge jk contains the bar in slot
    64 i + b. The lowest free slot is taken, so that only the first few words matter.
    """
    classes = np.zeros((4, n, n), np.uint64)
    present = np.zeros((n, n), np.uint64)
    alive = np.zeros(256, np.bool_)
    relation = np.zeros(4, np.uint64)
    n_words = i_late = 0
    length = 0.0
    for edge in range(len(start) + 1):
        while i_late < len(late) and (edge == len(start) or end[late[i_late]] <= start[edge]):
            j, k, now = first[late[i_late]], second[late[i_late]], end[late[i_late]]
            i_late += 1
            relation[:] = classes[:, j, k]
            if relation.any():
                length += now
                n_words = _kill(relation, classes, n_words, alive)
        if edge == len(start):
            break

        j, k, now = first[edge], second[edge], start[edge]
        if now < end[edge]:
            common = _common_neighbour(present[j], present[k])
            if common >= 0:
                for word in range(n_words):
                    classes[word, j, k] = classes[word, k, j] = classes[word, j, common] ^ classes[word, k, common]
            else:
                slot = 0
                while slot < len(alive) and alive[slot]:
                    slot += 1
                if slot == len(alive):
                    classes = np.concatenate((classes, np.zeros_like(classes)))
                    alive = np.concatenate((alive, np.zeros_like(alive)))
                    relation = np.zeros(len(classes), np.uint64)
                length -= now
                alive[slot] = True
                n_words = max(n_words, slot // 64 + 1)
                classes[slot // 64, j, k] = classes[slot // 64, k, j] = np.uint64(1) << np.uint64(slot % 64)
        present[j, k] = present[k, j] = _ALL
        while _finds_relation(classes, present, n_words, j, k, relation):
            length += now
            n_words = _kill(relation, classes, n_words, alive)
    return length


@compiled(nogil=True)
def _common_neighbour(a, b):
    for i in range(len(a)):
        if a[i] & b[i]:
            return i
    return -1


@compiled(nogil=True)
def _finds_relation(classes, present, n_words, j, k, relation):
    """Return whether a triangle on edge jk is not zero; if so, write the sum of its edges to `relation`."""
    near_j, near_k = present[j], present[k]
    for word in range(n_words):
        own, a, b = classes[word, j, k], classes[word, j], classes[word, k]
        # Without a branch, so that the compiler can vectorise the loop.
        found = np.uint64(0)
        for i in range(len(near_j)):
            found |= near_j[i] & near_k[i] & (a[i] ^ b[i] ^ own)
        if found:
            i = 0
            while not near_j[i] & near_k[i] & (a[i] ^ b[i] ^ own):
                i += 1
            relation[:] = classes[:, j, k] ^ classes[:, j, i] ^ classes[:, k, i]
            return True
    return False


@compiled(nogil=True)
def _kill(relation, classes, n_words, alive):
    """Replace the bar in the last slot of a relation by the sum of the others in all classes; return words in use."""
    slot = 64 * n_words - 1
    while not relation[slot // 64] >> np.uint64(slot % 64) & np.uint64(1):
        slot -= 1
    holder, bit = classes[slot // 64], np.uint64(1) << np.uint64(slot % 64)
    for j in range(len(holder)):
        for k in range(len(holder)):
            if holder[j, k] & bit:
                for word in range(n_words):
                    classes[word, j, k] ^= relation[word]
    alive[slot] = False
    while n_words and not alive[64 * (n_words - 1) : 64 * n_words].any():
        n_words -= 1
    return n_words
