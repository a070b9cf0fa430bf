# How the results of both tests depend on the points, the directions and the networks.
POWER = SIMILARITY["power"] if len(SEEDS) > 1 else None
show_figure_if(POWER, "power", "similarity.power is null; give its keys" if len(SEEDS) > 1 else ONE_NETWORK)


# From the clouds and diagrams that are there; diagrams of parts of the clouds are computed on the way.
rule power_distances:
    input:
        points=first_batch_points(SEEDS),
        batch_points=lambda wildcards: homology_files("points", wildcards.model, SEEDS[:1], BATCHES),
        diagrams=lambda wildcards: homology_files("diagrams", wildcards.model, SEEDS, [0]),
        batch_diagrams=batch_diagrams,
    output:
        distances="<results>/similarity/{model}/power.npz",
    log:
        "<results>/logs/power_distances/{model}.log",
    benchmark:
        "<results>/benchmarks/power_distances/{model}.tsv"
    conda:
        "../../envs/topology.yaml"
    threads: 8
    resources:
        mem_mb=grows(8000),
        runtime=grows(240),
    params:
        order=as_json(layers=LAYERS, seeds=SEEDS, batches=BATCHES, dimensions=HOMOLOGY["dimensions"]),
        removal=as_json(
            layers=sensitivity_layers(),
            centred=SENSITIVITY["centered"],
        ),
        power=as_json(
            usual_directions=SIMILARITY["directions"],
            seed=SIMILARITY["seed"],
            **varied_in_power(),
        ),
        env=env_digest("topology"),
        code=code_digest("power_distances"),
    script:
        "../scripts/power_distances.py"


rule measure_power:
    input:
        distances="<results>/similarity/{model}/power.npz",
        models="<results>/similarity/{model}/models.npz",
    output:
        table=report(
            "<results>/similarity/{model}/power.csv",
            caption="../report/table.rst",
            category="Homology, power",
            labels={"figure": "table of power"},
        ),
    log:
        "<results>/logs/measure_power/{model}.log",
    benchmark:
        "<results>/benchmarks/measure_power/{model}.tsv"
    conda:
        "../../envs/topology.yaml"
    resources:
        mem_mb=grows(4000),
        runtime=grows(30),
    params:
        draw=as_json(
            usual_directions=SIMILARITY["directions"],
            **{key: SIMILARITY[key] for key in ("level", "seed")},
            **{key: POWER[key] for key in ("subsets",) if POWER},
        ),
        outputs=HOMOLOGY_OUTPUTS,
        env=env_digest("topology"),
        code=code_digest("measure_power"),
    script:
        "../scripts/measure_power.py"


rule plot_power:
    input:
        table=for_figure("power", f"{SIMILARITY_FOLDER}/power.csv"),
    output:
        png=report(
            "<results>/figures/power.png",
            caption="../report/power.rst",
            category="Homology, power",
            labels={"figure": "power: points, directions and networks"},
        ),
        svg="<results>/figures/power.svg",
    log:
        "<results>/logs/plot_power.log",
    benchmark:
        "<results>/benchmarks/plot_power.tsv"
    conda:
        "../../envs/plot.yaml"
    params:
        env=env_digest("plot"),
        code=code_digest("plot_power"),
    script:
        "../scripts/plot_power.py"
