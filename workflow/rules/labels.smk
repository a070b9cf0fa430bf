# Stage 8, continued: mapper graphs by labels of images that users bring.
TABLES += [f"{MAPPED}/label_purity.{label}.csv" for label in LABELS]


# All graphs of one network, of every draw: a row for each graph, measure and class.
rule measure_label_purity:
    input:
        graphs=graph_files("json", ALL_GRAPHS),
        memberships=graph_files("npz", ALL_GRAPHS),
        files=f"<results>/data/{IMAGES}/{MAPPER['part']}/files.csv",
    output:
        table="<results>/mapper/{model}/seed{seed}/label_purity.{label}.csv",
    log:
        "<results>/logs/measure_label_purity/{model}.seed{seed}.{label}.log",
    benchmark:
        "<results>/benchmarks/measure_label_purity/{model}.seed{seed}.{label}.tsv"
    wildcard_constraints:
        label=one_of(LABELS),
    conda:
        "../../envs/mapper.yaml"
    resources:
        mem_mb=grows(8000),
        runtime=grows(30),
    params:
        order=as_json(graphs=graph_columns(ALL_GRAPHS)),
        labels=lambda wildcards: as_json(**label_choice(wildcards.label)),
        # Not tracked: what the table holds decides, and not where it is.
        place=lambda wildcards, output: os.path.expanduser(LABELS[wildcards.label]["file"]),
        null=as_json(n_permutations=MAPPER["permutations"], seed=MAPPER["sampling_seed"]),
        uncovered=MAPPER["uncovered"],
        env=env_digest("mapper"),
        code=code_digest("measure_label_purity"),
    script:
        "../scripts/measure_label_purity.py"


use rule average_tables as average_label_purity with:
    input:
        table=network_tables("label_purity.{label}"),
    output:
        table="<results>/mapper/{model}/label_purity.{label}.csv",
    log:
        "<results>/logs/average_label_purity/{model}.{label}.log",
    benchmark:
        "<results>/benchmarks/average_label_purity/{model}.{label}.tsv"
    params:
        outputs=MAPPER_OUTPUTS,
        columns=as_json(table=["sampling", "sigma", "layer", "kind", "measure", "class"]),
        env=env_digest("mapper"),
        code=code_digest("average_tables"),
