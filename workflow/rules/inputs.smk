# Inputs and params that several rules, or several kinds of one rule, choose from their wildcards.
import re

# Images of the mapper study, by their name in paths.
IMAGES = dataset_of(MAPPER["model"])
MAPPED = f"<results>/mapper/{MAPPER['model']}"
REFERENCE = f"{MAPPED}/seed{MAPPER_SEEDS[0]}"

# Networks that are looked at by epoch of their training.
EPOCH_SEEDS = epoch_seeds(HOMOLOGY_MODEL, SEEDS)
MAPPER_EPOCH_SEEDS = epoch_seeds(config["models"][MAPPER["model"]], MAPPER_SEEDS)

# Layers that are outputs of modules, as params of tables and figures that have their names.
HOMOLOGY_OUTPUTS = as_json(names=[(n, layer_name(HOMOLOGY["model"], n)) for n in LAYERS if n >= FIRST_OUTPUT])
MAPPER_OUTPUTS = as_json(names=list(OUTPUT_NAMES.items()))

# Two networks that are compared, each by its first seed, with the numbers of their layers.
PAIR = [
    {
        **item,
        "layers": chosen_layers(item["model"], item.get("layers", "all")),
        "graph_layers": chosen_layers(item["model"], item.get("graph_layers", [])),
    }
    for item in compared_networks(config)
]


def images_of(name):
    """Input function: a file of the images that a model is given; `{part}` in its name is the study's part."""

    def path(wildcards):
        part = config[wildcards.study]["part"] if "{part}" in name else ""
        return f"<results>/data/{dataset_of(wildcards.model)}/{name.replace('{part}', part)}"

    return path


def sampling_of(study, name):
    """Settings of a sampling: the homology study has one, named after its method."""
    if study == "homology":
        taken = {key: HOMOLOGY[key] for key in METHODS[name].settings if key in HOMOLOGY}
        return {"method": name, "tap": HOMOLOGY["tap"], **taken}
    return SAMPLINGS[name]


def tap_of(wildcards):
    """What is read of the layers of a network: the tap of its sampling, unless it is read at a tap of its own."""
    own = own_tap(config, wildcards.study, wildcards.model)
    return own or sampling_of(wildcards.study, wildcards.sampling)["tap"]


def image_source(dataset):
    """What the images of a name in paths depend on, besides what lies in `data.root`."""
    sizes = next((image_size(config, model) for model in config["models"] if dataset_of(model) == dataset), {})
    return image_keys({**config["data"], **sizes})


# Folder of the user's own foreground masks.
MASK_FOLDER = None if MAPPER["foreground"]["masks"] in MASKS else MAPPER["foreground"]["masks"]


def foreground_settings(wildcards):
    """What foreground masks depend on besides the images."""
    masks, weights = (MAPPER["foreground"][key] for key in ("masks", "weights"))
    if masks == "grabcut":
        return as_json(masks=masks, seed=MAPPER["sampling_seed"])
    if masks == "deeplab":
        return as_json(masks=masks, weights=content_of_weights(weights))
    source = image_source(wildcards.dataset)
    return as_json(masks="folder", **{key: source[key] for key in ("size", "resize")})


def one_of(names):
    """Pattern of a wildcard that is one of some names, or of none at all."""
    return "|".join(map(re.escape, names)) or "(?!)"


def content_of_weights(weights):
    """Param: published weights by their name, and others by what their file holds, wherever it is."""
    return content_of(weights) if is_weight_file(weights) else weights


def layer_names():
    """What the layers of the studies are called in their networks."""
    layers = {HOMOLOGY["model"]: set(LAYERS)}
    layers.setdefault(MAPPER["model"], set()).update(MAPPER_LAYERS)
    for model, layer in NETWORKS.items():
        layers.setdefault(model, set()).add(layer)
    return {model: {str(layer): layer_name(model, layer) for layer in sorted(own)} for model, own in layers.items()}


@cache
def recipe_of(model):
    """Param: by which recipe a model is trained."""
    return as_json(**recipe_keys(config["models"][model]["training"]))


def study_epochs(model):
    """Epochs of a model's training at which a study looks at it, the last one included; none if no other is kept."""
    kept = kept_epochs(config["models"][model])
    return [*kept, config["models"][model]["training"]["epochs"]] if kept else []


def in_training(model, epoch):
    """What the name of a model ends in at an epoch of its training."""
    is_last = epoch == config["models"][model]["training"]["epochs"]
    return "" if is_last else f".epoch{epoch}" if epoch else UNTRAINED


def seeds_of(control):
    """Seeds of the networks between which there are distances, by what the name of the model ends in."""
    # A control, such as the untrained networks, has all of them.
    is_by_epoch = control.startswith((UNTRAINED, ".epoch")) and control not in SUFFIXES
    return EPOCH_SEEDS if is_by_epoch else SEEDS


def epoch_specificity(model, epoch):
    """Tests of specificity among the networks that are kept at epochs, beside which there are others at some epochs."""
    control = in_training(model, epoch)
    kept = "" if seeds_of(control) == EPOCH_SEEDS else "kept_"
    return f"<results>/similarity/{model}{control}/{kept}specificity.csv"


def seeds_by_epoch(model):
    """Seeds of a model's networks that a study looks at by epoch."""
    homology = EPOCH_SEEDS if model == HOMOLOGY["model"] else []
    return sorted({*homology, *(MAPPER_EPOCH_SEEDS if model == MAPPER["model"] else [])})


