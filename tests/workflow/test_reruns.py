"""After a finished run, what a change would run again: exactly what depends on it."""

import copy
import os
import re
from collections import Counter

import numpy as np
import pytest
import yaml
from tiny import TINY, Workflow

FIGURES_OF_DISTANCES = {f"plot_{name}": 1 for name in ("layer_distances", "specificity", "controls", "sensitivity")}
FIGURES_OF_DISTANCES |= {"plot_calibration": 1}
# Two kinds of surrogates.
CALIBRATION = {"calibrate_topology": 2, "plot_calibration": 1}
# Of the networks, three controls and two that are crossed with scale.
SPECIFICITY = {"measure_specificity": 6, "compare_controls": 1, "plot_controls": 1, "summarise": 1}
METRIC_TABLES = {"compare_metrics": 1, "plot_metrics": 1, "summarise": 1}
POWER = {"measure_power": 1, "plot_power": 1}
POWER_DISTANCES = {"power_distances": 1} | POWER
DETECTION = {"measure_detection": 1, "plot_sensitivity": 1, "summarise": 1}
COMPARISON = METRIC_TABLES | DETECTION
AFTER_MODELS = {"model_distances": 6, "plot_specificity": 1} | SPECIFICITY | COMPARISON | POWER
# Clouds of the networks and of the untrained ones.
ALL_CLOUDS = {"sample_points": 4, "draw_gaussian_clouds": 2, "compute_diagrams": 6, "layer_distances": 1}
ALL_CLOUDS |= {"plot_layer_distances": 1, "plot_diagrams": 1, "measure_sensitivity": 4, "metric_distances": 7}
ALL_CLOUDS |= {"sample_paired_points": 2, "metric_baselines": 2}
ALL_CLOUDS |= {"power_distances": 1}
UNTRAINED = {"sample_points": 2, "compute_diagrams": 2, "model_distances": 2, "measure_specificity": 2}
UNTRAINED |= {"compare_controls": 1, "plot_controls": 1, "summarise": 1}
ONE_GRAPH = {"sample_points": 1, "build_mapper": 1}
AFTER_MAPPER = {
    **{f"measure_{name}": 1 for name in ("purity", "branching")},
    **{f"plot_{name}": 1 for name in ("mapper_graphs", "purity", "branching", "eps_choice")},
    "average_tables": 1,
    "summarise": 1,
}
POSITIONS = {"measure_positions": 1}
PURITY = {"measure_purity": 1, "average_tables": 1, "plot_purity": 1, "summarise": 1}
STABILITY = {"measure_stability": 1, "plot_stability": 1}


