"""Invariances that metrics have, matrices of all pairs, and clouds that cannot be compared."""

import re
import time
from itertools import permutations

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.similarity.metrics.choices import INVARIANCES, METRICS
from actopo.similarity.metrics.pairwise import AT_A_TIME, FUNCTIONS, distances_to, functions_of, metric_distances

from unit.similarity.metrics.examples import GOOD, distance, pair, rotation

# RTD is made of distances rounded to float32; everything else is float64.
TOLERANCE = {name: 1e-4 if name.startswith("rtd") else 1e-10 for name in METRICS}


@pytest.mark.parametrize("name", METRICS)
def test_invariances_of_all(name):
    x, y = pair()
    expected = pytest.approx(distance(name, x, y), abs=TOLERANCE[name])
    order = np.random.default_rng(2).permutation(len(x))
    assert distance(name, x[order], y[order]) == expected
    assert distance(name, -3 * x + 1e3, y / 7 - 5) == expected
    assert distance(name, x[:, ::-1], y @ rotation(7)) == expected
    if not METRICS[name].needs_rank:
        assert distance(name, np.c_[x, np.full(60, 0.1)], np.c_[np.full(60, -3e5), y]) == expected
    assert distance(name, 1e200 * x, 1e-200 * y) == expected
    if METRICS[name].symmetric:
        assert distance(name, y, x) == expected
        assert distance(name, x @ rotation(5), y) == expected


@pytest.mark.parametrize("name", METRICS)
def test_zero_for_a_similar_cloud_only(name):
    x, _ = pair()
    assert distance(name, x, 4 * x @ rotation(5) - 2) == pytest.approx(0, abs=TOLERANCE[name])
    assert distance(name, x, x[np.random.default_rng(3).permutation(60)]) > 0.3


@pytest.mark.parametrize("name", METRICS)
def test_no_distance_is_negative(name):
    """Rounding makes some similarities of a cloud and its copy exceed 1."""
    clouds = [pair(seed)[0] for seed in range(20)]
    assert min(distance(name, cloud, cloud.copy()) for cloud in clouds) >= 0


@pytest.mark.parametrize("name", METRICS)
def test_what_a_metric_is_said_to_be_invariant_to(name):
    x, y = pair()
    stretch = rotation(5) @ np.diag(10.0 ** np.arange(-2, 3)) @ rotation(5, seed=4)
    moved = {"translation": x + 7, "rotation": x @ rotation(5), "scale": 3 * x, "linear map": x @ stretch}
    assert set(moved) == set(INVARIANCES)
    for what, other in moved.items():
        change = abs(distance(name, other, y) - distance(name, x, y))
        assert change < TOLERANCE[name] if what in METRICS[name].invariant_to else change > 1e-3


@pytest.mark.parametrize("name", METRICS)
def test_pairing_matters(name):
    """All of these metrics pair rows: other rows of one cloud make another distance."""
    x, y = pair()
    assert abs(distance(name, x[::-1], y) - distance(name, x, y)) > 1e-3
    assert METRICS[name].paired


@pytest.mark.parametrize("name", ["linear_cka", "unbiased_cka"])
def test_chance_of_cka_is_the_mean_over_all_orders(name):
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(6, 2)), rng.normal(size=(6, 3)) ** 3
    # Without the limit at 0, which distances of single orders may reach.
    prepared = [FUNCTIONS[name][0](z - z.mean(axis=0), "cloud") for z in (x, y)]
    found = [FUNCTIONS[name][1](prepared[0], _rows(prepared[1], list(order))) for order in permutations(range(6))]
    _, chance = metric_distances(name, [x], [y], return_chance=True)
    assert min(found) > 0
    assert chance[0, 0] == pytest.approx(np.mean(found), abs=1e-12)


# Those that have a distance by chance.
CHANCE = ("linear_cka", "unbiased_cka", "mean_cca", "svcca", "pwcca")


def _rows(prepared, order):
    return tuple(each[order] for each in prepared) if isinstance(prepared, tuple) else prepared[order]


@pytest.mark.parametrize("name", ["mean_cca", "svcca", "pwcca"])
def test_chance_of_cca_is_the_mean_over_some_orders(name):
    x, y = pair(6, n=100, p=4, q=6)
    distances, chance = metric_distances(name, [x], [y, x], return_chance=True, permutations=20, seed=3)
    rng = np.random.default_rng(3)
    expected = [distance(name, x, y[rng.permutation(100)]) for _ in range(20)]
    assert chance[0, 0] == pytest.approx(np.mean(expected), abs=1e-10)
    assert distances[0, 1] == 0 < chance[0, 1] < 1
    np.testing.assert_array_equal(distances, metric_distances(name, [x], [y, x]))
    # Squared correlations of random subspaces of dimensions 4 and 6 sum to 4 * 6 / 99 on average.
    assert 1 - np.sqrt(6 / 99) < chance[0, 0] < 1