HOMOLOGY_BATCHES = as_json(batch_size=HOMOLOGY["batch_size"], seed=HOMOLOGY["seed"])


def batches_of(wildcards):
    """How the images of a study fall into batches; empty for all of them."""
    return "" if wildcards.study == "mapper" else HOMOLOGY_BATCHES


def noise_of(wildcards):
    """Noise that is added to the images; empty for none."""
    if not wildcards.noise:
        return ""
    return as_json(sigma=float(wildcards.noise[6:]), units=NOISE["units"], seed=MAPPER["sampling_seed"])


def sensitivity_layers():
    """Layers of the homology study from which components are removed."""
    chosen = SENSITIVITY["layers"]
    return [layer for layer in study_layers("homology", HOMOLOGY["model"]) if chosen == "all" or layer in chosen]


def drawn_sensitivity_layers():
    """Those of them whose curves are drawn, in the order of the study's layers."""
    drawn, measured = config["figures"]["sensitivity_layers"], sensitivity_layers()
    return [layer for layer in LAYERS if layer in measured and (drawn == "all" or layer in drawn)]


def compared_curves(model):
    """Clouds of the curves of the first network that are compared, and their files."""
    pooled = ["pooled"] if METRICS and "pooled" in SIMILARITY["rivals"]["clouds"] else []
    metrics = ["sw", "sw_scaled", *METRICS]
    return [
        (clouds, path)
        for clouds in ["own", *pooled]
        for path in curve_files(metrics, REFERENCES[:1], f"{model}{'' if clouds == 'own' else f'.{clouds}'}")
    ]


def curve_files(metrics, seeds, model="{model}"):
    """Curves of sensitivity of some networks."""
    return [f"<results>/similarity/{model}/sensitivity/{metric}.seed{seed}.csv" for metric in metrics for seed in seeds]


def metric_settings(wildcards):
    """What a measure of similarity depends on besides the clouds."""
    if wildcards.metric in ("sw", "sw_scaled"):
        return as_json(dimensions=HOMOLOGY["dimensions"], directions=SIMILARITY["directions"])
    return as_json(**own_settings(wildcards.metric))


def own_settings(metric):
    """What a measure of similarity other than the sliced-Wasserstein distance depends on."""
    rivals = SIMILARITY["rivals"]
    known = {"subsets": rivals["rtd_subsets"], "subset_size": rivals["rtd_points"], "seed": SIMILARITY["seed"]}
    return {option: known[option] for option in METRIC_TABLE[metric].options}


def paired_settings(metric):
    """What distances by a measure that pairs points depend on: also on how the distance by chance is found."""
    settings = own_settings(metric)
    if METRIC_TABLE[metric].needs_rank:
        settings |= {"permutations": SIMILARITY["rivals"]["permutations"], "seed": SIMILARITY["seed"]}
    return settings


def distance_settings(wildcards):
    """What the distances between networks depend on besides the clouds."""
    if wildcards.metric in METRIC_TABLE:
        return as_json(**paired_settings(wildcards.metric))
    return as_json() if wildcards.metric == "scale" else metric_settings(wildcards)


def varied_in_power():
    """Numbers of points and of directions beside the usual ones, and of draws: those that make a difference."""
    points, usual = POWER["points"] if POWER else [], SIMILARITY["directions"]
    if METHODS[HOMOLOGY["sampling"]].positions == "fixed":
        points = [n for n in points if n < HOMOLOGY["batch_size"] * HOMOLOGY["points_per_image"]]
    directions = [n for n in (POWER["directions"] if POWER else []) if n != usual]
    return {"points": sorted(points), "directions": sorted(directions), "draws": POWER["draws"] if points else 0}


def rival_files(model):
    """Distances by other measures of similarity, and on other clouds."""
    suffixes = {clouds: "" if clouds == "own" else f".{clouds}" for clouds, _ in RIVALS}
    return [f"<results>/similarity/{model}{suffixes[clouds]}/rivals/{metric}.npz" for clouds, metric in RIVALS]


def used_seeds(model):
    """Seeds of a model that a study uses."""
    seeds = {*(SEEDS if model == HOMOLOGY["model"] else []), *(MAPPER_SEEDS if model == MAPPER["model"] else [])}
    others = {*NETWORKS, *(item["model"] for item in PAIR)}
    return sorted(seeds | ({first_seed(model)} if model in others else set()))


def first_seed(model):
    """Seed by which a model is drawn beside others."""
    return seed_list(config["models"][model]["seeds"])[0]


def seeds_sharing_job(wildcards):
    """The other seeds whose networks the job of a seed trains, if it comes first."""
    seeds, size = used_seeds(wildcards.model), config["models"][wildcards.model].get("seeds_per_job", "auto")
    if size == "auto":
        # On a GPU a network takes about as long as the start of a job.
        size = 1 if config["device"] == "cpu" else 10
    if int(wildcards.seed) not in seeds or wildcards.epoch:
        return []
    start = seeds.index(int(wildcards.seed)) // size * size
    return [seed for seed in seeds[start : start + size] if seed != int(wildcards.seed)]


def minutes_of_training(wildcards, attempt):
    """Resource: time for the networks of a job, by their epochs; on a CPU for 50 000 small images and 8 cores."""
    epochs = config["models"][wildcards.model]["training"]["epochs"]
    return (10 + epochs * (1 if gpu_count() else 4) * (1 + len(seeds_sharing_job(wildcards)))) * attempt