def with_change(path, value):
    config = copy.deepcopy(TINY)
    *parents, last = path.split(".")
    part = config
    for key in parents:
        part = part.setdefault(key, {})
    part[last] = value
    return config


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (
            "models.resnet18_a.seeds",
            3,
            {"train_model": 1, "sample_points": 2, "draw_gaussian_clouds": 1, "compute_diagrams": 3, "plot_training": 1}
            | {"metric_distances": 7, "metric_baselines": 2, "sample_paired_points": 1, "power_distances": 1}
            | AFTER_MODELS,
        ),
        (
            "similarity.directions",
            20,
            {"layer_distances": 1, "plot_layer_distances": 1, "measure_sensitivity": 2, "metric_distances": 1}
            | CALIBRATION
            | AFTER_MODELS
            | POWER_DISTANCES,
        ),
        ("similarity.level", 0.9, {"plot_calibration": 1} | SPECIFICITY | COMPARISON | POWER),
        ("similarity.surrogates.draws", 20, CALIBRATION),
        ("similarity.surrogates.kinds", ["gaussian"], {"plot_calibration": 1}),
        ("similarity.surrogates", None, {}),
        ("similarity.tolerance", 0.01, {}),
        ("similarity.controls", ["scaled"], {"compare_controls": 1, "plot_controls": 1, "summarise": 1}),
        ("similarity.untrained.images", 40, UNTRAINED),
        ("similarity.untrained.batch_norm", "initial", UNTRAINED),
        ("similarity.rivals.metrics", ["linear_cka"], COMPARISON),
        (
            "similarity.rivals.metrics",
            ["linear_cka", "rtd_lite", "rtd"],
            {"metric_distances": 2, "metric_baselines": 1, "measure_sensitivity": 1} | COMPARISON,
        ),
        (
            "similarity.rivals.rtd_points",
            10,
            {"metric_distances": 2, "metric_baselines": 1, "measure_sensitivity": 1} | COMPARISON,
        ),
        ("similarity.rivals.clouds", ["own"], METRIC_TABLES),
        (
            "similarity.rivals.clouds",
            ["own", "pooled", "matched"],
            {"sample_paired_points": 2, "metric_distances": 4, "measure_sensitivity": 4} | METRIC_TABLES,
        ),
        # Of the CCA family alone.
        ("similarity.rivals.permutations", 3, {}),
        ("similarity.rivals.networks", 5, {}),
        ("similarity.sensitivity.quantile", 0.9, DETECTION),
        ("similarity.sensitivity.layers", [8], {"measure_sensitivity": 4} | COMPARISON | POWER_DISTANCES),
        ("similarity.sensitivity.centered", False, {"measure_sensitivity": 4} | COMPARISON | POWER_DISTANCES),
        ("similarity.sensitivity.orders", 3, {"measure_sensitivity": 4} | COMPARISON),
        # The curves of the first network stay.
        ("similarity.sensitivity.references", 2, {"measure_sensitivity": 3} | DETECTION),
        ("figures.sensitivity_layers", [8], {"plot_sensitivity": 1}),
        ("similarity.power.points", [20, 30], POWER_DISTANCES),
        ("similarity.power.directions", [5, 7], POWER_DISTANCES),
        ("similarity.power.draws", 3, POWER_DISTANCES),
        ("similarity.power.subsets", 4, POWER),
        ("similarity.power", None, {}),
        ("mapper.overlap", 0.25, {"build_mapper": 4, "plot_noisy_graphs": 1} | AFTER_MAPPER | STABILITY),
        ("mapper.knee_sensitivity", 4, {"build_mapper": 4, "plot_noisy_graphs": 1} | AFTER_MAPPER | STABILITY),
        (
            "mapper.lens",
            {"logit": "3"},
            # The logits of clean and of noisy images; no points.
            {"predict_classes": 2, "compute_lens": 4, "build_mapper": 4, "plot_noisy_graphs": 1}
            | AFTER_MAPPER
            | STABILITY,
        ),
        ("mapper.uncovered", "zero", PURITY),
        (
            "mapper.layers",
            [16, 12],
            # Of the three samplings; nothing of layer 16, nor of its noisy images and its stability.
            {"sample_points": 3, "build_mapper": 3, "find_receptive_fields": 1, "plot_foreground": 1}
            | {"measure_graph_distances": 1, "plot_graph_flow": 1, "average_graph_distances": 1}
            | AFTER_MAPPER
            | POSITIONS,
        ),
        (
            "homology.layers",
            [0, 4, 8, 9, 16],
            # Points of one layer of two networks and two untrained ones, its Gaussian clouds, and its diagrams.
            {"sample_points": 4, "draw_gaussian_clouds": 2, "compute_diagrams": 6, "sample_paired_points": 2}
            | {"layer_distances": 1, "plot_layer_distances": 1, "plot_diagrams": 1, "metric_distances": 7}
            | {"metric_baselines": 2, "measure_sensitivity": 4}
            | CALIBRATION
            | AFTER_MODELS
            | POWER_DISTANCES,
        ),
        (
            "homology.dimensions",
            [1],
            # Of the sensitivity and the metrics those that are about diagrams.
            {"layer_distances": 1, "plot_layer_distances": 1, "plot_diagrams": 1, "metric_distances": 1}
            | {"measure_sensitivity": 2}
            | CALIBRATION
            | AFTER_MODELS
            | POWER_DISTANCES,
        ),
        (
            "mapper.foreground.weight",
            "count",
            {"sample_points": 1, "build_mapper": 1, "plot_foreground": 1} | AFTER_MAPPER | POSITIONS,
        ),
        (
            "mapper.foreground.ties",
            "all",
            {"sample_points": 1, "build_mapper": 1, "plot_foreground": 1} | AFTER_MAPPER | POSITIONS,
        ),
        # Of the one sampling by masks, whose own choice stands before the common one.
        (
            "mapper.samplings.foreground_1",
            {"without": "drop"},
            {"sample_points": 1, "build_mapper": 1, "plot_foreground": 1} | AFTER_MAPPER | POSITIONS,
        ),
        ("mapper.samplings.foreground_1", {"without": "random"}, {}),
        (
            "mapper.noise.sigmas",
            [0.5, 1],
            ONE_GRAPH | {"plot_noise": 1, "plot_noisy_graphs": 1} | PURITY,
        ),
        (
            "mapper.draws",
            2,
            # Graphs of `random`, of its noisy images and of the foreground; nothing is drawn in `full`.
            {"sample_points": 3, "build_mapper": 3, "measure_branching": 1, "average_branching": 1, "plot_branching": 1}
            | {"measure_confidence": 2, "plot_mapper_graphs": 1}
            | PURITY,
        ),
        ("models.resnet18_b.seeds", 2, {}),
        ("mapper.seeds", [0], {}),
        ("mapper.permutations", 6, PURITY),
        ("mapper.confidence.parts", {"random": 2, "full": 0}, {"measure_confidence": 1, "plot_mapper_graphs": 1}),
        # There are no other graphs.
        ("mapper.confidence.jaccard", [0.3], {}),
        (
            "mapper.comparisons",
            ["noise", "draws"],
            # There is one draw.
            {name: 1 for name in ("measure_noisy_accuracy", "compare_graphs", "average_comparisons")}
            | {"plot_graph_comparisons": 1},
        ),
        ("mapper.comparisons", ["draws", "networks"], {}),
        ("mapper.stability.samples", 3, STABILITY),
        (
            "mapper.all_eps",
            {"values": 9, "quantiles": [0.25, 1], "prominence": 2},
            {"measure_all_eps": 1, "plot_all_eps": 1},
        ),
        ("mapper.branching.classes", 0.2, {"measure_branching": 1, "plot_branching": 1}),
        ("mapper.exports", ["graphml"], {"export_graphs": 1}),
        ("mapper.exports", ["graphml", "keplermapper"], {"export_graphs": 1, "export_to_keplermapper": 1}),
        ("mapper.exports", ["mapper_interactive"], {"export_to_mapper_interactive": 4}),
        # One sampling of two.
        ("mapper.samplings.full.cap", 200, ONE_GRAPH | AFTER_MAPPER | POSITIONS),
        ("mapper.samplings.top", {"method": "top_l2", "tap": "relu"}, ONE_GRAPH | AFTER_MAPPER | POSITIONS),
        (
            "mapper.samplings.matched_1",
            {"method": "position_matched", "tap": "bn"},
            ONE_GRAPH | AFTER_MAPPER | POSITIONS,
        ),
        ("mapper.samplings.full", None, AFTER_MAPPER | POSITIONS),
        ("figures.row", 8, {"plot_specificity": 1}),
        # Names of the layers whose numbers the config has.
        ("figures.row", "blocks.4.conv1", {}),
        ("mapper.noise.layers", ["last"], {}),
        ("figures.purity_class", "7", {"plot_purity": 1}),
        ("figures.dimension", 0, FIGURES_OF_DISTANCES),
        (
            "homology.tap",
            "relu",
            ALL_CLOUDS | CALIBRATION | AFTER_MODELS,
        ),
        (
            "models.resnet18_b.training.epochs",
            2,
            {"train_model": 1, "plot_training": 1, "sample_points": 4, "build_mapper": 4}
            | {"plot_foreground": 1, "plot_noisy_graphs": 1}
            | AFTER_MAPPER
            | POSITIONS
            | STABILITY,
        ),
        ("device", "auto", {}),
        ("data.limits.side", 9000, {}),
        ("models.resnet18_a.seeds_per_job", 2, {}),
        ("mapper.overlap", 0.3, {}),
        ("models.resnet18_a.training.epochs", 1, {}),
        ("models.resnet18_a.training.peak_epoch", 0.5, {}),
        ("models.resnet18_b.training.momentum", 0.9, {}),
        ("models.resnet18_b.training.decay", 0.1, {}),
    ],
)
def test_config(finished, path, value, expected):
    name = finished.config(with_change(path, value), "changed.yaml")
    assert finished.planned(configfiles=[name]) == expected


