# Stage 4: persistence diagrams.
show_figures("vietoris_rips", "diagrams")


# A control: Gaussian clouds with the means and covariances of a network's.
rule draw_gaussian_clouds:
    input:
        points=lambda wildcards: homology_files(
            "points", wildcards.model, [wildcards.seed], [wildcards.batch], layers_of_set(wildcards.layers)
        ),
    output:
        points="<results>/points/{model}.gaussian/seed{seed}/homology.batch{batch}.{sampling}/layers{layers}.npz",
    log:
        "<results>/logs/draw_gaussian_clouds/{model}.seed{seed}.batch{batch}.{sampling}.layers{layers}.log",
    benchmark:
        "<results>/benchmarks/draw_gaussian_clouds/{model}.seed{seed}.batch{batch}.{sampling}.layers{layers}.tsv"
    conda:
        "../../envs/topology.yaml"
    resources:
        mem_mb=grows(4000),
        runtime=grows(10),
    params:
        layers=lambda wildcards: own_layers(wildcards, "homology"),
        seed=SIMILARITY["seed"],
        env=env_digest("topology"),
        code=code_digest("draw_gaussian_clouds"),
    script:
        "../scripts/draw_gaussian_clouds.py"


# Persistence diagrams of some layers of one network, or control, on one batch of images: up to the highest dimension
# that is asked for, since a lower one costs little beside it.
rule compute_diagrams:
    input:
        points=lambda wildcards: homology_files(
            "points",
            f"{wildcards.model}{wildcards.control}",
            [wildcards.seed],
            [wildcards.batch],
            layers_of_set(wildcards.layers),
        ),
    output:
        diagrams="<results>/diagrams/{model}{control}/seed{seed}.batch{batch}/layers{layers}.npz",
    log:
        "<results>/logs/compute_diagrams/{model}{control}.seed{seed}.batch{batch}.layers{layers}.log",
    benchmark:
        "<results>/benchmarks/compute_diagrams/{model}{control}.seed{seed}.batch{batch}.layers{layers}.tsv"
    wildcard_constraints:
        control=rf"{IN_TRAINING}|\.gaussian",
    conda:
        "../../envs/topology.yaml"
    threads: 8
    resources:
        # As of others in its group: of jobs side by side it must be the same.
        device=config["device"],
        mem_mb=grows(8000),
        runtime=grows(20),
    params:
        layers=lambda wildcards: own_layers(wildcards, "homology"),
        max_dimension=max(HOMOLOGY["dimensions"]),
        env=env_digest("topology"),
        code=code_digest("compute_diagrams"),
    script:
        "../scripts/compute_diagrams.py"


rule plot_diagrams:
    input:
        diagrams=lambda wildcards: homology_files("diagrams", HOMOLOGY["model"], SEEDS[:1], [0]),
    output:
        png=report(
            "<results>/figures/diagrams.png",
            caption="../report/diagrams.rst",
            category="Homology, diagrams (Fig. 2)",
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
        outputs=HOMOLOGY_OUTPUTS,
        env=env_digest("plot"),
        code=code_digest("plot_diagrams"),
    script:
        "../scripts/plot_diagrams.py"


rule plot_vietoris_rips:
    output:
        png=report(
            "<results>/figures/vietoris_rips.png",
            caption="../report/vietoris_rips.rst",
            category="Homology, diagrams (Fig. 2)",
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
        env=env_digest("topology"),
        code=code_digest("plot_vietoris_rips"),
    script:
        "../scripts/plot_vietoris_rips.py"
