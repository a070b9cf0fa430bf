"""Clouds without principal components, and where their curves cross the baseline."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from actopo.errors import InputError
from actopo.homology.diagrams import diagrams
from actopo.similarity.choices import COMPONENTS
from actopo.similarity.sensitivity import (
    crossings,
    curve_table,
    deletion_clouds,
    deletion_distances,
    deletion_index,
    detection_table,
    principal_coordinates,
    removal_counts,
    thresholds,
    without_components,
)
from scipy.spatial.distance import pdist
from sklearn.decomposition import PCA, TruncatedSVD
from threadpoolctl import threadpool_limits

RNG = np.random.default_rng(0)


FULL_RANK = RNG.normal(size=(60, 12)) * 0.7 ** np.arange(12) + 3


CLOUDS = {
    "full rank": FULL_RANK,
    "constant channels": np.column_stack([FULL_RANK[:, :5], np.full((60, 4), 0.3)]),
    "repeated channels": FULL_RANK[:, [0, 1, 2, 0, 1, 2, 0, 1, 2]].astype(np.float32),
    "fewer points than channels": RNG.normal(size=(7, 20)),
    "all points equal": np.full((8, 9), 0.1),
}


each_cloud = pytest.mark.parametrize("cloud", CLOUDS.values(), ids=CLOUDS)


def test_counts_of_the_paper():
    assert removal_counts(64) == [4, 7, 11, 15, 19, 22, 26, 30, 34, 37, 41, 45, 49, 52, 56, 60]
    assert [removal_counts(c) for c in (1, 2, 7, 8, 16)] == [[], [1], [1, 2, 3, 4, 5, 6], [4, 6], [4, 7, 10, 13]]


@pytest.mark.parametrize("c", [*range(8, 70), 128, 255, 256, 512, 1000, 2048])
def test_counts_are_equally_spaced_and_leave_a_component(c):
    counts = removal_counts(c)
    assert counts == np.linspace(4, c, c // 4, endpoint=False).astype(int).tolist()
    assert len(counts) == c // 4
    assert (np.diff(counts) > 0).all()
    assert counts[-1] < c


@each_cloud
@pytest.mark.parametrize("centred", [True, False])
def test_principal_coordinates_keep_distances_along_orthogonal_axes(cloud, centred):
    coordinates = principal_coordinates(cloud, centred)
    assert coordinates.shape == cloud.shape
    scale = np.linalg.norm(cloud)
    np.testing.assert_allclose(pdist(coordinates), pdist(cloud.astype(np.float64)), rtol=1e-12, atol=1e-14 * scale)
    gram = coordinates.T @ coordinates
    np.testing.assert_allclose(gram - np.diag(np.diag(gram)), 0, atol=1e-14 * scale**2)
    assert (np.diff(np.linalg.norm(coordinates, axis=0)) <= 1e-14 * scale).all()


@pytest.mark.parametrize(("centred", "oracle"), [(True, PCA), (False, TruncatedSVD)])
@pytest.mark.parametrize("count", [1, 4, 11])
def test_without_the_smallest_is_the_best_approximation_of_lower_rank(centred, oracle, count):
    (ours,) = without_components(principal_coordinates(FULL_RANK, centred), [count])
    solver = {"algorithm": "arpack"} if oracle is TruncatedSVD else {"svd_solver": "full"}
    model = oracle(12 - count, **solver).fit(FULL_RANK)
    approximation = model.inverse_transform(model.transform(FULL_RANK))
    np.testing.assert_allclose(pdist(ours), pdist(approximation), rtol=1e-10)


@each_cloud
@pytest.mark.parametrize("components", COMPONENTS)
@pytest.mark.parametrize("centred", [True, False])
def test_a_larger_count_removes_more(cloud, components, centred):
    c = cloud.shape[1]
    coordinates = principal_coordinates(cloud, centred)
    kept = list(without_components(coordinates, range(c), components))
    assert [x.shape for x in kept] == [(len(cloud), c - k) for k in range(c)]
    np.testing.assert_array_equal(kept[0], coordinates)
    removed = []
    for larger, smaller in pairwise(kept):
        assert (pdist(smaller) <= pdist(larger) * (1 + 1e-14)).all()
        removed.append((larger**2).sum() - (smaller**2).sum())
    # Energies that go are singular values squared, from the end that was asked for.
    if components != "random":
        sign = 1 if components == "smallest" else -1
        assert (sign * np.diff(removed) >= -1e-13 * np.square(coordinates).sum()).all()


def test_random_order_is_nested_and_seeded():
    coordinates = principal_coordinates(FULL_RANK)

    def columns(count, seed):
        (cloud,) = without_components(coordinates, [count], "random", seed)
        return [int(np.flatnonzero((coordinates == column[:, None]).all(axis=0))[0]) for column in cloud.T]

    for seed in range(5):
        kept = [columns(count, seed) for count in range(12)]
        assert all(set(smaller) < set(larger) for larger, smaller in pairwise(kept))
        assert kept == [columns(count, seed) for count in range(12)]
    assert len({columns(11, seed)[0] for seed in range(40)}) > 6


@pytest.mark.parametrize(("name", "rank"), [("constant channels", 5), ("repeated channels", 3)])
def test_components_without_variance_do_not_matter(name, rank):
    cloud = CLOUDS[name].astype(np.float64)
    (ours,) = without_components(principal_coordinates(cloud), [9 - rank])
    np.testing.assert_allclose(pdist(ours), pdist(cloud), rtol=1e-12)


def test_threads_do_not_matter():
    points = np.random.default_rng(1).normal(size=(700, 150))
    results = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            results.append(principal_coordinates(points).tobytes())
    assert results[0] == results[1]


def test_clouds_come_in_the_order_of_the_index_from_one_decomposition_a_layer(monkeypatch):
    clouds = {3: FULL_RANK, 16: CLOUDS["fewer points than channels"]}
    calls, svd = [], np.linalg.svd
    monkeypatch.setattr(np.linalg, "svd", lambda *a, **k: calls.append(1) or svd(*a, **k))
    made = list(deletion_clouds(clouds, seed=5))
    assert len(calls) == 2
    index = deletion_index({layer: points.shape[1] for layer, points in clouds.items()})
    assert len(made) == len(index) == 3 * (3 + 5)
    for row, cloud in zip(index.itertuples(), made, strict=True):
        coordinates = principal_coordinates(clouds[row.layer])
        (expected,) = without_components(coordinates, [row.removed], row.components, [5, row.layer])
        np.testing.assert_array_equal(cloud, expected)
        assert row.fraction == row.removed / row.channels
        assert cloud.shape[1] == row.channels - row.removed
    alone = list(deletion_clouds({16: clouds[16]}, ["random"], seed=5))
    for cloud, expected in zip(alone, made[-5:], strict=True):
        np.testing.assert_array_equal(cloud, expected)


def test_diagrams_of_deletions_are_those_of_the_cloud_minus_its_components():
    model = PCA(svd_solver="full").fit(FULL_RANK)
    scores = model.transform(FULL_RANK)
    index = deletion_index({0: 12}, ["largest"])
    computed = diagrams(deletion_clouds({0: FULL_RANK}, ["largest"]), n_jobs=2)
    for count, ours in zip(index.removed, computed, strict=True):
        rest = FULL_RANK - scores[:, :count] @ model.components_[:count]
        for dimension, theirs in diagrams([rest])[0].items():
            np.testing.assert_allclose(ours[dimension], theirs, rtol=1e-6)


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        ([0, 1, 2, 3], (2, 2)),
        ([2, 3], (0, 0)),
        ([0, 1], (None, None)),
        ([1, 1], (None, None)),
        ([0, 2, 1, 3, 4], (1, 3)),
        ([2, 0, 2], (0, 2)),
        ([2, 0], (0, None)),
        ([0, 2, 2, 1], (1, None)),
        ([], (None, None)),
    ],
)
def test_crossings(curve, expected):
    assert crossings(curve, 1) == expected


def test_crossings_by_their_definition():
    rng = np.random.default_rng(3)
    for curve in rng.integers(0, 3, size=(200, 7)):
        above = (curve > 1).tolist()
        first = above.index(True) if True in above else None
        last = next((i for i in range(7) if all(above[i:])), None)
        assert crossings(curve, 1) == (first, last)


def test_thresholds():
    assert thresholds([4, 1, 3, 2, 0], 0.5) == {"mean": 2, "quantile": 2}
    assert thresholds([0, 10], 0.95) == {"mean": 5, "quantile": 9.5}
    assert thresholds([3], 1) == {"mean": 3, "quantile": 3}


def test_tables():
    index = deletion_index({0: 16, 8: 8}, ["smallest", "largest"])
    rises, dips = [0, 1, 2, 3], [3, 0, 1, 0]
    curves = curve_table(index, {"a": [*rises, *dips, 1, 1, 2, 2], "b": np.arange(12)})
    assert list(curves) == ["metric", "layer", "components", "removed", "channels", "fraction", "distance"]
    assert len(curves) == 24
    shuffled = curves.sample(frac=1, random_state=0)
    for table in curves, shuffled:
        found = detection_table(table, {m: {0: [1, 2, 1.5], 8: [1.5, 1.5]} for m in "ab"}, 1)
        assert len(found) == 2 * 2 * 2 * 2
        found = found.set_index(["metric", "layer", "components", "threshold"]).sort_index()
        columns = ["level", "first_removed", "first_fraction", "last_removed", "last_fraction"]
        assert list(found) == columns
        nan = np.nan
        expected = {
            ("a", 0, "smallest", "mean"): [1.5, 10, 10 / 16, 10, 10 / 16],
            ("a", 0, "smallest", "quantile"): [2, 13, 13 / 16, 13, 13 / 16],
            ("a", 0, "largest", "mean"): [1.5, 4, 4 / 16, nan, nan],
            ("a", 8, "smallest", "mean"): [1.5, nan, nan, nan, nan],
            ("a", 8, "largest", "quantile"): [1.5, 4, 4 / 8, 4, 4 / 8],
        }
        for key, values in expected.items():
            np.testing.assert_array_equal(found.loc[key].to_numpy(), values)


def test_layers_of_a_single_channel_have_no_curve():
    index = deletion_index({0: 1})
    assert index.empty
    assert list(deletion_clouds({0: np.arange(5.0)[:, None]})) == []
    table = detection_table(curve_table(index, {"a": []}), {}, 0.5)
    assert table.empty
    assert "last_fraction" in table


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: removal_counts(0), "0 channels"),
        (lambda: principal_coordinates(np.zeros(4)), "has shape"),
        (lambda: principal_coordinates(np.zeros((0, 4))), "has shape"),
        (lambda: principal_coordinates(np.full((3, 2), np.inf)), "not finite"),
        (lambda: without_components(FULL_RANK, [12]), "of 12 components 0 to 11"),
        (lambda: without_components(FULL_RANK, [3, -1]), "of 12 components 0 to 11"),
        (lambda: without_components(FULL_RANK, [1], "first"), 'components is "first"'),
        (lambda: crossings([0, np.nan], 1), "not finite"),
        (lambda: crossings([0, 1], np.nan), "not finite"),
        (lambda: thresholds([], 0.5), "the baseline has to be"),
        (lambda: thresholds([1, np.nan], 0.5), "the baseline has to be"),
        (lambda: thresholds([1, 2], 1.5), "quantile is 1.5"),
        (lambda: curve_table(deletion_index({0: 16}), {"a": [1, 2]}), "one for each of 12 clouds"),
        (
            lambda: detection_table(
                pd.DataFrame({"metric": ["a"], "layer": [0], "components": ["smallest"], "distance": [1.0]}),
                {"a": {8: [1]}},
                0.5,
            ),
            "a has no baseline for layer 0",
        ),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_without_its_rank_a_cloud_is_a_point():
    """Five channels vary: what is left is 0, not rounding that a rival would scale up."""
    coordinates = principal_coordinates(CLOUDS["constant channels"])
    [left] = without_components(coordinates, [5], "largest")
    assert not left.any()


def test_a_point_is_left_out_of_the_crossings():
    index = deletion_index({0: 8}, ["largest"])
    curves = curve_table(index, {"m": [2.0, np.nan]})
    table = detection_table(curves, {"m": {0: [1.0, 1.0]}}, 0.5)
    assert table.first_removed.tolist() == [4, 4]


def spread(cloud, others):
    """A made-up metric of how much variance is lost, and one that layers of few channels do not have."""
    lost = [np.sum(cloud**2) - np.sum(other**2) for other in others]
    return {"lost": lost} | ({"wide": [len(lost)] * len(lost)} if cloud.shape[1] > 8 else {})


@pytest.mark.parametrize("components", [COMPONENTS, ("random",)])
def test_distances_of_deletions_stand_at_their_rows(components):
    rng = np.random.default_rng(8)
    clouds = {16: rng.normal(size=(30, 12)), 3: rng.normal(size=(30, 5)), 8: rng.normal(size=(30, 1))}
    seen = []

    def progress(layers):
        seen.append(len(layers))
        yield from layers

    index, distances = deletion_distances(clouds, spread, components, centred=False, seed=5, progress=progress)
    pd.testing.assert_frame_equal(index, deletion_index({16: 12, 3: 5, 8: 1}, components))
    assert seen == [2]  # a layer of one channel has no curve
    expected = []
    for layer, which, count in index[["layer", "components", "removed"]].itertuples(index=False):
        coordinates = principal_coordinates(clouds[layer], centred=False)
        (left,) = without_components(coordinates, [count], which, [5, layer])
        expected.append(np.sum(clouds[layer] ** 2) - np.sum(left**2))
    np.testing.assert_allclose(distances["lost"], expected, rtol=1e-12)
    is_wide = (index.layer == 16).to_numpy()
    np.testing.assert_array_equal(np.isnan(distances["wide"]), ~is_wide)
    np.testing.assert_array_equal(distances["wide"][is_wide], is_wide.sum())
    assert set(curve_table(index, distances).metric) == {"lost", "wide"}


def test_every_layer_is_compared_with_what_is_left_of_itself():
    rng = np.random.default_rng(9)
    clouds = {0: rng.normal(size=(20, 6)), 1: rng.normal(size=(20, 9))}
    widths = {}

    def compare(cloud, others):
        widths[cloud.shape[1]] = [other.shape[1] for other in others]
        return {"zero": np.zeros(len(widths[cloud.shape[1]]))}

    index, _ = deletion_distances(clouds, compare)
    for layer, c in ((0, 6), (1, 9)):
        assert widths[c] == (c - index.removed[index.layer == layer]).tolist()