def test_the_order_of_layers_matters_to_tables_and_figures_alone(finished):
    config = with_change("homology.layers", [16, 0, 9, 8])
    planned = finished.planned(configfiles=[finished.config(config, "changed.yaml")])
    expected = {"layer_distances": 1, "plot_layer_distances": 1, "plot_diagrams": 1, "metric_distances": 7}
    expected |= {"metric_baselines": 2}
    assert planned == expected | CALIBRATION | AFTER_MODELS | POWER_DISTANCES


def test_a_table_of_labels(finished):
    """No graph is made anew, and nothing of another table."""
    (finished.folder / "labels.csv").write_text("image,size\n0,1\n1,2\n")
    config = with_change("mapper.labels", {"size": {"file": "labels.csv", "column": "size"}})
    planned = finished.planned(configfiles=[finished.config(config, "changed.yaml")])
    assert planned == {"measure_label_purity": 1, "average_label_purity": 1}


@pytest.mark.parametrize("part", ["train", "test"])
def test_new_images(finished, part):
    """No graph is made anew; points of other images, and their nodes."""
    config = with_change("mapper.new_images", {"part": part, "shifts": [0, 1], "graphs": {"random": [16]}})
    planned = finished.planned(configfiles=[finished.config(config, "changed.yaml")])
    assert planned == {"sample_new_points": 2, "place_images": 1}


