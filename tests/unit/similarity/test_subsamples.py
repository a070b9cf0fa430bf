"""Random parts of clouds, and distances of networks and batches."""

from itertools import combinations

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.similarity.subsamples import batch_distances, draw_points, reference_distances
from actopo.similarity.wasserstein import sliced_wasserstein

LAYERS = [0, 4, 9]


def random_diagrams(n, seed=0):
    rng = np.random.default_rng(seed)
    births = [rng.uniform(0, 1 + index, 12) for index in range(n)]
    return [np.column_stack([birth, birth + rng.exponential(size=12)]) for birth in births]


@pytest.mark.parametrize(("n_points", "size"), [(100, 50), (100, 33), (10, 2), (7, 4)])
def test_parts_are_disjoint_until_too_few_points_are_left(n_points, size):
    per_order = n_points // size
    parts = [draw_points(n_points, size, draw) for draw in range(3 * per_order)]
    for part in parts:
        assert len(part) == size
        assert (np.diff(part) > 0).all()
        assert 0 <= part[0] <= part[-1] < n_points
    for start in range(0, len(parts), per_order):
        assert len(np.unique(np.concatenate(parts[start : start + per_order]))) == per_order * size
    # Another order is another draw, not the same parts again.
    assert len({tuple(part) for part in parts}) > per_order


def test_parts_are_the_same_again_and_those_of_another_seed_are_not():
    np.testing.assert_array_equal(draw_points(500, 20, 7, seed=3), draw_points(500, 20, 7, seed=3))
    assert not np.array_equal(draw_points(500, 20, 7, seed=3), draw_points(500, 20, 7, seed=4))
    # Nor is a smaller part taken of a larger one.
    assert not set(draw_points(500, 20)) <= set(draw_points(500, 40))


def test_every_point_is_as_likely():
    counts = np.bincount(np.concatenate([draw_points(20, 10, draw) for draw in range(400)]), minlength=20)
    # Two parts of one order hold each point once.
    np.testing.assert_array_equal(counts, 200)
    first = np.bincount(np.concatenate([draw_points(20, 10, draw) for draw in range(0, 800, 2)]), minlength=20)
    # Each is binomial (400, 1/2): 5 standard deviations are 50.
    assert abs(first - 200).max() < 50


def test_a_part_as_large_as_the_cloud_is_the_cloud():
    for size in (5, 6, 1000):
        np.testing.assert_array_equal(draw_points(5, size, draw=2), np.arange(5))
    for n_points, size in ((1, 5), (5, 1)):
        with pytest.raises(InputError, match="at least 2 points"):
            draw_points(n_points, size)


def test_distances_are_those_of_every_pair():
    diagrams = random_diagrams(3 * len(LAYERS))
    D = reference_distances(diagrams, len(LAYERS), 7)
    assert D.shape == (1, 3, 3, 3)
    for network, own, other in np.ndindex(3, 3, 3):
        expected = sliced_wasserstein(diagrams[own], diagrams[3 * network + other], 7)
        assert D[0, network, own, other] == pytest.approx(expected, rel=1e-12)
    expected = [
        np.mean(
            [
                sliced_wasserstein(diagrams[3 * a + layer], diagrams[3 * b + layer], 7)
                for a, b in combinations(range(3), 2)
            ]
        )
        for layer in range(3)
    ]
    np.testing.assert_allclose(batch_distances(diagrams, len(LAYERS), 7), expected, rtol=1e-12)


def test_a_single_batch_has_no_floor():
    assert np.isnan(batch_distances(random_diagrams(3), 3, 5)).all()
