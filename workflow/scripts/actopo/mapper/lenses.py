r"""
Lenses: the numbers over which a mapper graph is drawn, one or two for each point.

=======================  ===================================================================================
lens                     value at a point :math:`x`
=======================  ===================================================================================
``l2``                   its l2 norm
``principal_component``  its coordinate along a principal component of the cloud
``eccentricity``         its mean distance to the cloud, :math:`(\mathrm{mean}_y |x - y|^p)^{1/p}` [1]_
``density``              minus the distance to a measure [2]_, the root mean square distance to the `k` nearest
                         other points of the cloud
``logit``                the network's output for a class, at the point's image
``probability``          the softmax of these outputs
``path.py:function``     whatever a user's function returns
=======================  ===================================================================================

The cloud to which a lens refers may be another than that of the points: new points have lens values beside an old
cloud. Points that are those of the cloud have the values there that they have in it, if ``density`` is told which they
are (`own`); a user's function must see to this itself. Of a cloud of more than `REFERENCE_POINTS` points, ``density``,
and ``eccentricity`` for other exponents than 2, take a random sample of that size.

References
----------
.. [1] Singh, Mémoli and Carlsson (2007), "Topological Methods for the Analysis of High Dimensional Data
   Sets and 3D Object Recognition".
.. [2] Chazal, Cohen-Steiner and Mérigot (2011), "Geometric Inference for Probability Measures", Foundations of
   Computational Mathematics.
"""

import inspect
from copy import deepcopy

import numpy as np
from scipy.special import softmax

from actopo.errors import InputError
from actopo.mapper.choices import FUNCTION, lens_label
from actopo.user_code import load_function, reason_of

REFERENCE_POINTS = 20_000
ROWS = 512


def lens_values(lenses, points, columns, logits=None, class_names=(), reference=None, own=None):
    """
    Values of one or two lenses.

    Parameters
    ----------
    lenses : list of (str, object)
        As `actopo.mapper.choices.lens_list` returns them.
    points : ndarray of shape (n, c)
        Points whose values are wanted.
    columns : dict of str to ndarray of shape (n,)
        ``norm``, and ``image``, ``row``, ``col`` and ``label`` for functions that take them.
    logits : ndarray of shape (n, n_outputs), optional
        Output of the network for the image of each point; needed by ``logit`` and ``probability``.
    class_names : sequence of str
        Names of the classes of the images.
    reference : ndarray of shape (m, c), optional
        The cloud to which the lens refers; by default `points`.
    own : ndarray of shape (n,), int, optional
        As in `density`.

    Returns
    -------
    ndarray of shape (n,) or (n, 2), float64
        Finite values; two columns for two lenses.

    Raises
    ------
    InputError
        If a lens does not fit the points, or a user's function fails or returns something else than one finite number
        for each point.
    """
    cloud = points if reference is None else reference
    values = []
    for name, of in lenses:
        if name == "l2":
            found = columns["norm"]
        elif name == "principal_component":
            found = principal_component(points, of, cloud)
        elif name == "eccentricity":
            found = eccentricity(points, of, cloud)
        elif name == "density":
            found = density(points, of, reference, own)
        elif name == FUNCTION:
            found = own_lens(of, points, {**columns, "reference": cloud})
        else:
            found = class_output(name, of, logits, class_names)
        values.append(_checked(found, len(points), of if name == FUNCTION else lens_label(name, of)))
    return values[0] if len(values) == 1 else np.stack(values, axis=1)


