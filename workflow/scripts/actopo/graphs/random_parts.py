"""Random parts of a point cloud, drawn without replacement by groups such as images."""

import numpy as np

from actopo.errors import InputError


def random_parts(groups, n_parts, share=0.5, seed=0, progress=None):
    """
    Points of random parts of a cloud; groups are drawn as a whole.

    Parameters
    ----------
    groups : ndarray of shape (n_points,)
        Group of each point, such as its image.
    n_parts : int
    share : float, default 0.5
        Share of the groups in each part, above 0 and at most 1; each part has at least one group.
    seed : int, default 0
    progress : callable, optional
        Wraps the sequence of parts and yields them, as tqdm does.

    Returns
    -------
    iterator of ndarray of int
        Indices of the points of each part, ascending.

    Raises
    ------
    InputError
        If `share` is out of its range.
    """
    if not 0 < share <= 1:
        raise InputError(f"share must be above 0 and at most 1 (0.5 is half of the points), not {share!r}.")
    found, group = np.unique(groups, return_inverse=True)
    return _draw(len(found), group, n_parts, share, seed, progress)


def _draw(n_groups, group, n_parts, share, seed, progress):
    rng, steps = np.random.default_rng(seed), range(n_parts)
    for _ in steps if progress is None else progress(steps):
        drawn = np.zeros(n_groups, dtype=bool)
        drawn[rng.choice(n_groups, max(round(share * n_groups), 1), replace=False)] = True
        yield np.flatnonzero(drawn[group])