def test_swapped_settings_of_a_figure(finished):
    """Numbers that change places are a change."""
    config = with_change("figures", {**TINY["figures"], "dimension": 0, "row": 8, "pair": [1, 0]})
    planned = finished.planned(configfiles=[finished.config(config, "changed.yaml")])
    assert planned == FIGURES_OF_DISTANCES


def test_a_float_for_an_integer_is_no_change(finished):
    config = with_change("models.resnet18_b.training.peak_epoch", 1.0)
    assert finished.planned(configfiles=[finished.config(config, "changed.yaml")]) == {}


def test_nothing_when_nothing_changed(finished):
    assert finished.planned() == {}


def test_added_seeds_that_share_a_job(finished):
    """The networks that are there stay as they are."""
    config = with_change("models.resnet18_a.seeds", 4)
    alone = finished.planned(configfiles=[finished.config(config, "changed.yaml")])
    config["models"]["resnet18_a"]["seeds_per_job"] = 3
    assert finished.planned(configfiles=[finished.config(config, "changed.yaml")]) == alone
    assert alone["train_model"] == 2


@pytest.mark.parametrize(
    "arguments", [("--cores", "1"), ("--set-threads", "train_model=2"), ("--set-resources", "train_model:mem_mb=1")]
)
def test_nothing_for_threads_and_resources(finished, arguments):
    assert finished.planned(*arguments) == {}


def test_nothing_for_the_order_of_keys_or_files(finished):
    def backwards(value):
        if not isinstance(value, dict):
            return value
        return {key: backwards(value[key]) for key in reversed(list(value))}

    (finished.folder / "backwards.yaml").write_text(yaml.safe_dump(backwards(TINY), sort_keys=False))
    assert finished.planned(configfiles=["backwards.yaml"]) == {}
    half = finished.config({"mapper": TINY["mapper"], "run": "tiny"}, "half.yaml")
    assert finished.planned(configfiles=["tiny.yaml", half]) == {}


