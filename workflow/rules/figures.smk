# Figures, each as PNG and SVG, with the paper's number in the caption. A setting under `figures` redraws one of them.
# The first sampling that goes by the foreground, for Fig. 4.
SEEING_NAME = next((name for name in SAMPLINGS if SAMPLINGS[name]["method"] == "foreground"), None)
SEEING = SAMPLINGS.get(SEEING_NAME)
# Dendrograms of the classes: of random positions where there are some.
FIGURE_SAMPLING = next((name for name in SAMPLINGS if SAMPLINGS[name]["method"] == "random"), next(iter(SAMPLINGS)))

# Distances between networks need two of them.
NAMES = ["vietoris_rips", "diagrams", "layer_distances", "sensitivity"]
NAMES += ["nested_circles", "mapper_graphs", "purity", "branching"]
NAMES += ["graph_flow"] if len(MAPPER_LAYERS) > 1 else []
NAMES += ["eps_choice"] if MAPPER["eps"] == "knee" and MAPPER["clusterer"] == "dbscan" else []
NAMES += [
    f"stability.{name}.layer{layer}"
    for name, layers in MAPPER["stability"]["graphs"].items()
    if name in SAMPLINGS
    for layer in layers
]
NAMES += ["noise", "noisy_graphs"] if NOISY else []
NAMES += ["foreground"] if SEEING else []
NAMES += ["specificity", "metrics", *(["controls"] if SIMILARITY["controls"] else [])] if len(SEEDS) > 1 else []
NAMES += ["networks"] if NETWORKS else []
TRAINED = sorted(
    name for name in {HOMOLOGY["model"], MAPPER["model"], *NETWORKS} if config["models"][name].get("weights") is None
)
FIGURES = collect(
    "<results>/figures/{name}.{kind}", name=[*NAMES, *(f"training.{model}" for model in TRAINED)], kind=["png", "svg"]
)

ENDINGS = {"graphml": "graphml", "keplermapper": "keplermapper.json", "mapper_interactive": "mapper_interactive.json"}
EXPORTS = [
    f"{REFERENCE}/{name}{noise}/layer{layer}.{ENDINGS[kind]}"
    for name, noise, layer in GRAPHS + NOISY
    for kind in MAPPER["exports"]
]


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
