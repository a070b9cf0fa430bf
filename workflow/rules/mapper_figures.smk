# Figures of the mapper study, each as PNG and SVG.
NOISY_SAMPLINGS = [name for name in SAMPLINGS if name in NOISE["samplings"]]
NOISE_LEVELS = ["", *(f".noise{float(sigma):.15g}" for sigma in NOISE["sigmas"])]


rule plot_mapper_graphs:
    input:
        graphs=reference_graphs("json", GRAPHS),
        meta=f"<results>/data/{IMAGES}/meta.json",
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
        order=as_json(rows=list(SAMPLINGS), columns=MAPPER_LAYERS),
        code=code_digest("plot_mapper_graphs"),
    script:
        "../scripts/plot_mapper_graphs.py"


# Of one or more layers, clean and with growing noise.
use rule plot_mapper_graphs as plot_noisy_graphs with:
    input:
        graphs=reference_graphs(
            "json",
            [(name, noise, layer) for name in NOISY_SAMPLINGS for layer in NOISE["layers"] for noise in NOISE_LEVELS],
        ),
        meta=f"<results>/data/{IMAGES}/meta.json",
    output:
        png=report(
            "<results>/figures/noisy_graphs.png",
            caption="../report/noisy_graphs.rst",
            category="Mapper",
            labels={"figure": "graphs of noisy images (Fig. 11)"},
        ),
        svg="<results>/figures/noisy_graphs.svg",
    log:
        "<results>/logs/plot_noisy_graphs.log",
    benchmark:
        "<results>/benchmarks/plot_noisy_graphs.tsv"
    params:
        order=as_json(
            rows=[f"{name}, layer {layer}" for name in NOISY_SAMPLINGS for layer in NOISE["layers"]],
            columns=["clean", *(f"σ = {float(sigma):g}" for sigma in NOISE["sigmas"])],
        ),
        code=code_digest("plot_mapper_graphs"),


# The last layers of several networks (Fig. 13).
use rule plot_mapper_graphs as plot_networks with:
    input:
        graphs=[
            f"<results>/mapper/{model}/seed{first_seed(model)}/{sampling}/layer{layer}.json"
            for sampling in SAMPLINGS
            for model, layer in NETWORKS.items()
        ],
        meta=f"<results>/data/{IMAGES}/meta.json",
    output:
        png=report(
            "<results>/figures/networks.png",
            caption="../report/networks.rst",
            category="Mapper",
            labels={"figure": "last layers of networks (Fig. 13)"},
        ),
        svg="<results>/figures/networks.svg",
    log:
        "<results>/logs/plot_networks.log",
    benchmark:
        "<results>/benchmarks/plot_networks.tsv"
    params:
        order=as_json(
            rows=list(SAMPLINGS),
            columns=[f"{model}\n{model_layers(model)[layer]['name']}" for model, layer in NETWORKS.items()],
        ),
        code=code_digest("plot_mapper_graphs"),


rule plot_purity:
    input:
        graphs=f"{REFERENCE}/purity.csv",
        classes=f"{REFERENCE}/class_purity.csv",
        meta=f"<results>/data/{IMAGES}/meta.json",
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
