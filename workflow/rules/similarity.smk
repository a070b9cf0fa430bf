# Stage 5: sliced-Wasserstein distances. Both axes are ordered as the config orders layers and seeds.
DISTANCE = as_json(
    n_directions=SIMILARITY["directions"],
    method=SIMILARITY["method"],
    **({"tolerance": SIMILARITY["tolerance"]} if SIMILARITY["method"] == "auto" else {}),
)
TESTS = as_json(
    n_permutations=SIMILARITY["permutations"],
    **{key: SIMILARITY[key] for key in ("level", "seed")},
)
show_figures("layer_distances")
# Distances between networks need two of them.
show_figure_if(len(SEEDS) > 1, "specificity", ONE_NETWORK)
NO_CONTROLS = "similarity.controls is empty; name some there" if len(SEEDS) > 1 else ONE_NETWORK
show_figure_if(CONTROLS and len(SEEDS) > 1, "controls", NO_CONTROLS)


# Between the layers of the first seed, batch by batch.
rule layer_distances:
    input:
        diagrams=batch_diagrams,
    output:
        matrix="<results>/similarity/{model}/layers.npz",
        table=report(
            "<results>/similarity/{model}/layers.csv",
            caption="../report/table.rst",
            category="Homology, distances between layers (Fig. 5)",
            labels={"figure": "table of distances between layers"},
        ),
    log:
        "<results>/logs/layer_distances/{model}.log",
    benchmark:
        "<results>/benchmarks/layer_distances/{model}.tsv"
    conda:
        "../../envs/topology.yaml"
    resources:
        mem_mb=grows(4000),
        runtime=grows(20),
    params:
        order=as_json(layers=LAYERS, batches=BATCHES, dimensions=HOMOLOGY["dimensions"]),
        distance=DISTANCE,
        outputs=HOMOLOGY_OUTPUTS,
        env=env_digest("topology"),
        code=code_digest("layer_distances"),
    script:
        "../scripts/layer_distances.py"


# Between all layers of all seeds, or of those that are looked at by epoch, on the first batch. Scaled: after dividing every cloud, and with it its diagrams, by
# its mean distance between points.
rule model_distances:
    input:
        diagrams=lambda wildcards: unscaled("diagrams", wildcards),
        points=points_to_scale,
    output:
        matrix="<results>/similarity/{model}{control}/models.npz",
    log:
        "<results>/logs/model_distances/{model}{control}.log",
    benchmark:
        "<results>/benchmarks/model_distances/{model}{control}.tsv"
    conda:
        "../../envs/topology.yaml"
    threads: 8
    resources:
        # A GPU compares grids alone.
        gpu=0 if SIMILARITY["method"] == "exact" else gpu_count(),
        device=config["device"],
        mem_mb=grows(8000),
        runtime=grows(60),
    params:
        order=lambda wildcards: as_json(
            layers=LAYERS, seeds=seeds_of(wildcards.control), dimensions=HOMOLOGY["dimensions"]
        ),
        distance=DISTANCE,
        env=env_digest("topology"),
        code=code_digest("model_distances"),
    script:
        "../scripts/model_distances.py"


# Between all layers of all batches of the first seed, in the same form: what the choice of images alone makes of them.
use rule model_distances as batch_distances with:
    input:
        diagrams=batch_diagrams,
        points=[],
    output:
        matrix="<results>/similarity/{model}/batches.npz",
    log:
        "<results>/logs/batch_distances/{model}.log",
    benchmark:
        "<results>/benchmarks/batch_distances/{model}.tsv"
    params:
        order=as_json(layers=LAYERS, batches=BATCHES, dimensions=HOMOLOGY["dimensions"]),
        distance=DISTANCE,
        env=env_digest("topology"),
        code=code_digest("model_distances"),


