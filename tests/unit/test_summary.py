"""Headline numbers of a run are those of its tables, and the paper's stand where it has any."""

import json

import numpy as np
import pandas as pd
import pytest
from actopo.similarity.comparison import metric_table
from actopo.similarity.control_differences import control_table
from actopo.similarity.detection import sensitivity_tables
from actopo.similarity.layer_distances import layer_table
from actopo.similarity.sensitivity import curve_table, deletion_index
from actopo.similarity.specificity_table import specificity_table
from actopo.summary import HEADLINE, PAPER, homology_summary, mapper_summary

LAYERS = [0, 9, 16]
TRAINED = [{"seed": seed, "test_accuracy": 0.8 + seed / 10, "precision": "fp32"} for seed in range(2)]


@pytest.fixture(scope="module")
def tables():
    rng = np.random.default_rng(0)
    distances = layer_table({name: 1 + rng.random((4, 3, 3)) for name in ("h0", "h1")}, LAYERS)
    shape = np.abs(np.subtract.outer(np.arange(3), np.arange(3)))
    blocks = {name: shape + rng.random((3, 3, 3, 3)) for name in ("sw_h0", "sw_h1")}
    draws = {"n_permutations": 20}
    specificity = {name: specificity_table(blocks, LAYERS, [4, 4, 8], **draws) for name in ("trained", "scaled")}
    index = deletion_index({16: 8})
    curves = curve_table(index, {name: index.fraction for name in blocks})
    matrix = [[0, 0.3, 0.6], [0.3, 0, 0.3], [0.6, 0.3, 0]]
    detection, _ = sensitivity_tables({0: curves}, {name: {16: matrix} for name in blocks}, None, 0.75)
    metrics = metric_table(specificity["trained"], detection, {name: D[:1] for name, D in blocks.items()}, {})
    return distances, specificity, metrics, detection


def test_accuracies_and_the_largest_variation(tables):
    distances, *rest = tables
    found = homology_summary(TRAINED, distances, *rest)
    accuracy = found["test_accuracy"]
    assert accuracy["by_seed"] == {"0": 0.8, "1": 0.9}
    assert [accuracy[key] for key in ("mean", "sd", "min", "max")] == pytest.approx([0.85, 0.1 / 2**0.5, 0.8, 0.9])
    assert found["precision"] == ["fp32"]
    for dimension in ("h0", "h1"):
        own = distances[distances.dimension == dimension]
        largest = own.sort_values("cv").iloc[-1]
        line = found["layer_distances"][dimension]
        assert (line["max_cv"], line["median_cv"]) == (largest.cv, own.cv.median())
        assert line["at_layers"] == [largest.layer_a, largest.layer_b]
        # The paper's are of H1.
        assert ("paper" in line) == (dimension == "h1")
    assert found["layer_distances"]["h1"]["paper"] == {"max_cv_below": PAPER["max_cv_below"]}


def test_specificity_is_told_by_clouds_and_metric(tables):
    found = homology_summary(TRAINED, *tables)["specificity"]
    assert list(found) == ["trained", "scaled"]
    for clouds, table in tables[1].items():
        assert list(found[clouds]) == ["h0", "h1"]
        for metric in ("h0", "h1"):
            own = table[(table.metric == f"sw_{metric}") & (table.models == "fixed") & (table.statistic == "rho")]
            own = own[(own.correlation == "pearson") & (own.own_layer == "with")].set_index("layer").value
            line = found[clouds][metric]
            assert (line["rho_mean"], line["rho_layer_9"]) == (own["mean"], own["9"])
            assert ("paper" in line) == ((clouds, metric) == ("trained", "h1"))
            by_layer = line["tests"]["rho, pearson, with own layer, fixed reference"]["by_layer"]
            assert by_layer == {str(layer): own[str(layer)] for layer in LAYERS}
    assert found["trained"]["h1"]["paper"] == {"rho_mean": PAPER["rho_mean"], "rho_layer_9": PAPER["rho_layer_9"]}


def test_a_run_without_any_correlation_has_null_and_says_why(tables):
    distances, _, *rest = tables
    blocks = {"sw_h1": np.zeros((3, 3, 3, 3))}
    table = specificity_table(blocks, LAYERS, [4, 4, 8], n_permutations=5)
    controls = control_table(blocks, {"scaled": blocks}, LAYERS, [4, 4, 8])
    specificity = {"trained": table, "scaled": table}
    found = homology_summary(TRAINED, distances, specificity, *rest, controls=controls)["specificity"]
    line = found["trained"]["h1"]
    assert (line["rho_mean"], line["rho_layer_9"]) == (None, None)
    assert "no correlation is defined" in line["why_no_rho"]
    assert "5 networks" in line["why_no_interval"]
    assert line["tests"][HEADLINE]["by_layer"] == {str(layer): None for layer in LAYERS}
    assert line["tests"]["ding, fixed reference"]["value"] == 0
    difference = found["scaled"]["h1"]["trained_minus_control"]
    assert difference[HEADLINE]["difference"] is None
    assert difference["ding, all reference"]["difference"] == 0


