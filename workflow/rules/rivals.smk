# Other measures of similarity through the tests of ours: specificity, and sensitivity to lost components.


# Of the first network to itself and to others, by another measure of similarity.
rule rival_distances:
    input:
        points=first_batch_points(RIVAL_SEEDS),
    output:
        matrix="<results>/similarity/{model}/rivals/{metric}.npz",
    log:
        "<results>/logs/rival_distances/{model}.{metric}.log",
    benchmark:
        "<results>/benchmarks/rival_distances/{model}.{metric}.tsv"
    conda:
        "../../envs/topology.yaml"
    threads: 8
    resources:
        mem_mb=grows(8000),
        runtime=grows(720),
    params:
        order=as_json(layers=LAYERS, seeds=RIVAL_SEEDS),
        settings=rival_settings,
        code=code_digest("rival_distances"),
    script:
        "../scripts/rival_distances.py"


# Distance of the first network's clouds to themselves without some of their principal components.
rule measure_sensitivity:
    input:
        points=first_batch_points(SEEDS[:1]),
    output:
        curves="<results>/similarity/{model}/sensitivity/{metric}.csv",
    log:
        "<results>/logs/measure_sensitivity/{model}.{metric}.log",
    benchmark:
        "<results>/benchmarks/measure_sensitivity/{model}.{metric}.tsv"
    conda:
        "../../envs/topology.yaml"
    threads: 8
    resources:
        mem_mb=grows(8000),
        runtime=grows(720),
    params:
        removal=as_json(
            layers=[
                layer
                for layer in study_layers("homology", HOMOLOGY["model"])
                if SENSITIVITY["layers"] == "all" or layer in SENSITIVITY["layers"]
            ],
            seed=SIMILARITY["seed"] if "random" in SENSITIVITY["components"] else 0,
            **{key: SENSITIVITY[key] for key in ("centered", "components")},
        ),
        settings=rival_settings,
        code=code_digest("measure_sensitivity"),
    script:
        "../scripts/measure_sensitivity.py"


# Every measure of similarity in both tests: specificity with the same networks, and what it takes to be noticed.
rule compare_metrics:
    input:
        models="<results>/similarity/{model}/models.npz",
        rivals=collect("<results>/similarity/{{model}}/rivals/{metric}.npz", metric=RIVALS),
        curves=collect("<results>/similarity/{{model}}/sensitivity/{metric}.csv", metric=["sw", *RIVALS]),
        points=first_batch_points(SEEDS[:1]),
    output:
        metrics="<results>/similarity/{model}/metrics.csv",
        specificity="<results>/similarity/{model}/specificity_by_metric.csv",
        sensitivity="<results>/similarity/{model}/sensitivity.csv",
    log:
        "<results>/logs/compare_metrics/{model}.log",
    benchmark:
        "<results>/benchmarks/compare_metrics/{model}.tsv"
    conda:
        "../../envs/topology.yaml"
    resources:
        mem_mb=grows(4000),
        runtime=grows(60),
    params:
        rivals=as_json(metrics=RIVALS),
        quantile=as_json(quantile=SENSITIVITY["quantile"]),
        tests=TESTS,
        code=code_digest("compare_metrics"),
    script:
        "../scripts/compare_metrics.py"