def test_independent_wide_clouds_are_at_the_level_of_chance():
    """Correlations of independent clouds of 30 and 40 columns and 60 points look high, and are no more than chance."""
    rng = np.random.default_rng(6)
    distances, chance = metric_distances(
        "mean_cca", [rng.normal(size=(60, 30))], [rng.normal(size=(60, 40))], return_chance=True
    )
    assert distances[0, 0] < 0.25
    assert distances[0, 0] / chance[0, 0] == pytest.approx(1, abs=0.05)


def test_other_metrics_have_no_distance_by_chance():
    for name in set(METRICS) - set(CHANCE):
        _, chance = metric_distances(name, list(pair()), return_chance=True)
        assert np.isnan(chance).all()


@pytest.mark.parametrize("name", CHANCE)
def test_chance_of_all_pairs(name):
    distances, chance = metric_distances(name, [*pair(1), *pair(2)], return_chance=True, n_threads=2)
    off = ~np.eye(4, dtype=bool)
    assert np.isnan(np.diag(chance)).all()
    assert (chance[off] > 0).all()
    np.testing.assert_array_equal(distances, metric_distances(name, [*pair(1), *pair(2)]))
    if METRICS[name].symmetric:
        np.testing.assert_array_equal(chance, chance.T)


@pytest.mark.parametrize("name", METRICS)
def test_a_warning_where_dimensions_exhaust_the_points(name, caplog):
    rng = np.random.default_rng(7)
    narrow, wide = rng.normal(size=(30, 5)), rng.normal(size=(30, 26))
    found = metric_distances(name, [narrow], [narrow[:, :4] @ rng.normal(size=(4, 6)), wide[:, :24]])
    assert not caplog.records
    found = metric_distances(name, [narrow, wide], [wide, narrow])
    if METRICS[name].needs_rank:
        (record,) = caplog.records
        # Of the 26 dimensions, SVCCA keeps fewer.
        text = "1 of 4 pairs .* such as 2[0-5] and" if name == "svcca" else "3 of 4 pairs .* such as 5 and 26:"
        assert re.search(f"^{METRICS[name].label}: {text}", record.getMessage())
    else:
        assert not caplog.records
    assert found.shape == (2, 2)


@pytest.mark.parametrize("name", METRICS)
def test_messages_have_the_names_of_clouds(name):
    clouds = [GOOD, np.ones((9, 2))]
    with pytest.raises(InputError, match="layer 4 of seed 1 is one point 9 times"):
        metric_distances(name, clouds[:1], clouds, names=["layer 4 of seed 0", "layer 4 of seed 1"])


@pytest.mark.parametrize("name", METRICS)
def test_linear_maps_matter_but_to_cca(name):
    x, y = pair()
    stretched = y @ rotation(7) @ np.diag(10.0 ** np.arange(-3, 4)) @ rotation(7, seed=4)
    change = distance(name, x, stretched) - distance(name, x, y)
    assert abs(change) < 1e-9 if name in ("mean_cca", "pwcca") else abs(change) > 0.02


@pytest.mark.parametrize("name", METRICS)
def test_matrix_of_all_pairs(name):
    clouds = [*pair(11, p=3), *pair(12, q=4)]
    settings = {"subsets": 2, "subset_size": 30, "seed": 1}
    calls = []
    expected = [[metric_distances(name, [a], [b], **settings)[0, 0] for b in clouds] for a in clouds]
    matrix = metric_distances(name, clouds, **settings, progress=lambda: calls.append(1))
    np.testing.assert_allclose(matrix, expected, rtol=1e-14, atol=1e-14)
    assert (np.diag(matrix) == 0).all()
    assert np.array_equal(matrix, matrix.T) == METRICS[name].symmetric
    assert len(calls) == (6 if METRICS[name].symmetric else 12)

    calls.clear()
    part = metric_distances(name, clouds[:2], clouds, **settings, progress=lambda: calls.append(1))
    np.testing.assert_allclose(part, matrix[:2], rtol=1e-14, atol=1e-14)
    assert (np.diag(part) == 0).all()
    assert len(calls) == 8
    assert metric_distances(name, clouds[:2], clouds, n_threads=3, **settings).tobytes() == part.tobytes()
    assert metric_distances(name, clouds, n_threads=3, **settings).tobytes() == matrix.tobytes()


