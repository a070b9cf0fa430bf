# Figures, each as PNG and SVG, with the paper's number in the caption. A setting under `figures` redraws one of them.
REFERENCE = f"<results>/mapper/{MAPPER['model']}/seed{MAPPER['seed']}"

# The first sampling that goes by the foreground, for Fig. 4.
SEEING_NAME = next((name for name in SAMPLINGS if SAMPLINGS[name]["method"] == "foreground"), None)
SEEING = SAMPLINGS.get(SEEING_NAME)
# Dendrograms of the classes: of random positions where there are some.
FIGURE_SAMPLING = next((name for name in SAMPLINGS if SAMPLINGS[name]["method"] == "random"), next(iter(SAMPLINGS)))

# Distances between networks need two of them.
NAMES = ["vietoris_rips", "diagrams", "layer_distances", "sensitivity"]
NAMES += ["nested_circles", "mapper_graphs", "purity", "branching"]
NAMES += ["eps_choice"] if MAPPER["eps"] == "knee" else []
NAMES += ["noise", "noisy_graphs"] if NOISY else []
NAMES += ["foreground"] if SEEING else []
NAMES += ["specificity", "metrics", *(["controls"] if SIMILARITY["controls"] else [])] if len(SEEDS) > 1 else []
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
