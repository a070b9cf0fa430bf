"""The table of all metrics holds the means of specificity and the first crossings of sensitivity."""

import numpy as np
import pytest
from actopo.similarity.comparison import (
    all_measures,
    baselines,
    by_metric,
    chance_columns,
    corrected,
    metric_table,
    unpaired,
)
from actopo.similarity.detection import detection_table
from actopo.similarity.sensitivity import curve_table, deletion_index
from actopo.similarity.specificity_table import specificity_table

METRICS = ("rtd", "sw_h1")
LAYERS, CHANNELS = [0, 4, 8, 16], [4, 4, 8, 16]


@pytest.fixture(scope="module")
def tables():
    rng = np.random.default_rng(0)
    shape = np.abs(np.subtract.outer(np.arange(4), np.arange(4)))
    blocks = {name: shape + rng.uniform(0, 2, (5, 5, 4, 4)) for name in METRICS}
    specificity = specificity_table(blocks, LAYERS, CHANNELS, n_permutations=20)
    index = deletion_index({8: 8, 16: 16})
    curves = curve_table(index, {name: index.fraction * (1 + place) for place, name in enumerate(METRICS)})
    # The second metric's curves of layer 16 never reach their baseline.
    levels = {"rtd": {8: [0.6], 16: [0.6]}, "sw_h1": {8: [0.6], 16: [9.0]}}
    chance = {"rtd": np.full((1, 5, 4, 4), 2.0)}
    own = {name: D[:1] for name, D in blocks.items()}
    return specificity, detection_table(curves, levels, 0.5), own, chance


def test_means_are_those_of_the_first_network(tables):
    specificity = tables[0]
    table = metric_table(*tables)
    assert table.metric.tolist() == list(METRICS)
    assert table.n_models.tolist() == [5, 5]
    for row in table.itertuples():
        own = specificity[(specificity.metric == row.metric) & (specificity.models == "fixed")]
        means = own[own.layer == "mean"]
        for correlation in ("pearson", "spearman"):
            for own_layer, suffix in (("with", ""), ("without", "_without_own")):
                wanted = (
                    (means.statistic == "rho") & (means.correlation == correlation) & (means.own_layer == own_layer)
                )
                (expected,) = means[wanted].to_dict("records")
                assert getattr(row, f"rho_{correlation}{suffix}") == expected["value"]
                if (correlation, own_layer) == ("pearson", "with"):
                    for name in ("low", "high", "min", "max", "null_high", "width_null_high"):
                        assert getattr(row, f"rho_pearson_{name}") == expected[name]
        same_width = (means.statistic == "rho_same_width") & (means.correlation == "pearson")
        (expected,) = means[same_width & (means.own_layer == "with")].value
        assert row.rho_pearson_same_width == pytest.approx(expected, nan_ok=True)
        for statistic in ("ding", "retrieval"):
            (expected,) = means[means.statistic == statistic].value
            assert getattr(row, statistic) == expected


def test_crossings_are_the_first_above_the_mean_baseline(tables):
    table = metric_table(*tables).set_index("metric")
    assert {column for column in table.columns if "_layer" in column} == {
        f"{components}_layer{layer}" for components in ("smallest", "largest", "random") for layer in (8, 16)
    }
    for layer, channels in ((8, 8), (16, 16)):
        fractions = deletion_index({layer: channels}, ["smallest"]).fraction
        for components in ("smallest", "largest", "random"):
            column = f"{components}_layer{layer}"
            assert table.loc["rtd", column] == fractions[fractions > 0.6].min()
            if layer == 8:
                assert table.loc["sw_h1", column] == fractions[2 * fractions > 0.6].min()
            else:
                assert np.isnan(table.loc["sw_h1", column])