def test_a_failing_callback_ends_the_work():
    calls = []

    def progress():
        calls.append(1)
        if len(calls) == 2:
            raise KeyError
        time.sleep(0.005)

    with pytest.raises(KeyError):
        metric_distances("linear_cka", list(pair()) * 10, n_threads=2, progress=progress)
    assert len(calls) < 100


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize(
    ("cloud", "message"),
    [
        (np.where(np.eye(9, 2) > 0, np.nan, GOOD), "cloud 1 is not finite"),
        (np.where(np.eye(9, 2) > 0, np.inf, GOOD), "cloud 1 is not finite"),
        (np.full((9, 2), 0.1), "cloud 1 is one point 9 times"),
        (GOOD[:8], "cloud 1 has 8 points where cloud 0 has 9"),
        (GOOD[:, 0], r"cloud 1 has shape \(9,\)"),
    ],
)
def test_bad_clouds(name, cloud, message):
    with pytest.raises(InputError, match=message):
        metric_distances(name, [GOOD, cloud])
    with pytest.raises(InputError, match=message.replace("cloud 1", "cloud 0 of columns")):
        metric_distances(name, [GOOD], [cloud])


@pytest.mark.parametrize("name", METRICS)
def test_too_few_points(name):
    with pytest.raises(InputError, match=r"cloud 0 has shape \(2, 1\); .* at least [34] points"):
        metric_distances(name, [GOOD[:2, :1], GOOD[:2, :1]])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"metric": "cosine"}, "linear_cka, .*rtd_lite"),
        ({"n_threads": 0}, "n_threads is 0"),
        ({"subsets": 0}, "subsets is 0"),
        ({"subset_size": 2}, "subset_size is 2"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(InputError, match=message):
        metric_distances(**{"metric": "rtd", "rows": [GOOD]} | arguments)


@pytest.mark.parametrize("name", METRICS)
def test_distances_to_many_clouds_are_those_of_pairs(name):
    rng = np.random.default_rng(11)
    cloud, others = rng.normal(size=(20, 4)), [rng.normal(size=(20, 1 + i % 5)) for i in range(AT_A_TIME + 3)]
    others[1], others[AT_A_TIME] = np.zeros((20, 3)), np.zeros((20, 2))
    others[4] = cloud
    found = distances_to(cloud, iter(others), name, n_threads=2)
    assert found.shape == (len(others),)
    # What is left of a cloud of 4 columns lies in 4 dimensions.
    filled = [np.pad(other, ((0, 0), (0, max(0, 4 - other.shape[1])))) for other in others]
    expected = [metric_distances(name, [cloud], [other])[0, 0] if other.any() else np.nan for other in filled]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(found)), [1, AT_A_TIME])
    assert found[4] == pytest.approx(0, abs=TOLERANCE[name])


def test_distances_to_many_clouds_hold_few_of_them():
    rng, taken, at_the_first = np.random.default_rng(12), [], []

    def stream():
        for _ in range(3 * AT_A_TIME):
            taken.append(0)
            yield rng.normal(size=(10, 2))

    def progress():
        at_the_first.append(len(taken))

    distances_to(rng.normal(size=(10, 3)), stream(), "linear_cka", progress=progress)
    assert at_the_first == [AT_A_TIME * (1 + place // AT_A_TIME) for place in range(3 * AT_A_TIME)]


def test_distances_to_no_cloud_and_settings():
    rng = np.random.default_rng(13)
    cloud, others = rng.normal(size=(30, 4)), [rng.normal(size=(30, 3)) for _ in range(2)]
    assert distances_to(cloud, [], "rtd").shape == (0,)
    assert np.isnan(distances_to(cloud, [np.zeros((30, 2))], "procrustes")).all()
    settings = {"subsets": 3, "subset_size": 10, "seed": 2}
    expected = metric_distances("rtd", [cloud], others, **settings)[0]
    np.testing.assert_array_equal(distances_to(cloud, others, "rtd", **settings), expected)
    assert (distances_to(cloud, others, "rtd", **settings | {"seed": 3}) != expected).all()
    found = distances_to(cloud, [others[0], np.full((30, 2), 0.1)], "procrustes")
    np.testing.assert_array_equal(np.isnan(found), [False, True])
    with pytest.raises(InputError, match="cloud 0 is one point 30 times"):
        distances_to(np.ones((30, 4)), others, "procrustes")


def test_labels_and_functions_are_of_the_same_metrics():
    assert all(callable(function) for name in METRICS for function in functions_of(name))
    assert FUNCTIONS.keys() == METRICS.keys() - {"rtd", "rtd_lite"}
    assert [metric.label for metric in METRICS.values()] == [
        *("linear CKA", "unbiased CKA", "mean CCA", "SVCCA", "PWCCA", "Procrustes", "RTD", "RTD-Lite")
    ]
