"""Persistence diagrams against Ripser's, minimum spanning trees and known shapes."""

import warnings
import weakref

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.homology.diagrams import AHEAD, diagrams
from ripser import ripser
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import pdist, squareform


def gaussian(size, c, seed=0, offset=0.0):
    return (np.random.default_rng(seed).normal(size=(size, c)) + offset).astype(np.float32)


def rows_sorted(diagram):
    return diagram[np.lexsort((diagram[:, 1], diagram[:, 0]))]


@pytest.mark.parametrize(("size", "c"), [(2, 1), (3, 2), (60, 3), (120, 64)])
def test_against_ripser(size, c):
    cloud = gaussian(size, c)
    ours = diagrams([cloud])[0]
    matrix = squareform(pdist(cloud.astype(np.float64)))
    for dimension, theirs in enumerate(ripser(matrix, maxdim=1, distance_matrix=True)["dgms"]):
        theirs = rows_sorted(theirs[np.isfinite(theirs[:, 1])])
        np.testing.assert_allclose(ours[dimension], theirs.reshape(-1, 2), rtol=np.finfo(np.float32).eps)


@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_h0_deaths_are_the_edges_of_the_minimum_spanning_tree(offset):
    cloud = gaussian(80, 16, offset=offset)
    edges = minimum_spanning_tree(squareform(pdist(cloud.astype(np.float64)))).data
    diagram = diagrams([cloud], dimensions=(0,))[0][0]
    assert (diagram[:, 0] == 0).all()
    np.testing.assert_allclose(diagram[:, 1], np.sort(edges), rtol=np.finfo(np.float32).eps)


def test_circle_has_one_long_bar():
    angle = np.arange(50) * 2 * np.pi / 50
    diagram = diagrams([3 * np.column_stack([np.cos(angle), np.sin(angle)])])[0][1]
    # The cycle is born with the sides of the 50-gon and dies at the first triangle that holds the centre:
    # points 0, 17 and 33 with longest side 17 steps.
    expected = [[6 * np.sin(np.pi / 50), 6 * np.sin(17 * np.pi / 50)]]
    np.testing.assert_allclose(diagram, expected, rtol=1e-6)


def test_one_call_equals_separate_calls_so_padding_never_leaks():
    clouds = [gaussian(2, 5), gaussian(150, 3, 1), gaussian(5, 2, 2), gaussian(40, 8, 3, offset=9)]
    together = diagrams(clouds)
    for cloud, result in zip(clouds, together, strict=True):
        alone = diagrams([cloud])[0]
        for dimension in (0, 1):
            assert result[dimension].tobytes() == alone[dimension].tobytes()
            assert (result[dimension][:, 0] < result[dimension][:, 1]).all()
        assert len(result[0]) == len(cloud) - 1
    assert together[0][1].shape == (0, 2)


def test_jobs_and_order_of_points_do_not_matter():
    clouds = [gaussian(70, 4, seed) for seed in range(3)]
    one, two = diagrams(clouds), diagrams([cloud[::-1] for cloud in clouds], n_jobs=2)
    for first, second in zip(one, two, strict=True):
        assert {k: v.tobytes() for k, v in first.items()} == {k: v.tobytes() for k, v in second.items()}


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_stream_of_clouds_is_read_as_it_is_needed(n_jobs):
    alive, most = weakref.WeakValueDictionary(), []

    def stream():
        for seed in range(60):
            cloud = gaussian(20, 3, seed)
            alive[seed] = cloud
            most.append(len(alive))
            yield cloud

    result = diagrams(stream(), n_jobs=n_jobs)
    # Beside those under way: the new one, the one before it, and those that the workers hand back late.
    assert max(most) <= (AHEAD * n_jobs + 3 if n_jobs > 1 else 3)
    expected = diagrams([gaussian(20, 3, seed) for seed in range(60)])
    for first, second in zip(result, expected, strict=True):
        assert {k: v.tobytes() for k, v in first.items()} == {k: v.tobytes() for k, v in second.items()}


def test_as_many_points_as_channels_is_no_distance_matrix():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        diagram = diagrams([gaussian(12, 12)])[0][0]
    edges = minimum_spanning_tree(squareform(pdist(gaussian(12, 12).astype(np.float64)))).data
    np.testing.assert_allclose(diagram[:, 1], np.sort(edges), rtol=np.finfo(np.float32).eps)


def test_scaling_and_isometry():
    cloud = gaussian(50, 6).astype(np.float64)
    rotation = np.linalg.qr(gaussian(6, 6, 1))[0].astype(np.float64)
    first, second = diagrams([cloud, 2.5 * cloud @ rotation + 1])
    np.testing.assert_allclose(second[0], 2.5 * first[0], rtol=1e-6)
    assert len(first[1]) > 5
    np.testing.assert_allclose(second[1], 2.5 * first[1], rtol=1e-6)


def test_duplicate_points_make_no_bars():
    for cloud in np.full((20, 3), 0.1, np.float32), gaussian(1, 64, offset=100).repeat(20, axis=0):
        result = diagrams([cloud])[0]
        assert result[0].shape == result[1].shape == (0, 2)
    once, twice = diagrams([gaussian(30, 8), gaussian(30, 8).repeat(2, axis=0)])
    np.testing.assert_array_equal(once[0], twice[0])
    np.testing.assert_array_equal(once[1], twice[1])


def test_chosen_dimensions_and_no_clouds():
    assert list(diagrams([gaussian(10, 2)], dimensions=(1,))[0]) == [1]
    assert diagrams([]) == []


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.zeros((1, 4)), "cloud 1 has shape"),
        (np.zeros((0, 4)), "cloud 1 has shape"),
        (np.zeros(4), "cloud 1 has shape"),
        (np.array([[0.0, np.nan], [1.0, 2.0]]), "cloud 1 is not finite"),
        (np.array([[0.0, np.inf], [1.0, 2.0]]), "cloud 1 is not finite"),
    ],
)
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_bad_clouds(bad, message, n_jobs):
    with pytest.raises(InputError, match=message):
        diagrams([gaussian(5, 2), bad], n_jobs=n_jobs)
