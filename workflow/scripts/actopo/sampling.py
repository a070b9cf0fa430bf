"""
Point clouds from activations: which spatial activations of a layer become points.

A layer's activations are an array `(N, n, m, c)`: for each of `N` images a grid of `n x m` positions,
and at each position a `c`-vector, the spatial activation. A cloud takes some positions of each image
(Purvine et al. 2023, "Experimental Observations of the Topology of Convolutional Neural Network
Activations", sections 3 and 5) and keeps for every point where it came from. Foreground and background
are `top_weight` with weights from `actopo.receptive_field`.

Activations may be a memory map far larger than memory: they are read in blocks of images, and only
the points drawn are copied. The cloud of all positions is a view. `Stream` draws the same points while a
network runs, from one batch of images after the other.
"""

from dataclasses import dataclass

import numba
import numpy as np

from actopo.errors import InputError

BLOCK_BYTES = 1 << 25
POLICIES = ("random", "drop", "keep")


@dataclass(frozen=True)
class Cloud:
    """
    A point cloud and the provenance of its points: `activations[image, row, col]` is `points`.

    Attributes
    ----------
    points : ndarray of shape (P, c)
        Spatial activations, float32; the view that `full` returns keeps the type of the activations.
    image : ndarray of shape (P,)
        Index of the image along the first axis of the activations, int32.
    row, col : ndarray of shape (P,)
        Position within the image's `n x m` grid, int32.
    label : ndarray of shape (P,)
        Class label of the image, int32.
    norm : ndarray of shape (P,)
        l2 norm of the point over channels, float32.
    """

    points: np.ndarray
    image: np.ndarray
    row: np.ndarray
    col: np.ndarray
    label: np.ndarray
    norm: np.ndarray


def random(activations, labels, points_per_image=1, seed=0, exclude_border=False):
    """
    Draw positions uniformly, independently for each image and distinct within an image.

    Parameters
    ----------
    activations : ndarray or memmap of shape (N, n, m, c)
        Activations of one layer, float32 or float16, C-contiguous. Only the drawn points are read.
    labels : array_like of shape (N,)
        Integer class label of each image.
    points_per_image : int, default 1
        Positions per image.
    seed : int or sequence of int, default 0
        Seed of the draw; pass another one for each layer.
    exclude_border : bool, default False
        Never draw row 0 or column 0, as the paper's released code.

    Returns
    -------
    Cloud
        `N * points_per_image` points, by image and then by position.

    Raises
    ------
    InputError
        If there are too few positions, or a drawn point is not finite (with its image).
    """
    labels = _checked(activations, labels)
    return _gather(activations, labels, _random(activations.shape, labels, points_per_image, seed, exclude_border))


