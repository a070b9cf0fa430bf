# What mapper graphs say, and their export.


# Where on the lens the classes part, in every graph, and whether graphs agree on it.
rule measure_branching:
    input:
        graphs=graph_files("json", GRAPHS),
        memberships=graph_files("npz", GRAPHS),
        meta=f"<results>/data/{IMAGES}/meta.json",
    output:
        levels="<results>/mapper/{model}/seed{seed}/branching.npz",
        table="<results>/mapper/{model}/seed{seed}/branching.csv",
        agreement="<results>/mapper/{model}/seed{seed}/branching_agreement.csv",
    log:
        "<results>/logs/measure_branching/{model}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/measure_branching/{model}.seed{seed}.tsv"
    conda:
        "../../envs/mapper.yaml"
    resources:
        mem_mb=grows(8000),
        runtime=grows(60),
    params:
        order=as_json(graphs=GRAPHS),
        placing=as_json(**MAPPER["branching"]),
        seed=MAPPER["sampling_seed"],
        code=code_digest("measure_branching"),
    script:
        "../scripts/measure_branching.py"


# Distances of graphs of neighbouring layers of the list, by the images that their nodes share.
rule measure_graph_distances:
    input:
        memberships=graph_files("npz", GRAPHS),
    output:
        table="<results>/mapper/{model}/seed{seed}/graph_distances.csv",
        flows="<results>/mapper/{model}/seed{seed}/graph_flows.npz",
    log:
        "<results>/logs/measure_graph_distances/{model}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/measure_graph_distances/{model}.seed{seed}.tsv"
    conda:
        "../../envs/mapper.yaml"
    resources:
        mem_mb=grows(8000),
        runtime=grows(120),
    params:
        order=as_json(graphs=GRAPHS),
        null=as_json(n_permutations=20, seed=MAPPER["sampling_seed"]),
        code=code_digest("measure_graph_distances"),
    script:
        "../scripts/measure_graph_distances.py"


# The same graph with other parameters, and on random parts of the images.
rule measure_stability:
    input:
        points="<results>/points/{model}/seed{seed}/mapper.all.{sampling}.npz",
        graph="<results>/mapper/{model}/seed{seed}/{sampling}/layer{layer}.json",
    output:
        grid="<results>/mapper/{model}/seed{seed}/{sampling}/layer{layer}.grid.csv",
        samples="<results>/mapper/{model}/seed{seed}/{sampling}/layer{layer}.samples.csv",
    log:
        "<results>/logs/measure_stability/{model}.seed{seed}.{sampling}.layer{layer}.log",
    benchmark:
        "<results>/benchmarks/measure_stability/{model}.seed{seed}.{sampling}.layer{layer}.tsv"
    conda:
        "../../envs/mapper.yaml"
    threads: 8
    resources:
        mem_mb=grows(16000),
        runtime=grows(480),
    params:
        settings=as_json(
            **{key: MAPPER["stability"][key] for key in ("intervals", "overlaps", "eps", "samples", "share")},
            seed=MAPPER["sampling_seed"],
        ),
        cover=COVER,
        min_samples=MAPPER["min_samples"],
        code=code_digest("measure_stability"),
    script:
        "../scripts/measure_stability.py"


# For networkx and Gephi, KeplerMapper and MapperInteractive.
rule export_graph:
    input:
        points="<results>/points/{model}/seed{seed}/mapper.all.{sampling}{noise}.npz",
        membership="<results>/mapper/{model}/seed{seed}/{sampling}{noise}/layer{layer}.npz",
        meta=f"<results>/data/{IMAGES}/meta.json",
    output:
        graph="<results>/mapper/{model}/seed{seed}/{sampling}{noise}/layer{layer}.{format}",
    log:
        "<results>/logs/export_graph/{model}.seed{seed}.{sampling}{noise}.layer{layer}.{format}.log",
    benchmark:
        "<results>/benchmarks/export_graph/{model}.seed{seed}.{sampling}{noise}.layer{layer}.{format}.tsv"
    wildcard_constraints:
        format=r"graphml|(keplermapper|mapper_interactive)\.json",
    conda:
        "../../envs/mapper.yaml"
    resources:
        mem_mb=grows(8000),
        runtime=grows(60),
    params:
        code=code_digest("export_graph"),
    script:
        "../scripts/export_graph.py"
