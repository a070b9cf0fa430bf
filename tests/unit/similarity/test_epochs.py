"""Networks at epochs of their training against themselves at the end."""

import numpy as np
import pandas as pd
import pytest
from actopo.errors import InputError
from actopo.similarity.epochs import accuracy_rows, epoch_rows, epoch_table, mean_to_same_layer, specificity_rows
from actopo.similarity.intervals import mean_interval
from actopo.similarity.specificity import blocks
from actopo.similarity.specificity_table import specificity_table
from scipy import stats

from unit.similarity.examples import random_distances

LAYERS = [0, 9]


def rows_of(distances, between_networks=((2.0, 4.0),) * 6, between_batches=((0.2, 0.2),) * 2, **kwargs):
    epochs = list(range(len(distances)))
    return epoch_table(epoch_rows(distances, epochs, LAYERS, between_networks, between_batches, "sw_h1", **kwargs))


def test_same_layer_is_the_mean_over_pairs_of_networks():
    rng = np.random.default_rng(0)
    matrix = rng.uniform(1, 2, (6, 6))
    D = blocks(matrix, 3, 2)
    found = mean_to_same_layer(matrix, 3, 2)
    for i in range(3):
        for layer in range(2):
            expected = np.mean([D[i, j, layer, layer] for j in range(3) if i != j])
            assert found[i, layer] == pytest.approx(expected)
    assert np.isnan(mean_to_same_layer(matrix[:2, :2], 1, 2)).all()


def test_distances_are_in_units_of_those_between_networks():
    distances = np.random.default_rng(0).uniform(1, 2, (3, 6, 2))
    distances[-1] = 0
    table = rows_of(distances)
    assert table.epoch.tolist() == sorted(table.epoch)
    own = table[(table.statistic == "relative") & (table.epoch == 1)].set_index("layer")
    relative = distances[1] / [2, 4]
    np.testing.assert_allclose(own.loc[["0", "9", "mean"]].value, [*relative.mean(axis=0), relative.mean()])
    # The unit is the same whichever network is left out.
    low, high = mean_interval(relative.mean(axis=1))
    assert (own.loc["mean", "low"], own.loc["mean", "high"]) == pytest.approx((low, high))
    np.testing.assert_allclose(own.loc[["0", "9", "mean"]].between_batches, [0.1, 0.05, 0.075])
    np.testing.assert_allclose(own.between_networks, 1)
    raw = table[(table.statistic == "distance") & (table.epoch == 1)].set_index("layer")
    assert list(raw.index) == ["0", "9"]
    np.testing.assert_allclose(raw.value, distances[1].mean(axis=0))
    np.testing.assert_allclose(raw["max"], distances[1].max(axis=0))
    np.testing.assert_allclose(raw.between_networks, [2, 4])
    assert (table[table.epoch == 2].value == 0).all()


@pytest.mark.parametrize(("n", "k"), [(5, 5), (9, 5)])
def test_intervals_of_relative_distances_are_those_of_what_each_network_adds(n, k):
    rng = np.random.default_rng(n)
    between, places = rng.uniform(1, 3, (n, 2)) * [1, 10], rng.permutation(n)[:k]
    distances, unit = rng.uniform(1, 2, (1, k, 2)) * [1, 40], between.mean(axis=0)
    own = rows_of(distances, between, places=places, level=0.9)
    own = own[own.statistic == "relative"].set_index("layer")
    relative = distances[0] / unit
    of_unit = 2 * relative.mean(axis=0) * (between - unit) / (n * unit)
    of_all = (relative - relative.mean(axis=0)) / k - of_unit[places]
    for name, layers in {"0": [0], "9": [1], "mean": [0, 1]}.items():
        looked_at, others = of_all[:, layers].mean(axis=1), of_unit[:, layers].mean(axis=1)
        variance = k * looked_at.var(ddof=1) + (n - k) * others.var(ddof=1)
        half = stats.t.ppf(0.95, k - 1) * np.sqrt(variance)
        mean = relative[:, layers].mean()
        np.testing.assert_allclose(own.loc[name, ["low", "high"]].astype(float), [mean - half, mean + half])


@pytest.mark.parametrize(("n", "k"), [(5, 5), (10, 10), (12, 6)])
def test_intervals_of_relative_distances_cover(n, k):
    """The unit is of the same networks, whose scales differ by 30 %. Taken as exact, they would cover in 0.7 to 0.9."""
    rng = np.random.default_rng(n + k)

    def draw(size):
        end = np.exp(0.3 * rng.normal(size=(size, 1, 1))) * rng.normal(size=(size, 2, 5))
        matrix = np.abs(end.reshape(-1, 1, 5) - end.reshape(1, -1, 5)).sum(axis=-1)
        moved = np.abs(0.3 * rng.normal(size=end.shape)).sum(axis=-1)
        return moved, mean_to_same_layer(matrix, size, 2)

    moved, units = zip(*[draw(100) for _ in range(40)], strict=True)
    truth = (np.mean(moved, axis=(0, 1)) / np.mean(units, axis=(0, 1))).tolist()
    truth.append(np.mean(truth))
    hits = []
    for _ in range(500):
        moved, between = draw(n)
        places = rng.permutation(n)[:k]
        table = rows_of(moved[None, places], between, places=places)
        own = table[table.statistic == "relative"]
        hits.append((own.low <= truth) & (own.high >= truth))
    print(np.mean(hits, axis=0))
    assert (np.mean(hits, axis=0) > 0.88).all()


def test_what_there_is_nothing_to_compare_with():
    nothing = [[np.nan, np.nan]]
    distances = np.ones((2, 1, 2))
    alone = rows_of(distances, nothing, nothing)
    assert set(alone.layer) == {"0", "9"}
    assert alone[alone.statistic == "relative"].value.isna().all()
    assert alone.low.isna().all()
    # With one network the unit is the distance between batches; a layer without spread has none.
    by_batches = rows_of(distances, nothing, [[0.5, 0]])
    own = by_batches[(by_batches.statistic == "relative") & (by_batches.epoch == 0)].set_index("layer").value
    assert own["0"] == own["mean"] == 2
    assert np.isnan(own["9"])
    with pytest.raises(InputError, match=r"2 epochs and 2 layers need \(2, networks, 2\)"):
        rows_of(np.ones((2, 1, 3)), nothing, nothing)


def test_tests_of_an_epoch_are_those_of_its_table():
    table = specificity_table({"sw_h1": blocks(random_distances(3, 3), 3, 3)}, [0, 4, 9], [2, 2, 2], n_permutations=10)
    rows = epoch_table(specificity_rows(table, 5) + accuracy_rows([0.5, None], 5, "test_accuracy"))
    assert sorted(rows.statistic) == ["ding", "retrieval", "rho", "rho_same_width", "test_accuracy"]
    chosen = table.query("models == 'all' and layer == 'mean' and statistic == 'rho' and correlation == 'pearson'")
    [expected] = chosen[chosen.own_layer == "with"].to_dict("records")
    [found] = rows[rows.statistic == "rho"].to_dict("records")
    for name in ("value", "min", "max", "null_high", "n_models"):
        assert found[name] == expected[name]
    assert np.isnan(rows[rows.statistic == "test_accuracy"].value.item())
    assert pd.unique(rows.epoch).tolist() == [5]