def edit(finished, file, old, new):
    """Planned jobs while `old` is `new` in a file of the workflow."""
    path = finished.folder / "workflow/scripts" / file
    text = path.read_text()
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
    try:
        path.write_text(text.replace(old, new))
        return finished.planned()
    finally:
        path.write_text(text)


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (
            "actopo/similarity/wasserstein.py",
            "from actopo.errors import InputError\n",
            "from actopo.errors import InputError\n\nEDITED = 1\n",
            {"layer_distances": 1, "plot_layer_distances": 1, "measure_sensitivity": 4, "metric_distances": 7}
            | CALIBRATION
            | AFTER_MODELS
            | POWER_DISTANCES,
        ),
        (
            "actopo/graphs/purity.py",
            "from actopo.errors import InputError\n",
            "from actopo.errors import InputError\n\nEDITED = 1\n",
            # No graph is clustered anew.
            PURITY | STABILITY,
        ),
        (
            "actopo/figures/specificity.py",
            "from actopo.figures import style\n",
            "from actopo.figures import style\n\nEDITED = 1\n",
            {"plot_specificity": 1},
        ),
        (
            "measure_purity.py",
            "start_logging(snakemake)",
            "start_logging(snakemake)\nEDITED = 1",
            PURITY,
        ),
    ],
)
def test_edited_code(finished, file, old, new, expected):
    assert edit(finished, file, old, new) == expected


def test_nothing_for_docstrings_comments_and_layout(finished):
    text = (finished.folder / "workflow/scripts/actopo/similarity/wasserstein.py").read_text()
    first = text.splitlines()[1]
    assert edit(finished, "actopo/similarity/wasserstein.py", first, f"{first} Edited.") == {}
    assert (
        edit(finished, "train_model.py", "start_logging(snakemake)", "# A comment.\nstart_logging( snakemake )") == {}
    )


def test_nothing_for_logging(finished):
    assert edit(finished, "actopo/job.py", "def progress(", "EDITED = 1\n\n\ndef progress(") == {}


def test_nothing_for_a_touched_script(finished):
    os.utime(finished.folder / "workflow/scripts/train_model.py")
    assert finished.planned() == {}


def test_nothing_for_a_fresh_checkout(spoilable):
    """Sources from a new copy, with new time stamps; results and Snakemake's records stay."""
    assert spoilable.planned() == {}


def test_the_papers_run_is_planned_whole(workflow):
    """100 networks, the first on ten batches, 48 graphs and six of noisy images."""
    planned = workflow.planned(configfiles=["config/config.yaml"])
    assert planned["train_model"] == 101
    # And 100 untrained ones; Gaussian clouds go without a network.
    assert planned["sample_points"] == 209 + 8 + 6
    assert planned["draw_gaussian_clouds"] == 100 + 9
    # Gaussian clouds of the first network on its other batches are for the variance budget.
    assert planned["compute_diagrams"] == 309 + 9
    # Eight measures and the scale on own clouds; with sw on matched and on pooled ones.
    assert planned["metric_distances"] == 9 + 10 + 10
    assert planned["build_mapper"] == 48 + 6
    assert planned["batch_distances"] == planned["measure_detection"] == 1
    assert planned["metric_baselines"] == 8


def test_a_single_seed_goes_without_specificity(workflow):
    planned = workflow.planned(configfiles=[workflow.config(with_change("models.resnet18_a.seeds", 1), "one.yaml")])
    assert planned["train_model"] == 2
    assert planned["summarise"] == 1
    assert planned["plot_sensitivity"] == 1
    # There is no floor either: the study has one batch.
    assert planned["measure_detection"] == 1
    assert "batch_distances" not in planned
    for rule in (
        "measure_specificity",
        "plot_specificity",
        "metric_distances",
        "compare_metrics",
        "plot_metrics",
        "plot_power",
    ):
        assert rule not in planned


def test_two_batches_have_a_debiased_distance_and_a_budget(workflow):
    homology = {**TINY["homology"], "batches": 2, "batch_size": 30}
    names = {}
    for controls in ([], ["scaled"], ["gaussian"], ["scaled", "gaussian"]):
        config = {**TINY, "homology": homology, "similarity": {**TINY["similarity"], "controls": controls}}
        planned = workflow.planned(configfiles=[workflow.config(config, "two.yaml")])
        assert planned["measure_debiased"] == planned["measure_variance_budget"] == 1
        names[tuple(controls)] = planned["crossed_distances"]
    assert list(names.values()) == [1, 2, 2, 3]


OF_LAYERS = ("sample_points", "sample_paired_points", "draw_gaussian_clouds", "compute_diagrams", "build_mapper")
OF_LAYERS += ("find_receptive_fields", "train_model")


def jobs_of_layers(planned):
    """Those of some planned jobs that are about certain layers."""
    return {rule: number for rule, number in planned.items() if rule in OF_LAYERS}


