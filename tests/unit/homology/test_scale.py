"""Mean distances of clouds, and diagrams divided by them."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.homology.diagrams import diagrams
from actopo.homology.scale import BLOCK, is_flat, mean_distance, mean_distances, rescaled
from scipy.spatial.distance import pdist

RNG = np.random.default_rng(0)
CLOUD = RNG.normal(size=(300, 5)) @ RNG.normal(size=(5, 5)) + 7


@pytest.mark.parametrize("size", [2, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 17])
def test_mean_distance_is_that_of_all_pairs(size):
    points = np.random.default_rng(size).normal(size=(size, 4)).astype(np.float32)
    assert mean_distance(points) == pytest.approx(pdist(points.astype(np.float64)).mean(), rel=1e-13)


def test_mean_distance_of_a_simplex_and_of_repeated_points():
    assert mean_distance(np.eye(700)) == pytest.approx(np.sqrt(2), rel=1e-13)
    # Two places with n points each: n^2 of the n (2n - 1) pairs are 5 apart.
    assert mean_distance(np.repeat([[0, 0], [3, 4]], 400, axis=0)) == pytest.approx(5 * 400 / 799, rel=1e-13)


def test_diagrams_over_mean_distance_do_not_depend_on_scale():
    cloud = CLOUD[:60]
    first, second = ({k: v / mean_distance(x) for k, v in diagrams([x])[0].items()} for x in (cloud, 1e3 * cloud - 5))
    for dimension in (0, 1):
        np.testing.assert_allclose(second[dimension], first[dimension], rtol=1e-6)


@pytest.mark.parametrize(
    ("bad", "message"),
    [(np.zeros((1, 4)), "has shape"), (np.zeros(4), "has shape"), (np.array([[0, np.nan], [1, 2]]), "is not finite")],
)
def test_bad_clouds(bad, message):
    with pytest.raises(InputError, match=message):
        mean_distance(bad)


@pytest.mark.parametrize("size", [2, BLOCK + 1])
def test_equal_points_have_no_scale(size):
    with pytest.raises(InputError, match="no scale"):
        mean_distance(np.full((size, 3), 0.1, np.float32))


def test_a_cloud_of_equal_points_has_no_unit_and_is_named(caplog):
    clouds = [CLOUD, np.full((9, 2), 0.1), np.eye(4)]
    units = mean_distances(clouds, ["layer 0", "layer 1", "layer 2"])
    np.testing.assert_allclose(units, [mean_distance(clouds[0]), np.nan, np.sqrt(2)])
    assert [record.getMessage().split(" are equal")[0] for record in caplog.records] == ["all points of layer 1"]
    first, second = rescaled([np.array([[0.0, 3.0]]), np.array([[0.0, 1.0]])], [2.0, np.nan])
    assert first.tolist() == [[0, 1.5]]
    assert second.shape == (0, 2)
    with pytest.raises(InputError, match="layer 5: the cloud is not finite"):
        mean_distances([np.full((3, 2), np.nan)], ["layer 5"])


def test_a_flat_cloud_has_equal_points():
    assert is_flat(np.full((5, 3), 0.1, np.float32))
    assert is_flat([[1, 2]])
    assert not is_flat(np.eye(2))
