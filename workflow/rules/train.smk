# Stage 2: networks. Those that are trained here have a curve to draw.
TRAINED = sorted(name for name in studied_models(config) if is_trained_here(config["models"][name]))
show_figures(*(f"training.{model}" for model in TRAINED))
TRAINED_HERE = one_of(name for name, model in config["models"].items() if is_trained_here(model))
TRAINING_IMAGES = {
    **{f"{part}_{kind}": images_of(f"{part}/{kind}.npy") for part in PARTS for kind in ("images", "labels")},
    "meta": images_of("meta.json"),
}


# One network per seed. With seeds_per_job the first of some jobs trains the networks of all, and the others take what
# they find: no change of seeds or of seeds_per_job touches a network that is there. A killed job goes on from its
# checkpoint, which is written once a minute and when the job is asked to end.
rule train_model:
    input:
        **TRAINING_IMAGES,
    output:
        weights="<results>/models/{model}/seed{seed}{epoch}.safetensors",
        metrics="<results>/models/{model}/seed{seed}{epoch}.json",
    log:
        "<results>/logs/train_model/{model}.seed{seed}{epoch}.log",
    benchmark:
        "<results>/benchmarks/train_model/{model}.seed{seed}{epoch}.tsv"
    wildcard_constraints:
        model=TRAINED_HERE,
        # None; an empty constraint is no constraint.
        epoch="()",
    conda:
        "../../envs/torch.yaml"
    threads: 8
    resources:
        gpu=gpu_count(),
        device=config["device"],
        mem_mb=grows(8000),
        runtime=minutes_of_training,
    params:
        network=lambda wildcards, output: network(wildcards.model),
        structure=lambda wildcards: structure(wildcards.model),
        recipe=lambda wildcards: recipe_of(wildcards.model),
        # Not tracked, since they name `output`.
        others=lambda wildcards, output: seeds_sharing_job(wildcards),
        keep=lambda wildcards, output: [epoch for epoch in kept_epochs(config["models"][wildcards.model]) if epoch > 0],
        keepers=lambda wildcards, output: seeds_by_epoch(wildcards.model),
        cuda_graph=lambda wildcards, output: config["models"][wildcards.model]["training"].get("cuda_graph", False),
        env=env_digest("torch"),
        code=code_digest("train_model"),
    script:
        "../scripts/train_model.py"


# A network at an epoch that is kept: what the training of the whole network left on its way. An epoch that is added later
# is trained again as far as that, and touches neither the network nor other epochs. A rule of its own, since Snakemake
# cannot stop after a rule (--until) that reads its own files.
use rule train_model as train_to_epoch with:
    input:
        **TRAINING_IMAGES,
        whole="<results>/models/{model}/seed{seed}.safetensors",
    log:
        "<results>/logs/train_to_epoch/{model}.seed{seed}{epoch}.log",
    benchmark:
        "<results>/benchmarks/train_to_epoch/{model}.seed{seed}{epoch}.tsv"
    wildcard_constraints:
        model=TRAINED_HERE,
        epoch=EPOCH,


# Weights that are trained already: read or downloaded, checked against the network, and kept like those of our own.
rule import_weights:
    input:
        meta=images_of("meta.json"),
    output:
        weights="<results>/models/{model}/seed{seed}.safetensors",
        metrics="<results>/models/{model}/seed{seed}.json",
    log:
        "<results>/logs/import_weights/{model}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/import_weights/{model}.seed{seed}.tsv"
    wildcard_constraints:
        model=one_of(name for name, model in config["models"].items() if not is_trained_here(model)),
    # Weights by name come from the internet, which compute nodes often do not have.
    localrule: any(model.get("weights") and not is_weight_file(model["weights"]) for model in config["models"].values())
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=grows(8000),
        runtime=grows(30),
    params:
        network=lambda wildcards, output: network(wildcards.model),
        structure=lambda wildcards: structure(wildcards.model),
        weights=lambda wildcards, output: config["models"][wildcards.model]["weights"],
        content=lambda wildcards: content_of_weights(config["models"][wildcards.model]["weights"]),
        env=env_digest("torch"),
        code=code_digest("import_weights"),
    script:
        "../scripts/import_weights.py"


rule plot_training:
    input:
        metrics=lambda wildcards: collect(
            "<results>/models/{model}/seed{seed}.json", model=wildcards.model, seed=used_seeds(wildcards.model)
        ),
    output:
        png=report(
            "<results>/figures/training.{model}.png",
            caption="../report/training.rst",
            category="Training",
            labels={"figure": "loss and accuracy", "network": "{model}"},
        ),
        svg="<results>/figures/training.{model}.svg",
    log:
        "<results>/logs/plot_training/{model}.log",
    benchmark:
        "<results>/benchmarks/plot_training/{model}.tsv"
    conda:
        "../../envs/plot.yaml"
    params:
        env=env_digest("plot"),
        code=code_digest("plot_training"),
    script:
        "../scripts/plot_training.py"
