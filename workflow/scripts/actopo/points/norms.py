"""l2 norms of points on the CPU."""

import numpy as np

# Of the points that are in float64 at a time; they stay in the processor's cache.
BLOCK_BYTES = 1 << 21


def l2_norms(points):
    """
    l2 norms over channels, with sums in float64.

    Parameters
    ----------
    points : ndarray or memmap of shape (P, c)
        float32 or float16.

    Returns
    -------
    float32 ndarray of shape (P,)
        Norms; infinite or nan exactly where a point is not finite, or its norm exceeds the range of float32.
    """
    norms = np.empty(len(points), np.float32)
    step = max(1, BLOCK_BYTES // (8 * points.shape[1]))
    # Squares of float32 cannot overflow in float64, so a sum is finite exactly where the point is.
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, len(points), step):
            block = points[start : start + step].astype(np.float64)
            norms[start : start + step] = np.sqrt(np.einsum("ij,ij->i", block, block))
    return norms