def test_differences_from_controls_and_intervals_are_those_of_the_tables(tables):
    rng, layers = np.random.default_rng(1), [0, 9, 16]
    trained, scaled = ({"sw_h1": rng.random((5, 5, 3, 3))} for _ in range(2))
    controls = control_table(trained, {"scaled": scaled}, layers, [4, 4, 8])
    table = specificity_table(trained, layers, [4, 4, 8], n_permutations=5)
    specificity = {"trained": table, "scaled": table}
    found = homology_summary(TRAINED, tables[0], specificity, *tables[2:], controls=controls)["specificity"]
    assert "why_no_interval" not in found["trained"]["h1"]
    assert np.isfinite(found["trained"]["h1"]["tests"][HEADLINE]["low"])
    rows = controls[(controls.statistic == "ding") & (controls.models == "all") & (controls.layer == "mean")]
    (expected,) = rows.to_dict("records")
    line = found["scaled"]["h1"]["trained_minus_control"]["ding, all reference"]
    assert line == {name: expected[name] for name in line}
    assert {"difference", "low", "high"} <= set(line)


def test_metrics_and_crossings(tables):
    _, _, metrics, detection = tables
    found = homology_summary(TRAINED, *tables)
    assert list(found["metrics"]) == ["sw_h0", "sw_h1"]
    assert found["metrics"]["sw_h1"]["ding"] == metrics.set_index("metric").ding["sw_h1"]
    for row in detection.itertuples():
        crossing = found["sensitivity"][row.metric][str(row.layer)][row.components][row.threshold]
        assert crossing["level"] == row.level
        assert crossing["first_fraction"] == pytest.approx(row.first_fraction, nan_ok=True)
        assert crossing["last_fraction"] == pytest.approx(row.last_fraction, nan_ok=True)
        assert crossing["censored"] == row.censored
        assert crossing["over_networks"]["networks"] == 1
    assert "single one" in found["sensitivity"]["why_no_floor"]
    assert "5 networks" in found["sensitivity"]["why_no_interval"]
    assert "why_no_baseline" not in found["sensitivity"]


def test_a_censored_crossing_has_a_sign():
    curves = curve_table(deletion_index({16: 8}, ["smallest"]), {"sw_h1": np.arange(1, 6)})
    detection, _ = sensitivity_tables({0: curves}, None, {"sw_h1": {16: [0.5, 6.5]}}, 0)
    found = homology_summary(TRAINED[:1], layer_table({"h1": np.ones((1, 3, 3))}, LAYERS), {}, None, detection)
    crossings = found["sensitivity"]["sw_h1"]["16"]["smallest"]
    assert crossings["floor_quantile"]["first"] == "<= 0.125"
    assert crossings["floor_mean"]["first"] == "0.5"
    assert "single seed" in found["sensitivity"]["why_no_baseline"]


def test_a_single_network_and_a_single_batch():
    distances = layer_table({"h1": np.ones((1, 3, 3))}, LAYERS)
    found = homology_summary(TRAINED[:1], distances, {})
    assert found["test_accuracy"]["sd"] is None
    assert found["layer_distances"]["h1"]["max_cv"] is None
    assert "a single batch" in found["layer_distances"]["h1"]["why"]
    assert "single seed" in found["specificity"]["why_not"]
    assert json.loads(json.dumps(found)) == found


def test_graphs_are_told_by_sampling_noise_and_layer():
    keys = [("random", 0.0, 16), ("random", 0.5, 16), ("full", 0.0, 4)]
    graphs = pd.DataFrame(keys, columns=["sampling", "sigma", "layer"]).assign(
        n_nodes=[3, 4, 5], node_purity=[0.5, 0.6, 0.7]
    )
    classes = pd.DataFrame([(*key, name) for key in keys[::-1] for name in ("cat", "dog")])
    classes.columns = ["sampling", "sigma", "layer", "class"]
    classes["purity"] = np.arange(6) / 10
    found = mapper_summary(TRAINED, graphs, classes, {"share": 0.2})
    accuracy = found["test_accuracy"]
    assert (accuracy["by_seed"], found["foreground"]) == ({"0": 0.8, "1": 0.9}, {"share": 0.2})
    assert accuracy["mean"] == pytest.approx(0.85)
    full = {"n_nodes": 5, "node_purity": 0.7, "purity_by_class": {"cat": 0.0, "dog": 0.1}}
    clean = {"n_nodes": 3, "node_purity": 0.5, "purity_by_class": {"cat": 0.4, "dog": 0.5}}
    noisy = {"n_nodes": 4, "node_purity": 0.6, "purity_by_class": {"cat": 0.2, "dog": 0.3}}
    assert found["graphs"] == {"random": {"16": clean}, "full": {"4": full}}
    assert found["noisy_graphs"] == {"random": {"sigma 0.5": {"16": noisy}}}
    unknown = mapper_summary([{"seed": 0, "test_accuracy": None}], graphs, classes)
    assert unknown["test_accuracy"] == {"by_seed": {"0": None}}
    assert "foreground" not in unknown
