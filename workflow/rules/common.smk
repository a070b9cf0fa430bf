# Configuration, the lists that rules share, and the few helpers that they call.
import os
import re
from functools import cache

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.utils import update_config

from actopo.captions import NAMES as CAPTIONS
from actopo.config.choosing import choose_layers, describe_layer
from actopo.config.config_files import repeated_keys, repeated_options
from actopo.config.layer_files import SET as LAYER_SET
from actopo.config.layer_files import choose_files
from actopo.config.layers import module_outputs, network_keys, number_layers
from actopo.config.layers import model_layers as layers_of_model
from actopo.config.params import clusterer_keys, image_keys, is_random, lens_keys, recipe_keys, sampling_keys
from actopo.config.params import structure_keys
from actopo.config.pretrained import fill_pretrained
from actopo.config.run_lock import require_own_results
from actopo.config.since_start import check_since_start
from actopo.config.validate import validate
from actopo.config.values import as_json, compared_networks, dataset_name, drawn_networks, epoch_seeds, image_size
from actopo.config.values import is_trained_here, kept_epochs, own_seed, own_tap, sampling_order, seed_list
from actopo.config.values import studied_models
from actopo.digests import code_digest, environment_digest, file_digest
from actopo.environment import environment_problems
from actopo.errors import InputError
from actopo.graphs.choices import FORMATS
from actopo.images.choices import DATASETS, PARTS
from actopo.images.listing import image_listing
from actopo.keys import FIRST_OUTPUT, distinct_name, layers_of_set
from actopo.mapper.choices import DBSCAN_NAME, EPS_RULES, lens_label, lens_list, needs_network
from actopo.networks.choices import TAPS, is_weight_file
from actopo.points.choices import MASKS, STUDIES
from actopo.points.choices import SAMPLINGS as METHODS
from actopo.similarity.choices import COMPONENTS
from actopo.similarity.choices import CONTROLS as KINDS_OF_CONTROL
from actopo.similarity.choices import SURROGATES as KINDS_OF_SURROGATES
from actopo.similarity.choices import crossed
from actopo.similarity.metrics.choices import METRICS as METRIC_TABLE

# Figures are written to files; a backend that needs a window, or that is not there, would end each of their jobs.
os.environ.update(MPLBACKEND="agg")
# Files of the command line, or of a module statement, hold what differs from the defaults.
given, config = config, read_yaml("../../config/config.yaml")
if not isinstance(given, dict):
    raise WorkflowError(
        f"the config of the module is a {type(given).__name__}; give a mapping, such as that of config/demo.yaml"
    )
update_config(config, given)

# The check below refuses a name that is no text.
RUN = Path("results") / str(config["run"])
# Layers of networks that had to be built to find them, digests of large files, and locks of runs.
LAYER_CACHE = Path(".snakemake") / "actopo"
# Once, and not again by the process of each job.
if workflow.is_main_process:
    for problem in (*environment_problems(), *repeated_options()):
        raise WorkflowError(problem)
    # Those of the command line; a pipe can be read once.
    for file in filter(Path.is_file, map(Path, workflow.overwrite_configfiles)):
        for problem in repeated_keys(file.read_text(encoding="utf-8", errors="replace")):
            raise WorkflowError(f"{file}: {problem}")
    try:
        validate(config, read_yaml("../schemas/config.schema.yaml"), LAYER_CACHE)
    except InputError as error:
        # What contradicts may be a default that nobody wrote.
        defaults = "keys that your files do not set are those of config/config.yaml, for CIFAR-10 and a ResNet-18"
        raise WorkflowError("\n".join([str(error), *([defaults] if given else [])])) from None
try:
    require_own_results(config["run"], RUN)
    check_since_start(config, workflow.is_main_process)
except InputError as error:
    raise WorkflowError(str(error)) from None
# What is left to published weights, and layers, by their numbers, so that a name in their place is no change.
fill_pretrained(config, LAYER_CACHE)
number_layers(config, LAYER_CACHE)


