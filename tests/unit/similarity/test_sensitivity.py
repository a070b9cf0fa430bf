"""Clouds without principal components, and their distances to the full clouds."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from actopo.errors import InputError
from actopo.homology.diagrams import diagrams
from actopo.similarity.choices import COMPONENTS
from actopo.similarity.detection import detection_table
from actopo.similarity.metrics.linear_algebra import rank
from actopo.similarity.metrics.pairwise import distances_to
from actopo.similarity.sensitivity import (
    RANDOM_COUNTS,
    curve_table,
    deletion_clouds,
    deletion_curves,
    deletion_index,
    paper_counts,
    principal_coordinates,
    removal_counts,
    without_components,
)
from actopo.similarity.wasserstein import pairwise_distances
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
    assert paper_counts(64) == [4, 7, 11, 15, 19, 22, 26, 30, 34, 37, 41, 45, 49, 52, 56, 60]
    assert [paper_counts(c) for c in (1, 4, 7, 8, 16)] == [[], [], [4], [4, 6], [4, 7, 10, 13]]


@pytest.mark.parametrize("c", [*range(8, 70), 128, 255, 256, 512, 1000, 2048])
def test_counts_are_those_of_the_paper_and_the_first_three(c):
    counts = removal_counts(c)
    assert counts == [1, 2, 3, *np.linspace(4, c, c // 4, endpoint=False).astype(int)]
    assert (np.diff(counts) > 0).all()
    assert counts[-1] < c
    thinned = removal_counts(c, 6)
    assert set(thinned) <= set(counts)
    assert len(thinned) == 3 + min(6, c // 4)
    assert thinned[-1] == counts[-1]
    assert thinned[:4] == [1, 2, 3, 4]


def test_few_channels_lose_every_number_of_components():
    assert [removal_counts(c) for c in (1, 2, 7)] == [[], [1], [1, 2, 3, 4, 5, 6]]


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
    # ARPACK begins with a random vector.
    solver = {"algorithm": "arpack", "random_state": 0} if oracle is TruncatedSVD else {"svd_solver": "full"}
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


def test_clouds_come_in_the_order_of_the_index():
    clouds = {3: FULL_RANK, 16: CLOUDS["fewer points than channels"]}
    coordinates = {layer: principal_coordinates(cloud) for layer, cloud in clouds.items()}
    made = [cloud for layer, own in coordinates.items() for cloud in deletion_clouds(own, layer, n_orders=3, seed=5)]
    index = deletion_index({3: 12, 16: 20}, n_orders=3, seed=5, ranks={3: 12, 16: 6})
    assert len(made) == len(index) == 5 * (3 + 3) + 5 * (3 + 5)
    for row, cloud in zip(index.itertuples(), made, strict=True):
        own = coordinates[row.layer]
        (expected,) = without_components(own, [row.removed], row.components, [5, row.layer, row.order])
        np.testing.assert_array_equal(cloud, expected)
        assert cloud.shape[1] == row.channels - row.removed
        assert row.fraction == row.removed / row.channels
        assert row.in_paper == (row.removed in paper_counts(row.channels))
        # What is left of the rank is what the cloud still spans.
        assert 1 - row.rank_fraction == pytest.approx(rank(cloud, centred=False) / row.rank)
    assert index.groupby(["layer", "components"]).order.nunique().tolist() == [1, 3, 1] * 2


def test_random_orders_are_short_and_differ():
    index = deletion_index({0: 256}, n_orders=10)
    counts = index.groupby(["components", "order"]).size()
    assert counts["smallest", 0] == counts["largest", 0] == 3 + 64
    assert counts["random"].tolist() == [3 + RANDOM_COUNTS] * 10
    coordinates = principal_coordinates(FULL_RANK)
    clouds = list(deletion_clouds(coordinates, 0, ["random"], n_orders=10))
    assert len({cloud.tobytes() for cloud in clouds[5::6]}) > 5


def test_diagrams_of_deletions_are_those_of_the_cloud_minus_its_components():
    model = PCA(svd_solver="full").fit(FULL_RANK)
    scores = model.transform(FULL_RANK)
    index = deletion_index({0: 12}, ["largest"])
    computed = diagrams(deletion_clouds(principal_coordinates(FULL_RANK), 0, ["largest"]), n_jobs=2)
    for count, ours in zip(index.removed, computed, strict=True):
        rest = FULL_RANK - scores[:, :count] @ model.components_[:count]
        for dimension, theirs in diagrams([rest])[0].items():
            np.testing.assert_allclose(ours[dimension], theirs, rtol=1e-6)


def test_layers_of_a_single_channel_have_no_curve():
    assert deletion_index({0: 1}).empty
    assert list(deletion_clouds(np.arange(5.0)[:, None], 0)) == []
    assert deletion_curves({0: np.arange(5.0)[:, None]}, lost_variance).empty


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
        (lambda: curve_table(deletion_index({0: 16}), {"a": [1, 2]}), "one for each of 21 clouds"),
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


def test_rank_goes_by_the_precision_of_the_cloud():
    """A cloud of rank 3 that was rounded to float32 has rounding errors in all other directions."""
    low = np.random.default_rng(4).normal(size=(200, 3)) @ np.random.default_rng(5).normal(size=(3, 24))
    single = low.astype(np.float32)
    for centred in (True, False):
        coordinates = principal_coordinates(single, centred)
        assert coordinates.any(axis=0).tolist() == [True] * 3 + [False] * 21
    assert principal_coordinates(single.astype(np.float64)).any(axis=0).sum() == 24
    index = deletion_index({0: 24}, ["smallest", "largest"], ranks={0: 3})
    smallest, largest = (rows.set_index("removed") for _, rows in index.groupby("components", sort=False))
    assert smallest.rank_fraction[20] == 0
    assert smallest.fraction[20] == 20 / 24
    assert largest.rank_fraction[2] == 2 / 3
    assert (largest.rank_fraction.iloc[2:] == 1).all()


def lost_variance(cloud, others):
    """A made-up metric of how much variance is lost, and one that layers of few channels do not have."""
    lost = [np.sum(cloud**2) - np.sum(other**2) for other in others]
    return {"lost": lost} | ({"wide": [len(lost)] * len(lost)} if cloud.shape[1] > 8 else {})


@pytest.mark.parametrize("components", [COMPONENTS, ("random",)])
def test_distances_of_deletions_stand_at_their_rows(components):
    rng = np.random.default_rng(8)
    clouds = {16: rng.normal(size=(30, 12)), 3: rng.normal(size=(30, 5)), 8: rng.normal(size=(30, 1))}
    seen = []

    def progress(layers):
        seen.extend(layer for layer, _ in layers)
        return layers

    table = deletion_curves(clouds, lost_variance, components, centred=False, n_orders=2, seed=5, progress=progress)
    assert seen == [16, 3, 8]
    assert set(table.layer) == {16, 3}  # a layer of one channel has no curve
    assert set(table.layer[table.metric == "wide"]) == {16}
    own = table[table.metric == "lost"]
    index = deletion_index({16: 12, 3: 5}, components, n_orders=2, seed=5)
    pd.testing.assert_frame_equal(own[index.columns].reset_index(drop=True), index, check_dtype=False)
    for row in own.itertuples():
        coordinates = principal_coordinates(clouds[row.layer], centred=False)
        (left,) = without_components(coordinates, [row.removed], row.components, [5, row.layer, row.order])
        assert row.distance == pytest.approx(np.sum(clouds[row.layer] ** 2) - np.sum(left**2))


def test_a_layer_without_variance_has_no_curve():
    clouds = {0: np.full((30, 6), 0.1, np.float32), 4: FULL_RANK}
    table = deletion_curves(clouds, lost_variance)
    assert set(table.layer) == {4}
    assert deletion_curves({0: clouds[0]}, lost_variance).empty
    assert "rank_fraction" in deletion_curves({0: clouds[0]}, lost_variance)


def test_all_points_equal_after_removal():
    """Nothing is left of a line without its one component: topology has a distance, a rival has none."""
    line = np.zeros((40, 6), np.float32)
    line[:, 1] = np.random.default_rng(2).normal(size=40)

    def compare(cloud, others):
        others = list(others)
        whole, *found = (diagram[0] for diagram in diagrams([cloud, *others], (0,)))
        sliced = pairwise_distances([whole], found)[0]
        return {"sw_h0": sliced, "procrustes": distances_to(cloud, others, "procrustes")}

    table = deletion_curves({0: line}, compare, ["largest", "smallest"])
    assert (table["rank"] == 1).all()
    by_kind = {key: rows.distance.to_numpy() for key, rows in table.groupby(["metric", "components"])}
    assert np.isnan(by_kind["procrustes", "largest"]).all()
    np.testing.assert_allclose(by_kind["procrustes", "smallest"], 0, atol=1e-6)
    np.testing.assert_allclose(by_kind["sw_h0", "smallest"], 0, atol=1e-4)
    lengths = np.diff(np.sort(line[:, 1]).astype(float))
    # Of a bar of length d that is born at 0, the projections have the mean distance sqrt(2) d / pi.
    expected = pairwise_distances([np.column_stack([0 * lengths, lengths])], [np.empty((0, 2))])[0, 0]
    np.testing.assert_allclose(by_kind["sw_h0", "largest"], expected, rtol=1e-5)
    found = detection_table(table, {name: {0: [0.01]} for name in ("sw_h0", "procrustes")}, 0.5)
    found = found[found.threshold == "mean"].set_index(["metric", "components"]).first_removed
    assert found["sw_h0", "largest"] == 1
    assert np.isnan(found["procrustes", "largest"])


def test_every_layer_is_compared_with_what_is_left_of_itself():
    rng = np.random.default_rng(9)
    clouds = {0: rng.normal(size=(20, 6)), 1: rng.normal(size=(20, 9))}
    widths = {}

    def compare(cloud, others):
        widths[cloud.shape[1]] = [other.shape[1] for other in others]
        return {"zero": np.zeros(len(widths[cloud.shape[1]]))}

    table = deletion_curves(clouds, compare)
    for layer, c in ((0, 6), (1, 9)):
        assert widths[c] == (c - table.removed[table.layer == layer]).tolist()
