"""
What a change of each key of the configuration runs again: the table of `test_reruns.py` and of docs/reruns.md.

Rows are changes of a configuration whose run is finished: of `TINY`, or of `WIDE`, which has what `TINY` does without.
"""

import copy
from dataclasses import dataclass, field

from tiny import TINY

# Images of one's own, networks of one's own and of torchvision, several networks and draws, and every option that is a
# job of its own.
WIDE = {
    "run": "wide",
    "device": "cpu",
    "data": {"dataset": "image_folder", "root": "images", "size": 16},
    "models": {
        "resnet18_a": {
            "width": 2,
            "seeds": 2,
            "training": {
                "epochs": 4,
                "batch_size": 8,
                "learning_rate": 0.1,
                "schedule": "step",
                "milestones": [2],
                "translate": 0,
            },
        },
        "resnet18_b": {"training": {"epochs": 1, "milestones": [], "schedule": "triangular", "peak_epoch": 1}},
        "own": {
            "module": "network.py:build",
            "arguments": {"depth": 2},
            "input": {"size": 24, "resize": 32},
            "seeds": 2,
            "training": {"epochs": 1, "batch_size": 8, "learning_rate": 0.1, "schedule": "triangular", "peak_epoch": 1},
        },
        "alexnet": {"architecture": "alexnet", "weights": "alexnet.pth", "seeds": 1, "input": {"size": 64}},
    },
    "homology": {
        "batches": 2,
        "batch_size": 8,
        "sampling": "random",
        "points_per_image": 3,
        "layers": [0, 8, 16],
    },
    "similarity": {
        "method": "auto",
        "controls": ["untrained"],
        "untrained": {"batch_norm": "initial"},
        "sensitivity": {"components": ["smallest"], "references": "all", "layers": [0, 8]},
        "rivals": {"metrics": ["mean_cca"], "clouds": ["own"]},
        "power": None,
        "surrogates": None,
    },
    "mapper": {
        "model": "own",
        "seeds": 2,
        "part": "test",
        "layers": [3, "block"],
        "networks": {"alexnet": {"layer": "last", "tap": "conv"}},
        "samplings": {
            "foreground_5": {"method": "foreground", "points_per_image": 5, "tap": "bn"},
        }
        | dict.fromkeys(["foreground_1", "background_1", "background_5", "matched_1", "central_1", "full"]),
        "foreground": {"masks": "./masks"},
        "noise": {"sigmas": [0.5], "samplings": ["random"], "layers": [3]},
        "lens": ["l2", {"logit": "cat"}],
        "intervals": 5,
        "eps": 2.0,
        "labels": {"breed": {"file": "breeds.csv", "column": "breed"}},
        "permutations": 5,
        "confidence": {"parts": {"random": 2}},
        "stability": {"graphs": {"random": [3]}, "intervals": [5], "overlaps": [0.3], "eps": [1], "samples": 2},
        "new_images": {"part": "train", "shifts": [0], "graphs": {"random": [3]}},
        "exports": ["graphml"],
    },
    "figures": {"purity_class": "cat", "sensitivity_layers": [0], "row": 8},
}
BASES = {"tiny": TINY, "wide": WIDE}
RECIPE = {"epochs": 1, "batch_size": 8, "learning_rate": 0.1, "schedule": "triangular", "peak_epoch": 0.5}


def with_changes(base, changes):
    """A configuration with other values of some keys, by their paths."""
    config = copy.deepcopy(BASES[base])
    for path, value in changes.items():
        *parents, last = path.split(".")
        part = config
        for key in parents:
            if part.get(key) is None:
                part[key] = {}
            part = part[key]
        part[last] = value
    return config


def schema_keys(schema, path=""):
    """Paths of all keys of a schema that have no keys of their own; names of one's own are NAME."""
    for key, part in schema.get("properties", {}).items():
        named = part.get("additionalProperties") or {}
        if "properties" in part:
            yield from schema_keys(part, f"{path}{key}.")
        elif "properties" in named:
            yield from schema_keys(named, f"{path}{key}.NAME.")
        else:
            yield f"{path}{key}"


def schema_key(path, keys):
    """The key of the schema that a path in a configuration is of; the path of a section stands for all of its keys."""
    pieces = path.split(".")
    for key in keys:
        named = key.split(".")
        if len(named) == len(pieces) and all(a in ("NAME", b) for a, b in zip(named, pieces, strict=True)):
            return key
    return path


@dataclass(frozen=True)
class Row:
    """
    A change of one key.

    Attributes
    ----------
    path : str
        The key in the configuration.
    value : object
        Its new value.
    reruns : dict of str to int, or None
        Number of jobs of every rule that run again; None for all jobs but those of `spared`.
    back : dict of str to int, or None
        The same for the change back, after a run with the new value, if it differs.
    base : {"tiny", "wide"}
        The configuration that is changed.
    spared : tuple of str
    besides : dict
        Other keys that have to change along, and their values.
    """

    path: str
    value: object
    reruns: dict | None
    back: dict | None = None
    base: str = "tiny"
    spared: tuple = ()
    besides: dict = field(default_factory=dict)


# Figures whose nodes have colours.
COLOURED = ("mapper_graphs", "noisy_graphs", "networks")
# Rules that draw examples of their own.
EXAMPLES = ("plot_vietoris_rips", "plot_nested_circles")

