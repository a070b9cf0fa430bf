# Mapper graphs of point clouds, and what is measured on them.


rule build_mapper:
    input:
        points="<results>/points/{model}/seed{seed}/mapper.all.{sampling}{noise}.npz",
        meta=f"<results>/data/{DATASET}/meta.json",
    output:
        graph="<results>/mapper/{model}/seed{seed}/{sampling}{noise}/layer{layer}.json",
        membership="<results>/mapper/{model}/seed{seed}/{sampling}{noise}/layer{layer}.npz",
    log:
        "<results>/logs/build_mapper/{model}.seed{seed}.{sampling}{noise}.layer{layer}.log",
    benchmark:
        "<results>/benchmarks/build_mapper/{model}.seed{seed}.{sampling}{noise}.layer{layer}.tsv"
    conda:
        "../../envs/mapper.yaml"
    threads: 8
    resources:
        mem_mb=grows(16000),
        runtime=grows(240),
    params:
        cover=as_json(**{key: MAPPER[key] for key in ("intervals", "overlap", "convention")}),
        clusterer=as_json(**{key: MAPPER[key] for key in ("eps", "min_samples", "clusterer")}),
        code=code_digest("build_mapper"),
    script:
        "../scripts/build_mapper.py"


# All graphs of one network in two tables: one row a graph, one row a graph and class.
rule measure_purity:
    input:
        graphs=graph_files("json", GRAPHS + NOISY),
        memberships=graph_files("npz", GRAPHS + NOISY),
        meta=f"<results>/data/{DATASET}/meta.json",
    output:
        graphs="<results>/mapper/{model}/seed{seed}/purity.csv",
        classes="<results>/mapper/{model}/seed{seed}/class_purity.csv",
    log:
        "<results>/logs/measure_purity/{model}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/measure_purity/{model}.seed{seed}.tsv"
    conda:
        "../../envs/mapper.yaml"
    resources:
        mem_mb=grows(8000),
        runtime=grows(60),
    params:
        order=as_json(graphs=GRAPHS + NOISY),
        null=as_json(n_permutations=MAPPER["permutations"], seed=MAPPER["sampling_seed"]),
        uncovered=MAPPER["uncovered"],
        code=code_digest("measure_purity"),
    script:
        "../scripts/measure_purity.py"
