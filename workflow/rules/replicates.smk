# Stage 9: graphs of several networks, draws and parts of the images: tables with intervals, and how sure a graph is.
# With several networks or draws, tables over all of them; those that figures show are there in any case.
if len(MAPPER_SEEDS) > 1 or REPEATED:
    TABLES += [f"{MAPPED}/{name}.csv" for name in ("branching", "branching_agreement")]


# Over networks and draws: means of the tables of each network, with intervals.
rule average_tables:
    input:
        graphs=network_tables("purity"),
        classes=network_tables("class_purity"),
    output:
        graphs="<results>/mapper/{model}/purity.csv",
        classes="<results>/mapper/{model}/class_purity.csv",
    log:
        "<results>/logs/average_tables/{model}.log",
    benchmark:
        "<results>/benchmarks/average_tables/{model}.tsv"
    conda:
        "../../envs/mapper.yaml"
    params:
        columns=as_json(graphs=["sampling", "sigma", "layer"], classes=["sampling", "sigma", "layer", "class"]),
        code=code_digest("average_tables"),
    script:
        "../scripts/average_tables.py"


use rule average_tables as average_branching with:
    input:
        table=network_tables("branching"),
        agreement=network_tables("branching_agreement"),
    output:
        table="<results>/mapper/{model}/branching.csv",
        agreement="<results>/mapper/{model}/branching_agreement.csv",
    log:
        "<results>/logs/average_branching/{model}.log",
    benchmark:
        "<results>/benchmarks/average_branching/{model}.tsv"
    params:
        columns=as_json(
            table=["sampling", "layer", "class_a", "class_b"],
            agreement=["sampling_a", "layer_a", "sampling_b", "layer_b"],
        ),
        code=code_digest("average_tables"),


use rule average_tables as average_graph_distances with:
    input:
        table=network_tables("graph_distances"),
    output:
        table="<results>/mapper/{model}/graph_distances.csv",
    log:
        "<results>/logs/average_graph_distances/{model}.log",
    benchmark:
        "<results>/benchmarks/average_graph_distances/{model}.tsv"
    params:
        columns=as_json(table=["sampling", "layer_a", "layer_b"]),
        code=code_digest("average_tables"),


# Of every graph that there are others of: how sure its nodes, branches and cycles are.
rule measure_confidence:
    input:
        graphs=lambda wildcards: other_graphs(wildcards, "json")[0],
        memberships=lambda wildcards: other_graphs(wildcards, "npz")[0],
        # For graphs of parts of the images.
        points=lambda wildcards: (
            "<results>/points/{model}/seed{seed}/mapper.all.{sampling}.npz" if parts_of(wildcards.sampling) else []
        ),
    output:
        table="<results>/mapper/{model}/seed{seed}/{sampling}/layer{layer}.confidence.csv",
        confidence="<results>/mapper/{model}/seed{seed}/{sampling}/layer{layer}.confidence.json",
    log:
        "<results>/logs/measure_confidence/{model}.seed{seed}.{sampling}.layer{layer}.log",
    benchmark:
        "<results>/benchmarks/measure_confidence/{model}.seed{seed}.{sampling}.layer{layer}.tsv"
    conda:
        "../../envs/mapper.yaml"
    threads: 8
    resources:
        mem_mb=grows(16000),
        runtime=grows(480),
    params:
        sources=lambda wildcards: as_json(sources=other_graphs(wildcards, "npz")[1]),
        settings=lambda wildcards: as_json(
            **{key: MAPPER["confidence"][key] for key in ("jaccard", "branch", "share")},
            parts=parts_of(wildcards.sampling),
            seed=MAPPER["sampling_seed"],
        ),
        cover=lambda wildcards: COVER if parts_of(wildcards.sampling) else "",
        clusterer=lambda wildcards: CLUSTERER if parts_of(wildcards.sampling) else "",
        code=code_digest("measure_confidence"),
    script:
        "../scripts/measure_confidence.py"