FIGURES_OF_DISTANCES = {f"plot_{name}": 1 for name in ("layer_distances", "specificity", "controls", "sensitivity")}
FIGURES_OF_DISTANCES |= {"plot_calibration": 1, "summarise": 1}
# The explorer shows all of them but the power.
GATHERED = {"gather_distances": 1, "build_explorer": 1}
# Two kinds of surrogates.
CALIBRATION = {"calibrate_topology": 2, "plot_calibration": 1} | GATHERED
# Of the networks, three controls and two that are crossed with scale.
SPECIFICITY = {"measure_specificity": 6, "compare_controls": 1, "plot_controls": 1, "summarise": 1} | GATHERED
METRIC_TABLES = {"compare_metrics": 1, "plot_metrics": 1, "summarise": 1} | GATHERED
POWER = {"measure_power": 1, "plot_power": 1}
POWER_DISTANCES = {"power_distances": 1} | POWER
DETECTION = {"measure_detection": 1, "plot_sensitivity": 1, "summarise": 1} | GATHERED
COMPARISON = METRIC_TABLES | DETECTION
CURVES = {"measure_sensitivity": 4} | COMPARISON
AFTER_MODELS = {"model_distances": 6, "plot_specificity": 1} | SPECIFICITY | COMPARISON | POWER
# Clouds of the networks and of the untrained ones, and all that is computed from them.
CLOUDS_A = {"sample_points": 4, "draw_gaussian_clouds": 2, "compute_diagrams": 6, "layer_distances": 1}
CLOUDS_A |= {"plot_layer_distances": 1, "plot_diagrams": 1, "measure_sensitivity": 4, "metric_distances": 7}
CLOUDS_A |= {"sample_paired_points": 2, "metric_baselines": 2, "power_distances": 1} | CALIBRATION | AFTER_MODELS
DIAGRAMS = {"layer_distances": 1, "plot_layer_distances": 1, "plot_diagrams": 1}
DIAGRAMS |= {"metric_distances": 1, "measure_sensitivity": 2, "power_distances": 1} | CALIBRATION | AFTER_MODELS
OF_LAYERS = ("sample_points", "sample_paired_points", "draw_gaussian_clouds", "compute_diagrams")
UNTRAINED = {"sample_points": 2, "compute_diagrams": 2, "model_distances": 2, "measure_specificity": 2}
UNTRAINED |= {"compare_controls": 1, "plot_controls": 1, "summarise": 1} | GATHERED
RTD = {"metric_distances": 2, "metric_baselines": 1, "measure_sensitivity": 1} | COMPARISON
ONE_GRAPH = {"sample_points": 1, "build_mapper": 1}
AFTER_MAPPER = {
    **{f"measure_{name}": 1 for name in ("purity", "branching")},
    **{f"plot_{name}": 1 for name in ("mapper_graphs", "purity", "branching", "eps_choice")},
    "average_tables": 1,
    "summarise": 1,
    "build_explorer": 1,
}
POSITIONS = {"measure_positions": 1}
PURITY = {"measure_purity": 1, "average_tables": 1, "plot_purity": 1, "summarise": 1, "build_explorer": 1}
EPOCH_PURITY = {"measure_epoch_purity": 1, "average_epoch_purity": 1, "plot_epoch_purity": 1}
ALL_EPS = {"measure_all_eps": 1, "plot_all_eps": 1, "build_explorer": 1}
STABILITY = {"measure_stability": 1, "plot_stability": 1}
# Graphs of three samplings, and of one with noise.
GRAPHS = {"build_mapper": 4, "plot_noisy_graphs": 1} | AFTER_MAPPER | STABILITY
CLOUDS_B = {"sample_points": 4, "plot_foreground": 1} | GRAPHS | POSITIONS
# What the network says of the images, for the explorer.
PREDICTED = {"predict_classes": 1}
TRAINING_B = {"train_model": 1, "plot_training": 1} | CLOUDS_B | PREDICTED
FOREGROUND = ONE_GRAPH | {"plot_foreground": 1} | AFTER_MAPPER | POSITIONS
# Clean images, and those with noise.
RANDOM = {"sample_points": 2, "build_mapper": 2, "plot_noisy_graphs": 1} | AFTER_MAPPER | POSITIONS | STABILITY