def top_l2(activations, labels, points_per_image=1, seed=0):
    """
    Take the positions with the largest l2 norm over channels.

    Parameters
    ----------
    activations : ndarray or memmap of shape (N, n, m, c)
        Activations of one layer, float32 or float16, C-contiguous.
    labels : array_like of shape (N,)
        Integer class label of each image.
    points_per_image : int, default 1
        Positions per image.
    seed : int or sequence of int, default 0
        Seed of the draw among positions of equal norm (in float32), as where ReLU left only zeros.

    Returns
    -------
    Cloud
        `N * points_per_image` points, by image and then from the largest norm down.

    Raises
    ------
    InputError
        If there are too few positions, or an activation is not finite (with its image).
    """
    labels = _checked(activations, labels)
    stream = Stream("top_l2", activations.shape, labels, points_per_image=points_per_image, seed=seed)
    n_images, n, m, c = activations.shape
    flat = []
    step = _block_rows(activations, n * m * c)
    for start in range(0, n_images, step):
        block = activations[start : start + step].reshape(-1, c)
        norms = _norms_of_finite(block, np.arange(start, start + len(block) // (n * m)).repeat(n * m))
        flat.append(start * n * m + stream.take(norms.reshape(-1, n, m)))
    return _gather(activations, labels, np.concatenate(flat))


def top_weight(activations, labels, weights, points_per_image=1, seed=0, has_foreground=None, policy="random"):
    """
    Take the positions with the largest weight, as the foreground inside their receptive fields.

    The rule is strict: a position is left out only for positions of larger or equal weight. The paper's
    released code draws among all positions that reach the p-th largest weight, and so may leave out the largest.

    Parameters
    ----------
    activations : ndarray or memmap of shape (N, n, m, c)
        Activations of one layer, float32 or float16, C-contiguous. Only the points taken are read.
    labels : array_like of shape (N,)
        Integer class label of each image.
    weights : ndarray of shape (N, n, m)
        Weight of each position, 0 or more, in any unit: only the order within an image counts.
    points_per_image : int, default 1
        Positions per image.
    seed : int or sequence of int, default 0
        Seed of the draw among positions of equal weight: equal in float32 once the image's largest weight
        is 1, so that rounding does not decide between symmetric positions.
    has_foreground : array_like of bool of shape (N,), optional
        Whether an image has any pixel of the wanted kind: for the background, whether it has any background.
        By default, whether it has a weight above 0.
    policy : {"random", "drop", "keep"}, default "random"
        What becomes of an image without. "random": random positions. "drop": the image has no point, and
        `image` skips its index. "keep": the rule as for any other image, as the paper's released code; where
        all weights are 0, all positions tie and the draw is that of "random". The two differ only for an image
        that `has_foreground` rejects in spite of its weights, as one with too few foreground pixels.

    Returns
    -------
    Cloud
        `points_per_image` points of each image, by image and then from the largest weight down. The points of
        an image with foreground do not depend on the policy.

    Raises
    ------
    InputError
        If there are too few positions, the weights do not fit the activations or are negative or not finite,
        no image is left, or a point taken is not finite (with its image).
    """
    labels = _checked(activations, labels)
    flat = _top_weight(activations.shape, labels, weights, points_per_image, seed, has_foreground, policy)
    return _gather(activations, labels, flat)


def full(activations, labels, cap=None, seed=0, replace=False):
    """
    Take every position, or `cap` of them where there are more.

    Parameters
    ----------
    activations : ndarray or memmap of shape (N, n, m, c)
        Activations of one layer, float32 or float16, C-contiguous.
    labels : array_like of shape (N,)
        Integer class label of each image.
    cap : int, optional
        Largest number of points; by default no limit.
    seed : int or sequence of int, default 0
        Seed of the draw.
    replace : bool, default False
        How to cut down to `cap`. False: without replacement, each class in proportion to its size, with
        the total made exact by largest remainders. True: uniformly with replacement, as the paper's
        released code.

    Returns
    -------
    Cloud
        Points in ascending order of (image, row, col). Uncut, `points` is a view of `activations`.

    Raises
    ------
    InputError
        If `cap` is not positive, or an activation that is taken is not finite (with its image).
    """
    labels = _checked(activations, labels)
    flat = _full(activations.shape, labels, cap, seed, replace)
    if flat is not None:
        return _gather(activations, labels, flat)
    n_images, n, m, c = activations.shape
    points, image = activations.reshape(-1, c), np.arange(n_images, dtype=np.int32).repeat(n * m)
    return Cloud(
        points=points,
        image=image,
        row=np.tile(np.arange(n, dtype=np.int32).repeat(m), n_images),
        col=np.tile(np.arange(m, dtype=np.int32), n_images * n),
        label=labels[image],
        norm=_norms_of_finite(points, image),
    )


class Stream:
    """
    Draw from activations that come batch by batch what the functions of this module draw from all at once.

    Parameters
    ----------
    method : {"random", "top_l2", "top_weight", "full"}
    shape : (N, n, m, c)
        Of all batches together.
    labels : array_like of shape (N,)
        Integer class label of each image.
    **settings
        Further parameters of the function of that name.

    Raises
    ------
    InputError
        As the function does, as far as it does not depend on the activations.
    """

    def __init__(self, method, shape, labels, **settings):
        self.shape, self.labels = shape, np.asarray(labels)
        self._start, self._largest, self._flat = 0, None, None
        if method == "top_l2":
            self._largest = _top_l2(shape, **settings)
        else:
            known = {"random": _random, "top_weight": _top_weight, "full": _full}[method]
            self._flat = known(shape, self.labels, **settings)
        if self._flat is not None:
            self._image = self._flat // (shape[1] * shape[2])

    def take(self, norms):
        """
        Choose the points of the next images.

        Parameters
        ----------
        norms : float32 ndarray of shape (b, n, m)
            l2 norms of the next b images, see `l2_norms`.

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
        # Points come by image, though within an image in any order.
        first, last = np.searchsorted(self._image, [start, start + len(norms)])
        return self._flat[first:last] - start * size

    def provenance(self, flat):
        """Columns `image`, `row`, `col` and `label` of a `Cloud`, from indices into all N * n * m positions."""
        return _provenance(self.shape, self.labels, flat)


def l2_norms(points):
    """
    l2 norms over channels, with sums in float64.

    Parameters
    ----------
    points : ndarray or memmap of shape (P, c)
        float32 or float16, C-contiguous.

    Returns
    -------
    float32 ndarray of shape (P,)
        Infinite or not a number exactly where a point is not finite, or its norm is beyond float32.
    """
    norms = np.empty(len(points), np.float32)
    step = _block_rows(points, points.shape[1])
    for start in range(0, len(points), step):
        _write_norms(points[start : start + step].astype(np.float32, copy=False), norms[start : start + step])
    return norms


def _checked(activations, labels):
    labels = np.asarray(labels)
    if activations.ndim != 4 or 0 in activations.shape:
        raise InputError(f"activations have shape {activations.shape}; give a non-empty (N, n, m, c) array.")
    if activations.dtype not in (np.float32, np.float16) or not activations.flags.c_contiguous:
        raise InputError(
            f"activations must be C-contiguous float32 or float16, not {activations.dtype} with strides "
            f"{activations.strides}; convert them when they are dumped."
        )
    if labels.shape != activations.shape[:1] or not np.issubdtype(labels.dtype, np.integer):
        raise InputError(
            f"labels are {labels.dtype} of shape {labels.shape}; give one integer for each of the "
            f"{len(activations)} images."
        )
    return labels.astype(np.int32)


def _random(shape, labels, points_per_image=1, seed=0, exclude_border=False):
    n_images, n, m, _ = shape
    first = 1 if exclude_border else 0
    rows, cols = n - first, m - first
    _check_points_per_image(points_per_image, n, m, rows * cols)
    drawn = _distinct(n_images, rows * cols, points_per_image, np.random.default_rng(seed))
    row, col = np.divmod(drawn, max(cols, 1))
    position = (row + first) * m + col + first
    return _flat(position, n * m)


def _top_l2(shape, points_per_image=1, seed=0):
    """Function from norms (b, n * m) of the next images to the columns of the largest."""
    _, n, m, _ = shape
    _check_points_per_image(points_per_image, n, m, n * m)
    rng = np.random.default_rng(seed)
    return lambda norms: _largest(norms, points_per_image, rng)


def _top_weight(shape, labels, weights, points_per_image=1, seed=0, has_foreground=None, policy="random"):
    n_images, n, m, _ = shape
    _check_points_per_image(points_per_image, n, m, n * m)
    weights = np.asarray(weights)
    if weights.shape != (n_images, n, m):
        raise InputError(f"weights have shape {weights.shape}, but the activations need {(n_images, n, m)}.")
    if policy not in POLICIES:
        raise InputError(f"unknown policy {policy!r} for images without foreground; choose {', '.join(POLICIES)}.")
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
        position[start : start + step] = _largest(scaled, points_per_image, rng)
    flat = _flat(position, n * m)
    return flat[has_foreground.repeat(points_per_image)] if policy == "drop" else flat


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


def _check_points_per_image(points_per_image, n, m, available):
    if not 1 <= points_per_image <= available:
        raise InputError(
            f"points_per_image is {points_per_image}, but this layer has {n} x {m} positions per image"
            f"{'' if available == n * m else f', {available} of them without row 0 and column 0'}; "
            + (f"write a number from 1 to {available}." if available else "set exclude_border to false.")
        )


def _distinct(n_rows, size, k, rng):
    """Uniform `k`-subsets of `range(size)`, one a row and sorted: Floyd's algorithm on all rows at once."""
    chosen = np.empty((n_rows, k), np.int64)
    for column, last in enumerate(range(size - k, size)):
        draw = rng.integers(last + 1, size=n_rows)
        taken = (chosen[:, :column] == draw[:, None]).any(axis=1)
        chosen[:, column] = np.where(taken, last, draw)
    return np.sort(chosen, axis=1)


def _largest(values, k, rng):
    """Columns of the `k` largest values of each row, largest first; `values` are float32 and 0 or more."""
    size = values.shape[1]
    # The bits of non-negative floats are ordered as the floats: the value first, then a random number.
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


def _gather(activations, labels, flat):
    c = activations.shape[-1]
    source = activations.reshape(-1, c)
    points = np.empty((len(flat), c), np.float32)
    step = _block_rows(points, c)
    for start in range(0, len(flat), step):
        points[start : start + step] = source[flat[start : start + step]]
    places = _provenance(activations.shape, labels, flat)
    return Cloud(points, **places, norm=_norms_of_finite(points, places["image"]))


def _provenance(shape, labels, flat):
    _, n, m, _ = shape
    image = (flat // (n * m)).astype(np.int32)
    row, col = np.divmod((flat % (n * m)).astype(np.int32), np.int32(m))
    return {"image": image, "row": row, "col": col, "label": labels[image]}


@numba.njit(fastmath={"reassoc", "contract"}, cache=True)
def _write_norms(points, norms):
    n_points, n_channels = points.shape
    # Loops over indices become vector instructions; a loop over the values of a row does not.
    for row in range(n_points):
        # Squares of float32 cannot overflow in float64, so a sum is finite exactly where the point is.
        square = 0.0
        for channel in range(n_channels):
            value = np.float64(points[row, channel])
            square += value * value
        norms[row] = np.sqrt(square)


def _norms_of_finite(points, image):
    norms = l2_norms(points)
    finite = np.isfinite(norms)
    if not finite.all():
        raise InputError(
            f"the activations of image {image[finite.argmin()]} are not finite; leave the image out, or dump the "
            "activations in float32 instead of float16."
        )
    return norms


def _block_rows(array, row_size):
    return max(1, BLOCK_BYTES // (row_size * array.itemsize))
