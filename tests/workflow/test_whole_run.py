"""One whole run on a CPU: everything that the workflow promises is there and readable."""

import json
import os

import numpy as np
import pandas as pd
import pytest
from tiny import TINY, start_another_server


@pytest.fixture(scope="session")
def results(finished):
    return finished.folder / "results/tiny"


def test_every_figure_is_there_twice(results):
    names = {"vietoris_rips", "diagrams", "layer_distances", "specificity", "controls", "sensitivity", "metrics"}
    names |= {"power", "calibration"}
    names |= {"nested_circles", "foreground", "noise", "noisy_graphs", "branching", "eps_choice"}
    names |= {"stability.random.layer16", "mapper_graphs", "purity", "training.resnet18_a", "training.resnet18_b"}
    files = {path.name for path in (results / "figures").iterdir()}
    assert files == {f"{name}.{kind}" for name in names for kind in ("png", "svg")}


def test_activations_that_are_no_points_are_not_stored(results):
    assert not (results / "activations").exists()
    assert not [path for ending in ("part", "spool") for path in results.rglob(f".*.{ending}")]


def test_summary_has_the_headline_numbers_beside_the_papers(results):
    summary = json.loads((results / "summary.json").read_text())
    homology, mapper = summary["homology"], summary["mapper"]
    assert set(homology["test_accuracy"]["by_seed"]) == {"0", "1"}
    crosses = {"untrained.scaled", "gaussian.scaled"}
    assert set(homology["specificity"]) == {"trained", "scaled", "untrained", "gaussian"} | crosses
    h1 = homology["specificity"]["trained"]["h1"]
    assert h1["paper"] == {"rho_mean": 0.91, "rho_layer_9": 0.907}
    assert -1 <= h1["rho_mean"] <= 1
    headline = h1["tests"]["rho, pearson, with own layer, fixed reference"]
    assert h1["rho_layer_9"] == headline["by_layer"]["9"]
    assert 0 < headline["p_value"] <= 1
    assert set(homology["specificity"]["trained"]) == {"h0", "h1", "sum"}
    metrics = {"sw_h0", "sw_h1", "sw_sum", "sw_h0_scaled", "sw_h1_scaled", "scale", "linear_cka", "rtd"}
    assert set(homology["metrics"]) == metrics | {f"{metric}_matched" for metric in metrics}
    assert homology["layer_distances"]["h1"]["max_cv"] is None
    graph = mapper["graphs"]["random"]["16"]
    assert 0 < graph["coverage"] <= 1
    assert set(graph["purity_by_class"]) == {str(digit) for digit in range(10)}


def test_distances_are_symmetric_over_models_and_sum_over_dimensions(results):
    models = np.load(results / "similarity/resnet18_a/models.npz")
    assert models["h1"].shape == (8, 8)
    assert models["seeds"].tolist() == [0, 1]
    np.testing.assert_array_equal(models["h1"], models["h1"].T)
    np.testing.assert_allclose(models["sum"], models["h0"] + models["h1"])
    layers = np.load(results / "similarity/resnet18_a/layers.npz")
    np.testing.assert_allclose(layers["h1"][0], models["h1"][:4, :4])


def test_power_at_full_numbers_is_the_result_of_the_other_tables(results):
    folder = results / "similarity/resnet18_a"
    power = pd.read_csv(folder / "power.csv").query("points == 60 and directions == 50")
    tests = pd.read_csv(folder / "specificity.csv").query("statistic == 'rho' and own_layer == 'with'")
    tests = tests.query("models == 'fixed' and metric != 'sw_sum'")
    keys = ["metric", "correlation", "layer"]
    rho = power.query("statistic == 'rho' and varied == 'points'").set_index(keys).value
    np.testing.assert_allclose(rho, tests.set_index(keys).value[rho.index])
    detection = pd.read_csv(folder / "sensitivity.csv").query("components == 'smallest' and threshold == 'mean'")
    found = detection.fillna({"first_fraction": 1}).astype({"layer": str}).set_index(["metric", "layer"]).first_fraction
    own = power.query("statistic == 'detection' and varied == 'points'").set_index(["metric", "layer"]).value
    found = found[["sw_h0", "sw_h1"]]
    assert len(found) > 4
    np.testing.assert_allclose(own[found.index], found)
    # The tiny run has a single batch.
    assert power.query("statistic == 'floor'").value.isna().all()


def test_points_name_their_image_and_label(results):
    points = np.load(results / "points/resnet18_a/seed0/homology.batch0.top_l2/layers0.8-9.16.npz")
    labels = np.load(results / "data/digits/test/labels.npy")
    other = np.load(results / "points/resnet18_a/seed1/homology.batch0.top_l2/layers0.8-9.16.npz")
    for layer, side, width in ((0, 16, 2), (16, 2, 16)):
        image = points[f"layer{layer:02d}.image"]
        assert points[f"layer{layer:02d}.points"].shape == (60, width)
        assert len(set(image)) == 60
        assert points[f"layer{layer:02d}.row"].max() < side
        np.testing.assert_array_equal(points[f"layer{layer:02d}.label"], labels[image])
        np.testing.assert_array_equal(image, other[f"layer{layer:02d}.image"])