# Of WIDE: graphs of two samplings and two layers of two networks, one with noise for each, and two of another network.
OTHER_W = {"sample_points": 2, "compute_lens": 2, "build_mapper": 2, "plot_networks": 1, "build_explorer": 1}
TABLES_W = {"measure_purity": 2, "average_tables": 1, "plot_purity": 1, "summarise": 1, "build_explorer": 1}
TABLES_W |= {"measure_label_purity": 2, "average_label_purity": 1}
COMPARISONS_W = {"compare_graphs": 2, "average_comparisons": 1, "plot_graph_comparisons": 1}
AFTER_W = {"plot_mapper_graphs": 1, "measure_branching": 2, "average_branching": 1, "plot_branching": 1}
AFTER_W |= {"measure_graph_distances": 2, "average_graph_distances": 1, "plot_graph_flow": 1}
AFTER_W |= TABLES_W | COMPARISONS_W
FOREGROUND_W = {"sample_points": 3, "compute_lens": 5, "build_mapper": 5, "plot_networks": 1, "measure_positions": 1}
FOREGROUND_W |= {"plot_foreground": 1, "measure_confidence": 2, "export_graphs": 1} | AFTER_W
SAMPLING_W = {rule: n for rule, n in FOREGROUND_W.items() if rule != "plot_foreground"}
GRAPHS_W = {"build_mapper": 12, "plot_noisy_graphs": 1, "plot_networks": 1, "measure_confidence": 4, "export_graphs": 1}
GRAPHS_W |= {"measure_stability": 1, "plot_stability": 1, "plot_all_eps": 1, "place_images": 1} | AFTER_W
NETWORK_W = GRAPHS_W | {"train_model": 2, "plot_training": 1, "find_receptive_fields": 1, "sample_points": 6}
NETWORK_W |= {
    "predict_classes": 4,
    "compute_lens": 10,
    "build_mapper": 10,
    "plot_foreground": 1,
    "measure_positions": 1,
}
NETWORK_W |= {"measure_noisy_accuracy": 2, "measure_all_eps": 1, "sample_new_points": 1}
SIZE_W = NETWORK_W | {"prepare_images": 1, "find_foreground": 1, "plot_noise": 1}
NETWORK_W.pop("plot_networks")
# Convolutions, which are read alone from noisy and new images, have one layout; the output of a module lies in one file
# with a convolution.
LAYOUT_W = NETWORK_W | {"sample_points": 4, "compute_lens": 8, "build_mapper": 8}
for rule in ("train_model", "plot_training", "predict_classes", "measure_noisy_accuracy", "sample_new_points"):
    LAYOUT_W.pop(rule)
# Without the figures and tables that need DBSCAN.
CLUSTERER_W = {"measure_stability", "plot_stability", "plot_all_eps", "place_images"}
CLUSTERER_W = {rule: n for rule, n in GRAPHS_W.items() if rule not in CLUSTERER_W}
DISTANCES_W = {"layer_distances": 1, "plot_layer_distances": 1, "model_distances": 3, "batch_distances": 1}
DISTANCES_W |= {"crossed_distances": 1, "measure_debiased": 1, "measure_variance_budget": 1, "plot_variance_budget": 1}
DISTANCES_W |= {"measure_specificity": 2, "plot_specificity": 1, "compare_controls": 1, "plot_controls": 1} | COMPARISON
TRAINING_W = DISTANCES_W | {"train_model": 2, "plot_training": 1, "sample_points": 3, "compute_diagrams": 3}
TRAINING_W |= {"plot_diagrams": 1, "measure_sensitivity": 5, "metric_distances": 2, "metric_baselines": 1}
# The untrained networks stay.
TRAINING_W |= {"model_distances": 2, "build_explorer": 1}


