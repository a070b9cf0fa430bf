"""Sliced Wasserstein distances against their definition, persim's and GUDHI's."""

from itertools import pairwise

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.homology.diagrams import diagrams as rips_diagrams
from actopo.similarity import wasserstein
from actopo.similarity.wasserstein import pairwise_distances, sliced_wasserstein
from gudhi.representations import SlicedWassersteinDistance
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from persim import sliced_wasserstein as persim_sliced_wasserstein
from scipy.stats import wasserstein_distance

EMPTY = np.empty((0, 2))


METHODS = ["exact", "grid", "auto"]


# Coordinates on a coarse lattice, so that steps coincide with each other and with edges of bins.
DIAGRAM = arrays(np.int8, st.tuples(st.integers(0, 12), st.just(2)), elements=st.integers(-20, 20)).map(
    lambda x: np.sort(x / 4.0, axis=1)
)


DIAGRAMS = st.lists(DIAGRAM, min_size=2, max_size=5)


@pytest.fixture(scope="module")
def rips():
    rng = np.random.default_rng(0)
    clouds = [
        scale * rng.normal(size=(150, c)) @ np.diag(np.arange(1, c + 1) ** -0.5)
        for c, scale in [(3, 1), (3, 1), (8, 1), (8, 1.05), (32, 3), (32, 9)]
    ]
    return rips_diagrams(clouds)


