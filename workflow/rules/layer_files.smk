# Inputs that are files of several layers. A layer that is added comes into a file of its own, beside those that are there
# (actopo.config.layer_files), so that the set of layers is a wildcard, and no param.
RESULTS = workflow.pathvars.apply(workflow.modifier.path_modifier.modify("<results>"))


@cache
def study_layers(study, model, noise=""):
    """Layers that a study reads, in forward order: the order in the config matters only to tables and figures."""
    if study == "homology":
        read = {**{item["model"]: item["layers"] for item in PAIR}, HOMOLOGY["model"]: LAYERS}
    elif noise:
        read = {MAPPER["model"]: NOISE["layers"]}
    else:
        read = {name: [layer] for name, layer in NETWORKS.items()}
        for name, own in [(item["model"], item["graph_layers"]) for item in PAIR] + [(MAPPER["model"], MAPPER_LAYERS)]:
            read[name] = {*own, *read.get(name, [])}
    if not read.get(model):
        what = f"the {study} study{' with noise' if noise else ''}"
        there = ", ".join(name for name in read if read[name]) or "no network"
        raise WorkflowError(f"{what} does not read network {model}; it reads {there}")
    return tuple(sorted(read[model]))


def layer_files(folder, layers, needed, ending=".npz"):
    """Files of a folder that hold some of the layers that the run needs of it."""
    names = choose_files(folder.replace("<results>", RESULTS), layers, needed, ending)
    return [f"{folder}/{name}" for name in names]


def own_layers(wildcards, study=None, noise=""):
    """Layers of a file, as one text: a param that depends on nothing but the name of the file, and their layout."""
    study_layers(study or wildcards.study, wildcards.model, noise)
    return layers_to_read(wildcards)


def layers_to_read(wildcards):
    """Param: layers of a file, and what the config says of their layout, on which convolutions do not depend."""
    return layers_and_layout(wildcards.layers, wildcards.model)


# Functions that are asked once for each job of a large study remember what depends on few wildcards.
@cache
def layers_and_layout(names, model):
    """Layers of a set by its name, and their layout, as one text."""
    layers, layout = layers_of_set(names), config["models"][model].get("layout")
    own = model_layers(model) if layout else []
    if all(layer < len(own) and own[layer]["is_convolution"] for layer in layers):
        layout = None
    return as_json(layers=layers, **({"layout": layout} if layout else {}))


def homology_files(kind, model, seeds, batches, layers=LAYERS):
    """Points or diagrams of networks, or of a control, on batches of images."""
    folder = {
        "points": f"<results>/points/{model}/seed{{seed}}/homology.batch{{batch}}.{HOMOLOGY['sampling']}",
        "diagrams": f"<results>/diagrams/{model}/seed{{seed}}.batch{{batch}}",
    }[kind]
    needed = study_layers("homology", model.partition(".")[0])
    return [
        path
        for seed in seeds
        for batch in batches
        for path in layer_files(folder.format(seed=seed, batch=batch), layers, needed)
    ]


def first_batch_points(seeds, suffix="", layers=LAYERS):
    """Input function: clouds of some networks on the first batch; a suffix to the model's name for other clouds."""
    return lambda wildcards: homology_files("points", f"{wildcards.model}{suffix}", seeds, [0], layers)


def batch_diagrams(wildcards):
    """Diagrams of every batch of the first seed."""
    return homology_files("diagrams", wildcards.model, SEEDS[:1], BATCHES)


def unscaled(kind, wildcards):
    """Points or diagrams of networks on the first batch, of the clouds of a control before they are scaled."""
    model = f"{wildcards.model}{wildcards.control.removesuffix('.scaled')}"
    return homology_files(kind, model, seeds_of(wildcards.control), [0])


def points_to_scale(wildcards):
    """Clouds on the first batch whose scale a control takes away; none for other controls."""
    return unscaled("points", wildcards) if wildcards.control.endswith(".scaled") else []


def crossed_inputs(wildcards):
    """Diagrams of the first network on every batch and of all networks on the first; the clouds, where scale counts."""
    base = wildcards.control.removesuffix(".scaled")
    model, is_scaled = f"{wildcards.model}{base}", wildcards.control != base
    return {
        "batches": homology_files("diagrams", model, SEEDS[:1], BATCHES),
        "networks": homology_files("diagrams", model, SEEDS, [0]),
        "batch_points": homology_files("points", model, SEEDS[:1], BATCHES) if is_scaled else [],
        "network_points": homology_files("points", model, SEEDS, [0]) if is_scaled else [],
    }


def mapper_files(model, seed, sampling, suffix, layers, control=""):
    """Points of the mapper study; noise and the number of a draw are a suffix to the sampling's name."""
    noise = suffix[suffix.index(".noise") :] if ".noise" in suffix else ""
    folder = f"<results>/points/{model}{control}/seed{seed}/mapper.all.{sampling}{suffix}"
    return layer_files(folder, layers, study_layers("mapper", model, noise))


def graph_points(wildcards):
    """Points of one graph."""
    suffix, control = wildcards.get("draw", "") + wildcards.get("noise", ""), wildcards.get("control", "")
    return mapper_files(wildcards.model, wildcards.seed, wildcards.sampling, suffix, [int(wildcards.layer)], control)


