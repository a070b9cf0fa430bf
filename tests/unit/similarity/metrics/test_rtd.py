"""RTD against the barcode of its definition, and RTD-Lite against trees."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.similarity.metrics.rtd import cross_length, prepare_rtd, prepare_rtd_lite, rtd, rtd_lite, scaled_distances
from ripser import ripser
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import pdist, squareform

ROUNDING = np.finfo(np.float32).eps


def clouds(n, seed, grid=False, p=3, q=2):
    rng = np.random.default_rng(seed)
    draw = (lambda c: rng.integers(0, 4, (n, c))) if grid else (lambda c: rng.normal(size=(n, c)))
    return draw(p).astype(float), draw(q).astype(float)


def h1_length(matrix):
    bars = ripser(matrix, distance_matrix=True, maxdim=1)["dgms"][1]
    return float((bars[:, 1] - bars[:, 0]).sum())


def tree_length(matrix):
    assert (matrix[~np.eye(len(matrix), dtype=bool)] > 0).all()
    return minimum_spanning_tree(matrix.astype(float)).sum()


@pytest.mark.parametrize("grid", [False, True])
@pytest.mark.parametrize(("n", "seed"), [(3, 0), (6, 1), (6, 2), (20, 3), (50, 4), (50, 5)])
def test_cross_length_against_ripser(n, seed, grid):
    w, v = (squareform(pdist(cloud)).astype(np.float32) for cloud in clouds(n, seed, grid))
    matrix = np.block([[np.zeros_like(w), w], [w, np.minimum(w, v)]])
    length = cross_length(squareform(w), squareform(v))
    assert length == pytest.approx(h1_length(matrix), rel=1e-12)
    assert length > 0


@pytest.mark.parametrize("n", [40, 300])
def test_cross_length_from_isolated_points(n):
    """Nothing is joined in w before L: all of the tree and the loops of v, and more bars than fit 4 words."""
    v = squareform(pdist(clouds(n, 7, q=2)[1])).astype(np.float32)
    far = np.float32(100)
    length = cross_length(np.full(n * (n - 1) // 2, far), squareform(v))
    assert length == pytest.approx((n - 1) * far - tree_length(v) + h1_length(v), rel=1e-12)


def test_cross_length_in_closed_form():
    assert cross_length(np.array([3.0]), np.array([1.0])) == 2
    assert cross_length(np.array([1.0]), np.array([3.0])) == 0
    square = pdist(np.array([[0, 0], [0, 1], [1, 1], [1, 0]]))
    assert cross_length(np.full(6, 10.0), square) == pytest.approx(3 * 9 + np.sqrt(2) - 1, rel=1e-14)


def test_rtd_of_a_pair_of_clouds_is_that_of_its_definition():
    a, b = clouds(60, 8)
    w, v = (squareform(pdist(cloud)) for cloud in (a, b))
    w, v = w / np.quantile(w, 0.9), v / np.quantile(v, 0.9)
    both = [h1_length(np.block([[0 * x, x], [x, np.minimum(x, y)]])) for x, y in ((w, v), (v, w))]
    # Half a thousand births and deaths, each rounded to float32.
    assert rtd(prepare_rtd(a), prepare_rtd(b)) == pytest.approx(np.mean(both), abs=500 * ROUNDING)


def test_rtd_averages_over_the_same_subsets_of_both_clouds():
    a, b = clouds(60, 9)
    settings = {"subsets": 4, "subset_size": 25, "seed": 3}
    rng = np.random.default_rng(3)
    rows = [rng.choice(60, 25, replace=False) for _ in range(4)]
    expected = np.mean([rtd(prepare_rtd(a[chosen]), prepare_rtd(b[chosen])) for chosen in rows])
    assert rtd(prepare_rtd(a, **settings), prepare_rtd(b, **settings)) == pytest.approx(expected, rel=1e-14)
    assert not np.array_equal(prepare_rtd(a, **settings), prepare_rtd(a, **settings | {"seed": 4}))
    assert len(prepare_rtd(a, subsets=4, subset_size=60)) == 1


def test_rtd_lite_against_scipy():
    a, b = clouds(80, 10)
    w, v = scaled_distances(a), scaled_distances(b)
    expected = (tree_length(w) + tree_length(v)) / 2 - tree_length(np.minimum(w, v))
    assert rtd_lite(prepare_rtd_lite(a), prepare_rtd_lite(b)) == pytest.approx(expected, rel=1e-12)


def test_points_that_coincide_are_joined_at_length_zero():
    a, _ = clouds(30, 11)
    distances, length = prepare_rtd_lite(np.concatenate((a, a[:10])))
    assert length == pytest.approx(tree_length(distances[:30, :30]), rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_rtd_is_at_least_the_part_that_trees_explain(seed):
    a, b = clouds(40, seed)
    assert rtd(prepare_rtd(a), prepare_rtd(b)) >= rtd_lite(prepare_rtd_lite(a), prepare_rtd_lite(b)) - 1e-12


def test_nothing_differs_from_itself():
    a, _ = clouds(40, 12, grid=True)
    assert rtd(prepare_rtd(a), prepare_rtd(a)) == 0
    assert rtd_lite(prepare_rtd_lite(a), prepare_rtd_lite(a)) == 0


@pytest.mark.parametrize("prepare", [prepare_rtd, prepare_rtd_lite])
def test_no_unit_where_points_coincide(prepare):
    with pytest.raises(InputError, match="layer 3 is one point many times"):
        prepare(np.full((100, 2), 0.1), "layer 3")


def test_all_points_equal_but_one():
    """The quantile of the distances is 0, so the largest is the unit."""
    cloud = np.zeros((100, 2))
    cloud[0] = [3, 4]
    distances = scaled_distances(cloud)
    expected = np.zeros((100, 100))
    expected[0, 1:] = expected[1:, 0] = 1
    np.testing.assert_array_equal(distances, expected)
    (other, _), light = clouds(100, 3), prepare_rtd_lite(cloud)
    # The tree has one edge of length 1, and edges of length 0.
    assert light[1] == 1
    assert rtd(prepare_rtd(cloud), prepare_rtd(cloud)) == rtd_lite(light, light) == 0
    for found in (rtd(prepare_rtd(cloud), prepare_rtd(other)), rtd_lite(light, prepare_rtd_lite(other))):
        assert np.isfinite(found)
        assert found > 0