def test_purity_of_the_table_is_that_of_the_graph(results):
    graph = json.loads((results / "mapper/resnet18_b/seed0/random/layer16.json").read_text())
    table = pd.read_csv(results / "mapper/resnet18_b/seed0/purity.csv").query("sampling == 'random' and sigma == 0")
    assert table.n_nodes.tolist() == [len(graph["nodes"])]
    purities = [1 / len(node["composition"]) for node in graph["nodes"]]
    np.testing.assert_allclose(table.node_purity, np.mean(purities))


def test_tables_of_positions_have_every_sampling_and_layer(results):
    folder = results / "mapper/resnet18_b/seed0"
    coinciding, seen = (
        pd.read_csv(folder / f"{name}.csv") for name in ("coinciding_positions", "foreground_in_fields")
    )
    assert seen[["layer", "sampling"]].values.tolist() == [[16, name] for name in ("foreground_1", "random", "full")]
    assert coinciding.sampling_a.tolist() == ["foreground_1", "foreground_1", "random"]
    masks = np.load(results / "data/digits/test/foreground.npy")
    assert (coinciding.images <= masks.any(axis=(1, 2)).sum()).all()


def test_the_same_seed_gives_the_same_bytes(spoilable):
    """
    Weights, points, diagrams, distances, graphs and some figures, made by jobs in which strings have other hashes.

    The tests of the cluster compare them with a run whose jobs are all processes that start anew, and those of figures
    draw all of them twice.
    """
    kinds = (
        "models/**/*.safetensors",
        "points/**/*.npz",
        "diagrams/**/*.npz",
        "similarity/**/*.*",
        "mapper/**/*.*",
        "figures/branching.*",
        "figures/controls.*",
        "figures/mapper_graphs.*",
    )
    results = spoilable.folder / "results/tiny"
    before = {path: path.read_bytes() for kind in kinds for path in results.glob(kind) if path.is_file()}
    assert len(before) > 20
    start_another_server()
    # Digests, which are hidden, and what a training keeps in a folder are no outputs of rules.
    outputs = (path for path in before if not path.name.startswith(".") and path.parent.suffix != ".training")
    targets = [str(path.relative_to(spoilable.folder)) for path in outputs]
    done = spoilable.run("--forceall", "--", *targets)
    assert done.returncode == 0, done.stdout + done.stderr
    different = [str(path.relative_to(results)) for path, content in before.items() if path.read_bytes() != content]
    assert different == []


def test_a_graph_in_three_jobs_is_that_of_one(spoilable):
    config = spoilable.config({**TINY, "mapper": {**TINY["mapper"], "jobs": 3}}, "jobs.yaml")
    folder = spoilable.folder / "results/tiny/mapper/resnet18_b/seed0/random"
    before = {name: (folder / name).read_bytes() for name in ("layer16.json", "layer16.npz")}
    target = "results/tiny/mapper/resnet18_b/seed0/random/layer16.json"
    done = spoilable.run("--", target, configfiles=[config])
    assert done.returncode == 0, done.stdout + done.stderr
    assert (done.stdout + done.stderr).count("rule cluster_intervals:") == 3
    assert {name: (folder / name).read_bytes() for name in before} == before
    assert not list(folder.glob("*.part*"))


def test_it_runs_from_another_folder(finished, tmp_path):
    (tmp_path / "mine.yaml").write_text((finished.folder / "tiny.yaml").read_text())
    command = ["--snakefile", str(finished.folder / "Snakefile"), "--directory", str(tmp_path)]
    planned = finished.planned(*command, configfiles=[str(tmp_path / "mine.yaml")])
    assert planned["train_model"] == 3


def test_results_can_be_read_by_others(results):
    mask = os.umask(0)
    os.umask(mask)
    modes = {path.stat().st_mode & 0o777 for path in results.rglob("*.*") if path.is_file()}
    assert modes == {0o666 & ~mask}


def test_report_is_one_page_with_the_figures(finished):
    done = finished.run("--report", "report.html")
    assert done.returncode == 0, done.stdout + done.stderr
    page = (finished.folder / "report.html").read_text()
    for words in (
        "Homology",
        "Mapper",
        "Training",
        "specificity (Fig. 6)",
        "for H1, all coefficients of variation are below 0.17",
    ):
        assert words in page, words


def test_full_clouds_in_the_homology_study(spoilable):
    """Every position of the last stage, 2 x 2 of them."""
    homology = {**TINY["homology"], "sampling": "full", "layers": [13, 14, 15, 16]}
    similarity = {"rivals": {"metrics": []}}
    figures = {**TINY["figures"], "row": 16, "sensitivity_layers": "all"}
    config = spoilable.config({**TINY, "homology": homology, "similarity": similarity, "figures": figures}, "full.yaml")
    target = "results/tiny/diagrams/resnet18_a/seed0.batch0/layers13-16.npz"
    done = spoilable.run("--", target, configfiles=[config])
    assert done.returncode == 0, done.stdout + done.stderr
    assert np.load(spoilable.folder / target)["layer16.h0"].shape == (60 * 4 - 1, 2)
