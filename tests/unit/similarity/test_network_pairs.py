"""Two networks, layer by layer."""

import numpy as np
import pytest
from actopo.homology.diagrams import diagrams
from actopo.similarity.metrics.pairwise import metric_distances
from actopo.similarity.network_pairs import COLUMNS, pair_table, paired_distances, topological_distances
from actopo.similarity.wasserstein import sliced_wasserstein
from scipy.spatial.distance import pdist

NAMES = (["conv1 of a", "conv2 of a"], ["x of b", "y of b", "z of b"])


@pytest.fixture(scope="module")
def clouds():
    """Two layers of one network and three of another, of other widths; the first layer of both is the same."""
    rng = np.random.default_rng(0)
    first, second = [rng.normal(size=(30, c)) for c in (4, 6)], [rng.normal(size=(30, c)) for c in (4, 3, 8)]
    second[0] = 2 * first[0] + 1
    return first, second


def test_diagrams_are_compared_as_they_are_and_at_equal_scale(clouds):
    found = [list(diagrams(own, (0, 1))) for own in clouds]
    sides = [{dimension: [own[dimension] for own in side] for dimension in (0, 1)} for side in found]
    distances = topological_distances(sides, clouds, NAMES, n_directions=20)
    assert list(distances) == ["sw_h0", "sw_h1", "sw_sum", "sw_h0_scaled", "sw_h1_scaled", "scale"]
    assert all(matrix.shape == (2, 3) for matrix in distances.values())
    for dimension in (0, 1):
        expected = sliced_wasserstein(found[0][1][dimension], found[1][2][dimension], 20)
        assert distances[f"sw_h{dimension}"][1, 2] == pytest.approx(expected)
        # Twice as large, the same cloud at equal scale.
        assert distances[f"sw_h{dimension}"][0, 0] > 0.01
        assert distances[f"sw_h{dimension}_scaled"][0, 0] == pytest.approx(0, abs=1e-5)
    np.testing.assert_allclose(distances["sw_sum"], distances["sw_h0"] + distances["sw_h1"])
    assert distances["scale"][1, 1] == pytest.approx(abs(pdist(clouds[0][1]).mean() - pdist(clouds[1][1]).mean()))


@pytest.mark.parametrize("metric", ["linear_cka", "mean_cca", "procrustes"])
def test_paired_measures_are_those_of_all_pairs(clouds, metric):
    distances, chance = paired_distances(metric, clouds, NAMES)
    np.testing.assert_allclose(distances, metric_distances(metric, *clouds))
    assert distances[0, 0] == pytest.approx(0, abs=1e-6)
    assert np.isfinite(chance).all() == (metric != "procrustes")


def test_layers_that_a_measure_cannot_compare_are_named(clouds, caplog):
    """Of equal points; and of as many channels as points, for measures that need more points."""
    wide = [clouds[0][0], np.random.default_rng(1).normal(size=(30, 30))]
    flat = [np.ones((30, 3)), *clouds[1][1:]]
    distances, _ = paired_distances("mean_cca", (wide, flat), NAMES)
    assert np.isnan(distances[1]).all()
    assert np.isnan(distances[:, 0]).all()
    assert np.isfinite(distances[0, 1:]).all()
    assert "mean_cca has no distances of conv2 of a" in caplog.text
    assert "mean_cca has no distances of x of b" in caplog.text
    assert caplog.text.count("has no distances of") == 2
    assert np.isfinite(paired_distances("linear_cka", (wide, clouds[1]), NAMES)[0]).all()
    assert np.isnan(paired_distances("mean_cca", (wide[1:], clouds[1]), (NAMES[0][1:], NAMES[1]))[0]).all()


def test_the_table_has_a_row_for_each_pair():
    matrix = np.arange(6.0).reshape(2, 3)
    table = pair_table({"sw_h0": (matrix, np.full((2, 3), np.nan))}, ([0, 9], [4, 5, 6]), (["a", "b"], ["x", "y", "z"]))
    assert list(table) == COLUMNS
    assert table.distance.tolist() == list(range(6))
    assert table.iloc[4][["layer_a", "name_a", "layer_b", "name_b"]].tolist() == [9, "b", 5, "y"]
