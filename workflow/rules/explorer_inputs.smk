# What the explorer shows: graphs of the mapper study, and distances of the homology study.
import hashlib

# Networks whose diagrams the explorer has, of each kind of clouds.
EXPLORED_SEEDS = SEEDS[:5]


def explored_graphs():
    """Every graph of the explorer, the most important first: model, seed, sampling, suffix and layer."""
    graphs = [(MAPPER["model"], seed, *graph) for seed in MAPPER_SEEDS for graph in ALL_GRAPHS]
    others = [(model, first_seed(model), name, "", layer) for name in SAMPLINGS for model, layer in NETWORKS.items()]
    earlier = [f"{MAPPER['model']}{in_training(MAPPER['model'], epoch)}" for epoch in MAPPER_EPOCHS[:-1]]
    earlier = [(name, MAPPER_SEEDS[0], *graph) for name in earlier for graph in GRAPHS]
    return graphs + [graph for graph in others if graph not in graphs] + earlier


def epoch_of(name):
    """Epoch of the training of a graph's network, by the name of its files; None where epochs are not looked at."""
    names = {f"{MAPPER['model']}{in_training(MAPPER['model'], epoch)}": epoch for epoch in MAPPER_EPOCHS}
    return names.get(name)


def explored_files(ending):
    """Files of the explorer's graphs."""
    path = f"<results>/mapper/{{}}/seed{{}}/{{}}{{}}/layer{{}}.{ending}"
    return [path.format(*graph) for graph in explored_graphs()]


def explored_points():
    """Files of points whose positions have receptive fields, for each of the explorer's graphs; none for others."""
    return [
        mapper_files(model, seed, name, suffix, [layer]) if MASKED and model == MAPPER["model"] else []
        for model, seed, name, suffix, layer in explored_graphs()
    ]


def explored_predictions():
    """
    File of the logits of each of the explorer's graphs; none where classes may be others, or for noisy images that no
    lens needs them of.
    """
    path = "<results>/predictions/{}/seed{}/mapper.all{}.npz"
    return [
        (
            path.format(model, seed, suffix[suffix.index(".noise") :] if ".noise" in suffix else "")
            if (needs_network(LENSES) or ".noise" not in suffix)
            # At an epoch of training there are none.
            and "." not in model and is_trained_here(config["models"][model])
            else None
        )
        for model, seed, _, suffix, _ in explored_graphs()
    ]


def explorer_order():
    """What the explorer's graphs are of, and where in the lists of inputs the files of each are."""
    graphs, points, predictions = [], once(sum(explored_points(), [])), once(filter(None, explored_predictions()))
    for graph, own, logits in zip(explored_graphs(), explored_points(), explored_predictions(), strict=True):
        model, seed, name, suffix, layer = graph
        confident = (model, seed) == (MAPPER["model"], MAPPER_SEEDS[0]) and (name, suffix, layer) in CONFIDENT
        graphs.append(
            {
                **graph_columns([(name, suffix, layer)])[0],
                "model": model.partition(".")[0],
                "seed": seed,
                "layer_name": distinct_name(layer, layer_name(model.partition(".")[0], layer)),
                "epoch": epoch_of(model),
                "tap": field_tap(SAMPLINGS[name]["tap"]),
                "confidence": CONFIDENT.index((name, suffix, layer)) if confident else None,
                "predictions": predictions.index(logits) if logits else None,
                "points": [points.index(path) for path in own] or None,
            }
        )
    places = {(graph["sampling"], graph["layer"]): place for place, graph in reversed(list(enumerate(graphs)))}
    return as_json(
        run=config["run"],
        graphs=graphs,
        # The graph that is one of those at every eps.
        at_all_eps=[places[graph] for graph in AT_ALL_EPS],
        seed=MAPPER["sampling_seed"],
        lenses=LENS_LABELS,
        layers=[[layer, layer_label(layer)] for layer in LAYER_AXIS],
        purity_class=config["figures"]["purity_class"],
        labels=[(name, label_choice(name)) for name in LABELS],
        fields=[(tap, layer) for tap in samplings_by_fields() for layer in MAPPER_LAYERS] if MASKED else [],
        networks=[name for name, _ in noted_networks()],
    )


def page_digest():
    """Digest of what the explorer's page has besides Python and data: markup, style and scripts."""
    own = [name for name in own_scripts() if name.startswith("actopo/explorer/") and not name.endswith(".py")]
    # From a git repository Snakemake has texts without their last line feed.
    parts = [(SCRIPTS / name).read_bytes().rstrip() for name in sorted(own)]
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]


def noted_networks():
    """Model and file of what was noted of every network of the studies."""
    studies = [(HOMOLOGY["model"], seed) for seed in SEEDS] + [(MAPPER["model"], seed) for seed in MAPPER_SEEDS]
    studies += [(model, first_seed(model)) for model in NETWORKS]
    return [(model, f"<results>/models/{model}/seed{seed}.json") for model, seed in dict.fromkeys(studies)]


def explored_diagrams():
    """Kinds of clouds and seeds whose diagrams the explorer has; those at equal scale are shown as they are before."""
    controls = [control for control in CONTROLS if "scaled" not in control.split(".")] if len(SEEDS) > 1 else []
    kinds = ["trained", *controls]
    return [(kind, seed) for kind in kinds for seed in EXPLORED_SEEDS]


def explored_diagram_files():
    """Files of these."""
    name = HOMOLOGY["model"]
    return [
        path
        for kind, seed in explored_diagrams()
        for path in homology_files("diagrams", name if kind == "trained" else f"{name}.{kind}", [seed], [0])
    ]


def explored_distances():
    """What the explorer's distances are of, and in which order they come."""
    return as_json(
        layers=[[n, layer_name(HOMOLOGY["model"], n) if n >= FIRST_OUTPUT else f"layer {n}"] for n in LAYERS],
        seeds=SEEDS,
        dimensions=HOMOLOGY["dimensions"],
        clouds=["trained", *CONTROLS] if len(SEEDS) > 1 else [],
        rivals=[clouds for clouds, _ in RIVALS] if len(SEEDS) > 1 else [],
        diagrams=explored_diagrams(),
        surrogates=SURROGATE_KINDS,
        pair=[item["model"] for item in PAIR],
        level=SIMILARITY["level"],
    )
