# Mapper graphs as functions of eps, of the samplings and layers of the stability.
show_figures(*(f"all_eps.{name}.layer{layer}" for name, layer in AT_ALL_EPS))
if not MAPPER["all_eps"]:
    LEFT_OUT["all_eps"] = "mapper.all_eps is null; give its keys"


# The same graph at every eps, from one tree for each interval.
rule measure_all_eps:
    input:
        points=graph_points,
        lens=LENS_FILE and LENS_FILE.replace("{draw}{noise}", ""),
        meta=f"<results>/data/{IMAGES}/meta.json",
    output:
        profile="<results>/mapper/{model}/seed{seed}/{sampling}/layer{layer}.all_eps.csv",
        segments="<results>/mapper/{model}/seed{seed}/{sampling}/layer{layer}.segments.csv",
        branches="<results>/mapper/{model}/seed{seed}/{sampling}/layer{layer}.branches.csv",
        graphs="<results>/mapper/{model}/seed{seed}/{sampling}/layer{layer}.all_eps.npz",
    log:
        "<results>/logs/measure_all_eps/{model}.seed{seed}.{sampling}.layer{layer}.log",
    benchmark:
        "<results>/benchmarks/measure_all_eps/{model}.seed{seed}.{sampling}.layer{layer}.tsv"
    conda:
        "../../envs/mapper.yaml"
    threads: 8
    resources:
        mem_mb=grows(16000),
        runtime=grows(120),
    params:
        cover=COVER,
        min_samples=MAPPER["min_samples"],
        all_eps=as_json(**MAPPER["all_eps"] or {}),
        env=env_digest("mapper"),
        code=code_digest("measure_all_eps"),
    script:
        "../scripts/measure_all_eps.py"


rule plot_all_eps:
    input:
        profile=for_figure("all_eps", f"{REFERENCE}/{{sampling}}/layer{{layer}}.all_eps.csv"),
        segments=f"{REFERENCE}/{{sampling}}/layer{{layer}}.segments.csv",
        branches=f"{REFERENCE}/{{sampling}}/layer{{layer}}.branches.csv",
        graph=f"{REFERENCE}/{{sampling}}/layer{{layer}}.json",
    output:
        png=report(
            "<results>/figures/all_eps.{sampling}.layer{layer}.png",
            caption="../report/all_eps.rst",
            category="Mapper, choice of parameters",
            labels=graph_labels("a graph at every eps"),
        ),
        svg="<results>/figures/all_eps.{sampling}.layer{layer}.svg",
    log:
        "<results>/logs/plot_all_eps/{sampling}.layer{layer}.log",
    benchmark:
        "<results>/benchmarks/plot_all_eps/{sampling}.layer{layer}.tsv"
    conda:
        "../../envs/plot.yaml"
    params:
        data=as_json(labelled=LABELLED),
        env=env_digest("plot"),
        code=code_digest("plot_all_eps"),
    script:
        "../scripts/plot_all_eps.py"
