# Inputs and params that several rules, or several kinds of one rule, choose from their wildcards.
REFERENCE = f"<results>/mapper/{MAPPER['model']}/seed{MAPPER['seed']}"


def batch_diagrams(wildcards):
    """Diagrams of every batch of the first seed."""
    return collect(
        "<results>/diagrams/{model}/seed{seed}.batch{batch}.npz", model=wildcards.model, seed=SEEDS[0], batch=BATCHES
    )


def first_batch_points(seeds):
    """Input function: clouds of some networks on the first batch."""
    paths = collect(
        f"<results>/points/{{model}}/seed{{seed}}/homology.batch0.{HOMOLOGY['sampling']}.npz",
        seed=seeds,
        allow_missing=True,
    )
    return lambda wildcards: collect(paths, model=wildcards.model)


def rival_settings(wildcards):
    """What a measure of similarity depends on besides the clouds."""
    if wildcards.metric == "sw":
        return as_json(dimensions=HOMOLOGY["dimensions"], directions=SIMILARITY["directions"])
    if wildcards.metric == "rtd":
        rivals = SIMILARITY["rivals"]
        return as_json(subsets=rivals["rtd_subsets"], subset_size=rivals["rtd_points"], seed=SIMILARITY["seed"])
    return as_json()


def interval_jobs(*names):
    """Files of the jobs that a graph is split into; none where one job makes it."""
    folder = "<results>/mapper/{model}/seed{seed}/{sampling}{noise}"
    return [f"{folder}/layer{{layer}}.{name}.npz" for name in names] if MAPPER["jobs"] > 1 else []


def graph_files(ending, graphs):
    """Files of some graphs of one network."""
    return [
        f"<results>/mapper/{{model}}/seed{{seed}}/{name}{noise}/layer{layer}.{ending}" for name, noise, layer in graphs
    ]


def reference_graphs(ending, graphs):
    """Files of some graphs of the mapper study's network."""
    return [f"{REFERENCE}/{name}{noise}/layer{layer}.{ending}" for name, noise, layer in graphs]


def sees_foreground(wildcards):
    """Whether a sampling goes by foreground masks."""
    return sampling_of(wildcards.study, wildcards.sampling)["method"] in ("foreground", "background")


def used_seeds(model):
    """Seeds of a model that a study uses."""
    seeds = SEEDS if model == HOMOLOGY["model"] else []
    return seeds if model != MAPPER["model"] or MAPPER["seed"] in seeds else [*seeds, MAPPER["seed"]]


def seeds_sharing_job(wildcards):
    """The other seeds whose networks the job of a seed trains, if it comes first."""
    seeds, size = used_seeds(wildcards.model), config["models"][wildcards.model].get("seeds_per_job", 1)
    if int(wildcards.seed) not in seeds:
        return []
    start = seeds.index(int(wildcards.seed)) // size * size
    return [seed for seed in seeds[start : start + size] if seed != int(wildcards.seed)]
