# The graphs of the mapper study, and inputs and params that its rules choose from their wildcards.


def draws_of(sampling):
    """What the name of a sampling ends in, for each draw of its positions: the first has no suffix."""
    n_draws = MAPPER["draws"] if METHODS[SAMPLINGS[sampling]["method"]].is_drawn else 1
    return ["", *(f".draw{draw}" for draw in range(1, n_draws))]


# Every graph of the first draw: sampling, noise and layer. Noise is a suffix to the sampling's name in paths, and so is
# the number of any other draw, which comes first.
GRAPHS = [(sampling, "", layer) for sampling in SAMPLINGS for layer in MAPPER_LAYERS]
NOISY_SAMPLINGS = [sampling for sampling in SAMPLINGS if sampling in NOISE["samplings"]]
NOISES = [noise_suffix(sigma) for sigma in NOISE["sigmas"]]
NOISY = [(sampling, noise, layer) for sampling in NOISY_SAMPLINGS for noise in NOISES for layer in NOISE["layers"]]
# A figure has a row for each sampling and layer, clean and with growing noise.
GROWING = sorted(NOISE["sigmas"])
NOISY_GRID = [
    (name, noise, layer)
    for name in NOISY_SAMPLINGS
    for layer in NOISE["layers"]
    for noise in ["", *map(noise_suffix, GROWING)]
]
REPEATED = [
    (sampling, draw, layer) for sampling in SAMPLINGS for draw in draws_of(sampling)[1:] for layer in MAPPER_LAYERS
]
REPEATED_NOISY = [(name, draw + noise, layer) for name, noise, layer in NOISY for draw in draws_of(name)[1:]]
ALL_GRAPHS = GRAPHS + NOISY + REPEATED + REPEATED_NOISY
if workflow.is_main_process and MAPPER["draws"] > 1 and (fixed := [n for n in SAMPLINGS if len(draws_of(n)) == 1]):
    message = f"mapper.draws: no position is drawn in {', '.join(fixed)}, so that one graph stands for all draws."
    logger.info(message)


def graph_columns(graphs):
    """What tells some graphs of one network from each other, in the columns of tables."""
    columns = []
    for name, suffix, layer in graphs:
        draw, sigma = (re.search(pattern, suffix) for pattern in (r"\.draw(\d+)", r"\.noise(.+)"))
        sigma = float(sigma[1]) if sigma else 0
        columns.append({"sampling": name, "draw": int(draw[1]) if draw else 0, "sigma": sigma, "layer": layer})
    return columns


def parts_of(sampling):
    """Number of parts of the images for the confidence of a sampling's graphs."""
    return MAPPER["confidence"]["parts"].get(sampling, 0)


# Graphs of the first draw that there are others of, and those that are compared in the ways for which there are two.
CONFIDENT = [graph for graph in GRAPHS if len(MAPPER_SEEDS) > 1 or len(draws_of(graph[0])) > 1 or parts_of(graph[0])]
SECOND = {"noise": NOISY, "samplings": list(SAMPLINGS)[1:], "draws": REPEATED, "networks": MAPPER_SEEDS[1:]}
COMPARISONS = [kind for kind in SECOND if kind in MAPPER["comparisons"] and SECOND[kind]]
COMPARED = GRAPHS + (NOISY + REPEATED_NOISY) * ("noise" in COMPARISONS) + REPEATED


# Sampling and layer of the graphs that there are at every eps.
AT_ALL_EPS = [
    (name, layer)
    for name, layers in dict(MAPPER["stability"]["graphs"] if MAPPER["all_eps"] else []).items()
    if name in SAMPLINGS
    for layer in layers
]

# Graphs that are written for other programs.
EXPORTED = GRAPHS + NOISY


def interval_jobs(*names):
    """Files of the jobs that a graph is split into; none where one job makes it."""
    folder = "<results>/mapper/{model}{control}/seed{seed}/{sampling}{draw}{noise}"
    return [f"{folder}/layer{{layer}}.{name}.npz" for name in names] if MAPPER["jobs"] > 1 else []


def graph_files(ending, graphs):
    """Files of some graphs of one network."""
    folder = "<results>/mapper/{model}/seed{seed}"
    return [f"{folder}/{name}{suffix}/layer{layer}.{ending}" for name, suffix, layer in graphs]


def epoch_graphs(model, ending):
    """Files of the first draw's graphs of one network, at every epoch of its training that is looked at."""
    return [
        path.replace("{model}", f"{model}{in_training(model, epoch)}")
        for epoch in study_epochs(model)
        for path in graph_files(ending, GRAPHS)
    ]


# What nodes are coloured by: classes, which images without labels do not have, the lens, or a table of the user's.
NODE_COLOURS = "lens" if config["figures"]["graph_colours"] == "classes" and not LABELLED else None
NODE_COLOURS = NODE_COLOURS or config["figures"]["graph_colours"]
if workflow.is_main_process and not LABELLED:
    message = "data.labelled is false: purity and branching are left out, and graphs are coloured by "
    logger.info(message + ("their lens." if NODE_COLOURS == "lens" else f"{NODE_COLOURS}."))


def label_choice(name):
    """Column and kind of a table of labels, and what the table holds."""
    own = LABELS[name]
    return {**{key: own.get(key) for key in ("column", "kind")}, "content": content_of(own["file"])}