DATASET, LABELLED = config["data"]["dataset"], config["data"]["labelled"]


def model_layers(name):
    """Layers of a model, in forward order."""
    return layers_of_model(config, name, LAYER_CACHE)


def chosen_layers(name, wanted):
    """Numbers of some layers of a model."""
    return choose_layers(wanted, model_layers(name), lambda: module_outputs(config, name, LAYER_CACHE))


def layer_name(name, layer):
    """Name of a layer of a model, by its number."""
    return describe_layer(layer, model_layers(name), lambda: module_outputs(config, name, LAYER_CACHE))["name"]


# The homology study: the first seed sees every batch, the others the first batch.
HOMOLOGY = config["homology"] | {"dimensions": sorted(config["homology"]["dimensions"])}
HOMOLOGY_MODEL = config["models"][HOMOLOGY["model"]]
SEEDS = seed_list(HOMOLOGY_MODEL["seeds"])
LAYERS = chosen_layers(HOMOLOGY["model"], HOMOLOGY["layers"])
BATCHES = list(range(HOMOLOGY["batches"]))

SIMILARITY = config["similarity"]
# Null is no layer of no network.
NO_SENSITIVITY = {"layers": [], "centered": True, "components": [], "orders": 0, "references": 0, "quantile": 0}
SENSITIVITY = SIMILARITY["sensitivity"] or NO_SENSITIVITY
# Of the studied networks; a control's has a suffix.
SIMILARITY_FOLDER = f"<results>/similarity/{HOMOLOGY['model']}"
# Specificity is measured on the networks and on controls, whose files have a suffix to the model's name.
CONTROLS = crossed(SIMILARITY["controls"])
SUFFIXES = ["", *(f".{control}" for control in CONTROLS)]
# Networks at an epoch of their training are named in the same way; before it they are those of the control.
UNTRAINED = ".untrained"
EPOCH = r"\.epoch[1-9]\d*"
IN_TRAINING = rf"|{re.escape(UNTRAINED)}|{EPOCH}"
# Other measures of similarity compare networks.
METRICS = SIMILARITY["rivals"]["metrics"] if len(SEEDS) > 1 else []
# Clouds and metrics. The sliced-Wasserstein distances of the networks' own clouds are those of the study.
RIVALS = [("own", "scale")] + [
    (clouds, metric)
    for clouds in SIMILARITY["rivals"]["clouds"]
    for metric in ([] if clouds == "own" else ["sw", "scale"]) + METRICS
    if METRICS
]
METRIC_SEEDS = SEEDS[: 1 + SIMILARITY["rivals"]["networks"]]
# Networks that take their turn as the reference of sensitivity, and the measures for which each has curves.
REFERENCES = SEEDS if SENSITIVITY["references"] == "all" else SEEDS[: SENSITIVITY["references"]]
CURVES = [
    (metric, seed) for metric in ["sw", *METRICS] for seed in REFERENCES if metric == "sw" or seed in METRIC_SEEDS
]

# Studies whose activations stay on disk.
KEPT = config["activations"]["keep"]
MAPPER = config["mapper"]
# The first network and the first draw of its positions are those of figures; the others give them intervals.
MAPPER_SEEDS = seed_list(MAPPER["seeds"])
MAPPER_LAYERS = chosen_layers(MAPPER["model"], MAPPER["layers"])
# Outputs of modules are shown by their names. Their numbers say nothing of their place among convolutions, so that axes
# have the order of the list; convolutions alone are in forward order.
OUTPUT_NAMES = {n: layer_name(MAPPER["model"], n) for n in MAPPER_LAYERS if n >= FIRST_OUTPUT}
LAYER_AXIS = MAPPER_LAYERS if OUTPUT_NAMES else sorted(MAPPER_LAYERS)
# Each is drawn by one layer, and by its first seed.
NETWORKS = {name: chosen_layers(name, [item["layer"]])[0] for name, item in drawn_networks(MAPPER).items()}
SAMPLINGS = sampling_order(MAPPER["samplings"])
NOISE = MAPPER["noise"]
LENSES = lens_list(MAPPER["lens"])
# Tables of labels of images, by names of the user's.
LABELS = {name: item for name, item in sorted(MAPPER["labels"].items()) if item is not None}


