"""Labels of DBSCAN against scikit-learn's, and against DBSCAN on exact neighbourhoods where these differ."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from unittest.mock import patch

import numpy as np
import pytest
import torch
from actopo.errors import InputError
from actopo.mapper.dbscan import DBSCAN, dbscan, dbscan_each
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.spatial.distance import pdist
from sklearn.cluster import DBSCAN as Reference
from threadpoolctl import threadpool_info

from unit.mapper.examples import reference

DEVICES = ["cpu", "cpu:0"]  # the second takes the path of CUDA devices, on the host


@pytest.fixture(autouse=True, scope="module")
def _one_thread_of_torch():
    """Products of this size only lose time to threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@contextmanager
def tiny_leaves():
    """Threads, a cut sieve and many leaves, few of them near, for clouds of any size."""
    with (
        patch.multiple("actopo.mapper.close_pairs", _LEAF=8, _DEVICE_LEAF=32, _SAMPLE=8),
        patch.multiple("actopo.mapper.dbscan", _SMALL=8, _NEAR_LEAVES=1),
    ):
        yield


def exact(points, eps, min_samples=5):
    """Float64 sums of squares in the order of the coordinates decide."""
    points = np.asarray(points, dtype=np.float64)
    squared = np.zeros((len(points), len(points)))
    for x in points.T:
        squared += (x[:, None] - x) ** 2
    apart = np.where(squared <= eps * eps, 0.0, 2.0)
    return Reference(eps=1, min_samples=min_samples, metric="precomputed").fit(apart).labels_


def branches(n, d, seed, dtype=np.float64):
    """ReLU of noisy class directions: branches out of a common root, and points at 0."""
    rng = np.random.default_rng(seed)
    length = rng.gamma(2.0, 1.0, size=(n, 1))
    direction = rng.normal(size=(6, d))[rng.integers(0, 6, n)]
    return np.maximum(length * direction + rng.normal(scale=0.3, size=(n, d)), 0).astype(dtype)