ROWS = [
    Row("run", "other", None),
    Row(
        "data.dataset",
        "fashion_mnist",
        None,
        spared=EXAMPLES,
        besides={"data.root": "images", "figures.purity_class": None},
    ),
    Row("data.size", 24, None, spared=EXAMPLES),
    Row("data.resize", 24, None, spared=EXAMPLES),
    Row("data.channels", 1, None, spared=EXAMPLES),
    Row("data.normalisation", "imagenet", None, spared=EXAMPLES),
    Row("data.classes", list("01234567"), None, spared=EXAMPLES),
    Row("data.images_per_class", 100, None, spared=EXAMPLES),
    Row("data.test_share", 0.2, None, spared=EXAMPLES),
    Row("data.seed", 1, None, spared=EXAMPLES),
    Row("models.resnet18_b.architecture", "resnet18", TRAINING_B | {"find_receptive_fields": 1}),
    Row("models.resnet18_b.width", 4, TRAINING_B | {"find_receptive_fields": 1}),
    Row("models.resnet18_b.shortcut", "A", TRAINING_B | {"find_receptive_fields": 1}),
    Row(
        "models.resnet18_a.seeds",
        3,
        {"train_model": 1, "sample_points": 2, "draw_gaussian_clouds": 1, "compute_diagrams": 3, "plot_training": 1}
        | {"metric_distances": 7, "metric_baselines": 2, "sample_paired_points": 1, "power_distances": 1}
        # Its accuracy is shown.
        | {"build_explorer": 1}
        | AFTER_MODELS,
        back={"metric_distances": 7, "metric_baselines": 2, "plot_training": 1, "power_distances": 1}
        | {"build_explorer": 1}
        | AFTER_MODELS,
    ),
    Row("models.resnet18_b.layout.channels", "first", {}),
    Row("models.own.layout.channels", "first", LAYOUT_W, base="wide"),
    Row("models.own.layout.grid", [2, 2], LAYOUT_W, base="wide"),
    Row("models.own.layout.prefix_tokens", 1, LAYOUT_W, base="wide"),
    # The mapper study has one of them.
    Row("models.resnet18_b.seeds", 2, {}),
    Row("models.resnet18_b.training.epochs", 2, TRAINING_B),
    Row("models.resnet18_b.training.batch_size", 64, TRAINING_B),
    Row("models.resnet18_b.training.learning_rate", 0.2, TRAINING_B),
    Row("models.resnet18_b.training.peak_epoch", 0.5, TRAINING_B),
    Row("models.resnet18_b.training.optimizer", "adamw", TRAINING_B),
    Row("models.resnet18_b.training.momentum", 0.8, TRAINING_B),
    Row("models.resnet18_b.training.weight_decay", 0, TRAINING_B),
    Row("models.resnet18_b.training.flip", False, TRAINING_B),
    Row("models.resnet18_b.training.translate", 2, TRAINING_B),
    Row("models.resnet18_b.training.translate_fill", "black", TRAINING_B),
    Row("models.resnet18_b.training.cutout", 4, TRAINING_B),
    Row("models.resnet18_b.training.precision", "fp32", TRAINING_B),
    Row("models.resnet18_b.training.compile", True, TRAINING_B),
    # Epoch 0 is the control `untrained`, which needs no training.
    Row(
        "models.resnet18_b.training.keep",
        [0],
        {"sample_points": 3, "build_mapper": 3, "build_explorer": 1} | EPOCH_PURITY,
        back={"build_explorer": 1},
    ),
    Row(
        "homology.model",
        "resnet18_b",
        # One network of this name: there is nothing to compare it with.
        {"sample_points": 1, "compute_diagrams": 1, "layer_distances": 1, "plot_layer_distances": 1, "plot_diagrams": 1}
        | {"measure_sensitivity": 1, "build_explorer": 1}
        | CALIBRATION
        | DETECTION,
        back={"train_model": 2, "plot_training": 1, "build_explorer": 1} | CLOUDS_A,
    ),
    Row("homology.part", "train", CLOUDS_A),
    Row(
        "homology.batches",
        2,
        {"sample_points": 1, "draw_gaussian_clouds": 1, "compute_diagrams": 2, "layer_distances": 1}
        | {"plot_layer_distances": 1, "batch_distances": 1, "measure_debiased": 1, "crossed_distances": 3}
        | {"measure_variance_budget": 1, "plot_variance_budget": 1}
        | DETECTION
        | POWER_DISTANCES,
        back={"layer_distances": 1, "plot_layer_distances": 1} | DETECTION | POWER_DISTANCES,
    ),
    Row("homology.batch_size", 50, CLOUDS_A),
    Row("homology.tap", "relu", CLOUDS_A),
    Row("homology.sampling", "random", CLOUDS_A),
    Row("homology.points_per_image", 2, CLOUDS_A),
    # Points are taken again, from three dumps: of two taps, and of noisy images at one of them.
    Row(
        "activations.keep",
        ["mapper"],
        {rule: n for rule, n in CLOUDS_B.items() if rule != "sample_points"}
        | {"dump_activations": 3, "sample_kept_points": 4},
        back=CLOUDS_B,
    ),
    # One dump of each network, and of each untrained one.
    Row(
        "activations.keep",
        ["homology"],
        {rule: n for rule, n in CLOUDS_A.items() if rule not in ("sample_points", "sample_paired_points")}
        | {"dump_activations": 4, "sample_kept_points": 4, "sample_kept_paired_points": 2},
        back=CLOUDS_A,
    ),
    # Their order matters to tables and figures alone.
    Row(
        "homology.layers",
        [16, 0, 9, 8],
        {"layer_distances": 1, "plot_layer_distances": 1, "plot_diagrams": 1, "metric_distances": 7}
        | {"metric_baselines": 2}
        | CALIBRATION
        | AFTER_MODELS
        | POWER_DISTANCES,
    ),
    Row(
        "homology.layers",
        [0, 4, 8, 9, 16],
        # Points, Gaussian clouds and diagrams of the one that is new.
        CLOUDS_A,
        back={rule: n for rule, n in CLOUDS_A.items() if rule not in OF_LAYERS},
    ),
    Row("homology.dimensions", [1], DIAGRAMS),
    Row("homology.seed", 1, CLOUDS_A),
    Row(
        "similarity.directions",
        20,
        {"layer_distances": 1, "plot_layer_distances": 1, "measure_sensitivity": 2, "metric_distances": 1}
        | CALIBRATION
        | AFTER_MODELS
        | POWER_DISTANCES,
    ),
    Row("similarity.method", "grid", {"layer_distances": 1, "plot_layer_distances": 1} | AFTER_MODELS),
    Row(
        "similarity.controls",
        ["scaled"],
        {"compare_controls": 1, "plot_controls": 1, "summarise": 1} | GATHERED,
        back=UNTRAINED
        | {"draw_gaussian_clouds": 2, "compute_diagrams": 4, "model_distances": 4, "measure_specificity": 4},
    ),
    Row("similarity.untrained.batch_norm", "initial", UNTRAINED),
    Row("similarity.untrained.images", 40, UNTRAINED),
    Row(
        "similarity.permutations",
        10,
        {"measure_specificity": 6, "plot_controls": 1, "summarise": 1} | METRIC_TABLES,
    ),
    Row("similarity.level", 0.9, {"plot_calibration": 1} | SPECIFICITY | COMPARISON | POWER),
    Row(
        "similarity.seed",
        1,
        UNTRAINED
        | {"draw_gaussian_clouds": 2, "compute_diagrams": 4, "model_distances": 4, "measure_specificity": 6}
        | CALIBRATION
        | RTD
        | CURVES
        | POWER_DISTANCES,
    ),
    Row("similarity.sensitivity.layers", [8], CURVES | POWER_DISTANCES),
    Row("similarity.sensitivity.centered", False, CURVES | POWER_DISTANCES),
    Row("similarity.sensitivity.components", ["smallest"], CURVES),
    Row("similarity.sensitivity.orders", 3, CURVES),
    # The curves of the first network stay.
    Row("similarity.sensitivity.references", 2, {"measure_sensitivity": 3} | DETECTION, back=DETECTION),
    Row("similarity.sensitivity.quantile", 0.9, DETECTION),
    # Without curves the other measures have no panels of them, and the power no detection.
    Row(
        "similarity.sensitivity",
        None,
        METRIC_TABLES | POWER_DISTANCES,
        back={"metric_baselines": 2} | CURVES | POWER_DISTANCES,
    ),
    Row(
        "similarity.rivals.clouds",
        ["own"],
        METRIC_TABLES,
        back={"sample_paired_points": 2, "metric_distances": 4} | METRIC_TABLES,
    ),
    Row(
        "similarity.rivals.clouds",
        ["own", "pooled", "matched"],
        {"sample_paired_points": 2, "metric_distances": 4, "measure_sensitivity": 4} | METRIC_TABLES,
        back=METRIC_TABLES,
    ),
    Row("similarity.rivals.metrics", ["linear_cka"], COMPARISON, back=RTD),
    Row(
        "similarity.rivals.metrics",
        ["linear_cka", "rtd_lite", "rtd"],
        {"metric_distances": 2, "metric_baselines": 1, "measure_sensitivity": 1} | COMPARISON,
        back=COMPARISON,
    ),
    Row("similarity.rivals.networks", 5, {}),
    Row("similarity.rivals.rtd_subsets", 2, RTD),
    Row("similarity.rivals.rtd_points", 10, RTD),
    Row("similarity.power.points", [20, 30], POWER_DISTANCES),
    Row("similarity.power.directions", [5, 7], POWER_DISTANCES),
    Row("similarity.power.draws", 3, POWER_DISTANCES),
    Row("similarity.power.subsets", 4, POWER),
    Row("similarity.power", None, {}, back=POWER_DISTANCES),
    Row("similarity.surrogates.draws", 20, CALIBRATION),
    Row(
        "similarity.surrogates.kinds",
        ["gaussian"],
        {"plot_calibration": 1} | GATHERED,
        back={"calibrate_topology": 1, "plot_calibration": 1} | GATHERED,
    ),
    Row("similarity.surrogates", None, GATHERED, back=CALIBRATION),
    Row(
        "mapper.model",
        "resnet18_a",
        CLOUDS_B | {"find_receptive_fields": 1} | PREDICTED,
        back=TRAINING_B | {"find_receptive_fields": 1},
    ),
    Row("mapper.seeds", [0], {}),
    Row(
        "mapper.draws",
        2,
        # Graphs of `random`, of its noisy images and of the foreground; nothing is drawn in `full`.
        {"sample_points": 3, "build_mapper": 3, "measure_branching": 1, "average_branching": 1, "plot_branching": 1}
        | {"measure_confidence": 2, "plot_mapper_graphs": 1}
        | PURITY,
        back={"measure_branching": 1, "plot_branching": 1, "plot_mapper_graphs": 1} | PURITY,
    ),
    Row("mapper.part", "train", CLOUDS_B | {"find_foreground": 1, "plot_noise": 1} | PREDICTED),
    Row(
        "mapper.layers",
        [16, 12],
        # Of the three samplings; nothing of layer 16, nor of its noisy images and its stability.
        {"sample_points": 3, "build_mapper": 3, "find_receptive_fields": 1, "plot_foreground": 1}
        | {"measure_graph_distances": 1, "plot_graph_flow": 1, "average_graph_distances": 1}
        | AFTER_MAPPER
        | POSITIONS,
        back={"plot_foreground": 1} | AFTER_MAPPER | POSITIONS,
    ),
    Row(
        "mapper.networks",
        {"resnet18_a": {"layer": "last"}},
        {"sample_points": 3, "build_mapper": 3, "find_receptive_fields": 1, "plot_networks": 1}
        | {"build_explorer": 1}
        | PREDICTED,
        back={"build_explorer": 1},
    ),
    Row("mapper.samplings.random.method", "top_l2", RANDOM),
    Row("mapper.samplings.random.share", 0.5, RANDOM, besides={"mapper.samplings.random.method": "central"}),
    Row("mapper.samplings.random.tap", "bn", RANDOM),
    Row("mapper.samplings.random.points_per_image", 2, RANDOM),
    Row("mapper.samplings.random.exclude_border", True, RANDOM),
    Row("mapper.samplings.foreground_1.without", "drop", FOREGROUND),
    Row("mapper.samplings.full.cap", 200, ONE_GRAPH | AFTER_MAPPER | POSITIONS),
    Row("mapper.samplings.full.replace", True, ONE_GRAPH | AFTER_MAPPER | POSITIONS),
    Row("mapper.samplings.full", None, AFTER_MAPPER | POSITIONS, back=ONE_GRAPH | AFTER_MAPPER | POSITIONS),
    Row(
        "mapper.samplings.middle",
        {"method": "central", "tap": "bn"},
        ONE_GRAPH | AFTER_MAPPER | POSITIONS,
        back=AFTER_MAPPER | POSITIONS,
    ),
    Row(
        "mapper.samplings.matched_1",
        {"method": "position_matched", "tap": "bn"},
        ONE_GRAPH | AFTER_MAPPER | POSITIONS,
        back=AFTER_MAPPER | POSITIONS,
    ),
    Row("mapper.sampling_seed", 1, CLOUDS_B | {"find_foreground": 1, "plot_noise": 1}),
    Row("mapper.foreground.weight", "count", FOREGROUND),
    Row("mapper.foreground.without", "drop", FOREGROUND),
    Row(
        "mapper.noise.sigmas",
        [0.5, 1],
        ONE_GRAPH | {"plot_noise": 1, "plot_noisy_graphs": 1} | PURITY,
        back={"plot_noise": 1, "plot_noisy_graphs": 1} | PURITY,
    ),
    Row("mapper.noise.units", "pixel", ONE_GRAPH | {"plot_noise": 1, "plot_noisy_graphs": 1} | PURITY),
    Row("mapper.noise.samplings", ["full"], ONE_GRAPH | {"plot_noisy_graphs": 1} | PURITY),
    Row(
        "mapper.lens",
        {"logit": "3"},
        # The logits of noisy images; no points.
        {"predict_classes": 1, "compute_lens": 4} | GRAPHS,
        back=GRAPHS,
    ),
    Row("mapper.intervals", 6, GRAPHS),
    Row("mapper.overlap", 0.25, GRAPHS),
    Row("mapper.convention", "overhang", GRAPHS),
    Row("mapper.eps", 1.5, {rule: n for rule, n in GRAPHS.items() if rule != "plot_eps_choice"}, back=GRAPHS),
    Row("mapper.knee_sensitivity", 4, GRAPHS),
    Row("mapper.min_samples", 4, GRAPHS),
    Row("mapper.uncovered", "zero", PURITY),
    Row("mapper.permutations", 6, PURITY),
    Row("mapper.branching.classes", 0.2, {"measure_branching": 1, "plot_branching": 1}),
    Row(
        "mapper.confidence.parts",
        {"random": 2, "full": 0},
        {"measure_confidence": 1, "plot_mapper_graphs": 1, "build_explorer": 1},
        back={"plot_mapper_graphs": 1, "build_explorer": 1},
    ),
    Row(
        "mapper.comparisons",
        ["noise", "draws"],
        # There is one draw.
        {name: 1 for name in ("measure_noisy_accuracy", "compare_graphs", "average_comparisons")}
        | {"plot_graph_comparisons": 1},
        back={},
    ),
    Row(
        "mapper.all_eps",
        {"values": 9, "quantiles": [0.25, 1], "prominence": 2},
        ALL_EPS,
        back={"build_explorer": 1},
    ),
    Row("mapper.stability.graphs", {"random": []}, {}, back=STABILITY),
    Row("mapper.stability.intervals", [6], STABILITY),
    Row("mapper.stability.overlaps", [0.2], STABILITY),
    Row("mapper.stability.eps", [2], STABILITY),
    Row("mapper.stability.samples", 3, STABILITY),
    Row("mapper.stability.share", 0.4, STABILITY),
    Row("mapper.exports", ["graphml"], {"export_graphs": 1}, back={}),
    Row("mapper.exports", ["mapper_interactive"], {"export_to_mapper_interactive": 1}, back={}),
    Row("figures.dimension", 0, FIGURES_OF_DISTANCES),
    # The captions of the report are of what is drawn.
    Row("figures.sensitivity_layers", [8], {"plot_sensitivity": 1, "summarise": 1}),
    Row("figures.row", 8, {"plot_specificity": 1}),
    Row("figures.pair", [1, 0], {"plot_specificity": 1}),
    Row("figures.purity_class", "7", {"plot_purity": 1, "build_explorer": 1}),
    Row("figures.graph_colours", "lens", {"plot_mapper_graphs": 1, "plot_noisy_graphs": 1}),
    Row("figures.classes", 3, {"plot_mapper_graphs": 1, "plot_noisy_graphs": 1, "plot_branching": 1}),
    Row("figures.classes", 3, {f"plot_{name}": 1 for name in (*COLOURED, "graph_flow", "branching")}, base="wide"),
    Row("mapper.branching", None, {}, back={"measure_branching": 1, "plot_branching": 1}),
    # Of WIDE.
    Row("figures.graph_colours", "breed", {f"plot_{name}": 1 for name in COLOURED}, base="wide"),
    Row("data.root", "more_images", None, spared=EXAMPLES, base="wide"),
    # Networks need weights then, and classes have no lens.
    Row(
        "data.labelled",
        False,
        None,
        spared=EXAMPLES,
        base="wide",
        besides={f"models.{name}.weights": "alexnet.pth" for name in ("resnet18_a", "own")}
        | {f"models.{name}.seeds": 1 for name in ("resnet18_a", "own")}
        | {"mapper.seeds": 1, "mapper.lens": "l2", "figures.purity_class": None},
    ),
    Row("models.own.module", "other_network.py:build", NETWORK_W, base="wide"),
    Row("models.own.arguments", {"depth": 3}, NETWORK_W, base="wide"),
    Row("models.own.input.size", 28, SIZE_W, base="wide"),
    Row("models.own.input.resize", 48, SIZE_W, base="wide"),
    Row(
        "models.alexnet.weights",
        "other_alexnet.pth",
        {"import_weights": 1, "predict_classes": 1} | OTHER_W,
        base="wide",
    ),
    Row(
        "models.resnet18_a.training.schedule",
        "triangular",
        TRAINING_W,
        base="wide",
        besides={"models.resnet18_a.training.peak_epoch": 2},
    ),
    Row("models.resnet18_a.training.milestones", [3], TRAINING_W, base="wide"),
    Row("models.resnet18_a.training.decay", 0.2, TRAINING_W, base="wide"),
    # Clouds and graphs of what no study reads of the two; `own` is the network of the mapper study.
    Row(
        "comparison.networks",
        [{"model": "resnet18_a", "layers": [0, 8]}, {"model": "own", "layers": [3, 4], "tap": "bn"}],
        {"sample_points": 1, "compute_diagrams": 1, "sample_paired_points": 2, "compare_networks": 1}
        | {"plot_network_pair": 1}
        | GATHERED,
        back=GATHERED,
        base="wide",
        besides={"comparison.sampling": None},
    ),
    Row(
        "comparison.sampling",
        "random",
        {"sample_points": 2, "compute_lens": 1, "predict_classes": 1, "build_mapper": 1, "compute_diagrams": 1}
        | {"sample_paired_points": 2, "compare_networks": 1, "compare_network_graphs": 1, "plot_network_pair": 1}
        | GATHERED,
        back=GATHERED,
        base="wide",
        besides={
            "comparison.networks": [
                {"model": "resnet18_a", "layers": [0], "graph_layers": [8]},
                {"model": "own", "layers": [3], "graph_layers": [3]},
            ]
        },
    ),
    # The epoch is trained for again; the networks stay.
    Row(
        "models.resnet18_a.training.keep",
        [2],
        {"train_to_epoch": 2, "sample_points": 2, "compute_diagrams": 2, "model_distances": 1, "measure_specificity": 1}
        | {"measure_epochs": 1, "plot_epochs": 1}
        | GATHERED,
        back=GATHERED,
        base="wide",
    ),
    # Of one network there is no specificity.
    Row(
        "models.resnet18_a.training.keep_seeds",
        1,
        {"train_to_epoch": 1, "sample_points": 1, "compute_diagrams": 1, "measure_epochs": 1, "plot_epochs": 1}
        | GATHERED,
        back=GATHERED,
        base="wide",
        besides={"models.resnet18_a.training.keep": [2]},
    ),
    Row("models.resnet18_b.training.keep_seeds", 3, {}),
    Row("models.resnet18_b.training.cuda_graph", True, {}),
    Row("similarity.tolerance", 0.01, DISTANCES_W, base="wide"),
    Row("similarity.rivals.permutations", 3, {"metric_distances": 1} | METRIC_TABLES, base="wide"),
    Row(
        "mapper.seeds",
        1,
        # There is one network less to compare with, and to be sure of features by.
        {"plot_training": 1, "measure_confidence": 2, "plot_mapper_graphs": 1, "average_tables": 1, "plot_purity": 1}
        | {"average_graph_distances": 1, "plot_graph_flow": 1, "average_label_purity": 1, "summarise": 1}
        | COMPARISONS_W
        | {"compare_graphs": 1, "build_explorer": 1},
        back={rule: n for rule, n in AFTER_W.items() if rule != "plot_branching"}
        | {"train_model": 1, "plot_training": 1, "predict_classes": 2, "sample_points": 3, "compute_lens": 5}
        | {"build_mapper": 5, "measure_confidence": 4, "measure_noisy_accuracy": 1, "measure_purity": 1}
        | {"measure_branching": 1, "measure_graph_distances": 1, "measure_label_purity": 1},
        base="wide",
    ),
    Row("mapper.networks.alexnet.layer", 2, {"find_receptive_fields": 1, "summarise": 1} | OTHER_W, base="wide"),
    Row("mapper.networks.alexnet.tap", "bn", {"find_receptive_fields": 1} | OTHER_W, base="wide"),
    Row(
        "mapper.samplings.middle",
        {"method": "central", "tap": "bn", "share": 0.5},
        SAMPLING_W,
        back={"plot_networks": 1, "measure_positions": 1, "export_graphs": 1} | AFTER_W,
        base="wide",
    ),
    Row("mapper.foreground.masks", "./more_masks", FOREGROUND_W | {"find_foreground": 2}, base="wide"),
    Row("mapper.foreground.masks", "grabcut", FOREGROUND_W | {"find_foreground": 2}, base="wide"),
    Row(
        "mapper.foreground.weights",
        "deeplab.pth",
        FOREGROUND_W | {"find_foreground": 2},
        base="wide",
        besides={"mapper.foreground.masks": "deeplab"},
    ),
    Row("mapper.foreground.ties", "all", FOREGROUND_W, base="wide"),
    Row(
        "mapper.noise.layers",
        [3, 10000],
        {"sample_points": 2, "compute_lens": 2, "build_mapper": 2, "plot_noisy_graphs": 1, "export_graphs": 1}
        | TABLES_W
        | COMPARISONS_W,
        back={"plot_noisy_graphs": 1, "export_graphs": 1} | TABLES_W | COMPARISONS_W,
        base="wide",
    ),
    Row("mapper.eps", "stable", GRAPHS_W | {"plot_eps_choice": 1}, back=GRAPHS_W, base="wide"),
    Row(
        "mapper.clusterer",
        {"path": "sklearn.cluster.HDBSCAN"},
        CLUSTERER_W,
        back=GRAPHS_W | {"sample_new_points": 1, "measure_all_eps": 1},
        base="wide",
        besides={"mapper.stability.graphs": [], "mapper.new_images": None},
    ),
    Row("mapper.all_eps.values", 9, ALL_EPS, base="wide"),
    Row("mapper.all_eps.quantiles", [0.5, 1], ALL_EPS, base="wide"),
    Row("mapper.all_eps.prominence", 2, ALL_EPS, base="wide"),
    Row(
        "mapper.labels.breed.file",
        "other_breeds.csv",
        {"measure_label_purity": 2, "average_label_purity": 1, "build_explorer": 1},
        base="wide",
    ),
    Row(
        "mapper.labels.breed.column",
        "size",
        {"measure_label_purity": 2, "average_label_purity": 1, "build_explorer": 1},
        base="wide",
    ),
    Row(
        "mapper.labels.breed.kind",
        "classes",
        {"measure_label_purity": 2, "average_label_purity": 1, "build_explorer": 1},
        base="wide",
    ),
    Row(
        "mapper.confidence.jaccard",
        [0.5],
        {"measure_confidence": 4, "plot_mapper_graphs": 1, "build_explorer": 1} | COMPARISONS_W,
        base="wide",
    ),
    Row(
        "mapper.confidence.branch",
        0.1,
        {"measure_confidence": 4, "plot_mapper_graphs": 1, "build_explorer": 1} | COMPARISONS_W,
        base="wide",
    ),
    Row(
        "mapper.confidence.share",
        0.4,
        {"measure_confidence": 2, "plot_mapper_graphs": 1, "build_explorer": 1},
        base="wide",
    ),
    Row("mapper.new_images.part", "test", {"sample_new_points": 1, "place_images": 1}, base="wide"),
    Row(
        "mapper.new_images.shifts",
        [0, 2],
        {"sample_new_points": 1, "place_images": 1},
        back={"place_images": 1},
        base="wide",
    ),
    Row("mapper.new_images.graphs", {"random": [10000]}, {"sample_new_points": 1, "place_images": 1}, base="wide"),
    Row("mapper.jobs", 2, GRAPHS_W | {"choose_eps": 12, "cluster_intervals": 24}, back=GRAPHS_W, base="wide"),
]

