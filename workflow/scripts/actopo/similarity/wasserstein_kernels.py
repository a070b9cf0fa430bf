"""Kernels of the CPU for `actopo.similarity.wasserstein`, which share diagrams, or tiles of pairs, among threads."""

import numpy as np

from actopo.compiled import compiled

TILE = 16  # diagrams whose bins fit into the cache
ROUND_UP = 1 + 1e-6  # covers the rounding to float32


@compiled(nogil=True)
def project(first, last, stride, pairs, offsets, cos, sin, projected):
    """Positions of the points of each diagram, and those of their diagonal points in ascending order."""
    for k in range(first, last, stride):
        for i in range(offsets[k], offsets[k + 1]):
            birth, death = pairs[i]
            projected[0, i] = birth * cos + death * sin
            # The rows are in order of birth + death; their diagonal points are in the same order or the opposite one.
            place = i if cos + sin >= 0 else offsets[k] + offsets[k + 1] - 1 - i
            projected[1, place] = (birth + death) / 2 * (cos + sin)


def sort(first, last, stride, values, offsets):
    for k in range(first, last, stride):
        # NumPy sorts with vector instructions, numba without.
        values[offsets[k] : offsets[k + 1]].sort()


@compiled(nogil=True)
def merge(first, last, stride, projected, offsets, position, level):
    """
    Steps of G for each diagram: one up at each projected point, one down at each projected diagonal point.

    Diagram k has the steps `position[2 * (offsets[k] + k) + 1 :]`, between one at minus infinity and one at infinity;
    `level` is the value of G on the left of each.
    """
    one = np.uint64(1)
    for k in range(first, last, stride):
        start, n = offsets[k], offsets[k + 1] - offsets[k]
        up, down = np.full(n + 1, np.inf), np.full(n + 1, np.inf)
        # An assignment to a slice would be compiled for a second longer, for its message on shapes that differ.
        for i in range(n):
            up[i], down[i] = projected[0, start + i], projected[1, start + i]
        i = j = np.uint64(0)
        place = 2 * (start + k) + 1
        position[place - 1], position[place + 2 * n] = -np.inf, np.inf
        level[place - 1] = level[place + 2 * n] = 0
        for step in range(place, place + 2 * n):
            level[step] = np.int64(i) - np.int64(j)
            position[step] = min(up[i], down[j])
            # Without a branch, which a processor could not predict. Unsigned indices need no test for -1.
            is_up = np.uint64(up[i] <= down[j])
            i += is_up
            j += one - is_up


@compiled(nogil=True)
def sum_up(first, last, stride, offsets, position, level, edges, start, integral, low, high):
    """First step, integral and range of G in each block."""
    n_blocks = integral.shape[1]
    for k in range(first, last, stride):
        step = 2 * (offsets[k] + k) + 1
        for b in range(n_blocks):
            left, right = edges[b], edges[b + 1]
            while position[step] <= left:
                step += 1
            start[k, b] = step
            lo = hi = level[step]
            total, t = 0.0, left
            while position[step] < right:
                total += level[step] * (position[step] - t)
                t = position[step]
                step += 1
                lo, hi = min(lo, level[step]), max(hi, level[step])
            integral[k, b] = total + level[step] * (right - t)
            low[k, b], high[k, b] = lo, hi
        start[k, n_blocks] = 2 * (offsets[k + 1] + k) + 1


@compiled(nogil=True)
def refine(first, last, stride, n_bins, position, level, start, edges, bins, reach):
    """
    Integral of G over each bin and, unless `reach` is empty, its largest distance from its mean times the width.

    A step at the share x of a bin's width adds the share 1 - x of its height to the mean in the bin.
    """
    block, bounded, one = bins.shape[2], reach.size > 0, np.uint64(1)
    change = np.empty(block, np.int64)
    after, low, high = np.empty((3, block))
    for k in range(first, last, stride):
        for b in range(bins.shape[1]):
            n = min(block, n_bins - b * block)
            left, width, height = edges[b], (edges[b + 1] - edges[b]) / n, np.int64(level[start[k, b]])
            if start[k, b] == start[k, b + 1]:
                bins[k, b, :n] = height * width
                if bounded:
                    reach[k, b] = 0
                continue
            change[:] = 0
            after[:], low[:], high[:] = 0, np.inf, -np.inf
            old = height
            for step in range(np.uint64(start[k, b]), np.uint64(start[k, b + 1])):
                x, new = (position[step] - left) / width, np.int64(level[step + one])
                c = min(np.uint64(x), np.uint64(n - 1))
                change[c] += new - old
                after[c] += (new - old) * (c + 1 - x)
                if bounded:
                    # As floats, since the smaller of two floats is found without a branch.
                    low[c], high[c] = min(low[c], float(new)), max(high[c], float(new))
                old = new
            for c in range(n):
                mean = height + after[c]
                bins[k, b, c] = mean * width
                if bounded:
                    reach[k, b, c] = max(mean - min(low[c], height), max(high[c], height) - mean) * width * ROUND_UP
                height += change[c]


