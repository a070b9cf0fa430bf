r"""
Covers of a lens [1]_: overlapping closed intervals, or rectangles for two lenses, that contain every lens value.

References
----------
.. [1] Singh, Mémoli and Carlsson (2007), "Topological Methods for the Analysis of High Dimensional Data
   Sets and 3D Object Recognition".
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from numbers import Integral, Real

import numpy as np

from actopo.errors import InputError
from actopo.mapper.choices import CONVENTIONS


@dataclass(frozen=True)
class IntervalCover:
    r"""
    Closed intervals with equal lengths or equal numbers of points, each overlapping the next by a fraction of it.

    With `R` the range of the lens, `n` intervals and overlap `p`, the length is :math:`R / (n - (n-1)p)`
    under ``fit``, where the first interval starts at the minimum and the last ends at the maximum. Under
    ``overhang``, KeplerMapper's convention, it is :math:`R / (n (1-p))` around the centres
    :math:`\min + R/2n + iR/n`, and the outer intervals reach beyond the lens.

    Under ``balanced`` the same is done with ranks: with the `N` points in ascending order of their lens, interval
    `i` contains those with ranks from :math:`\mathrm{round}(i m (1-p))` up to, but not including,
    :math:`\mathrm{round}(i m (1-p) + m)`, with :math:`m = N / (n - (n-1)p)`, so that the sizes of two intervals differ
    by at most one point and neighbours share `pm` points up to one. The bounds of an interval are the lens values of
    its first and its last point. Three things follow. Points of equal lens stay together, so an interval has
    more points if a tie crosses its bound. Every interval has at least one point; if there are more intervals than
    points, several share one. Without overlap no lens value of the cloud lies between two intervals.

    Parameters
    ----------
    n_intervals : int, default 40
        Number of intervals.
    overlap : float, default 0.3
        Share of an interval's length (for ``balanced``, of its points) that it has in common with the next; at
        least 0 and below 1.
    convention : {"fit", "overhang", "balanced"}, default "fit"
        Whether the cover ends at the lens's extremes, reaches beyond them, or has equally many points in each
        interval.

    Raises
    ------
    InputError
        If a parameter is out of its range.
    """

    n_intervals: int = 40
    overlap: float = 0.3
    convention: str = "fit"

    def __post_init__(self):
        """Refuse parameters that describe no cover."""
        if not isinstance(self.n_intervals, Integral) or self.n_intervals < 1:
            raise InputError(f"n_intervals must be a whole number of at least 1, not {self.n_intervals!r}.")
        if not isinstance(self.overlap, Real) or not 0 <= self.overlap < 1:
            raise InputError(f"overlap must be at least 0 and below 1 (0.3 is 30 %), not {self.overlap!r}.")
        if self.convention not in CONVENTIONS:
            raise InputError(f"convention must be 'fit', 'overhang' or 'balanced', not {self.convention!r}.")

    def intervals(self, lens):
        """
        Return the bounds of the intervals that cover `lens`.

        Parameters
        ----------
        lens : ndarray of shape (n_points,)
            Finite lens values, at least one.

        Returns
        -------
        ndarray of shape (n_intervals, 2), float64
            Lower and upper bound of each closed interval, ascending. Every lens value is in at least one interval.

        Raises
        ------
        InputError
            If `lens` is empty or holds a value that is not finite.
        """
        lens = checked_lens(lens)
        n, p = int(self.n_intervals), self.overlap
        if self.convention == "balanced":
            return _balanced(np.sort(lens), n, p)
        low, high = lens.min(), lens.max()
        if self.convention == "fit":
            radius = (high - low) / (2 * (n - (n - 1) * p))
            inset = radius
        else:
            # The range less (n - 1)/n of it, not R/2n, as KeplerMapper computes it, so that the bounds are identical.
            radius = (high - low) / (2 * n * (1 - p))
            inset = ((high - low) - (n - 1) / n * (high - low)) / 2
        centres = np.linspace(low + inset, high - inset, num=n)
        bounds = np.stack([centres - radius, centres + radius], axis=1)
        # Rounding must not exclude the extremes, nor separate neighbours that touch.
        bounds[0, 0] = low if self.convention == "fit" else min(bounds[0, 0], low)
        bounds[-1, 1] = high if self.convention == "fit" else max(bounds[-1, 1], high)
        bounds[:-1, 1] = np.maximum(bounds[:-1, 1], bounds[1:, 0])
        return bounds


@dataclass(frozen=True)
class RectangleCover:
    """
    Closed rectangles over two lenses: every interval of the first with every interval of the second.

    Parameters
    ----------
    first, second : IntervalCover
        Covers of the two lenses.
    """

    first: IntervalCover
    second: IntervalCover

    @property
    def n_intervals(self):
        """Number of rectangles."""
        return self.first.n_intervals * self.second.n_intervals

    def intervals(self, lens):
        """
        Return the bounds of the rectangles that cover `lens`.

        Parameters
        ----------
        lens : ndarray of shape (n_points, 2)
            Finite values of both lenses, at least one of each.

        Returns
        -------
        ndarray of shape (n_intervals, 2, 2), float64
            Lower and upper bound of each rectangle in both lenses, rectangles with the same interval of the first one
            after the other. Every pair of lens values is in at least one rectangle.

        Raises
        ------
        InputError
            If `lens` has another shape, is empty or holds a value that is not finite.
        """
        lens = checked_lens(lens, n_lenses=2)
        first, second = self.first.intervals(lens[:, 0]), self.second.intervals(lens[:, 1])
        return np.stack([np.repeat(first, len(second), axis=0), np.tile(second, (len(first), 1))], axis=1)


def make_cover(lens, intervals, overlap, convention):
    """
    Cover with the same settings for each lens.

    Parameters
    ----------
    lens : ndarray of shape (n_points,) or (n_points, 2)
        Values of one or two lenses.
    intervals, overlap, convention
        `n_intervals`, `overlap` and `convention` of :class:`IntervalCover`.

    Returns
    -------
    IntervalCover or RectangleCover
    """
    cover = IntervalCover(intervals, overlap, convention)
    return cover if np.ndim(lens) == 1 else RectangleCover(cover, cover)


def _balanced(ordered, n, p):
    """Bounds of `n` intervals over equally many of the ascending lens values."""
    # Exact, with the overlap as it is written: halves that floats miss would let intervals differ by two points.
    p = Fraction(str(float(p)))
    size = len(ordered) / (n - (n - 1) * p)
    starts = [i * size * (1 - p) for i in range(n)]
    first = np.minimum([_nearest(start) for start in starts], len(ordered) - 1)
    stop = np.minimum([_nearest(start + size) for start in starts], len(ordered))
    return np.stack([ordered[first], ordered[np.maximum(stop, first + 1) - 1]], axis=1)


def _nearest(place):
    """The nearest whole number, the higher of two."""
    return math.floor(place + Fraction(1, 2))


def checked_lens(lens, n_lenses=1):
    """
    Lens values as a float64 array.

    Parameters
    ----------
    lens : array_like
    n_lenses : {1, 2, None}, default 1
        Number of lenses; None for either.

    Returns
    -------
    ndarray of shape (n_points,), or (n_points, 2) for two lenses

    Raises
    ------
    InputError
        If `lens` is not one finite number, or two, for each of at least one point.
    """
    lens = np.asarray(lens, dtype=np.float64)
    found = 1 if lens.ndim == 1 else lens.shape[1] if lens.ndim == 2 else None
    if found not in ((1, 2) if n_lenses is None else (n_lenses,)) or len(lens) == 0 or lens.shape[1:] == (1,):
        wanted = "one number" if n_lenses == 1 else "two numbers" if n_lenses == 2 else "one or two numbers"
        raise InputError(
            f"the lens must be {wanted} for each of at least one point, not an array of shape {lens.shape}."
        )
    missing = np.flatnonzero(~np.isfinite(lens.reshape(len(lens), -1)).all(axis=1))
    if len(missing):
        raise InputError(
            f"the lens is not finite at {len(missing)} of {len(lens)} points, first at point {missing[0]}; "
            "drop those points."
        )
    return lens