def noise_suffix(sigma):
    """What the name of a sampling ends in where the images have noise."""
    return f".noise{float(sigma):.15g}"


def layer_label(layer):
    """What a layer of the mapper study is called in figures."""
    return OUTPUT_NAMES.get(layer, f"layer {layer}")


def graph_labels(figure):
    """Labels of a figure of one graph, in the report."""
    return lambda wildcards: {"figure": figure, "graph": f"{wildcards.sampling}, {layer_label(int(wildcards.layer))}"}


# Tables that no figure or summary reads.
TABLES = []


wildcard_constraints:
    dataset=r"[a-z0-9_]+(\.\w+)*",
    part="|".join(PARTS),
    model="|".join(map(re.escape, config["models"])),
    control="|".join([IN_TRAINING, *(re.escape(f".{control}") for control in crossed(KINDS_OF_CONTROL))]),
    epoch=rf"|{EPOCH}",
    seed=r"\d+",
    study="homology|mapper",
    subset=r"batch\d+|all",
    batch=r"\d+",
    sampling="|".join(map(re.escape, {HOMOLOGY["sampling"]: None} | SAMPLINGS)),
    draw=r"|\.draw[1-9]\d*",
    noise=r"|\.noise[0-9.e+-]+",
    tap="|".join(TAPS),
    layer=r"\d+",
    layers=LAYER_SET,
    metric="[a-z0-9_]+",
    surrogates="|".join(KINDS_OF_SURROGATES),


@cache
def env_digest(name):
    """Param: digest of what an environment pins, whether or not conda makes it, and whatever its comments say."""
    return environment_digest(read_yaml(f"../../envs/{name}.yaml")["dependencies"])


@cache
def network(model):
    """Param that is not tracked, since it may hold the path of a file: how a network is built, as one text."""
    return as_json(**network_keys(config["models"][model]))


@cache
def structure(model):
    """Param: what decides a network's structure, wherever the user's file is, as one text."""
    return as_json(**structure_keys(network_keys(config["models"][model])))


@cache
def content_of(path):
    """Param: digest of what a file of the user's holds, for a path that is not tracked."""
    return file_digest(path, LAYER_CACHE)


@cache
def images_in(path):
    """Param: digest of the images in a folder or .zip of the user's, for a path that is not tracked."""
    return image_listing(path, LAYER_CACHE)


@cache
def dataset_of(model):
    """Name of the images that a model is given."""
    return dataset_name(config, model)


def grows(amount):
    """A resource that grows with every attempt, for a profile that retries."""
    return lambda wildcards, attempt: amount * attempt


def minutes_of_metric(wildcards, attempt):
    """Resource: time for a measure of similarity; those on subsets of the points take seconds for each pair of layers."""
    is_slow = "subsets" in getattr(METRIC_TABLE.get(wildcards.metric), "options", ())
    return (720 if is_slow else 120) * attempt


def memory_of_metric(wildcards, attempt):
    """Resource: RTD-Lite keeps the distances between the points of every cloud; the others keep little."""
    per_image = 1 if wildcards.clouds == ".pooled" else config["homology"]["points_per_image"]
    n_points = config["homology"]["batch_size"] * per_image
    kept = 4e-6 * n_points**2 * len(LAYERS) * len(METRIC_SEEDS) if wildcards.metric == "rtd_lite" else 0
    return int(8000 + kept) * attempt


def gpu_count(device=config["device"]):
    """GPUs that a job asks for: by default one on a network, and 0 where the config says cpu."""
    return 0 if device == "cpu" else 1
