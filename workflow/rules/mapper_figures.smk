# Figures of the mapper study, each as PNG and SVG.


rule plot_mapper_graphs:
    input:
        graphs=collect(f"{REFERENCE}/{{sampling}}/layer{{layer}}.json", sampling=SAMPLINGS, layer=MAPPER["layers"]),
        meta=f"<results>/data/{DATASET}/meta.json",
    output:
        png=report(
            "<results>/figures/mapper_graphs.png",
            caption="../report/mapper_graphs.rst",
            category="Mapper",
            labels={"figure": "graphs by layer (Fig. 8)"},
        ),
        svg="<results>/figures/mapper_graphs.svg",
    log:
        "<results>/logs/plot_mapper_graphs.log",
    benchmark:
        "<results>/benchmarks/plot_mapper_graphs.tsv"
    conda:
        "../../envs/plot.yaml"
    params:
        order=as_json(samplings=list(SAMPLINGS), layers=MAPPER["layers"]),
        code=code_digest("plot_mapper_graphs"),
    script:
        "../scripts/plot_mapper_graphs.py"


rule plot_purity:
    input:
        graphs=f"{REFERENCE}/purity.csv",
        classes=f"{REFERENCE}/class_purity.csv",
        meta=f"<results>/data/{DATASET}/meta.json",
    output:
        png=report(
            "<results>/figures/purity.png",
            caption="../report/purity.rst",
            category="Mapper",
            labels={"figure": "purity by layer (Fig. 12)"},
        ),
        svg="<results>/figures/purity.svg",
    log:
        "<results>/logs/plot_purity.log",
    benchmark:
        "<results>/benchmarks/plot_purity.tsv"
    conda:
        "../../envs/plot.yaml"
    params:
        purity_class=as_json(name=config["figures"]["purity_class"]),
        code=code_digest("plot_purity"),
    script:
        "../scripts/plot_purity.py"
