r"""
Variance budget of the distance between layers: how much of it is seed, images, scale, second moments, and what is left.

The sliced-Wasserstein distance is the *squared* distance of diagrams in a Hilbert space (Carrière, Cuturi and Oudot
2017), so that variances in that space are exact: half the mean distance of two independent diagrams of one distribution
is its variance, and the mean distance of diagrams of two distributions is both variances and the squared distance of
the means, the energy term (Székely and Rizzo 2013; Rizzo and Székely 2010 decompose designs in this way).

The design is crossed: the first network on batches i = 1, 2, ... of images, other networks b on batch 0. With
`X[i, l, b, m]` the distance from layer l of the first network on batch i to layer m of network b on batch 0, the
*total* of layers l and m is the mean of `X[i, l, b, m]` and `X[i, m, b, l]` over i and b of at least 1: layers of
different networks on different images. It is the sum of

- `seed`, of both layers: `(X[i, l, b, l] - X[i, l, 0, l]) / 2`, what a change of the network adds to one of the images;
- `images`: `(X[i, l, b, l] - X[0, l, b, l]) / 2`, what a change of the images adds to one of the network;
- `seed_and_images`: `(X[0, l, b, l] + X[i, l, 0, l] - X[i, l, b, l]) / 2`, their interaction, which contains what is
  drawn anew for each network and batch, such as random positions;
- the energy term, and that of
- `scale`: what disappears if each cloud is divided by its mean distance between points, and all are multiplied by the
  mean of those of l and m;
- `second_moments`: the energy term of Gaussian clouds of the same covariances, at this scale;
- `remainder`: the rest, which is negative where the layers differ less than their Gaussian clouds.

`(X[0, l, b, l]) / 2`, the variance over networks given the images, is the sum of `seed` and `seed_and_images`, and the
variance over images given the network is that of `images` and `seed_and_images`. Estimates are unbiased, so that a
component that is small or 0 may come out negative.

Each component is a mean over a table of cells (i, b). Its variance is taken as that of the means of rows over their
number plus that of the means of columns over theirs, which counts the noise of cells twice and so is not too small. The
unit of `scale` and `second_moments` is a mean over the same networks and batches: to first order, a cell has the unit's
mean and what its own network and batch add to it. The interval is Student's, with the degrees of freedom of the shorter
axis of those on which the component depends. It is given the first network and the first batch, which all cells share:
it is that of repetitions with other networks and batches beside these two, and says nothing of another first network or
batch. Of repetitions in which these change as well, it covers the fewer the more networks and batches there are.

References
----------
Carrière, Cuturi and Oudot (2017), "Sliced Wasserstein Kernel for Persistence Diagrams".
Rizzo and Székely (2010), "DISCO Analysis: A Nonparametric Extension of Analysis of Variance", The Annals of Applied
Statistics 4.
Székely and Rizzo (2013), "Energy Statistics: A Class of Statistics Based on Distances", Journal of Statistical Planning
and Inference 143.
"""

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from actopo.errors import InputError
from actopo.similarity.choices import BUDGET
from actopo.similarity.intervals import FEWEST_NETWORKS


def budget_table(distances, layers, units=None, position=np.nan, level=0.95):
    """
    Variance budget of every pair of layers, in one homology dimension.

    Parameters
    ----------
    distances : dict of str to ndarray of shape (B, l, n, l)
        `X` of the module, with B batches and n networks, both at least 2: for `trained`, and where they were computed
        for `scaled`, and for `gaussian.scaled` or, without `scaled`, for `gaussian`. A part of the energy term whose
        clouds are missing is not split off, nor, for a layer whose points are all equal, one that has no value.
    layers : sequence of int of length l
    units : array_like of shape (B + n, l), optional
        Mean distance between points of each cloud, those of the batches first; needed with `scaled`.
    position : float, default nan
        Variance of the positions: 0 where they follow from the network and the image, nan where they are drawn and so a
        part of `seed_and_images`.
    level : float, default 0.95
        Level of the intervals.

    Returns
    -------
    DataFrame
        Columns `layer_a`, `layer_b` (every pair once, and each layer with itself), `term` (in the order of
        `actopo.similarity.choices.BUDGET`, and `total`), `value` in the unit of the filtration, `share` of the total,
        and `low`, `high`. The terms of a pair that are not nan add up to its total. Bounds are nan where the term
        varies over fewer than 4 other networks or batches.

    Raises
    ------
    InputError
        If there is only one batch or network, or units are missing.
    """
    if "scaled" in distances and units is None:
        raise InputError("the scaled distances have no unit; give the mean distance between points of each cloud.")
    cells = _cells(distances, units)
    first, second = np.triu_indices(len(layers))
    layers = np.asarray(layers)
    total = cells["total"].mean(axis=(0, 1))[first, second]
    tables = []
    for term in (*BUDGET, "total"):
        if term == "position":
            value = np.full(len(first), position)
            low, high = value, value
        elif term in cells:
            own = cells[term][..., first, second]
            value, (low, high) = own.mean(axis=(0, 1)), crossed_interval(own, level)
        else:
            continue
        share = np.divide(value, total, out=np.full(len(total), np.nan), where=total > 0)
        columns = {"layer_a": layers[first], "layer_b": layers[second], "term": term}
        tables.append(pd.DataFrame({**columns, "value": value, "share": share, "low": low, "high": high}))
    table = pd.concat(tables, ignore_index=True)
    # The terms of a pair one below the other.
    order = np.arange(len(table)).reshape(-1, len(first)).T.ravel()
    return table.iloc[order].reset_index(drop=True)


