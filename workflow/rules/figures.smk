# Figures, each as PNG and SVG, with the paper's number in the caption. A setting under `figures` redraws one of them.
REFERENCE = f"<results>/mapper/{MAPPER['model']}/seed{MAPPER['seed']}"

# Fig. 6 compares two networks.
NAMES = ["layer_distances", *(["specificity"] if len(SEEDS) > 1 else []), "mapper_graphs", "purity"]
TRAINED = sorted({HOMOLOGY["model"], MAPPER["model"]})
FIGURES = collect(
    "<results>/figures/{name}.{kind}", name=[*NAMES, *(f"training.{model}" for model in TRAINED)], kind=["png", "svg"]
)


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
        code=code_digest("plot_training"),
    script:
        "../scripts/plot_training.py"


rule plot_layer_distances:
    input:
        matrix=f"<results>/similarity/{HOMOLOGY['model']}/layers.npz",
    output:
        png=report(
            "<results>/figures/layer_distances.png",
            caption="../report/layer_distances.rst",
            category="Homology",
            labels={"figure": "distances between layers (Fig. 5)"},
        ),
        svg="<results>/figures/layer_distances.svg",
    log:
        "<results>/logs/plot_layer_distances.log",
    benchmark:
        "<results>/benchmarks/plot_layer_distances.tsv"
    conda:
        "../../envs/plot.yaml"
    params:
        dimension=config["figures"]["dimension"],
        code=code_digest("plot_layer_distances"),
    script:
        "../scripts/plot_layer_distances.py"


rule plot_specificity:
    input:
        matrix=f"<results>/similarity/{HOMOLOGY['model']}/models.npz",
    output:
        png=report(
            "<results>/figures/specificity.png",
            caption="../report/specificity.rst",
            category="Homology",
            labels={"figure": "specificity (Fig. 6)"},
        ),
        svg="<results>/figures/specificity.svg",
    log:
        "<results>/logs/plot_specificity.log",
    benchmark:
        "<results>/benchmarks/plot_specificity.tsv"
    conda:
        "../../envs/plot.yaml"
    params:
        choice=as_json(**{key: config["figures"][key] for key in ("dimension", "row", "pair")}),
        code=code_digest("plot_specificity"),
    script:
        "../scripts/plot_specificity.py"


rule plot_mapper_graphs:
    input:
        graphs=collect(f"{REFERENCE}/{{sampling}}/layer{{layer}}.json", sampling=SAMPLINGS, layer=MAPPER["layers"]),
        meta=f"<results>/data/{DATASET}/meta.json",
    output:
        png=report(
            "<results>/figures/mapper_graphs.png",
            caption="../report/mapper_graphs.rst",
            category="Mapper",
            labels={"figure": "graphs by layer (Fig. 8)"},
        ),
        svg="<results>/figures/mapper_graphs.svg",
    log:
        "<results>/logs/plot_mapper_graphs.log",
    benchmark:
        "<results>/benchmarks/plot_mapper_graphs.tsv"
    conda:
        "../../envs/plot.yaml"
    params:
        order=as_json(samplings=list(SAMPLINGS), layers=MAPPER["layers"]),
        code=code_digest("plot_mapper_graphs"),
    script:
        "../scripts/plot_mapper_graphs.py"


rule plot_purity:
    input:
        graphs=f"{REFERENCE}/purity.csv",
        classes=f"{REFERENCE}/class_purity.csv",
        meta=f"<results>/data/{DATASET}/meta.json",
    output:
        png=report(
            "<results>/figures/purity.png",
            caption="../report/purity.rst",
            category="Mapper",
            labels={"figure": "purity by layer (Fig. 12)"},
        ),
        svg="<results>/figures/purity.svg",
    log:
        "<results>/logs/plot_purity.log",
    benchmark:
        "<results>/benchmarks/plot_purity.tsv"
    conda:
        "../../envs/plot.yaml"
    params:
        purity_class=as_json(name=config["figures"]["purity_class"]),
        code=code_digest("plot_purity"),
    script:
        "../scripts/plot_purity.py"
