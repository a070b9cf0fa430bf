"""
Which positions several samplings of one layer choose: where they coincide, and how much foreground their fields hold.

Two samplings may choose the same positions for two reasons: because both look at the same images, or because both
prefer some positions in any image, such as those in the middle. `coinciding_positions` gives the share of positions
that coincide beside the share that the preferences alone would give. `foreground_in_fields` gives what the chosen
positions see of the foreground beside what all positions of the same images see.
"""

from itertools import combinations

import numpy as np
import pandas as pd

from actopo.points.choices import central_positions
from actopo.points.position_weights import position_weights

BLOCK_BYTES = 1 << 26
# Weights of `position_weights` that are shares of a field.
SHARES = ("coverage", "energy_share")


def chosen_positions(shape, image, row, col):
    """
    Table of the positions that a sampling chose.

    Parameters
    ----------
    shape : (N, n, m)
        Number of images, and rows and columns of the layer's positions.
    image, row, col : array_like of int of shape (P,)
        Image and position of each point. A position that was drawn twice counts once.

    Returns
    -------
    bool ndarray of shape (N, n * m)
    """
    chosen = np.zeros(shape, bool)
    chosen[image, row, col] = True
    return chosen.reshape(shape[0], -1)


def coinciding_positions(chosen, has_foreground):
    """
    Shares of positions that every two samplings of a layer have in common.

    Parameters
    ----------
    chosen : dict of str to bool ndarray of shape (N, P)
        By sampling, whether a position of an image is chosen (`chosen_positions`).
    has_foreground : bool ndarray of shape (N,)
        Which images count. In those without foreground, masks say nothing of positions.

    Returns
    -------
    DataFrame
        A row for every two samplings with as many positions (the input of a layer may have others than its output):
        `sampling_a`, `sampling_b`; `images`, those that have foreground and a point of both; `coinciding`, the number
        of positions that both have in these images, divided by the largest number that they could have in common, the
        sum over images of the smaller number of positions; `expected`, the same if each sampling chose its positions
        as often as it does, but independently of the other, so that only preferences for some positions in any image
        remain. Both are nan where there is no such image.
    """
    rows, points, numbers = [], {}, {}
    for sampling, own in chosen.items():
        image, position = np.nonzero(own)
        points[sampling] = image[has_foreground[image]], position[has_foreground[image]]
        numbers[sampling] = np.bincount(points[sampling][0], minlength=len(own))
    for pair in combinations(chosen, 2):
        if chosen[pair[0]].shape != chosen[pair[1]].shape:
            continue
        a, b = (numbers[sampling] for sampling in pair)
        in_both = (a > 0) & (b > 0)
        possible, images = np.minimum(a, b)[in_both].sum(), in_both.sum()
        places = [(image[in_both[image]], position[in_both[image]]) for image, position in (points[s] for s in pair)]
        common = chosen[pair[1]][places[0]].sum()
        often = [np.bincount(position, minlength=chosen[pair[0]].shape[1]).astype(float) for _, position in places]
        shares = [common / possible, often[0] @ often[1] / images / possible] if possible else [np.nan] * 2
        rows.append([*pair, images, *shares])
    return pd.DataFrame(rows, columns=["sampling_a", "sampling_b", "images", "coinciding", "expected"])


def foreground_in_fields(chosen, masks, field):
    """
    How much of their receptive fields is foreground at the positions that samplings of a layer chose.

    Parameters
    ----------
    chosen : dict of str to bool ndarray of shape (N, P)
        By sampling, whether a position of an image is chosen (`chosen_positions`).
    masks : bool ndarray or memmap of shape (N, H, W)
        Foreground of each image.
    field : ndarray of shape (n, m, H / block, W / block), rounded up
        Fields of the layer, with n * m = P.

    Returns
    -------
    DataFrame
        A row for every sampling: `sampling`; `images`, those that have foreground and a point; `points`, those of these
        images; `central`, the share of these points that are at a central position
        (`actopo.points.choices.central_positions`); for each weight of `position_weights` that is a share, `coverage`
        and `energy_share`, its mean over these points and (`..._all_positions`) over all positions of their images,
        each image as often as it has points. Means are nan where there is no point.
    """
    n_positions = field.shape[0] * field.shape[1]
    is_central = np.isin(np.arange(n_positions), central_positions(*field.shape[:2]))
    columns = ["images", "points", "central", *(f"{kind}{end}" for kind in SHARES for end in ("", "_all_positions"))]
    sums = pd.DataFrame(0.0, index=list(chosen), columns=columns)
    step = max(1, BLOCK_BYTES // max(8 * n_positions, masks[0].size))
    for start in range(0, len(masks), step):
        here = slice(start, start + step)
        mask = masks[here]
        weights = {kind: position_weights(mask, field, kind).reshape(len(mask), n_positions) for kind in SHARES}
        for sampling, of_all in chosen.items():
            own = of_all[here] & mask.any(axis=(1, 2))[:, None]
            counts = own.any(axis=1)
            added = [counts.sum(), own.sum(), own[:, is_central].sum()]
            for kind in SHARES:
                added += [weights[kind][own].sum(), weights[kind].mean(axis=1) @ own.sum(axis=1)]
            sums.loc[sampling] += added
    for column in columns[2:]:
        sums[column] /= sums["points"]
    whole = {"images": int, "points": int}
    return sums.astype(whole).rename_axis("sampling").reset_index()
