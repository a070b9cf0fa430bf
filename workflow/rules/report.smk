# Stage 10: every headline number of the run beside the paper's.


rule summarise:
    input:
        meta=f"<results>/data/{IMAGES}/meta.json",
        homology_metrics=collect(f"<results>/models/{HOMOLOGY['model']}/seed{{seed}}.json", seed=SEEDS),
        mapper_metrics=collect(f"<results>/models/{MAPPER['model']}/seed{{seed}}.json", seed=MAPPER_SEEDS),
        layers=f"<results>/similarity/{HOMOLOGY['model']}/layers.csv",
        specificity=(
            collect(f"<results>/similarity/{HOMOLOGY['model']}{{control}}/specificity.csv", control=SUFFIXES)
            if len(SEEDS) > 1
            else []
        ),
        controls=f"<results>/similarity/{HOMOLOGY['model']}/controls.csv" if CONTROLS and len(SEEDS) > 1 else [],
        metrics=f"<results>/similarity/{HOMOLOGY['model']}/metrics.csv" if len(SEEDS) > 1 else [],
        sensitivity=f"<results>/similarity/{HOMOLOGY['model']}/sensitivity.csv",
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
    log:
        "<results>/logs/summarise.log",
    benchmark:
        "<results>/benchmarks/summarise.tsv"
    conda:
        "../../envs/plot.yaml"
    params:
        studies=as_json(
            run=config["run"],
            homology=config["homology"],
            controls=CONTROLS,
            mapper={**{key: MAPPER[key] for key in ("model", "draws", "part", "layers")}, "seeds": MAPPER_SEEDS},
            n_batches=len(BATCHES),
            layer_names=layer_names(),
        ),
        env=env_digest("plot"),
        code=code_digest("summarise"),
    script:
        "../scripts/summarise.py"
