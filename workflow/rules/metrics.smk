# Stage 6: other measures of similarity through the tests of ours, specificity and sensitivity to lost components.
show_figure_if(len(SEEDS) > 1, "metrics", ONE_NETWORK)


# Clouds whose rows are paired with those of the first network: at the positions that it took (matched), or means over
# all positions (pooled).
rule sample_paired_points:
    input:
        activations=[],
        weights="<results>/models/{model}/seed{seed}.safetensors",
        images=images_of("{part}/images.npy"),
        labels=images_of("{part}/labels.npy"),
        meta=images_of("meta.json"),
        reference=reference_points,
    output:
        points="<results>/points/{model}.{pairing}/seed{seed}/{study}.{subset}.{sampling}/layers{layers}.npz",
    log:
        "<results>/logs/sample_paired_points/{model}.{pairing}.seed{seed}.{study}.{subset}.{sampling}.layers{layers}.log",
    benchmark:
        "<results>/benchmarks/sample_paired_points/{model}.{pairing}.seed{seed}.{study}.{subset}.{sampling}.layers{layers}.tsv"
    wildcard_constraints:
        study=one_of({"homology"}.difference(KEPT)),
        pairing="matched|pooled",
    conda:
        "../../envs/torch.yaml"
    threads: 8
    resources:
        gpu=gpu_count(),
        device=config["device"],
        mem_mb=grows(8000),
        runtime=grows(30),
    params:
        network=lambda wildcards, output: network(wildcards.model),
        structure=lambda wildcards: structure(wildcards.model),
        batch_norm="",
        layers=own_layers,
        tap=tap_of,
        batches=batches_of,
        noise="",
        env=env_digest("torch"),
        code=code_digest("sample_paired_points"),
    script:
        "../scripts/sample_paired_points.py"


# The same clouds where the study's activations are kept: from these, without the network and without a GPU.
use rule sample_paired_points as sample_kept_paired_points with:
    input:
        activations=ancient(kept_activations),
        sums=kept_sums,
        labels=images_of("{part}/labels.npy"),
        reference=reference_points,
    log:
        "<results>/logs/sample_kept_paired_points/{model}.{pairing}.seed{seed}.{study}.{subset}.{sampling}.layers{layers}.log",
    benchmark:
        "<results>/benchmarks/sample_kept_paired_points/{model}.{pairing}.seed{seed}.{study}.{subset}.{sampling}.layers{layers}.tsv"
    wildcard_constraints:
        study=one_of({"homology"}.intersection(KEPT)),
        pairing="matched|pooled",
    threads: 1
    resources:
        mem_mb=grows(8000),
        runtime=grows(30),
    params:
        layers=own_layers,
        env=env_digest("torch"),
        code=code_digest("sample_paired_points"),


# Of the first network to itself and to others, by a measure of similarity, on the networks' own or on paired clouds.
rule metric_distances:
    input:
        points=lambda wildcards: first_batch_points(METRIC_SEEDS, wildcards.clouds)(wildcards),
    output:
        matrix="<results>/similarity/{model}{clouds}/rivals/{metric}.npz",
    log:
        "<results>/logs/metric_distances/{model}{clouds}.{metric}.log",
    benchmark:
        "<results>/benchmarks/metric_distances/{model}{clouds}.{metric}.tsv"
    wildcard_constraints:
        clouds=r"|\.matched|\.pooled",
    conda:
        "../../envs/topology.yaml"
    threads: 8
    resources:
        mem_mb=memory_of_metric,
        runtime=minutes_of_metric,
    params:
        order=as_json(layers=LAYERS, seeds=METRIC_SEEDS),
        settings=distance_settings,
        env=env_digest("topology"),
        code=code_digest("metric_distances"),
    script:
        "../scripts/metric_distances.py"


# Every measure of similarity in both tests: specificity with the same networks, and what it takes to be noticed.
rule compare_metrics:
    input:
        models="<results>/similarity/{model}/models.npz",
        scaled="<results>/similarity/{model}.scaled/models.npz",
        rivals=rival_files("{model}"),
        curves=[path for _, path in compared_curves("{model}")],
        points=first_batch_points(SEEDS[:1]),
    output:
        metrics=report(
            "<results>/similarity/{model}/metrics.csv",
            caption="../report/table.rst",
            category="Homology, other measures of similarity",
            labels={"figure": "table of measures"},
        ),
        specificity="<results>/similarity/{model}/specificity_by_metric.csv",
    log:
        "<results>/logs/compare_metrics/{model}.log",
    benchmark:
        "<results>/benchmarks/compare_metrics/{model}.tsv"
    conda:
        "../../envs/topology.yaml"
    threads: 8
    resources:
        mem_mb=grows(4000),
        runtime=grows(60),
    params:
        rivals=as_json(files=RIVALS, curves=[clouds for clouds, _ in compared_curves("")]),
        tests=TESTS,
        outputs=HOMOLOGY_OUTPUTS,
        env=env_digest("topology"),
        code=code_digest("compare_metrics"),
    script:
        "../scripts/compare_metrics.py"


rule plot_metrics:
    input:
        models=for_figure("metrics", f"{SIMILARITY_FOLDER}/models.npz"),
        scaled=f"{SIMILARITY_FOLDER}.scaled/models.npz",
        rivals=rival_files(HOMOLOGY["model"]),
        curves=curve_files(["sw", "sw_scaled", *METRICS], REFERENCES[:1], HOMOLOGY["model"]),
        specificity=f"{SIMILARITY_FOLDER}/specificity_by_metric.csv",
    output:
        png=report(
            "<results>/figures/metrics.png",
            caption="../report/metrics.rst",
            category="Homology, other measures of similarity",
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
        rivals=as_json(files=RIVALS),
        outputs=HOMOLOGY_OUTPUTS,
        env=env_digest("plot"),
        code=code_digest("plot_metrics"),
    script:
        "../scripts/plot_metrics.py"
