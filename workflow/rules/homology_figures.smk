# Figures of the homology study, each as PNG and SVG. A setting under `figures` redraws one of them.


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


rule plot_diagrams:
    input:
        diagrams=f"<results>/diagrams/{HOMOLOGY['model']}/seed{SEEDS[0]}.batch0.npz",
    output:
        png=report(
            "<results>/figures/diagrams.png",
            caption="../report/diagrams.rst",
            category="Homology",
            labels={"figure": "persistence diagrams by layer"},
        ),
        svg="<results>/figures/diagrams.svg",
    log:
        "<results>/logs/plot_diagrams.log",
    benchmark:
        "<results>/benchmarks/plot_diagrams.tsv"
    conda:
        "../../envs/plot.yaml"
    params:
        order=as_json(layers=LAYERS, dimensions=HOMOLOGY["dimensions"]),
        code=code_digest("plot_diagrams"),
    script:
        "../scripts/plot_diagrams.py"


rule plot_sensitivity:
    input:
        curves=f"<results>/similarity/{HOMOLOGY['model']}/sensitivity/sw.csv",
        detection=f"<results>/similarity/{HOMOLOGY['model']}/sensitivity.csv" if len(SEEDS) > 1 else [],
    output:
        png=report(
            "<results>/figures/sensitivity.png",
            caption="../report/sensitivity.rst",
            category="Homology",
            labels={"figure": "sensitivity (Fig. 7)"},
        ),
        svg="<results>/figures/sensitivity.svg",
    log:
        "<results>/logs/plot_sensitivity.log",
    benchmark:
        "<results>/benchmarks/plot_sensitivity.tsv"
    conda:
        "../../envs/plot.yaml"
    params:
        dimension=config["figures"]["dimension"],
        code=code_digest("plot_sensitivity"),
    script:
        "../scripts/plot_sensitivity.py"
