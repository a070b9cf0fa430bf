"""
The grid of sliced-Wasserstein distances on a torch device, with the arithmetic and the error bound of the CPU's.

Tiles of pairs share the diagrams that they read. In each, all blocks of `t` are compared by their integrals, and those
in which the ranges of the two functions overlap by their bins (:mod:`actopo.similarity.wasserstein`). Every block has
a place of its own in the sum over blocks, so that the order of the sum is fixed.
"""

import math

from actopo.errors import InputError

# Blocks of all pairs of a tile, and blocks that are compared by their bins at a time: up to 1.5 GB in all.
TILE_BLOCKS, FINE_BLOCKS = 1 << 24, 1 << 19


def add_grid(device, shift, wanted, integral, low, high, bins, reach, distances, bound):
    """
    Add the areas of one direction to the distances of the wanted pairs, and their bounds to those of their error.

    Parameters
    ----------
    device : str
        torch's name of a device.
    shift : int
        Column j is diagram `shift` + j.
    wanted : ndarray of bool, shape (k, l)
    integral : ndarray of shape (n, n_blocks), float64
        Integral of the step function of each diagram over each block.
    low, high : ndarrays of shape (n, n_blocks), int16 or int32
        Its range there.
    bins : ndarray of shape (n, n_blocks, m), float64
        Its integral over each bin of a block.
    reach : ndarray of shape (n, n_blocks, m), float32
        How far it is from its mean in a bin, times the width; empty for no bounds.
    distances, bound : ndarrays of shape (k, l), float64
        Changed in place.

    Raises
    ------
    InputError
        If the device cannot be used.
    """
    # Not at the top: it takes seconds, and what needs no GPU needs no PyTorch.
    import torch

    try:
        arrays = [torch.from_numpy(array).to(device) for array in (integral, low, high, bins, reach)]
    except (RuntimeError, AssertionError) as error:
        raise InputError(f'device "{device}" cannot be used ({error}); write "cpu".') from error
    side = max(1, math.isqrt(TILE_BLOCKS // max(1, integral.shape[1])))
    for row in range(0, wanted.shape[0], side):
        rows = slice(row, min(row + side, wanted.shape[0]))
        for column in range(0, wanted.shape[1], side):
            columns = slice(column, min(column + side, wanted.shape[1]))
            chosen = wanted[rows, columns]
            if not chosen.any():
                continue
            here, there = ([a[part] for a in arrays] for part in (rows, slice(shift + column, shift + columns.stop)))
            area, error = _compare(here, there)
            distances[rows, columns] += chosen * area.cpu().numpy()
            if error is not None:
                bound[rows, columns] += chosen * error.cpu().numpy()


def _compare(here, there):
    """Areas between each of some functions and each of others, and bounds of their error or None: tensors (k, l)."""
    (x, low_x, high_x, bins_x, reach_x), (y, low_y, high_y, bins_y, reach_y) = here, there
    areas = (x[:, None] - y).abs_()
    errors = areas.new_zeros(areas.shape) if len(reach_x) else None
    overlap = ((low_x[:, None] < high_y) & (low_y < high_x[:, None])).nonzero()
    for places in overlap.split(FINE_BLOCKS):
        i, j, block = places.unbind(1)
        apart = (bins_x[i, block] - bins_y[j, block]).abs_()
        fine = apart.sum(dim=1)
        areas[i, j, block] = fine
        if errors is not None:
            most = apart.maximum(reach_x[i, block] + reach_y[j, block])
            errors[i, j, block] = most.sum(dim=1) - fine
    return areas.sum(dim=2), None if errors is None else errors.sum(dim=2)