@compiled(nogil=True, fastmath={"reassoc"})
def _l1(x, y):
    total = 0.0
    for i in range(len(x)):
        total += abs(x[i] - y[i])
    return total


@compiled(nogil=True)
def _overlap(low_x, high_x, low_y, high_y, mask):
    """Mark the blocks in which the ranges overlap, one byte each, so that eight are tested at a time."""
    for b in range(len(low_x)):
        mask[b] = (low_x[b] < high_y[b]) & (low_y[b] < high_x[b])


@compiled(nogil=True)
def _area(position, level, i, j, end_i, end_j, left, right):
    """
    Area between two step functions from `left` to `right`, where they have the steps from i, j up to the ends.

    One merge goes up from the left and one down from the right until they meet; of an odd number of steps both take
    the middle one. A function without further steps in the range keeps its value: its next step is outside.
    """
    one = np.uint64(1)
    n_steps = end_i - i + end_j - j
    i, j, k, m = np.uint64(i), np.uint64(j), np.uint64(end_i), np.uint64(end_j)
    lower, upper = 0.0, 0.0
    for _ in range((n_steps + 1) >> 1):
        # Without a branch, which a processor could not predict. Of equal steps, that of the first function is lower.
        t = min(position[i], position[j])
        lower += abs(level[i] - level[j]) * (t - left)
        left = t
        from_i = np.uint64(position[i] <= position[j])
        i += from_i
        j += one - from_i
        t = max(position[k - one], position[m - one])
        upper += abs(level[k] - level[m]) * (right - t)
        right = t
        from_k = np.uint64(position[k - one] > position[m - one])
        k -= from_k
        m -= one - from_k
    return lower + upper + abs(level[i] - level[j]) * (right - left)


@compiled(nogil=True, fastmath={"reassoc"})
def _upper(x, y, reach_x, reach_y):
    total = 0.0
    for i in range(len(x)):
        total += max(abs(x[i] - y[i]), reach_x[i] + reach_y[i])
    return total


@compiled(nogil=True)
def add_exact(first, last, stride, tiles, shift, wanted, integral, low, high, position, level, start, edges, distances):
    mask = np.zeros(-(-integral.shape[1] // 8) * 8, np.uint8)
    eights = mask.view(np.uint64)
    for tile in range(first, last, stride):
        row, column = tiles[tile]
        for i in range(row, min(row + TILE, distances.shape[0])):
            x, start_x = integral[i], start[i]
            for j in range(column, min(column + TILE, distances.shape[1])):
                if not wanted[i, j]:
                    continue
                y, start_y = integral[shift + j], start[shift + j]
                _overlap(low[i], high[i], low[shift + j], high[shift + j], mask)
                total = _l1(x, y)
                for eight in range(len(eights)):
                    if not eights[eight]:
                        continue
                    for b in range(8 * eight, 8 * eight + 8):
                        if mask[b]:
                            ends = start_x[b + 1], start_y[b + 1], edges[b], edges[b + 1]
                            total += _area(position, level, start_x[b], start_y[b], *ends) - abs(x[b] - y[b])
                distances[i, j] += total


@compiled(nogil=True)
def add_grid(first, last, stride, tiles, shift, wanted, integral, low, high, bins, reach, distances, bound):
    mask = np.zeros(-(-integral.shape[1] // 8) * 8, np.uint8)
    eights, bounded = mask.view(np.uint64), reach.size > 0
    for tile in range(first, last, stride):
        row, column = tiles[tile]
        for i in range(row, min(row + TILE, distances.shape[0])):
            x, bins_x = integral[i], bins[i]
            for j in range(column, min(column + TILE, distances.shape[1])):
                if not wanted[i, j]:
                    continue
                y, bins_y = integral[shift + j], bins[shift + j]
                _overlap(low[i], high[i], low[shift + j], high[shift + j], mask)
                total, error = _l1(x, y), 0.0
                for eight in range(len(eights)):
                    if not eights[eight]:
                        continue
                    for b in range(8 * eight, 8 * eight + 8):
                        if mask[b]:
                            fine = _l1(bins_x[b], bins_y[b])
                            total += fine - abs(x[b] - y[b])
                            if bounded:
                                error += _upper(bins_x[b], bins_y[b], reach[i, b], reach[shift + j, b]) - fine
                distances[i, j] += total
                bound[i, j] += error