def principal_component(points, component=1, reference=None):
    """
    Coordinates along a principal component of a cloud.

    Parameters
    ----------
    points : ndarray of shape (n, c)
    component : int, default 1
        Number of the component, the first of which has the largest variance. Its direction is that in which the channel
        with the largest weight grows.
    reference : ndarray of shape (m, c), optional
        The cloud; by default `points`.

    Returns
    -------
    ndarray of shape (n,), float64
        Coordinates from the mean of the cloud.

    Raises
    ------
    InputError
        If there are fewer channels than components.
    """
    cloud = points if reference is None else reference
    n_channels = cloud.shape[1]
    if not 1 <= component <= n_channels:
        raise InputError(
            f"there is no principal component {component} of {n_channels} channels; write 1 to {n_channels}"
        )
    mean, second = cloud.mean(axis=0, dtype=np.float64), np.zeros((n_channels, n_channels))
    for block in _blocks(cloud):
        block = block - mean
        second += block.T @ block
    # Eigenvalues are in ascending order.
    axis = np.linalg.eigh(second)[1][:, n_channels - component]
    axis = axis * (np.sign(axis[np.argmax(np.abs(axis))]) or 1)
    return np.concatenate([(block - mean) @ axis for block in _blocks(points)])


def eccentricity(points, exponent=2, reference=None):
    """
    Mean distance of each point to a cloud, as a power mean.

    Parameters
    ----------
    points : ndarray of shape (n, c)
    exponent : float, default 2
        Exponent of the mean, at least 1. With 2 the time is linear in the number of points.
    reference : ndarray of shape (m, c), optional
        The cloud; by default `points`.

    Returns
    -------
    ndarray of shape (n,), float64
    """
    cloud = points if reference is None else reference
    if exponent == 2:
        # The mean square distance is that to the mean, plus the variance of the cloud.
        mean = cloud.mean(axis=0, dtype=np.float64)
        spread = sum(np.square(block - mean).sum() for block in _blocks(cloud)) / len(cloud)
        return np.sqrt(np.concatenate([np.square(block - mean).sum(axis=1) for block in _blocks(points)]) + spread)
    values = []
    for squares, _ in _squared_distances(points, cloud, _sampled(cloud)):
        distances = np.sqrt(squares)
        # Powers of shares of the largest do not overflow.
        largest = distances.max(axis=1, keepdims=True)
        shares = distances / np.where(largest > 0, largest, 1)
        values.append(largest[:, 0] * np.mean(shares**exponent, axis=1) ** (1 / exponent))
    return np.concatenate(values)


def density(points, n_neighbours=20, reference=None, own=None):
    """
    Minus the root mean square distance of each point to its nearest other points of a cloud.

    Parameters
    ----------
    points : ndarray of shape (n, c)
    n_neighbours : int, default 20
    reference : ndarray of shape (m, c), optional
        The cloud; by default `points`, each without the point itself.
    own : ndarray of shape (n,), int, optional
        Of points whose images and positions are those of points of `reference`, the numbers of these, which are left
        out. They then have the values that they have in their own cloud.

    Returns
    -------
    ndarray of shape (n,), float64
        At most 0; higher values are denser.

    Raises
    ------
    InputError
        If the cloud has too few points.
    """
    cloud = points if reference is None else reference
    own = np.arange(len(points)) if reference is None else own
    chosen, values = _sampled(cloud), []
    if len(chosen) - (own is not None) < n_neighbours:
        raise InputError(f"density of {n_neighbours} neighbours needs more points than the {len(cloud)} there are")
    for squares, rows in _squared_distances(points, cloud, chosen):
        if own is not None:
            itself = np.searchsorted(chosen, own[rows])
            here = np.flatnonzero(chosen[np.minimum(itself, len(chosen) - 1)] == own[rows])
            squares[here, itself[here]] = np.inf
        nearest = np.partition(squares, n_neighbours - 1, axis=1)[:, :n_neighbours]
        values.append(-np.sqrt(nearest.mean(axis=1)))
    return np.concatenate(values)


