"""
Point clouds from activations: which spatial activations of a layer become points.

A layer's activations are an array `(N, n, m, c)`: for each of `N` images a grid of `n x m` positions,
and at each position a `c`-vector, the spatial activation. A cloud takes some positions of each image
(Purvine et al. 2023, "Experimental Observations of the Topology of Convolutional Neural Network
Activations", sections 3 and 5) and records the image and position of every point. Activations may be far larger
than memory, so they come batch by batch while a network runs, and a `Stream` chooses the positions of each
batch that become points.
"""

import numpy as np

from actopo.errors import InputError
from actopo.points.choices import CENTRAL_SHARE, POLICIES, TIES, central_positions

# Size of what is computed at a time.
BLOCK_BYTES = 1 << 25


class Stream:
    """
    Choice of the positions that become points, for activations that come batch by batch.

    `random` draws positions uniformly, independently for each image and distinct within an image; `central` does so
    among the positions nearest the centre (`actopo.points.choices.central_positions`). `top_l2` takes the positions
    with the largest l2 norm over channels. `top_weight` takes those with the largest weight, such as that of the
    foreground inside their receptive fields (`actopo.points.position_weights.position_weights`). `full` takes every
    position, or `cap` of them if there are more. `given` takes positions that are given.

    Points are in the order of the images, and within an image in the order of positions (`random`, `full`) or of
    decreasing norm or weight. No position that is left out has a larger norm or weight than one that is taken, unless
    `ties` is "all".

    Parameters
    ----------
    method : {"random", "central", "top_l2", "top_weight", "full", "given"}
    shape : (N, n, m, c)
        Shape of the activations of all batches together.
    labels : array_like of shape (N,)
        Integer class label of each image.
    points_per_image : int, default 1
        Number of positions per image, for all methods but `full`.
    seed : int or sequence of int, default 0
        Seed of all draws; pass another one for each layer. Draws also break ties between positions of equal norm
        (in float32), for example if ReLU left only zeros, and of equal weight: weights are compared in float32 after
        division by the image's largest, so that rounding does not decide between symmetric positions.
    exclude_border : bool, default False
        For `random`: whether to exclude row 0 and column 0, as in the paper's released code.
    share : float, default 0.25
        For `central`: share of the positions that are central; those at the distance of the last are too.
    weights : ndarray of shape (N, n, m)
        For `top_weight`: weight of each position, 0 or more, in any unit, since only the order within an image counts.
    has_foreground : array_like of bool of shape (N,), optional
        For `top_weight`: whether an image has any pixel of the wanted kind; for the background, whether it has any
        background. By default, whether it has a weight above 0.
    policy : {"random", "drop", "keep"}, default "random"
        For `top_weight`: treatment of an image without such pixels. "random": random positions. "drop": the image has
        no point. "keep": the rule for other images, as in the paper's released code; if all weights are 0, all
        positions tie and the draw is that of "random". The two differ only for an image that `has_foreground` rejects
        although it has weights above 0, for example one with too few foreground pixels. The points of an image with
        foreground do not depend on the policy.
    ties : {"last", "all"}, default "last"
        For `top_weight`: among which positions to draw, where several have the p-th largest weight. "last": among
        these, after all larger ones. "all": p among all that reach it, in random order, as in the paper's released
        code, so that the largest may be left out.
    permutation : int or sequence of int, optional
        For `top_weight`: seed of a permutation, by which every image with foreground gets the positions of another
        one, so that position and foreground are no longer paired; the positions as a whole stay the same. It is a
        random cycle of all images with foreground, so that none keeps its own. By default none is permuted.
    cap : int, optional
        For `full`: largest number of points; by default no limit.
    replace : bool, default False
        For `full`: how to draw `cap` points. False: without replacement, each class in proportion to its size, with
        the total made exact by largest remainders. True: uniformly with replacement, as in the paper's released code.
    place, row, col : array_like of int of shape (P,)
        For `given`: place of each point's image among the N, in ascending order, and its position.

    Raises
    ------
    InputError
        If there is no such method, there are too few positions, `cap` is not positive, the weights do not fit the
        activations or are negative or not finite, or no image is left.
    """

    def __init__(self, method, shape, labels, **settings):
        self.shape, self.labels = shape, np.asarray(labels)
        if self.labels.shape != (shape[0],):
            raise InputError(f"labels have shape {self.labels.shape}; give one for each of {shape[0]} images.")
        self._start, self._largest, self._flat = 0, None, None
        drawn = {"random": _random, "central": _central, "top_weight": _top_weight, "full": _full, "given": _given}
        if method == "top_l2":
            self._largest = _top_l2(shape, **settings)
        elif method in drawn:
            self._flat = drawn[method](shape, self.labels, **settings)
        else:
            raise InputError(f"method is {method!r}; write one of top_l2, {', '.join(drawn)}.")
        if self._flat is not None:
            self._image = self._flat // (shape[1] * shape[2])

    def take(self, norms):
        """
        Choose the points of the next images.

        Parameters
        ----------
        norms : float32 ndarray of shape (b, n, m)
            l2 norms of the next b images, see `actopo.points.norms.l2_norms`.

        Returns
        -------
        int64 ndarray
            Indices into the b * n * m positions of these images, in the order of the cloud.
        """
        size, start = norms[0].size, self._start
        self._start += len(norms)
        if self._start > self.shape[0]:
            raise ValueError(f"the stream was made for {self.shape[0]} images, but was given {self._start}")
        if self._largest is not None:
            return _flat(self._largest(norms.reshape(-1, size)), size)
        if self._flat is None:
            return np.arange(norms.size)
        # Points are in the order of the images, but within an image in any order.
        first, last = np.searchsorted(self._image, [start, start + len(norms)])
        return self._flat[first:last] - start * size

    def provenance(self, flat):
        """Image, row, column and label of points, from their indices into all N * n * m positions."""
        _, n, m, _ = self.shape
        image = (flat // (n * m)).astype(np.int32)
        row, col = np.divmod((flat % (n * m)).astype(np.int32), np.int32(m))
        return {"image": image, "row": row, "col": col, "label": self.labels[image]}


def _random(shape, labels, points_per_image=1, seed=0, exclude_border=False):
    n_images, n, m, _ = shape
    first = 1 if exclude_border else 0
    rows, cols = n - first, m - first
    _check_points_per_image(points_per_image, n, m, rows * cols, "without row 0 and column 0")
    drawn = _distinct(n_images, rows * cols, points_per_image, np.random.default_rng(seed))
    row, col = np.divmod(drawn, max(cols, 1))
    position = (row + first) * m + col + first
    return _flat(position, n * m)


def _central(shape, labels, points_per_image=1, seed=0, share=CENTRAL_SHARE):
    n_images, n, m, _ = shape
    central = np.array(central_positions(n, m, share))
    _check_points_per_image(points_per_image, n, m, len(central), f"within the central share {share:g}")
    drawn = _distinct(n_images, len(central), points_per_image, np.random.default_rng(seed))
    return _flat(central[drawn], n * m)


def _top_l2(shape, points_per_image=1, seed=0):
    """Function from norms (b, n * m) of the next images to the columns of the largest."""
    _, n, m, _ = shape
    _check_points_per_image(points_per_image, n, m, n * m)
    rng = np.random.default_rng(seed)
    return lambda norms: _largest(norms, points_per_image, rng)


def _top_weight(
    shape,
    labels,
    weights,
    points_per_image=1,
    seed=0,
    has_foreground=None,
    policy="random",
    ties="last",
    permutation=None,
):
    n_images, n, m, _ = shape
    _check_points_per_image(points_per_image, n, m, n * m)
    weights = np.asarray(weights)
    if weights.shape != (n_images, n, m):
        raise InputError(f"weights have shape {weights.shape}, but the activations need {(n_images, n, m)}.")
    if policy not in POLICIES:
        raise InputError(f"unknown policy {policy!r} for images without foreground; choose {', '.join(POLICIES)}.")
    if ties not in TIES:
        raise InputError(f"unknown choice {ties!r} for tied positions; choose {', '.join(TIES)}.")
    if has_foreground is None:
        has_foreground = weights.any(axis=(1, 2))
    has_foreground = np.asarray(has_foreground)
    if has_foreground.shape != (n_images,) or has_foreground.dtype != bool:
        raise InputError(
            f"has_foreground is {has_foreground.dtype} of shape {has_foreground.shape}; give one boolean for "
            f"each of the {n_images} images."
        )
    if policy == "drop" and not has_foreground.any():
        raise InputError("no image has a foreground, so dropping those without leaves none; set policy to random.")
    rng = np.random.default_rng(seed)
    position = np.empty((n_images, points_per_image), np.int64)
    step = _block_rows(weights, n * m)
    for start in range(0, n_images, step):
        block = weights[start : start + step].reshape(-1, n * m).astype(np.float64)
        wrong = ~(np.isfinite(block) & (block >= 0)).all(axis=1)
        if wrong.any():
            raise InputError(f"a weight of image {start + wrong.argmax()} is negative or not finite.")
        if policy == "random":
            block[~has_foreground[start : start + step]] = 0
        largest = block.max(axis=1, keepdims=True)
        scaled = (block / np.where(largest > 0, largest, 1)).astype(np.float32)
        if ties == "all":
            last = np.partition(scaled, -points_per_image, axis=1)[:, -points_per_image, None]
            scaled = (scaled >= last).astype(np.float32)
        position[start : start + step] = _largest(scaled, points_per_image, rng)
    if permutation is not None:
        _permute(position, np.flatnonzero(has_foreground), np.random.default_rng(permutation))
    flat = _flat(position, n * m)
    return flat[has_foreground.repeat(points_per_image)] if policy == "drop" else flat


def _permute(position, images, rng):
    """Give the positions (N, p) of each of some images to another of these images, along a random cycle."""
    if len(images) < 2:
        raise InputError(
            f"{len(images)} of {len(position)} images have foreground, and positions are permuted among two or more; "
            "remove the sampling, or give other masks."
        )
    cycle = rng.permutation(images)
    position[cycle] = position[np.roll(cycle, 1)]


def _full(shape, labels, cap=None, seed=0, replace=False):
    """Flat indices in ascending order, None for all."""
    if cap is not None and cap < 1:
        raise InputError(f"cap is {cap}; write a positive number of points, or null for every position.")
    n_images, n, m, _ = shape
    total = n_images * n * m
    if cap is None or total <= cap:
        return None
    rng = np.random.default_rng(seed)
    return np.sort(rng.integers(total, size=cap) if replace else _stratified(labels, n * m, cap, rng))


def _given(shape, labels, place, row, col):
    place, row, col = (np.asarray(values, dtype=np.int64) for values in (place, row, col))
    if (np.diff(place) < 0).any():
        raise InputError("the given points are not in the order of the images; sample them from the same batch.")
    for values, size, what in zip((place, row, col), shape, ("image", "row", "column"), strict=False):
        if len(values) and not 0 <= values.min() <= values.max() < size:
            raise InputError(f"a given point is in {what} {values.max()}, but the activations have {size}.")
    return (place * shape[1] + row) * shape[2] + col


def _check_points_per_image(points_per_image, n, m, available, which=""):
    if not 1 <= points_per_image <= available:
        raise InputError(
            f"points_per_image is {points_per_image}, but this layer has {n} x {m} positions per image"
            f"{'' if available == n * m else f', {available} of them {which}'}; "
            + (f"write a number from 1 to {available}." if available else "set exclude_border to false.")
        )


def _distinct(n_rows, size, k, rng):
    """Uniform `k`-subsets of `range(size)`, sorted, one per row: Floyd's algorithm on all rows at once."""
    chosen = np.empty((n_rows, k), np.int64)
    for column, last in enumerate(range(size - k, size)):
        draw = rng.integers(last + 1, size=n_rows)
        taken = (chosen[:, :column] == draw[:, None]).any(axis=1)
        chosen[:, column] = np.where(taken, last, draw)
    return np.sort(chosen, axis=1)


def _largest(values, k, rng):
    """Columns of the `k` largest values of each row, largest first; `values` are float32 and 0 or more."""
    size = values.shape[1]
    # The bits of non-negative floats have the order of the floats. A key has the value first, then a random number.
    # Adding 0 makes a negative zero positive.
    key = (values + np.float32(0)).view(np.uint32).astype(np.uint64) << np.uint64(32)
    key |= rng.integers(1 << 32, size=values.size, dtype=np.uint32).reshape(values.shape)
    best = np.argpartition(key, size - k, axis=1)[:, size - k :]
    order = np.argsort(np.take_along_axis(key, best, axis=1), axis=1)[:, ::-1]
    return np.take_along_axis(best, order, axis=1)


def _stratified(labels, positions, cap, rng):
    """Flat indices of `cap` distinct positions, shared among the classes in proportion to their images."""
    classes, counts = np.unique(labels, return_counts=True)
    quota, remainder = np.divmod(cap * counts, len(labels))
    quota[np.argsort(-remainder, kind="stable")[: cap - quota.sum()]] += 1
    flat = []
    for label, size in zip(classes, quota, strict=True):
        images = np.flatnonzero(labels == label)
        drawn = rng.choice(len(images) * positions, size, replace=False, shuffle=False)
        flat.append(images[drawn // positions] * positions + drawn % positions)
    return np.concatenate(flat)


def _flat(position, positions):
    return (np.arange(len(position))[:, None] * positions + position).ravel()


def _block_rows(array, row_size):
    return max(1, BLOCK_BYTES // (row_size * array.itemsize))
