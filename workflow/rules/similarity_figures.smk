# Figures of the homology study's statistics, and of its method.


rule plot_controls:
    input:
        tables=collect(f"<results>/similarity/{HOMOLOGY['model']}{{control}}/specificity.csv", control=CONTROLS),
    output:
        png=report(
            "<results>/figures/controls.png",
            caption="../report/controls.rst",
            category="Homology",
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
        choice=as_json(controls=SIMILARITY["controls"], dimension=config["figures"]["dimension"]),
        code=code_digest("plot_controls"),
    script:
        "../scripts/plot_controls.py"


rule plot_metrics:
    input:
        models=f"<results>/similarity/{HOMOLOGY['model']}/models.npz",
        rivals=collect(f"<results>/similarity/{HOMOLOGY['model']}/rivals/{{metric}}.npz", metric=RIVALS),
        curves=collect(f"<results>/similarity/{HOMOLOGY['model']}/sensitivity/{{metric}}.csv", metric=["sw", *RIVALS]),
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
        rivals=as_json(metrics=RIVALS),
        code=code_digest("plot_metrics"),
    script:
        "../scripts/plot_metrics.py"


rule plot_vietoris_rips:
    output:
        png=report(
            "<results>/figures/vietoris_rips.png",
            caption="../report/vietoris_rips.rst",
            category="Homology",
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
        code=code_digest("plot_vietoris_rips"),
    script:
        "../scripts/plot_vietoris_rips.py"