COLOURING = as_json(
    by=NODE_COLOURS if NODE_COLOURS in ("classes", "lens") else "labels",
    **({} if NODE_COLOURS == "lens" else {"classes": config["figures"]["classes"]}),
    **(label_choice(NODE_COLOURS) if NODE_COLOURS in LABELS else {}),
)


def colouring_table(wildcards, output):
    """Param that is not tracked: place of the table of labels by which nodes are coloured; empty for none."""
    return os.path.expanduser(LABELS[NODE_COLOURS]["file"]) if NODE_COLOURS in LABELS else ""


def coloured(graphs):
    """Input function: graphs to draw, and what the colours of their nodes are taken from."""
    graphs = list(graphs)
    files = {"graphs": graphs, "memberships": [], "files": []}
    if NODE_COLOURS in LABELS:
        files["memberships"] = [path.removesuffix("json") + "npz" for path in graphs]
        files["files"] = [f"<results>/data/{IMAGES}/{MAPPER['part']}/files.csv"]
    return lambda wildcards: files


def exported_files(kind, folder="<results>/mapper/{model}/seed{seed}"):
    """Files of the graphs of one network in a format of another program."""
    return [f"{folder}/{FORMATS[kind].format(sampling=name, suffix=suffix, layer=n)}" for name, suffix, n in EXPORTED]


def other_graphs(wildcards, ending):
    """Files of a graph, of its other draws and of other networks; and what each of the others is of."""
    seeds = [seed for seed in MAPPER_SEEDS if seed != int(wildcards.seed)]
    draws = [draw for draw in draws_of(wildcards.sampling) if draw]
    path = f"<results>/mapper/{{model}}/seed{{seed}}/{{sampling}}{{draw}}/layer{{layer}}.{ending}"
    places = [(wildcards.seed, ""), *((wildcards.seed, draw) for draw in draws), *((seed, "") for seed in seeds)]
    named = {"model": wildcards.model, "sampling": wildcards.sampling, "layer": wildcards.layer}
    files = [path.format(seed=seed, draw=draw, **named) for seed, draw in places]
    return files, ["draws"] * len(draws) + ["seeds"] * len(seeds)


def is_compared_with_first(wildcards):
    """Whether a network is compared with the first."""
    return "networks" in COMPARISONS and int(wildcards.seed) != MAPPER_SEEDS[0]


def compared_graphs(wildcards, ending):
    """Files of the graphs of a network, and after them those of the first network that it is compared with."""
    own = [path.format(**wildcards) for path in graph_files(ending, COMPARED)]
    return own + (reference_graphs(ending, GRAPHS) if is_compared_with_first(wildcards) else [])


def has_noisy_accuracy(model):
    """Whether a network is tried on noisy images; of weights that were not trained here the classes may be others."""
    return "noise" in COMPARISONS and is_trained_here(config["models"][model])


def network_tables(name, seeds=MAPPER_SEEDS):
    """A table of the graphs of each network."""
    return collect("<results>/mapper/{{model}}/seed{seed}/{name}.csv", seed=seeds, name=name)


def reference_graphs(ending, graphs):
    """Files of some graphs of the mapper study's network."""
    return [f"{REFERENCE}/{name}{noise}/layer{layer}.{ending}" for name, noise, layer in graphs]


def goes_by_mask(wildcards):
    """Whether a sampling goes by foreground masks."""
    return METHODS[sampling_of(wildcards.study, wildcards.sampling)["method"]].by_mask


def drawing(wildcards):
    """How the positions of a sampling are drawn, but for what it has in common with other samplings by masks."""
    return drawing_of(wildcards.study, wildcards.sampling)


@cache
def drawing_of(study, sampling):
    """The same, of a sampling of a study."""
    return as_json(**sampling_keys(sampling_of(study, sampling)))


def drawing_seed(wildcards):
    """
    Seed of the positions of a sampling; 0 for one that draws none.

    Networks beside the one that is studied have a seed of their own: at positions that they had in common, layers of two
    networks that are compared would be alike for these alone.
    """
    if not is_random(sampling_of(wildcards.study, wildcards.sampling)):
        return 0
    seed, studied = MAPPER["sampling_seed"], MAPPER["model"]
    if wildcards.study == "homology":
        seed, studied = HOMOLOGY["seed"], HOMOLOGY["model"]
    return seed if wildcards.model == studied else own_seed(seed, wildcards.model)


def drawing_by_masks(wildcards):
    """How masks decide on the positions of a sampling; empty for one that does not go by them."""
    if not goes_by_mask(wildcards):
        return ""
    shared = {key: MAPPER["foreground"][key] for key in ("weight", "without", "ties")}
    own = SAMPLINGS[wildcards.sampling]
    chosen = {key: own.get(key, value) for key, value in shared.items()}
    # They agree for one point per image.
    chosen["ties"] = "last" if own.get("points_per_image", 1) == 1 else chosen["ties"]
    return as_json(**chosen)


def field_tap(tap):
    """Tap whose receptive fields are those of a tap: the ReLU changes none, and `output` is another name of `conv`."""
    return {"relu": "bn", "output": "conv"}.get(tap, tap)


def samplings_by_fields():
    """Samplings of the mapper study by the tap whose receptive fields are theirs, taps in the order of their names."""
    taps = sorted({field_tap(sampling["tap"]) for sampling in SAMPLINGS.values()})
    return {tap: [name for name in SAMPLINGS if field_tap(SAMPLINGS[name]["tap"]) == tap] for tap in taps}


def once(paths):
    """Paths in their order, each once."""
    return list(dict.fromkeys(paths))
