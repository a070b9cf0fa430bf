# Sensitivity to lost principal components, of our measure of similarity and of others.
show_figure_if(REFERENCES, "sensitivity", "similarity.sensitivity is null; give its keys")


# Distance of a network's clouds to themselves without some of their principal components.
rule measure_sensitivity:
    input:
        points=lambda wildcards: homology_files(
            "points", f"{wildcards.model}{wildcards.clouds}", [wildcards.seed], [0], sensitivity_layers()
        ),
    output:
        curves="<results>/similarity/{model}{clouds}/sensitivity/{metric}.seed{seed}.csv",
    log:
        "<results>/logs/measure_sensitivity/{model}{clouds}.{metric}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/measure_sensitivity/{model}{clouds}.{metric}.seed{seed}.tsv"
    wildcard_constraints:
        clouds=r"|\.pooled",
    conda:
        "../../envs/topology.yaml"
    threads: 8
    resources:
        mem_mb=grows(8000),
        runtime=minutes_of_metric,
    params:
        removal=as_json(
            layers=sensitivity_layers(),
            components=[name for name in COMPONENTS if name in SENSITIVITY["components"]],
            centred=SENSITIVITY["centered"],
            **(
                {"seed": SIMILARITY["seed"], "n_orders": SENSITIVITY["orders"]}
                if "random" in SENSITIVITY["components"]
                else {}
            ),
        ),
        settings=metric_settings,
        env=env_digest("topology"),
        code=code_digest("measure_sensitivity"),
    script:
        "../scripts/measure_sensitivity.py"


# Between the same layer of every two networks, by another measure of similarity.
rule metric_baselines:
    input:
        points=first_batch_points(METRIC_SEEDS),
    output:
        matrix="<results>/similarity/{model}/baselines/{metric}.npz",
    log:
        "<results>/logs/metric_baselines/{model}.{metric}.log",
    benchmark:
        "<results>/benchmarks/metric_baselines/{model}.{metric}.tsv"
    conda:
        "../../envs/topology.yaml"
    threads: 8
    resources:
        mem_mb=grows(8000),
        runtime=minutes_of_metric,
    params:
        order=as_json(layers=LAYERS, seeds=METRIC_SEEDS),
        settings=metric_settings,
        env=env_digest("topology"),
        code=code_digest("metric_baselines"),
    script:
        "../scripts/metric_baselines.py"


# Where each curve exceeds the distances to other networks (the baseline), and those between batches (the floor).
rule measure_detection:
    input:
        curves=[path for metric, seed in CURVES for path in curve_files([metric], [seed])],
        models="<results>/similarity/{model}/models.npz" if len(SEEDS) > 1 else [],
        baselines=collect("<results>/similarity/{{model}}/baselines/{metric}.npz", metric=METRICS),
        batches="<results>/similarity/{model}/batches.npz" if len(BATCHES) > 1 else [],
    output:
        sensitivity=report(
            "<results>/similarity/{model}/sensitivity.csv",
            caption="../report/table.rst",
            category="Homology, sensitivity (Fig. 7)",
            labels={"figure": "table of crossings"},
        ),
        by_network="<results>/similarity/{model}/sensitivity_by_network.csv",
    log:
        "<results>/logs/measure_detection/{model}.log",
    benchmark:
        "<results>/benchmarks/measure_detection/{model}.tsv"
    conda:
        "../../envs/topology.yaml"
    resources:
        mem_mb=grows(4000),
        runtime=grows(30),
    params:
        rivals=as_json(metrics=METRICS),
        references=as_json(seeds=REFERENCES, curves=[REFERENCES.index(seed) for _, seed in CURVES]),
        levels=as_json(quantile=SENSITIVITY["quantile"], level=SIMILARITY["level"]),
        outputs=HOMOLOGY_OUTPUTS,
        env=env_digest("topology"),
        code=code_digest("measure_detection"),
    script:
        "../scripts/measure_detection.py"


rule plot_sensitivity:
    input:
        curves=for_figure("sensitivity", curve_files(["sw"], REFERENCES, HOMOLOGY["model"])),
        detection=f"{SIMILARITY_FOLDER}/sensitivity.csv",
    output:
        png=report(
            "<results>/figures/sensitivity.png",
            caption="../report/sensitivity.rst",
            category="Homology, sensitivity (Fig. 7)",
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
        choice=as_json(dimension=config["figures"]["dimension"], layers=drawn_sensitivity_layers()),
        outputs=HOMOLOGY_OUTPUTS,
        env=env_digest("plot"),
        code=code_digest("plot_sensitivity"),
    script:
        "../scripts/plot_sensitivity.py"