def crossed_interval(cells, level=0.95):
    """
    Interval of the mean over a table of two crossed samples, such as networks and batches of images.

    Parameters
    ----------
    cells : array_like of shape (r, c, ...)
        A statistic of each row and column; further axes are further statistics. Where it does not depend on the row
        (or column) at all, that axis does not count.
    level : float, default 0.95

    Returns
    -------
    low, high : ndarray of shape (...)
        nan where an axis that counts has fewer than 4 entries.
    """
    cells = np.asarray(cells, dtype=np.float64)
    centre = cells.mean(axis=(0, 1))
    variance, dof, enough = 0, np.inf, True
    for axis in (0, 1):
        n, means = cells.shape[axis], cells.mean(axis=1 - axis)
        # A single entry cannot show whether its axis counts.
        varies = (np.ptp(cells, axis=axis) > 1e-12 * np.abs(cells).max(axis=(0, 1))).any(axis=0) | (n == 1)
        variance = variance + (means.var(axis=0, ddof=1) / n if n > 1 else 0.0)
        dof = np.where(varies, np.minimum(dof, n - 1), dof)
        enough = enough & (~varies | (n >= FEWEST_NETWORKS - 1))
    half = np.where(np.isinf(dof), 0, stdtrit(np.clip(dof, 1, 1e9), (1 + level) / 2) * np.sqrt(variance))
    return np.where(enough, centre - half, np.nan), np.where(enough, centre + half, np.nan)


def _cells(distances, units):
    """Each term of each pair of layers in each cell: arrays (B - 1, n - 1, l, l)."""
    whole = np.asarray(distances["trained"], dtype=np.float64)
    between, within = _energy(whole)
    same_images = _own(whole[:1, :, 1:])
    same_network = _own(whole[1:, :, :1])
    cells = {
        "seed": _of_both(within - same_network),
        "images": _of_both(within - same_images),
        "seed_and_images": _of_both(same_images + same_network - within),
    }
    known = {}
    if "scaled" in distances:
        unit, error = _pair_units(units, whole.shape[0], whole.shape[2])
        known["scale"] = between - _in_unit(_energy(distances["scaled"])[0], unit, error)
    moments = "gaussian.scaled" if "scaled" in distances else "gaussian"
    if moments in distances:
        energy = _energy(distances[moments])[0]
        known["second_moments"] = _in_unit(energy, unit, error) if "scaled" in distances else energy
    # Nothing is split off for a pair with a layer whose points are all equal, and so have no scale, in any cell.
    rest = between
    for part in known.values():
        part[..., np.isnan(part).any(axis=(0, 1))] = np.nan
        rest = rest - np.nan_to_num(part)
    return {**cells, **known, "remainder": rest, "total": between + _of_both(within)}


def _pair_units(units, n_batches, n_networks):
    """Unit of each pair of layers, and what each cell adds to it: arrays (l, l) and (B - 1, n - 1, l, l)."""
    units = np.asarray(units, dtype=np.float64)
    # The first network on the first batch is in both lists and counts once.
    batches, networks = units[1:n_batches], units[n_batches + 1 :]
    added = [len(own) * (own - own.mean(axis=0)) for own in (batches, networks)]
    error = (added[0][:, None] + added[1]) / (n_batches + n_networks - 1)
    return _of_both(units[1:].mean(axis=0)) / 2, _of_both(error) / 2


def _in_unit(energy, unit, error):
    """Cells of an energy term times its unit, to first order in the error of both."""
    return unit * energy + error * energy.mean(axis=(0, 1))


def _energy(distances):
    """Energy term and variance in each cell: arrays (B - 1, n - 1, l, l) and (B - 1, n - 1, l)."""
    distances = np.asarray(distances, dtype=np.float64)
    if min(distances.shape[0], distances.shape[2]) < 2:
        raise InputError(
            f"the budget has {distances.shape[0]} batches and {distances.shape[2]} networks; it needs 2 of each."
        )
    across = distances[1:, :, 1:].transpose(0, 2, 1, 3)
    within = _own(distances[1:, :, 1:])
    # Exactly 0 for a layer with itself.
    return (across + across.swapaxes(2, 3)) / 2 - _of_both(within), within


def _own(distances):
    """Half the distances between two diagrams of the same layer, as (batches, networks, layers)."""
    return np.einsum("ilbl->ibl", distances) / 2


def _of_both(variance):
    return variance[..., :, None] + variance[..., None, :]