def sampled_points(wildcards):
    """Points of every sampling of the mapper study, of all layers."""
    return [
        path for name in SAMPLINGS for path in mapper_files(wildcards.model, wildcards.seed, name, "", MAPPER_LAYERS)
    ]


def exported_points(wildcards):
    """Points of the graphs that are written for other programs, for each sampling and noise of all its layers."""
    layers = {}
    for name, suffix, layer in EXPORTED:
        layers.setdefault((name, suffix), []).append(layer)
    return [
        path
        for (name, suffix), own in layers.items()
        for path in mapper_files(wildcards.model, wildcards.seed, name, suffix, own)
    ]


def receptive_fields(model, tap, layers):
    """Receptive fields at a tap, of some layers."""
    folder = f"<results>/models/{model}/receptive_fields.{field_tap(tap)}"
    return layer_files(folder, layers, study_layers("mapper", model))


def weights_of(wildcards):
    """File of a network's weights, of an epoch of its training if that is its control; none for an untrained network."""
    epoch = wildcards.control
    return [] if epoch == UNTRAINED else f"<results>/models/{wildcards.model}/seed{wildcards.seed}{epoch}.safetensors"


def batch_norm_of(wildcards):
    """From which training images an untrained network has the statistics of its batch norms; empty for none."""
    untrained = SIMILARITY["untrained"]
    if wildcards.control != UNTRAINED or untrained["batch_norm"] == "initial":
        return ""
    return as_json(n_images=untrained["images"], seed=SIMILARITY["seed"])


def batch_norm_images(wildcards):
    """File of these images."""
    return images_of("train/images.npy")(wildcards) if batch_norm_of(wildcards) else []


# One function for several inputs: Snakemake calls each of them for each job, which adds up in thousands.
def network_inputs(wildcards):
    """Files of a network and of the images that it is given."""
    return {
        "weights": weights_of(wildcards),
        "train_images": batch_norm_images(wildcards),
        "images": images_of("{part}/images.npy")(wildcards),
        "meta": images_of("meta.json")(wildcards),
    }


def drawing_inputs(wildcards):
    """Files by which positions are drawn: labels, and for a sampling by masks these and what each position sees."""
    masked = goes_by_mask(wildcards)
    layers = layers_of_set(wildcards.layers)
    return {
        "labels": images_of("{part}/labels.npy")(wildcards),
        "masks": images_of("{part}/foreground.npy")(wildcards) if masked else [],
        "fields": receptive_fields(wildcards.model, tap_of(wildcards), layers) if masked else [],
    }


def kept_activations(wildcards):
    """Activations on disk from which points are taken."""
    control, noise = (getattr(wildcards, name, "") for name in ("control", "noise"))
    place = f"{wildcards.model}{control}/seed{wildcards.seed}/{wildcards.study}.{wildcards.subset}"
    needed = study_layers(wildcards.study, wildcards.model, noise)
    folder = f"<results>/activations/{place}.{tap_of(wildcards)}{noise}"
    return layer_files(folder, layers_of_set(wildcards.layers), needed, ending="")


def kept_sums(wildcards):
    """Check sums of these."""
    return [f"{folder}.json" for folder in kept_activations(wildcards)]


def reference_points(wildcards):
    """Points of the first network, at whose positions others are read; none for means over all positions."""
    if wildcards.pairing != "matched":
        return []
    return homology_files(
        "points", wildcards.model, SEEDS[:1], [wildcards.subset.removeprefix("batch")], layers_of_set(wildcards.layers)
    )


def new_image_files(kind, wildcards):
    """Points or predictions of new images for one graph, by shift."""
    folder = f"<results>/{kind}/{wildcards.model}/seed{wildcards.seed}/new.all.shift{{shift}}.{wildcards.sampling}"
    needed = MAPPER["new_images"]["graphs"][wildcards.sampling]
    return [
        path
        for shift in MAPPER["new_images"]["shifts"]
        for path in layer_files(folder.format(shift=shift), [int(wildcards.layer)], needed)
    ]


def pair_points(suffix):
    """Clouds of the two networks that are compared, on the first batch; a suffix to the model's name for other clouds."""
    return [
        path
        for item in PAIR
        for path in homology_files(
            "points", f"{item['model']}{suffix}", [first_seed(item["model"])], [0], item["layers"]
        )
    ]


def pair_diagrams():
    """Their diagrams."""
    return [
        path
        for item in PAIR
        for path in homology_files("diagrams", item["model"], [first_seed(item["model"])], [0], item["layers"])
    ]


def pair_graphs(item):
    """Memberships of the graphs of one of the two networks."""
    folder = f"<results>/mapper/{item['model']}/seed{first_seed(item['model'])}/{config['comparison']['sampling']}"
    return [f"{folder}/layer{layer}.npz" for layer in item["graph_layers"]]


def pair_tables():
    """Tables of two networks that are compared: of their layers, and of their graphs."""
    graphs = any(map(pair_graphs, PAIR))
    return ["<results>/similarity/network_pair.csv"] * bool(PAIR) + ["<results>/mapper/network_pair.csv"] * graphs


def pair_params(item):
    """Name and layers of one of the two networks, and what the layers are called."""
    keys = ("layers", "graph_layers")
    names = [[layer, layer_name(item["model"], layer)] for layer in sorted({*item["layers"], *item["graph_layers"]})]
    return {"model": item["model"], **{key: item[key] for key in keys}, "names": names}