def pretend(workflow, configfile):
    """Let every job of a config be done, with empty files where there are none; the jobs that there were."""
    text = workflow.run("--dry-run", configfiles=[configfile]).stdout
    for line in text.splitlines():
        if line.startswith("    output: "):
            for name in line.removeprefix("    output: ").split(", "):
                path = workflow.folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
    done = workflow.run("--touch", "--forceall", configfiles=[configfile])
    assert done.returncode == 0, done.stdout + done.stderr
    return jobs_of_layers(Counter(re.findall(r"^rule (\w+):", text, re.MULTILINE)))


def test_layers_that_come_and_go(tmp_path):
    """Only what was never there runs, in whatever order layers are added and removed."""
    workflow = Workflow(tmp_path / "layers")
    first = pretend(workflow, "tiny.yaml")
    more = copy.deepcopy(TINY)
    more["mapper"]["layers"], more["homology"]["layers"] = [12, 16], [0, 4, 8, 9, 16]
    config = workflow.config(more, "more.yaml")
    added = {"sample_points": 3 + 4, "find_receptive_fields": 1, "build_mapper": 3}
    added |= {"draw_gaussian_clouds": 2, "compute_diagrams": 6, "sample_paired_points": 2}
    assert pretend(workflow, config) == added
    assert first["sample_points"] == 4 + 4
    # Back, and forth again: tables and figures over all layers alone.
    assert pretend(workflow, "tiny.yaml") == {}
    assert pretend(workflow, config) == {}
    assert workflow.planned(configfiles=[config]) == {}
    folders = {
        "points/resnet18_b/seed0/mapper.all.random": ["layers12.npz", "layers16.npz"],
        "points/resnet18_b/seed0/mapper.all.random.noise0.5": ["layers16.npz"],
        "models/resnet18_b/receptive_fields.bn": ["layers12.npz", "layers16.npz"],
        "diagrams/resnet18_a.gaussian/seed1.batch0": ["layers0.8-9.16.npz", "layers4.npz"],
    }
    results = workflow.folder / "results/tiny"
    assert {name: sorted(path.name for path in (results / name).iterdir()) for name in folders} == folders
    # What is changed, or forced, is made anew in the files that are there.
    more["homology"]["points_per_image"] = 2
    planned = jobs_of_layers(workflow.planned(configfiles=[workflow.config(more, "points.yaml")]))
    assert planned == {name: 2 * added[name] for name in ("draw_gaussian_clouds", "compute_diagrams")} | {
        "sample_points": 2 * 4,
        "sample_paired_points": 2 * 2,
    }
    planned = jobs_of_layers(workflow.planned("--forceall", configfiles=[config]))
    assert planned == {"train_model": 3} | {name: first[name] + added[name] for name in added}
    # Files that were deleted by hand come into one, and so does what was made of them, as far as it is needed.
    for name in folders["points/resnet18_b/seed0/mapper.all.random"]:
        (results / "points/resnet18_b/seed0/mapper.all.random" / name).unlink()
    (results / "mapper/resnet18_b/seed0/random/layer12.json").unlink()
    planned = jobs_of_layers(workflow.planned(configfiles=[config]))
    assert planned == {"sample_points": 1, "build_mapper": 2}


def test_an_added_layer_is_made_alone_and_leaves_the_others(spoilable):
    """Its points and its graph, by real jobs: each plans again, while its own outputs are gone."""
    config = spoilable.config(with_change("mapper.layers", [12, 16]), "more.yaml")
    results = spoilable.folder / "results/tiny"
    old = [path for kind in ("points", "mapper", "models") for path in (results / kind).rglob("*") if path.is_file()]
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in old}
    target = "results/tiny/mapper/resnet18_b/seed0/random/layer12.json"
    done = spoilable.run("--", target, configfiles=[config])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "layers12.npz" in done.stdout + done.stderr
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in old} == before
    new = np.load(results / "points/resnet18_b/seed0/mapper.all.random/layers12.npz")
    assert {name.split(".")[0] for name in new.files} == {"layer12"}
    assert jobs_of_layers(spoilable.planned("--", target, configfiles=[config])) == {}
