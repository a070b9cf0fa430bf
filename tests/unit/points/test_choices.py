"""Tables of choices for point clouds, and which positions are central."""

from math import ceil

import numpy as np
import pytest
from actopo.points.choices import SAMPLINGS, central_positions


def test_no_two_methods_draw_the_same_random_numbers():
    assert len({sampling.stream for sampling in SAMPLINGS.values()}) == len(SAMPLINGS)


@pytest.mark.parametrize(
    ("rows", "columns", "expected"),
    [(4, 4, [5, 6, 9, 10]), (2, 2, [0, 1, 2, 3]), (3, 3, [1, 3, 4, 5, 7]), (1, 1, [0]), (2, 6, [2, 3, 8, 9])],
)
def test_central_quarter(rows, columns, expected):
    assert central_positions(rows, columns) == expected


@pytest.mark.parametrize("share", [1e-9, 0.1, 0.25, 0.5, 0.9, 1])
@pytest.mark.parametrize(("rows", "columns"), [(1, 5), (4, 4), (7, 7), (8, 5), (32, 32), (10, 3)])
def test_central_are_the_nearest_with_all_ties(rows, columns, share):
    row, column = np.indices((rows, columns)) - np.array([(rows - 1) / 2, (columns - 1) / 2])[:, None, None]
    distance = (row**2 + column**2).ravel()
    is_central = np.isin(np.arange(rows * columns), central_positions(rows, columns, share))
    assert distance[is_central].max() < distance[~is_central].min(initial=np.inf)
    # Without the outermost of them there are too few.
    wanted = ceil(round(share * rows * columns, 6))
    assert (distance < distance[is_central].max()).sum() < max(wanted, 1) <= is_central.sum()