# How well one network's distances between layers foretell another's, with intervals and nulls.
rule measure_specificity:
    input:
        matrix="<results>/similarity/{model}{control}/models.npz",
        points=first_batch_points(SEEDS[:1]),
    output:
        table=report(
            "<results>/similarity/{model}{control}/specificity.csv",
            caption="../report/table.rst",
            category="Homology, specificity (Fig. 6)",
            labels={"figure": "table of specificity, {model}{control}"},
        ),
    log:
        "<results>/logs/measure_specificity/{model}{control}.log",
    benchmark:
        "<results>/benchmarks/measure_specificity/{model}{control}.tsv"
    conda:
        "../../envs/topology.yaml"
    threads: 8
    resources:
        mem_mb=grows(4000),
        runtime=grows(60),
    params:
        networks=lambda wildcards: as_json(seeds=seeds_of(wildcards.control)),
        tests=TESTS,
        outputs=HOMOLOGY_OUTPUTS,
        env=env_digest("topology"),
        code=code_digest("measure_specificity"),
    script:
        "../scripts/measure_specificity.py"


# The trained networks minus each control, pair by pair of the same networks.
rule compare_controls:
    input:
        matrices=collect("<results>/similarity/{{model}}{control}/models.npz", control=SUFFIXES),
        points=first_batch_points(SEEDS[:1]),
    output:
        table=report(
            "<results>/similarity/{model}/controls.csv",
            caption="../report/table.rst",
            category="Homology, specificity (Fig. 6)",
            labels={"figure": "table of trained networks minus controls"},
        ),
    log:
        "<results>/logs/compare_controls/{model}.log",
    benchmark:
        "<results>/benchmarks/compare_controls/{model}.tsv"
    conda:
        "../../envs/topology.yaml"
    resources:
        mem_mb=grows(4000),
        runtime=grows(30),
    params:
        tests=as_json(controls=CONTROLS, level=SIMILARITY["level"]),
        outputs=HOMOLOGY_OUTPUTS,
        env=env_digest("topology"),
        code=code_digest("compare_controls"),
    script:
        "../scripts/compare_controls.py"


rule plot_layer_distances:
    input:
        matrix=f"{SIMILARITY_FOLDER}/layers.npz",
    output:
        png=report(
            "<results>/figures/layer_distances.png",
            caption="../report/layer_distances.rst",
            category="Homology, distances between layers (Fig. 5)",
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
        outputs=HOMOLOGY_OUTPUTS,
        env=env_digest("plot"),
        code=code_digest("plot_layer_distances"),
    script:
        "../scripts/plot_layer_distances.py"


rule plot_specificity:
    input:
        matrix=for_figure("specificity", f"{SIMILARITY_FOLDER}/models.npz"),
    output:
        png=report(
            "<results>/figures/specificity.png",
            caption="../report/specificity.rst",
            category="Homology, specificity (Fig. 6)",
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
        outputs=HOMOLOGY_OUTPUTS,
        env=env_digest("plot"),
        code=code_digest("plot_specificity"),
    script:
        "../scripts/plot_specificity.py"


rule plot_controls:
    input:
        tables=for_figure("controls", collect(f"{SIMILARITY_FOLDER}{{control}}/specificity.csv", control=SUFFIXES)),
        differences=f"{SIMILARITY_FOLDER}/controls.csv",
    output:
        png=report(
            "<results>/figures/controls.png",
            caption="../report/controls.rst",
            category="Homology, specificity (Fig. 6)",
            labels={"figure": "specificity of networks and controls"},
        ),
        svg="<results>/figures/controls.svg",
    log:
        "<results>/logs/plot_controls.log",
    benchmark:
        "<results>/benchmarks/plot_controls.tsv"
    conda:
        "../../envs/plot.yaml"
    params:
        choice=as_json(controls=CONTROLS, dimension=config["figures"]["dimension"], layers=LAYERS),
        outputs=HOMOLOGY_OUTPUTS,
        env=env_digest("plot"),
        code=code_digest("plot_controls"),
    script:
        "../scripts/plot_controls.py"