@pytest.fixture(scope="module", autouse=True)
def auto_tries_the_grid():
    """Few diagrams are enough for the tests of "auto"."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wasserstein, "MANY", 0)
        yield


def random_diagrams(n, seed=0, size=60):
    rng = np.random.default_rng(seed)
    return [
        np.cumsum(rng.exponential(size=(rng.integers(size), 2)), axis=1) * rng.choice([0.5, 1, 3]) for _ in range(n)
    ]


def by_definition(a, b, angles):
    """Sum over directions of the 1-Wasserstein distance of the completed diagrams."""
    total = 0.0
    for angle in angles:
        direction = np.array([np.cos(angle), np.sin(angle)])
        left = np.concatenate([a, b.mean(axis=1, keepdims=True).repeat(2, axis=1)]) @ direction
        right = np.concatenate([b, a.mean(axis=1, keepdims=True).repeat(2, axis=1)]) @ direction
        if len(left):
            total += len(left) * wasserstein_distance(left, right)
    return total


@settings(max_examples=60, deadline=None)
@given(a=DIAGRAM, b=DIAGRAM, n=st.integers(1, 9))
def test_equals_the_definition(a, b, n):
    expected = by_definition(a, b, -np.pi / 2 + np.pi * np.arange(n) / n) / n
    np.testing.assert_allclose(sliced_wasserstein(a, b, n), expected, rtol=1e-12, atol=1e-11)


@pytest.mark.parametrize("dimension", [0, 1])
def test_against_persim(rips, dimension):
    diagrams = [d[dimension] for d in rips]
    ours = pairwise_distances(diagrams)
    for i, j in [(0, 1), (0, 5), (2, 3)]:
        theirs = persim_sliced_wasserstein(diagrams[i], diagrams[j], M=50)
        np.testing.assert_allclose(ours[i, j], theirs, rtol=1e-6)


@pytest.mark.parametrize("dimension", [0, 1])
def test_against_gudhi(rips, dimension):
    diagrams = [d[dimension] for d in rips]
    theirs = SlicedWassersteinDistance(num_directions=50).fit(diagrams).transform(diagrams)
    # Of 50 directions GUDHI leaves out the last.
    last = np.array([[by_definition(a, b, [np.pi / 2 - np.pi / 50]) for a in diagrams] for b in diagrams])
    np.testing.assert_allclose(pairwise_distances(diagrams), (49 * theirs + last) / 50, rtol=1e-11, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(
    a=arrays(np.int8, st.integers(0, 12), elements=st.integers(0, 20)),
    b=arrays(np.int8, st.integers(0, 12), elements=st.integers(0, 20)),
    n=st.integers(1, 30),
)
def test_births_at_zero_equal_the_definition(a, b, n):
    # A quarter of the directions is then computed from one of them.
    a, b = (np.stack([np.zeros(len(d)), d / 4.0], axis=1) for d in (a, b))
    expected = by_definition(a, b, -np.pi / 2 + np.pi * np.arange(n) / n) / n
    np.testing.assert_allclose(sliced_wasserstein(a, b, n), expected, rtol=1e-12, atol=1e-11)


@pytest.mark.parametrize("method", METHODS)
def test_births_at_zero_beside_others(method):
    # The last diagram makes the first ones go through all directions.
    diagrams = [d * [0, 1] for d in random_diagrams(5, size=400)]
    alone, bound = pairwise_distances(diagrams, n_directions=20, method=method, return_bound=True)
    beside = pairwise_distances([*diagrams, np.array([[1.0, 2.0]])], n_directions=20)[:5, :5]
    assert (alone <= beside * (1 + 1e-13)).all()
    assert (beside <= (alone + bound) * (1 + 1e-13)).all()


@pytest.mark.parametrize("share", [0.6, 0.9, 1.1])
def test_auto_takes_the_grid_where_its_bound_is_within_the_tolerance(share):
    settings = {"other": [random_diagrams(2)[1]], "n_bins": 128, "return_bound": True}
    diagrams = [random_diagrams(2)[0]]
    exact, grid = (np.ravel(pairwise_distances(diagrams, method=method, **settings)) for method in ("exact", "grid"))
    auto = np.ravel(pairwise_distances(diagrams, method="auto", tolerance=share * grid[1] / grid[0], **settings))
    np.testing.assert_allclose(auto, exact if share < 1 else grid, rtol=1e-12)
    assert exact[1] == 0 < grid[1]
    assert grid[0] < (1 - 1e-6) * exact[0]


def test_auto_is_exact_for_few_pairs_on_the_cpu(monkeypatch):
    diagrams = random_diagrams(6)
    exact = pairwise_distances(diagrams)
    for many, is_exact in (3, True), (2, False):
        monkeypatch.setattr(wasserstein, "MANY", many)  # each of the 6 diagrams has 2.5 pairs on average
        auto, bound = pairwise_distances(diagrams, method="auto", tolerance=100, return_bound=True)
        assert np.array_equal(auto, exact) == is_exact
        assert (bound == 0).all() == is_exact


@pytest.mark.parametrize(("birth", "death"), [(0, 1), (2.5, 3.75), (-4, 1)])
def test_one_point_against_the_empty_diagram(birth, death):
    point = np.array([[birth, death]])
    # The integrand is (d - b) / sqrt(2) |sin(theta - pi/4)|: its kink makes the error O(1 / directions^2).
    limit = np.sqrt(2) * (death - birth) / np.pi
    np.testing.assert_allclose(sliced_wasserstein(point, EMPTY, 2000), limit, rtol=2000.0**-2 * np.pi**2)
    angles = np.pi * np.arange(7) / 7
    seven = (death - birth) / np.sqrt(2) * np.abs(np.sin(angles - np.pi / 4)).mean()
    np.testing.assert_allclose(sliced_wasserstein(EMPTY, point, 7), seven, rtol=1e-13)


@settings(max_examples=30, deadline=None)
@given(diagrams=DIAGRAMS)
def test_metric(diagrams):
    matrix = pairwise_distances(diagrams, n_directions=5, n_bins=8)
    assert (matrix >= 0).all()
    assert (np.diag(matrix) == 0).all()
    np.testing.assert_array_equal(matrix, matrix.T)
    through = matrix[:, :, None] + matrix[None, :, :]
    assert (matrix[:, None, :] <= through + 1e-10).all()


@pytest.mark.parametrize("method", METHODS)
def test_identity_scaling_and_order_of_rows(method):
    diagrams = random_diagrams(8)
    matrix = pairwise_distances(diagrams, method=method)
    assert (matrix[np.triu_indices(8, 1)] > 0).all()
    shuffled = [np.random.default_rng(1).permutation(d) for d in diagrams]
    np.testing.assert_allclose(pairwise_distances(shuffled, method=method), matrix, rtol=1e-12)
    assert np.abs(np.diag(pairwise_distances(diagrams, shuffled, method=method))).max() < 1e-10
    np.testing.assert_allclose(pairwise_distances([7.3 * d for d in diagrams], method=method), 7.3 * matrix)


def test_points_on_the_diagonal_do_not_count():
    diagrams = random_diagrams(4)
    padded = [np.concatenate([d, [[1.5, 1.5], [0, 0], [-3, -3]]]) for d in diagrams]
    np.testing.assert_allclose(pairwise_distances(padded), pairwise_distances(diagrams), rtol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_other_gives_a_block_of_the_whole_matrix(method):
    diagrams = random_diagrams(70)
    whole, whole_bound = pairwise_distances(diagrams, n_directions=4, method=method, return_bound=True)
    rows, columns = diagrams[:35], diagrams[35:]
    block, bound = pairwise_distances(rows, columns, 4, method=method, return_bound=True)
    np.testing.assert_allclose(block, whole[:35, 35:], rtol=1e-11)
    np.testing.assert_allclose(bound, whole_bound[:35, 35:], rtol=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_threads_give_the_same_bytes(method):
    diagrams = random_diagrams(70)
    one = pairwise_distances(diagrams, n_directions=6, method=method)
    three = pairwise_distances(diagrams, n_directions=6, method=method, n_threads=3)
    assert one.tobytes() == three.tobytes()


@pytest.mark.parametrize("n_bins", [1, 7, 2000])
def test_bins_do_not_change_the_exact_distance(n_bins):
    diagrams = random_diagrams(10)
    np.testing.assert_allclose(pairwise_distances(diagrams, n_bins=n_bins), pairwise_distances(diagrams), rtol=1e-12)


@settings(max_examples=60, deadline=None)
@given(diagrams=DIAGRAMS, n_bins=st.integers(1, 40))
def test_grid_is_a_lower_bound_with_a_true_error_bound(diagrams, n_bins):
    exact = pairwise_distances(diagrams, n_directions=5)
    grid, bound = pairwise_distances(diagrams, None, 5, "grid", n_bins, return_bound=True)
    assert (grid <= exact + 1e-10).all()
    assert (exact <= grid + bound + 1e-10).all()


def test_grid_and_bound_converge(rips):
    diagrams = [d[1] for d in rips]
    exact = pairwise_distances(diagrams)
    errors, bounds = [], []
    for n_bins in (16, 256, 4096):
        grid, bound = pairwise_distances(diagrams, method="grid", n_bins=n_bins, return_bound=True)
        assert (exact - grid <= bound + 1e-10).all()
        errors.append((exact - grid).max())
        bounds.append(bound.max())
    assert all(b < a / 5 for a, b in pairwise(errors))
    assert all(b < a / 5 for a, b in pairwise(bounds))


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n_bins=st.integers(1, 300),
    tolerance=st.floats(0, 1),
    n_directions=st.integers(1, 20),
    device=st.sampled_from(["cpu", "cpu:0"]),
)
def test_auto_and_its_bound_hold_whatever_the_bins(seed, n_bins, tolerance, n_directions, device):
    diagrams = random_diagrams(5, seed)
    exact = pairwise_distances(diagrams, n_directions=n_directions)
    grid, bound = pairwise_distances(diagrams, None, n_directions, "grid", n_bins, device=device, return_bound=True)
    rounding = 1e-12 * exact.max()
    assert (grid <= exact + rounding).all()
    assert (exact <= grid + bound + rounding).all()
    auto = pairwise_distances(diagrams, None, n_directions, "auto", n_bins, tolerance, device=device)
    assert (auto <= exact + rounding).all()
    assert (exact <= auto * (1 + tolerance) + rounding).all()


@pytest.mark.parametrize("tolerance", [0.0, 0.02, 0.2, 100.0])
def test_auto_is_exact_within_tolerance(rips, tolerance):
    diagrams = [d[0] for d in rips]
    exact = pairwise_distances(diagrams)
    # Few enough bins for some pairs to miss the tolerance.
    settings = {"n_bins": 64, "return_bound": True}
    auto, bound = pairwise_distances(diagrams, method="auto", tolerance=tolerance, **settings)
    assert (np.abs(auto - exact) <= np.minimum(tolerance * exact, bound) + 1e-9).all()
    np.testing.assert_allclose(auto[bound == 0], exact[bound == 0], rtol=1e-13)
    grid, _ = pairwise_distances(diagrams, method="grid", **settings)
    np.testing.assert_array_equal(auto[bound > 0], grid[bound > 0])
    taken = (bound > 0).sum() / (bound.size - len(bound))
    assert {0.0: taken == 0, 100.0: taken == 1}.get(tolerance, 0 < taken < 1)


@pytest.mark.parametrize("method", METHODS)
def test_empty_diagrams(method):
    np.testing.assert_array_equal(pairwise_distances([EMPTY, [], EMPTY], method=method), np.zeros((3, 3)))
    assert pairwise_distances([], method=method).shape == (0, 0)
    assert pairwise_distances([EMPTY], [], method=method).shape == (1, 0)
    assert sliced_wasserstein([], []) == 0


@pytest.mark.parametrize("n", [1, 40_000])
def test_bound_is_attained(n):
    # In the only direction G is -n from -1 to 0 for the one and from -2 to -1 for the other.
    diagrams = [np.array([pair]).repeat(n, axis=0) for pair in [(0, 2), (1, 3)]]
    exact = pairwise_distances(diagrams, n_directions=1, n_bins=1)[0, 1]
    grid, bound = pairwise_distances(diagrams, None, 1, "grid", 1, return_bound=True)
    np.testing.assert_allclose([exact, bound[0, 1]], 2 * n, rtol=2e-6)
    assert grid[0, 1] <= 1e-12 * n
    assert exact <= grid[0, 1] + bound[0, 1]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [1, 3, 40_000])
def test_equal_points(method, n):
    point = np.array([[0.3, 1.7]])
    expected = n * sliced_wasserstein(point, EMPTY, 3)
    many, bound = pairwise_distances([point.repeat(n, axis=0)], [EMPTY], 3, method, return_bound=True)
    # All steps are at the ends of the range that is divided into bins.
    assert bound == 0
    np.testing.assert_allclose(many, expected, rtol=1e-13)
    moved = pairwise_distances([point.repeat(n, axis=0)], [point.repeat(n, axis=0) + 1e-3], 3, method)
    np.testing.assert_allclose(moved, n * sliced_wasserstein(point, point + 1e-3, 3), rtol=5e-3)


@pytest.mark.parametrize("method", METHODS)
def test_a_diagram_of_another_scale_does_no_harm(method):
    diagrams = random_diagrams(6)
    huge = np.array([[-1e9, 3e9], [2e9, 7e9]])
    matrix, bound = pairwise_distances([*diagrams, huge], method=method, return_bound=True)
    exact = pairwise_distances(diagrams)
    assert (matrix[:6, :6] <= exact * (1 + 1e-12)).all()
    assert (exact <= (matrix + bound)[:6, :6] * (1 + 1e-12)).all()
    if method != "grid":
        np.testing.assert_allclose(matrix[:6, :6], exact, rtol=5e-3 if method == "auto" else 1e-12)


def test_torch_gives_the_same_grid():
    diagrams = random_diagrams(9)
    for other in None, diagrams[:4]:
        numba = pairwise_distances(diagrams, other, 6, "grid")
        np.testing.assert_allclose(pairwise_distances(diagrams, other, 6, "grid", device="cpu:0"), numba, rtol=1e-12)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.zeros((3, 3)), "diagram 1 has shape"),
        (np.zeros(2), "diagram 1 has shape"),
        (np.array([[0, np.inf]]), "diagram 1 has values that are not finite"),
        (np.array([[-np.inf, 0]]), "diagram 1 has values that are not finite"),
        (np.array([[0, 1], [np.nan, 1]]), "diagram 1 has values that are not finite"),
        (np.array([[0, 1], [2, 1]]), "diagram 1 has a death before its birth"),
    ],
)
def test_bad_diagrams(bad, message):
    with pytest.raises(InputError, match=message):
        pairwise_distances([EMPTY, bad])
    with pytest.raises(InputError, match=message.replace("1", "0 of other", 1)):
        pairwise_distances([EMPTY], [bad])


@pytest.mark.parametrize(
    "arguments",
    [{"method": "fast"}, {"n_directions": 0}, {"n_bins": 0}, {"n_threads": 0}],
    ids=lambda a: next(iter(a)),
)
def test_bad_arguments(arguments):
    with pytest.raises(InputError, match=next(iter(arguments))):
        pairwise_distances([EMPTY], **arguments)


@pytest.mark.filterwarnings("ignore")
def test_missing_device():
    with pytest.raises(InputError, match="cuda:99"):
        pairwise_distances(random_diagrams(2), method="grid", device="cuda:99")