def test_columns_by_chance_are_those_of_corrected_distances(tables):
    """Distances in other units of the same size for all layers have the same rho, criterion and retrieval."""
    table, (D, chance) = metric_table(*tables).set_index("metric"), (tables[2]["rtd"], tables[3]["rtd"])
    own = D[0, 1:, range(4), range(4)].mean()
    row = table.loc["rtd"]
    assert row.distance == pytest.approx(own)
    assert (row.chance_distance, row.distance_corrected) == (2, pytest.approx(own / 2))
    for name in ("ding", "retrieval"):
        assert row[f"{name}_corrected"] == pytest.approx(row[name])
    # The diagonal of the first network is 0 after the correction: a cloud is at no distance to itself.
    D = D.copy()
    D[0, 0, range(4), range(4)] = 0
    assert chance_columns(D, chance)["rho_pearson_corrected"] == pytest.approx(row.rho_pearson_corrected)
    without = ["chance_distance", "distance_corrected", "rho_spearman_corrected"]
    assert np.isnan(table.loc["sw_h1", without].tolist()).all()


def test_traits_of_rows(tables):
    table = metric_table(*tables).set_index("metric")
    assert table.loc["rtd", ["measure", "clouds", "invariant_to", "points"]].tolist() == [
        *("rtd", "own", "translation, rotation, scale", "same image, position of each network's own")
    ]
    assert table.loc["sw_h1", ["invariant_to", "points"]].tolist() == ["translation, rotation", "unpaired"]


def test_corrected_is_one_less_the_adjusted_similarity():
    rng = np.random.default_rng(1)
    similarity, by_chance = rng.uniform(0, 1, (1, 3, 4, 4)), rng.uniform(0, 0.9, (1, 3, 4, 4))
    found = corrected(1 - similarity, 1 - by_chance)
    expected = 1 - (similarity - by_chance) / (1 - by_chance)
    expected[0, 0, range(4), range(4)] = 0
    np.testing.assert_allclose(found, expected)
    # Where the distance by chance is 0 all clouds agree, and nothing can be told from chance.
    assert (corrected(np.zeros((1, 2, 3, 3)), np.full((1, 2, 3, 3), 1e-16))[0, 1] == 1).all()


def test_rows_of_several_clouds_by_name():
    D, n = np.ones((2, 3, 3)), (1, 2, 3, 3)
    distances, chance = by_metric({"layers": D, "seeds": D, "rtd": D, "mean_cca": D, "mean_cca_chance": D}, "pooled")
    assert {name: D.shape for name, D in distances.items()} == {"rtd_pooled": n, "mean_cca_pooled": n}
    assert list(chance) == ["mean_cca_pooled"]
    assert list(by_metric({"rtd": D}, "own")[0]) == ["rtd"]
    models = dict.fromkeys(("layers", "seeds", "h0", "h1", "sum"), np.arange(36.0).reshape(6, 6))
    found = unpaired(models, models, 2, 3)
    assert list(found) == ["sw_h0", "sw_h1", "sw_sum", "sw_h0_scaled", "sw_h1_scaled"]
    assert baselines({"sw_h0": found["sw_h0"]}, [0, 8, 9])["sw_h0"] == {0: [3.0], 8: [10.0], 9: [17.0]}


def test_measures_that_saw_fewer_networks_limit_the_others():
    of_three, of_two = np.ones((3, 3, 3)), np.ones((2, 3, 3))
    models = {"layers": np.arange(3), "seeds": np.arange(3), "h0": np.arange(81.0).reshape(9, 9)}
    assert all_measures(models, models, [])[0]["sw_h0"].shape == (1, 3, 3, 3)
    rivals = [("own", {"rtd": of_two}), ("matched", {"mean_cca": of_three, "mean_cca_chance": of_three})]
    distances, chance = all_measures(models, models, rivals)
    assert list(distances) == ["sw_h0", "sw_h0_scaled", "rtd", "mean_cca_matched"]
    assert list(chance) == ["mean_cca_matched"]
    assert {D.shape for D in (*distances.values(), *chance.values())} == {(1, 2, 3, 3)}
    np.testing.assert_array_equal(distances["sw_h0"][0, 1], models["h0"][:3, 3:6])


def test_layers_without_distances_are_in_no_mean():
    rng = np.random.default_rng(3)
    D, chance = rng.uniform(1, 2, (2, 1, 4, 5, 5))
    D[0, 2, :, 1], chance[0, 2, :, 1] = np.nan, np.nan
    kept = [0, 2, 3, 4]
    own = [each[..., kept, :][..., kept] for each in (D, chance)]
    assert chance_columns(D, chance) == chance_columns(*own)
    assert not np.isnan(list(chance_columns(D, chance).values())).any()
