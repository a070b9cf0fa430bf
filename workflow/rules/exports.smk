# Stage 8, continued: mapper graphs in the formats of other programs.
EXPORTS = [
    f"{REFERENCE}/{FORMATS[kind].format(sampling=name, suffix=suffix, layer=layer)}"
    for kind in MAPPER["exports"]
    for name, suffix, layer in GRAPHS + NOISY
]


# For networkx and Gephi, and for KeplerMapper.
rule export_graph:
    input:
        points="<results>/points/{model}/seed{seed}/mapper.all.{sampling}{draw}{noise}.npz",
        lens=LENS_FILE,
        description="<results>/mapper/{model}/seed{seed}/{sampling}{draw}{noise}/layer{layer}.json",
        membership="<results>/mapper/{model}/seed{seed}/{sampling}{draw}{noise}/layer{layer}.npz",
        meta=f"<results>/data/{IMAGES}/meta.json",
    output:
        graph="<results>/mapper/{model}/seed{seed}/{sampling}{draw}{noise}/layer{layer}.{ending}",
    log:
        "<results>/logs/export_graph/{model}.seed{seed}.{sampling}{draw}{noise}.layer{layer}.{ending}.log",
    benchmark:
        "<results>/benchmarks/export_graph/{model}.seed{seed}.{sampling}{draw}{noise}.layer{layer}.{ending}.tsv"
    wildcard_constraints:
        ending=r"graphml|keplermapper\.json",
    conda:
        "../../envs/mapper.yaml"
    resources:
        mem_mb=grows(8000),
        runtime=grows(60),
    params:
        format=lambda wildcards: wildcards.ending.removesuffix(".json"),
        env=env_digest("mapper"),
        code=code_digest("export_graph"),
    script:
        "../scripts/export_graph.py"


# A folder to be copied under MapperInteractive's uploads: it lists the files of one folder by their names.
use rule export_graph as export_to_mapper_interactive with:
    output:
        graph="<results>/mapper/{model}/seed{seed}/mapper_interactive/mapper_{sampling}{draw}{noise}_layer{layer}.json",
    log:
        "<results>/logs/export_to_mapper_interactive/{model}.seed{seed}.{sampling}{draw}{noise}.layer{layer}.log",
    benchmark:
        "<results>/benchmarks/export_to_mapper_interactive/{model}.seed{seed}.{sampling}{draw}{noise}.layer{layer}.tsv"
    params:
        format="mapper_interactive",
        env=env_digest("mapper"),
        code=code_digest("export_graph"),
