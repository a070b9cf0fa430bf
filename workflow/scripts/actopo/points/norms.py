"""l2 norms of points."""

import numpy as np

# Of float32 values that are squared at a time: they stay in the cache of the processor.
BLOCK_BYTES = 1 << 20


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
    step = max(1, BLOCK_BYTES // (4 * points.shape[1]))
    # Norms that float32 cannot hold become infinite.
    with np.errstate(over="ignore"):
        for start in range(0, len(points), step):
            # Squares of float32 cannot overflow in float64, so a sum is finite exactly where the point is.
            block = points[start : start + step].astype(np.float64)
            norms[start : start + step] = np.sqrt(np.einsum("pc,pc->p", block, block))
    return norms
