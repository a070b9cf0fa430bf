# Stage 4: persistence diagrams.
FIGURES += figure_files("vietoris_rips", "diagrams")


# Persistence diagrams of all layers of one network on one batch of images; for the control, of Gaussian clouds with the
# means and covariances of the network's.
rule compute_diagrams:
    input:
        points=lambda wildcards: (
            f"<results>/points/{wildcards.model}{wildcards.control.removesuffix('.gaussian')}/seed{wildcards.seed}/"
            f"homology.batch{wildcards.batch}.{HOMOLOGY['sampling']}.npz"
        ),
    output:
        diagrams="<results>/diagrams/{model}{control}/seed{seed}.batch{batch}.npz",
    log:
        "<results>/logs/compute_diagrams/{model}{control}.seed{seed}.batch{batch}.log",
    benchmark:
        "<results>/benchmarks/compute_diagrams/{model}{control}.seed{seed}.batch{batch}.tsv"
    wildcard_constraints:
        control=r"|\.(untrained|gaussian)",
    conda:
        "../../envs/topology.yaml"
    threads: 8
    resources:
        mem_mb=grows(8000),
        runtime=grows(60),
    params:
        layers=as_json(layers=study_layers("homology", HOMOLOGY["model"])),
        dimensions=as_json(dimensions=HOMOLOGY["dimensions"]),
        gaussian=lambda wildcards: as_json(seed=SIMILARITY["seed"]) if wildcards.control == ".gaussian" else "",
        code=code_digest("compute_diagrams"),
    script:
        "../scripts/compute_diagrams.py"


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


rule plot_vietoris_rips:
    output:
        png=report(
            "<results>/figures/vietoris_rips.png",
            caption="../report/vietoris_rips.rst",
            category="Homology",
            labels={"figure": "from points to a diagram (Fig. 2)"},
        ),
        svg="<results>/figures/vietoris_rips.svg",
    log:
        "<results>/logs/plot_vietoris_rips.log",
    benchmark:
        "<results>/benchmarks/plot_vietoris_rips.tsv"
    conda:
        "../../envs/topology.yaml"
    params:
        code=code_digest("plot_vietoris_rips"),
    script:
        "../scripts/plot_vietoris_rips.py"
