"""The table of all metrics holds the means of specificity and the first crossings of sensitivity."""

import numpy as np
import pytest
from actopo.similarity.comparison import metric_table
from actopo.similarity.detection import detection_table
from actopo.similarity.sensitivity import curve_table, deletion_index
from actopo.similarity.specificity import specificity_table

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
    baselines = {"rtd": {8: [0.6], 16: [0.6]}, "sw_h1": {8: [0.6], 16: [9.0]}}
    return specificity, detection_table(curves, baselines, 0.5)


def test_means_are_those_of_the_first_network(tables):
    specificity, detection = tables
    table = metric_table(specificity, detection)
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
                    headline = {"low": "low", "high": "high", "null_high": "null_high"}
                    headline["width_null_high"] = "width_null_high"
                    for name, column in headline.items():
                        assert getattr(row, f"rho_pearson_{name}") == expected[column]
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
