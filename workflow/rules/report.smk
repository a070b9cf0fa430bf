# Stage 10: every headline number of the run beside the paper's, and a page to look at its results.


rule summarise:
    input:
        meta=f"<results>/data/{IMAGES}/meta.json",
        homology_metrics=collect(f"<results>/models/{HOMOLOGY['model']}/seed{{seed}}.json", seed=SEEDS),
        mapper_metrics=collect(f"<results>/models/{MAPPER['model']}/seed{{seed}}.json", seed=MAPPER_SEEDS),
        layers=f"{SIMILARITY_FOLDER}/layers.csv",
        specificity=(
            collect(f"{SIMILARITY_FOLDER}{{control}}/specificity.csv", control=SUFFIXES) if len(SEEDS) > 1 else []
        ),
        controls=f"{SIMILARITY_FOLDER}/controls.csv" if CONTROLS and len(SEEDS) > 1 else [],
        metrics=f"{SIMILARITY_FOLDER}/metrics.csv" if len(SEEDS) > 1 else [],
        sensitivity=f"{SIMILARITY_FOLDER}/sensitivity.csv" if REFERENCES else [],
        graphs=f"{MAPPED}/purity.csv",
        classes=f"{MAPPED}/class_purity.csv",
        foreground=f"<results>/data/{IMAGES}/{MAPPER['part']}/foreground.json" if FOREGROUND_SAMPLING else [],
    output:
        summary=report(
            "<results>/summary.json",
            caption="../report/summary.rst",
            category="Summary",
            labels={"figure": "headline numbers"},
        ),
        captions=collect("<results>/captions/{name}.rst", name=CAPTIONS),
    log:
        "<results>/logs/summarise.log",
    benchmark:
        "<results>/benchmarks/summarise.tsv"
    conda:
        "../../envs/plot.yaml"
    params:
        studies=as_json(
            run=config["run"],
            homology=HOMOLOGY | {"layers": LAYERS},
            controls=CONTROLS,
            mapper={key: MAPPER[key] for key in ("model", "draws", "part")}
            | {"layers": MAPPER_LAYERS, "seeds": MAPPER_SEEDS},
            n_batches=len(BATCHES),
            layer_names=layer_names(),
            dimension=config["figures"]["dimension"],
            sensitivity_layers=drawn_sensitivity_layers(),
        ),
        env=env_digest("plot"),
        code=code_digest("summarise"),
    script:
        "../scripts/summarise.py"


# Distances between layers as the explorer shows them, from all that the run has of them.
rule gather_distances:
    input:
        batches=f"{SIMILARITY_FOLDER}/layers.npz",
        models=collect(f"{SIMILARITY_FOLDER}{{control}}/models.npz", control=SUFFIXES) if len(SEEDS) > 1 else [],
        rivals=rival_files(HOMOLOGY["model"]) if len(SEEDS) > 1 else [],
        specificity=(
            collect(f"{SIMILARITY_FOLDER}{{control}}/specificity.csv", control=SUFFIXES) if len(SEEDS) > 1 else []
        ),
        by_metric=[f"{SIMILARITY_FOLDER}/specificity_by_metric.csv"] if len(SEEDS) > 1 else [],
        calibration=collect(
            f"{SIMILARITY_FOLDER}/calibration.{{kind}}.csv",
            kind=SURROGATE_KINDS,
        ),
        curves=curve_files(["sw", *METRICS], REFERENCES[:1], HOMOLOGY["model"]),
        detection=f"{SIMILARITY_FOLDER}/sensitivity.csv" if REFERENCES else [],
        diagrams=explored_diagram_files(),
        points=homology_files("points", HOMOLOGY["model"], SEEDS[:1], [0]),
        epochs=[f"{SIMILARITY_FOLDER}/epochs.csv"] if HOMOLOGY_EPOCHS else [],
        pair=pair_tables(),
    output:
        documents="<results>/similarity/explored.json",
    log:
        "<results>/logs/gather_distances.log",
    benchmark:
        "<results>/benchmarks/gather_distances.tsv"
    conda:
        "../../envs/plot.yaml"
    resources:
        mem_mb=grows(4000),
        runtime=grows(20),
    params:
        order=explored_distances(),
        env=env_digest("plot"),
        code=code_digest("gather_distances"),
    script:
        "../scripts/gather_distances.py"


# One page for a browser, with everything in it. It shows the configuration by which it was made and the times of the jobs
# that had ended by then; neither makes it again.
rule build_explorer:
    input:
        graphs=explored_files("json"),
        memberships=explored_files("npz"),
        at_all_eps=reference_graphs("all_eps.npz", [(name, "", layer) for name, layer in AT_ALL_EPS]),
        confidence=reference_graphs("confidence.json", CONFIDENT),
        predictions=once(filter(None, explored_predictions())),
        points=once(sum(explored_points(), [])),
        fields=(
            [path for tap in samplings_by_fields() for path in receptive_fields(MAPPER["model"], tap, MAPPER_LAYERS)]
            if MASKED
            else []
        ),
        graphs_purity=f"{MAPPED}/purity.csv",
        classes_purity=f"{MAPPED}/class_purity.csv",
        distances="<results>/similarity/explored.json",
        networks=[path for _, path in noted_networks()],
        images=f"<results>/data/{IMAGES}/{MAPPER['part']}/images.npy",
        labels=f"<results>/data/{IMAGES}/{MAPPER['part']}/labels.npy",
        files=f"<results>/data/{IMAGES}/{MAPPER['part']}/files.csv",
        meta=f"<results>/data/{IMAGES}/meta.json",
    output:
        page=report(
            "<results>/explorer.html",
            caption="../report/explorer.rst",
            category="Explorer",
            labels={"figure": "graphs, distances and purity to look at"},
        ),
    log:
        "<results>/logs/build_explorer.log",
    benchmark:
        "<results>/benchmarks/build_explorer.tsv"
    conda:
        "../../envs/plot.yaml"
    resources:
        mem_mb=grows(8000),
        runtime=grows(60),
    params:
        order=explorer_order(),
        # Not tracked: what the tables hold decides, and not where they are.
        tables=lambda wildcards, output: [os.path.expanduser(item["file"]) for item in LABELS.values()],
        benchmarks=f"{RESULTS}/benchmarks",
        page=page_digest(),
        env=env_digest("plot"),
        code=code_digest("build_explorer"),
    script:
        "../scripts/build_explorer.py"
