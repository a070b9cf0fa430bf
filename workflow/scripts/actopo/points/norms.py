"""l2 norms of points. They are apart from the sampling, which needs no numba where a GPU computes the norms."""

import numba
import numpy as np

BLOCK_BYTES = 1 << 25


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
        Norms; infinite or nan exactly where a point is not finite, or its norm exceeds the range of float32.
    """
    norms = np.empty(len(points), np.float32)
    step = max(1, BLOCK_BYTES // (points.shape[1] * points.itemsize))
    for start in range(0, len(points), step):
        _write_norms(points[start : start + step].astype(np.float32, copy=False), norms[start : start + step])
    return norms


@numba.njit(fastmath={"reassoc", "contract"}, cache=True)
def _write_norms(points, norms):
    n_points, n_channels = points.shape
    # The compiler vectorises loops over indices, but not a loop over the values of a row.
    for row in range(n_points):
        # Squares of float32 cannot overflow in float64, so a sum is finite exactly where the point is.
        square = 0.0
        for channel in range(n_channels):
            value = np.float64(points[row, channel])
            square += value * value
        norms[row] = np.sqrt(square)