def radius(points, share):
    """A radius that holds about `share` of the pairs and is no pair's distance up to rounding."""
    distances = np.sort(pdist(points[:: max(1, len(points) // 300)].astype(np.float64)))
    at = int(share * len(distances))
    return float(distances[at] + distances[at + 1]) / 2


@pytest.mark.parametrize("device", DEVICES)
@given(data=st.data())
@settings(max_examples=30, deadline=None, derandomize=True)
def test_any_grid_cloud_with_distances_equal_to_eps(device, data):
    """Small whole coordinates leave no rounding to differ in: duplicates and ties at eps must come out alike."""
    n, d = data.draw(st.integers(1, 60)), data.draw(st.sampled_from([1, 2, 3, 20, 30]))
    dtype = data.draw(st.sampled_from([np.float32, np.float64]))
    points = data.draw(hnp.arrays(dtype, (n, d), elements=st.integers(-3, 3), fill=st.just(0)))
    eps, min_samples = data.draw(st.sampled_from([0.5, 1, 2, 3, 5])), data.draw(st.integers(1, 6))
    block = data.draw(st.integers(1, 70))
    with tiny_leaves():
        labels = dbscan(points, eps, min_samples, device=device, block=block)
    np.testing.assert_array_equal(labels, reference(points, eps, min_samples))


@pytest.mark.parametrize("device", DEVICES)
@given(data=st.data())
@settings(max_examples=30, deadline=None, derandomize=True)
def test_several_radii_of_any_grid_cloud_at_once(device, data):
    """Core points and clusters that are taken over from smaller radii are those of each radius alone."""
    n, d = data.draw(st.integers(1, 60)), data.draw(st.sampled_from([1, 2, 3, 20, 30]))
    points = data.draw(hnp.arrays(np.float32, (n, d), elements=st.integers(-3, 3), fill=st.just(0)))
    eps_values = data.draw(st.lists(st.sampled_from([0.5, 1, 2, 3, 4, 5]), min_size=1, max_size=6))
    min_samples, block = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 70))
    with tiny_leaves():
        found = dbscan_each(points, eps_values, min_samples, device, block)
    assert len(found) == len(eps_values)
    for labels, eps in zip(found, eps_values, strict=True):
        np.testing.assert_array_equal(labels, reference(points, eps, min_samples))


@pytest.mark.parametrize(("n", "d"), [(2500, 3), (2100, 300)])
def test_several_radii_at_the_sizes_of_real_blocks(n, d):
    points = branches(n, d, seed=d, dtype=np.float32)
    eps_values = [radius(points, share) for share in (0.1, 0.003, 0.3, 0.03)]
    for labels, eps in zip(dbscan_each(points, eps_values), eps_values, strict=True):
        np.testing.assert_array_equal(labels, reference(points, eps))


@pytest.mark.parametrize("seed", range(8))
def test_random_clouds_in_many_small_leaves(seed):
    rng = np.random.default_rng(seed)
    n, d = int(rng.integers(50, 400)), int(rng.choice([1, 2, 5, 30, 60]))
    centres = 4 * rng.normal(size=(int(rng.integers(1, 30)), d))
    points = centres[rng.integers(0, len(centres), n)] + rng.normal(size=(n, d))
    for share in (0.003, 0.03, 0.3):
        for min_samples in (1, 5):
            eps = radius(points, share)
            expected = reference(points, eps, min_samples)
            for device in DEVICES:
                with tiny_leaves():
                    labels = dbscan(points, eps, min_samples, device=device, block=int(rng.integers(30, 300)))
                np.testing.assert_array_equal(labels, expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("n", "d"), [(2500, 3), (2500, 40), (2100, 300), (500, 600)])
def test_branches_at_the_sizes_of_real_blocks(n, d, dtype):
    points = branches(n, d, seed=d, dtype=dtype)
    for share in (0.003, 0.3):
        eps = radius(points, share)
        expected = reference(points, eps)
        assert expected.max() >= 0
        np.testing.assert_array_equal(dbscan(points, eps), expected)
    np.testing.assert_array_equal(dbscan(points, eps, device="cpu:0"), expected)


@pytest.mark.parametrize(("offset", "scale"), [(1e8, 1.0), (0.0, 1e-120), (0.0, 1e120), (-1e3, 1e-7)])
def test_far_from_the_origin_and_in_any_unit(offset, scale):
    """Only differences matter. float32 would not even tell such points apart without centring and scaling."""
    points = offset + scale * np.random.default_rng(1).normal(size=(500, 5))
    for eps in (0.3 * scale, 0.8 * scale):
        np.testing.assert_array_equal(dbscan(points, eps), exact(points, eps))


def test_one_far_point_does_not_cost_the_others_their_precision():
    points = np.random.default_rng(2).normal(size=(400, 4))
    points[17] = 1e12
    for eps in (1e-3, 0.4, 1e13):
        np.testing.assert_array_equal(dbscan(points, eps), exact(points, eps))


@pytest.mark.parametrize("d", [2, 64, 400])
@pytest.mark.parametrize("nudge", [-1e-9, 0.0, 1e-9])
def test_pairs_at_eps_up_to_far_less_than_float32_resolves(d, nudge):
    """A path whose steps have length `eps`: the float64 recheck alone decides between one cluster and noise."""
    rng = np.random.default_rng(d)
    direction = rng.normal(size=d)
    direction /= np.linalg.norm(direction)
    points = np.outer(np.arange(-50, 50), direction)[rng.permutation(100)]
    labels = dbscan(points, 1 + nudge, min_samples=2)
    np.testing.assert_array_equal(labels, exact(points, 1 + nudge, 2))
    with tiny_leaves():
        np.testing.assert_array_equal(dbscan(points, 1 + nudge, min_samples=2), labels)
    if nudge:
        assert set(labels) == ({0} if nudge > 0 else {-1})


@pytest.mark.parametrize("eps", [1e-149, 1.0, 1e149])
def test_points_that_only_denormal_numbers_tell_apart(eps):
    """Their squared distances are 0."""
    points = 5e-324 * np.arange(12.0).reshape(6, 2)
    assert len(np.unique(points)) == 12
    np.testing.assert_array_equal(dbscan(points, eps, 3), np.zeros(6))


def test_border_point_joins_the_first_of_its_clusters():
    """The middle point reaches a core point of both groups and is none; whichever comes first gets it."""
    left, right = np.array([-1.0, -1.2, -1.3, -1.4, -1.5]), np.array([1.0, 1.2, 1.3, 1.4, 1.5])
    for first, second in ((left, right), (right, left)):
        points = np.concatenate([[0.0], first, second])[:, None]
        np.testing.assert_array_equal(dbscan(points, 1.0, 5), [0] * 6 + [1] * 5)


@pytest.mark.parametrize("device", DEVICES)
def test_extremes(device):
    assert dbscan(np.empty((0, 3)), 1.0, device=device).shape == (0,)
    assert dbscan(np.empty((0, 3)), 1.0, device=device).dtype == np.int64
    np.testing.assert_array_equal(dbscan([[2, 3]], 1.0, 2, device=device), [-1])
    np.testing.assert_array_equal(dbscan([[2, 3]], 1.0, 1, device=device), [0])
    same = np.full((2100, 30), 0.1)
    np.testing.assert_array_equal(dbscan(same, 1e-9, device=device), np.zeros(2100))
    np.testing.assert_array_equal(dbscan(same, 1e-9, 2101, device=device), np.full(2100, -1))
    spread = np.random.default_rng(3).normal(size=(2100, 50))
    np.testing.assert_array_equal(dbscan(spread, 1e-3, 1, device=device), np.arange(2100))
    np.testing.assert_array_equal(dbscan(spread, 1e-3, 2, device=device), np.full(2100, -1))
    np.testing.assert_array_equal(dbscan(spread, 1e149, 2100, device=device), np.zeros(2100))


def test_layout_type_and_block_do_not_matter():
    points = branches(2300, 40, seed=5, dtype=np.float32)
    eps = radius(points, 0.02)
    expected = dbscan(points, eps)
    read_only = points.copy()
    read_only.flags.writeable = False
    for same in (np.asfortranarray(points), np.repeat(points, 2, axis=0)[::2], read_only, points.tolist()):
        np.testing.assert_array_equal(dbscan(same, eps), expected)
    for block in (1, 300, 10**6):
        np.testing.assert_array_equal(dbscan(points[:700], eps, block=block), dbscan(points[:700], eps))
    np.testing.assert_array_equal(DBSCAN(eps).fit_predict(points), expected)


def test_callers_in_several_threads_leave_blas_as_it_was():
    points = branches(2500, 30, seed=6)
    eps = radius(points, 0.02)
    before = [pool["num_threads"] for pool in threadpool_info()]
    with ThreadPoolExecutor(3) as pool:
        labels = list(pool.map(lambda _: dbscan(points, eps), range(6)))
    assert [pool["num_threads"] for pool in threadpool_info()] == before
    for same in labels:
        np.testing.assert_array_equal(same, reference(points, eps))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"eps": 0}, "eps"),
        ({"eps": -1.0}, "eps"),
        ({"eps": np.nan}, "eps"),
        ({"eps": np.inf}, "eps"),
        ({"eps": "wide"}, "eps"),
        ({"min_samples": 0}, "min_samples"),
        ({"min_samples": 2.5}, "min_samples"),
        ({"block": 0}, "block"),
        ({"points": np.zeros(5)}, r"shape \(n, d\)"),
        ({"points": np.zeros((5, 0))}, r"shape \(n, d\)"),
        ({"points": np.array([["a"], ["b"]])}, "numeric"),
        ({"points": np.array([[0.0, 1.0], [2.0, 3.0], [4.0, np.nan]])}, "Row 2"),
        ({"points": np.array([[0.0, 1.0], [-np.inf, 3.0]], dtype=np.float32)}, "Row 1"),
    ],
)
def test_bad_input_is_named(change, message):
    with pytest.raises(InputError, match=message):
        dbscan(**({"points": np.zeros((5, 2)), "eps": 1.0} | change))
