# Stage 6: other measures of similarity through the tests of ours, specificity and sensitivity to lost components.
FIGURES += figure_files(*(["metrics"] if len(SEEDS) > 1 else []))


# Of the first network to itself and to others, by another measure of similarity.
rule metric_distances:
    input:
        points=first_batch_points(METRIC_SEEDS),
    output:
        matrix="<results>/similarity/{model}/rivals/{metric}.npz",
    log:
        "<results>/logs/metric_distances/{model}.{metric}.log",
    benchmark:
        "<results>/benchmarks/metric_distances/{model}.{metric}.tsv"
    conda:
        "../../envs/topology.yaml"
    threads: 8
    resources:
        mem_mb=grows(8000),
        runtime=grows(720),
    params:
        order=as_json(layers=LAYERS, seeds=METRIC_SEEDS),
        settings=metric_settings,
        code=code_digest("metric_distances"),
    script:
        "../scripts/metric_distances.py"


# Every measure of similarity in both tests: specificity with the same networks, and what it takes to be noticed.
rule compare_metrics:
    input:
        models="<results>/similarity/{model}/models.npz",
        rivals=collect("<results>/similarity/{{model}}/rivals/{metric}.npz", metric=METRICS),
        curves=curve_files(["sw", *METRICS], SEEDS[:1]),
        points=first_batch_points(SEEDS[:1]),
    output:
        metrics="<results>/similarity/{model}/metrics.csv",
        specificity="<results>/similarity/{model}/specificity_by_metric.csv",
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
        rivals=as_json(metrics=METRICS),
        tests=TESTS,
        code=code_digest("compare_metrics"),
    script:
        "../scripts/compare_metrics.py"


rule plot_metrics:
    input:
        models=f"<results>/similarity/{HOMOLOGY['model']}/models.npz",
        rivals=collect(f"<results>/similarity/{HOMOLOGY['model']}/rivals/{{metric}}.npz", metric=METRICS),
        curves=curve_files(["sw", *METRICS], SEEDS[:1], HOMOLOGY["model"]),
        specificity=f"<results>/similarity/{HOMOLOGY['model']}/specificity_by_metric.csv",
        sensitivity=f"<results>/similarity/{HOMOLOGY['model']}/sensitivity.csv",
    output:
        png=report(
            "<results>/figures/metrics.png",
            caption="../report/metrics.rst",
            category="Homology",
            labels={"figure": "measures of similarity compared"},
        ),
        svg="<results>/figures/metrics.svg",
    log:
        "<results>/logs/plot_metrics.log",
    benchmark:
        "<results>/benchmarks/plot_metrics.tsv"
    conda:
        "../../envs/plot.yaml"
    params:
        rivals=as_json(metrics=METRICS),
        code=code_digest("plot_metrics"),
    script:
        "../scripts/plot_metrics.py"
