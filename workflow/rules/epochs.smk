# Stages 5 and 8 by epoch of training: how topology forms. Networks that are kept on their way have points, diagrams and
# graphs as those at the end, which are the last epoch here; epoch 0 is the control `untrained`.
HOMOLOGY_EPOCHS = study_epochs(HOMOLOGY["model"])
MAPPER_EPOCHS = study_epochs(MAPPER["model"])
NOT_KEPT = "no network of the {} study is kept at epochs; give models.{}.training.keep"
show_figure_if(HOMOLOGY_EPOCHS, "epochs", NOT_KEPT.format("homology", HOMOLOGY["model"]))
show_figure_if(MAPPER_EPOCHS, "epoch_purity", NOT_KEPT.format("mapper", MAPPER["model"]))


# Distances of every network to itself at the end, beside those between networks and between batches of images; and the
# specificity and the accuracy of each epoch.
rule measure_epochs:
    input:
        diagrams=lambda wildcards: [
            path
            for epoch in HOMOLOGY_EPOCHS
            for path in homology_files(
                "diagrams", f"{wildcards.model}{in_training(wildcards.model, epoch)}", EPOCH_SEEDS, [0]
            )
        ],
        specificity=lambda wildcards: [
            epoch_specificity(wildcards.model, epoch) for epoch in (HOMOLOGY_EPOCHS if len(EPOCH_SEEDS) > 1 else [])
        ],
        models=["<results>/similarity/{model}/models.npz"] if len(SEEDS) > 1 else [],
        batches=["<results>/similarity/{model}/batches.npz"] if len(BATCHES) > 1 else [],
        metrics=lambda wildcards: [
            f"<results>/models/{wildcards.model}/seed{seed}{in_training(wildcards.model, epoch)}.json"
            for epoch in HOMOLOGY_EPOCHS
            for seed in (EPOCH_SEEDS if epoch > 0 else [])
        ],
    output:
        table=report(
            "<results>/similarity/{model}/epochs.csv",
            caption="../report/table.rst",
            category="Homology, while training",
            labels={"figure": "table of epochs"},
        ),
    log:
        "<results>/logs/measure_epochs/{model}.log",
    benchmark:
        "<results>/benchmarks/measure_epochs/{model}.tsv"
    conda:
        "../../envs/topology.yaml"
    threads: 8
    resources:
        mem_mb=grows(4000),
        runtime=grows(30),
    params:
        order=as_json(epochs=HOMOLOGY_EPOCHS, seeds=EPOCH_SEEDS, layers=LAYERS, dimensions=HOMOLOGY["dimensions"]),
        distance=DISTANCE,
        level=SIMILARITY["level"],
        outputs=HOMOLOGY_OUTPUTS,
        env=env_digest("topology"),
        code=code_digest("measure_epochs"),
    script:
        "../scripts/measure_epochs.py"


# At an epoch at which there are more networks, of those that are kept at all epochs.
use rule measure_specificity as measure_kept_specificity with:
    output:
        table="<results>/similarity/{model}{control}/kept_specificity.csv",
    log:
        "<results>/logs/measure_kept_specificity/{model}{control}.log",
    benchmark:
        "<results>/benchmarks/measure_kept_specificity/{model}{control}.tsv"
    params:
        networks=as_json(seeds=EPOCH_SEEDS),
        tests=TESTS,
        outputs=HOMOLOGY_OUTPUTS,
        env=env_digest("topology"),
        code=code_digest("measure_specificity"),


rule plot_epochs:
    input:
        table=for_figure("epochs", f"{SIMILARITY_FOLDER}/epochs.csv"),
    output:
        png=report(
            "<results>/figures/epochs.png",
            caption="../report/epochs.rst",
            category="Homology, while training",
            labels={"figure": "how diagrams form in training"},
        ),
        svg="<results>/figures/epochs.svg",
    log:
        "<results>/logs/plot_epochs.log",
    benchmark:
        "<results>/benchmarks/plot_epochs.tsv"
    conda:
        "../../envs/plot.yaml"
    params:
        choice=as_json(layers=LAYERS, dimension=config["figures"]["dimension"]),
        outputs=HOMOLOGY_OUTPUTS,
        env=env_digest("plot"),
        code=code_digest("plot_epochs"),
    script:
        "../scripts/plot_epochs.py"


# The graphs of clean images and of the first draw, at every epoch.
use rule measure_purity as measure_epoch_purity with:
    input:
        graphs=lambda wildcards: epoch_graphs(wildcards.model, "json"),
        memberships=lambda wildcards: epoch_graphs(wildcards.model, "npz"),
        meta=f"<results>/data/{IMAGES}/meta.json",
    output:
        graphs="<results>/mapper/{model}/seed{seed}/epoch_purity.csv",
        classes="<results>/mapper/{model}/seed{seed}/epoch_class_purity.csv",
    log:
        "<results>/logs/measure_epoch_purity/{model}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/measure_epoch_purity/{model}.seed{seed}.tsv"
    params:
        order=as_json(graphs=[{**graph, "epoch": epoch} for epoch in MAPPER_EPOCHS for graph in graph_columns(GRAPHS)]),
        null=as_json(n_permutations=MAPPER["permutations"], seed=MAPPER["sampling_seed"]),
        uncovered=MAPPER["uncovered"],
        env=env_digest("mapper"),
        code=code_digest("measure_purity"),


use rule average_tables as average_epoch_purity with:
    input:
        graphs=network_tables("epoch_purity", MAPPER_EPOCH_SEEDS),
        classes=network_tables("epoch_class_purity", MAPPER_EPOCH_SEEDS),
    output:
        graphs=report(
            "<results>/mapper/{model}/epoch_purity.csv",
            caption="../report/table.rst",
            category="Mapper, while training",
            labels={"figure": "table of purity by epoch"},
        ),
        classes="<results>/mapper/{model}/epoch_class_purity.csv",
    log:
        "<results>/logs/average_epoch_purity/{model}.log",
    benchmark:
        "<results>/benchmarks/average_epoch_purity/{model}.tsv"
    params:
        outputs=MAPPER_OUTPUTS,
        columns=as_json(
            graphs=["sampling", "sigma", "layer", "epoch"],
            classes=["sampling", "sigma", "layer", "epoch", "class"],
        ),
        env=env_digest("mapper"),
        code=code_digest("average_tables"),


rule plot_epoch_purity:
    input:
        table=for_figure("epoch_purity", f"{MAPPED}/epoch_purity.csv"),
    output:
        png=report(
            "<results>/figures/epoch_purity.png",
            caption="../report/epoch_purity.rst",
            category="Mapper, while training",
            labels={"figure": "how purity forms in training"},
        ),
        svg="<results>/figures/epoch_purity.svg",
    log:
        "<results>/logs/plot_epoch_purity.log",
    benchmark:
        "<results>/benchmarks/plot_epoch_purity.tsv"
    conda:
        "../../envs/plot.yaml"
    params:
        layers=as_json(order=LAYER_AXIS, names=list(OUTPUT_NAMES.items())),
        env=env_digest("plot"),
        code=code_digest("plot_epoch_purity"),
    script:
        "../scripts/plot_epoch_purity.py"