# Changes that run nothing again, all of one configuration at once: keys that are not used beside the others, and other
# ways to say the same thing.
INACTIVE = [
    (
        "tiny",
        {
            "device": "auto",
            "data.limits.pixels": 9000,
            "data.limits.side": 9000,
            "data.limits.bytes": 9000,
            "models.resnet18_a.seeds_per_job": 2,
            "mapper.device": "auto",
        },
        "no result depends on it",
    ),
    (
        "tiny",
        {
            "data.root": "images",
            "models.resnet18_b.training.milestones": [1],
            "models.resnet18_b.training.decay": 0.5,
            "activations.precision": "half",
            "similarity.tolerance": 0.01,
            "similarity.rivals.permutations": 3,
            "mapper.foreground.weights": "weights.pth",
            # For one point an image.
            "mapper.foreground.ties": "all",
            "mapper.confidence.jaccard": [0.3],
            "mapper.confidence.branch": 0.1,
            "mapper.confidence.share": 0.3,
            "mapper.comparisons": ["draws", "networks"],
            "models.unused": {
                "architecture": "alexnet",
                "seeds": 1,
                "training": RECIPE,
            },
        },
        "not used beside other keys",
    ),
    (
        "wide",
        {
            "data.test_share": 0.5,
            "data.seed": 1,
            "models.own.architecture": "resnet18",
            "models.own.width": 3,
            "models.own.shortcut": "A",
            "models.alexnet.training": RECIPE,
            "models.resnet18_a.training.peak_epoch": 2,
            "models.resnet18_a.training.translate_fill": "black",
            "similarity.untrained.images": 40,
            "similarity.sensitivity.orders": 3,
            "similarity.rivals.rtd_subsets": 2,
            "similarity.rivals.rtd_points": 10,
            "mapper.foreground.weights": "weights.pth",
            "mapper.knee_sensitivity": 4,
        },
        "not used beside other keys",
    ),
    (
        "tiny",
        {
            "data.resize": 16,
            "data.classes": list("9876543210"),
            "models.resnet18_a.arguments": {},
            "models.resnet18_a.module": None,
            "models.resnet18_a.weights": None,
            "models.resnet18_a.input": {"size": 16, "resize": 16},
            "models.resnet18_a.seeds": [0, 1],
            "models.resnet18_b.training.peak_epoch": 1.0,
            "models.resnet18_b.training.momentum": 0.9,
            "homology.points_per_image": 1,
            "similarity.sensitivity.layers": [16, 9, 8, 0],
            "similarity.power.points": [100, 20],
            "similarity.power.directions": [50, 5],
            "mapper.seeds": [0],
            "mapper.samplings.foreground_1.without": "random",
            "mapper.samplings.full.replace": False,
            "mapper.samplings.random.exclude_border": False,
            "mapper.lens": ["l2"],
            "mapper.confidence.parts": {"full": 0},
            "mapper.noise.layers": ["last"],
            "figures.sensitivity_layers": [16, 8, 0],
            "figures.row": "blocks.4.conv1",
        },
        "the same in other words",
    ),
    (
        "wide",
        {
            "models.resnet18_a.training.milestones": [9, 2],
            "models.own.input.resize": 32,
            "models.own.layout": {},
            "similarity.sensitivity.references": 2,
            "mapper.lens": [{"l2": None}, {"logit": "cat"}],
        },
        "the same in other words",
    ),
    (
        "wide",
        {
            "data.root": "elsewhere/images",
            "models.own.module": "elsewhere/renamed.py:build",
            "models.alexnet.weights": "elsewhere/renamed.pth",
            "mapper.foreground.masks": "./elsewhere/masks",
            "mapper.labels.breed.file": "elsewhere/renamed.csv",
        },
        "the same elsewhere",
    ),
]
