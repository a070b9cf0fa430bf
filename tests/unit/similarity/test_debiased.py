"""The debiased distance: 0 on average for two samples of one distribution, the right number for known ones."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.similarity.debiased import debiased_matrix, debiased_table
from actopo.similarity.wasserstein import pairwise_distances
from scipy import stats


def diagram(rng, scale=1.0, n=6):
    births = rng.uniform(0, 1, n)
    return scale * np.column_stack([births, births + rng.exponential(0.3, n)])


def debiased_distance(first, second, **options):
    """Between two samples of independent diagrams, as many of each; batch-major, as `debiased_matrix` has them."""
    both = [diagram for pair in zip(first, second, strict=True) for diagram in pair]
    return debiased_matrix(pairwise_distances(both, **options), len(first))[0, 1]


def mean_and_error(values):
    return np.mean(values), np.std(values, ddof=1) / np.sqrt(len(values))


def test_two_samples_of_one_distribution_score_0_on_average_and_others_more():
    rng = np.random.default_rng(0)
    null, other = [], []
    for _ in range(150):
        first = [diagram(rng) for _ in range(3)]
        null.append(debiased_distance(first, [diagram(rng) for _ in range(3)], n_directions=6))
        other.append(debiased_distance(first, [diagram(rng, 1.3) for _ in range(3)], n_directions=6))
    mean, error = mean_and_error(null)
    assert abs(mean) < 3.5 * error
    assert 0.3 < np.mean(np.array(null) < 0) < 0.8
    mean, error = mean_and_error(other)
    assert mean > 5 * error


def test_diagrams_without_noise_keep_their_distance():
    rng = np.random.default_rng(1)
    a, b = diagram(rng), diagram(rng)
    plain = pairwise_distances([a, b])[0, 1]
    assert debiased_distance([a, a], [b, b]) == pytest.approx(plain)
    assert debiased_distance([a, a], [a, a]) == pytest.approx(0)


def test_one_point_of_two_lengths_by_hand():
    """For diagrams of one point (-x, x) and (-y, y) the distance is `|x - y|` times a constant."""
    rng = np.random.default_rng(2)
    unit = pairwise_distances([[[-1.0, 1.0]]], [[]], n_directions=4)[0, 0]
    values = []
    for _ in range(150):
        # Lengths 1 or 3, and 2 or 3, with equal chances: E|x-y| - E|x-x'|/2 - E|y-y'|/2 = 1 - 1/2 - 1/4.
        x, y = 1 + 2 * rng.integers(2, size=4), 2 + rng.integers(2, size=4)
        samples = ([[[-v, v]] for v in lengths] for lengths in (x, y))
        values.append(debiased_distance(*samples, n_directions=4) / unit)
    mean, error = mean_and_error(values)
    assert abs(mean - 0.25) < 3.5 * error


def points_on_a_line(rng, n_batches, shifts, shared):
    """|x - y| is conditionally negative definite too; layers share the noise of their batch, and have some alone."""
    noise = rng.normal(size=(n_batches, 1)) * shared + rng.normal(size=(n_batches, len(shifts)))
    values = (np.asarray(shifts) + noise).ravel()
    return np.abs(values[:, None] - values)


def test_matrix_by_brute_force():
    matrix = points_on_a_line(np.random.default_rng(3), 4, [0, 1, 5], 1)
    found = debiased_matrix(matrix, 4)
    stack = matrix.reshape(4, 3, 4, 3)
    pairs = [(i, j) for i in range(4) for j in range(4) if i != j]
    mean = np.mean([stack[i, :, j] for i, j in pairs], axis=0)
    for a in range(3):
        for b in range(3):
            expected = (mean[a, b] + mean[b, a]) / 2 - (mean[a, a] + mean[b, b]) / 2
            assert found[a, b] == pytest.approx(expected, abs=1e-12)


def test_layers_that_see_the_same_images_score_0_without_a_difference():
    rng = np.random.default_rng(4)
    values = [debiased_matrix(points_on_a_line(rng, 4, [0, 0], 2), 4)[0, 1] for _ in range(500)]
    mean, error = mean_and_error(values)
    assert abs(mean) < 3.5 * error


def test_the_interval_covers():
    rng, hits = np.random.default_rng(5), 0
    # E|N(s, 2)| - E|N(0, 2)| for standard normals at distance s = 1.5, by a large sample.
    x, y, z = rng.normal(size=(3, 2_000_000))
    truth = np.mean(np.abs(x + 1.5 - y)) - np.mean(np.abs(z - y))
    for _ in range(300):
        table = debiased_table({"h0": points_on_a_line(rng, 8, [0, 1.5], 0)}, [0, 1], 8)
        hits += table.low[0] <= truth <= table.high[0]
    assert 0.9 < hits / 300 <= 0.99


def test_the_interval_is_the_jackknife_over_batches():
    """With as many batches as have an interval, each left out in turn with all its distances."""
    matrix = points_on_a_line(np.random.default_rng(7), 5, [0, 1, 5], 1)
    stack, kept = matrix.reshape(5, 3, 5, 3), [np.delete(np.arange(5), batch) for batch in range(5)]
    without = [debiased_matrix(stack[rows][:, :, rows].reshape(12, 12), 4) for rows in kept]
    # The jackknife's variance is (n - 1)^2 / n times that of the estimates.
    half = stats.t.ppf(0.95, 4) * 4 * np.std(without, axis=0, ddof=1) / np.sqrt(5)
    table, pairs = debiased_table({"h0": matrix}, [2, 7, 9], 5, level=0.9), np.triu_indices(3, 1)
    np.testing.assert_allclose(table.debiased - table.low, half[pairs])
    np.testing.assert_allclose(table.high - table.debiased, half[pairs])


def test_table():
    matrix = points_on_a_line(np.random.default_rng(6), 3, [0, 1, 5], 1)
    table = debiased_table({"h0": matrix, "h1": 2 * matrix}, [2, 7, 9], 3)
    assert list(table.dimension) == ["h0"] * 3 + ["h1"] * 3
    assert table[["layer_a", "layer_b"]].iloc[1].tolist() == [2, 9]
    np.testing.assert_allclose(table.debiased, table.other_batch - table.noise, atol=1e-12)
    np.testing.assert_allclose(table.plain[1], np.mean([matrix[3 * b, 3 * b + 2] for b in range(3)]))
    assert table.low.isna().all()


def test_bad_input():
    with pytest.raises(InputError, match="one batch"):
        debiased_matrix(np.zeros((3, 3)), 1)
    with pytest.raises(InputError, match="as many rows"):
        debiased_matrix(np.zeros((5, 5)), 2)