def class_output(name, of, logits, class_names):
    """
    Logit or probability of a class for each point.

    Parameters
    ----------
    name : {"logit", "probability"}
    of : str or int
        Name of a class, or number of an output of the network.
    logits : ndarray of shape (n, n_outputs)
        Output of the network for the image of each point.
    class_names : sequence of str
        Names of the classes of the images.

    Returns
    -------
    ndarray of shape (n,), float64

    Raises
    ------
    InputError
        If the network has no such output.
    """
    n_outputs = logits.shape[1]
    if isinstance(of, str):
        if n_outputs != len(class_names):
            raise InputError(
                f"lens {name} names class {of!r}, but the network has {n_outputs} outputs and the images have "
                f"{len(class_names)} classes; write the number of the output, from 0 to {n_outputs - 1}"
            )
        if of not in class_names:
            raise InputError(f"lens {name}: there is no class {of!r}; choose one of {', '.join(class_names)}")
        of = list(class_names).index(of)
    if not 0 <= of < n_outputs:
        raise InputError(f"lens {name}: there is no output {of}; the network has outputs 0 to {n_outputs - 1}")
    logits = np.asarray(logits, dtype=np.float64)
    return logits[:, of] if name == "logit" else softmax(logits, axis=1)[:, of]


def own_lens(place, points, known):
    """
    Values of a function in a user's file.

    Parameters
    ----------
    place : str
        "path/to/file.py:function".
    points : ndarray of shape (n, c)
        First argument of the function.
    known : dict of str to object
        Further arguments, of which the function is given those that it has.

    Returns
    -------
    object
        What the function returns.

    Raises
    ------
    InputError
        If there is no such function, or it fails.
    """
    function = load_function(place, "lens")
    wanted = list(inspect.signature(function).parameters)[1:]
    # Copies: a function may change its arguments, which other lenses and the graph read.
    points, known = deepcopy((points, {key: value for key, value in known.items() if key in wanted}))
    try:
        return function(points, **known)
    except (Exception, SystemExit) as error:
        raise InputError(f"lens {place} failed: {reason_of(error)}") from error


def _checked(values, n_points, label):
    """Lens values as float64; InputError unless they are one finite number for each point."""
    try:
        if np.ma.isMaskedArray(values) or np.iscomplexobj(values):
            raise TypeError("masked or complex values")
        values = np.asarray(values, dtype=np.float64)
    except Exception as error:
        raise InputError(f"lens {label} returned no numbers ({error}); return one number for each point") from error
    if values.shape != (n_points,):
        raise InputError(
            f"lens {label} returned values of shape {values.shape} for {n_points} points; return one number for each, "
            f"of shape ({n_points},)"
        )
    missing = np.flatnonzero(~np.isfinite(values))
    if len(missing):
        raise InputError(
            f"lens {label} is not finite at {len(missing)} of {n_points} points, first at point {missing[0]}; return a "
            "finite number for every point"
        )
    return values


def _blocks(array):
    """The rows in blocks, as float64."""
    for start in range(0, len(array), 4096):
        yield np.asarray(array[start : start + 4096], dtype=np.float64)


def _sampled(cloud):
    """Indices of the points of a cloud to which distances are taken, in ascending order."""
    if len(cloud) <= REFERENCE_POINTS:
        return np.arange(len(cloud))
    return np.sort(np.random.default_rng(0).choice(len(cloud), REFERENCE_POINTS, replace=False))


def _squared_distances(points, cloud, chosen):
    """Squared distances of some points at a time to the chosen ones of a cloud, and the indices of these points."""
    # Expanded around the mean, squares lose the fewest digits.
    mean = cloud.mean(axis=0, dtype=np.float64)
    others = np.asarray(cloud[chosen], dtype=np.float64) - mean
    lengths = np.square(others).sum(axis=1)
    for start in range(0, len(points), ROWS):
        own = np.asarray(points[start : start + ROWS], dtype=np.float64) - mean
        squares = np.square(own).sum(axis=1)[:, None] + lengths - 2 * (own @ others.T)
        yield np.maximum(squares, 0, out=squares), np.arange(start, start + len(own))
