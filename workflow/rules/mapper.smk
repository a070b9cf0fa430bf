# Mapper graphs of point clouds, and what is measured on them.
COVER = as_json(**{key: MAPPER[key] for key in ("intervals", "overlap", "convention")})
CLUSTERER = as_json(**{key: MAPPER[key] for key in ("eps", "min_samples", "clusterer")})


rule build_mapper:
    input:
        points="<results>/points/{model}/seed{seed}/mapper.all.{sampling}{noise}.npz",
        # Of a graph in one job neither: it chooses eps and clusters all intervals itself.
        eps=interval_jobs("eps"),
        parts=interval_jobs(*(f"part{part}" for part in range(MAPPER["jobs"]))),
        meta=f"<results>/data/{IMAGES}/meta.json",
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
        cover=COVER,
        clusterer=CLUSTERER,
        code=code_digest("build_mapper"),
    script:
        "../scripts/build_mapper.py"


# A large graph in jobs that a cluster runs side by side: eps, then the intervals in parts. Joined, they are the graph
# that one job makes, bit for bit.
rule choose_eps:
    input:
        points="<results>/points/{model}/seed{seed}/mapper.all.{sampling}{noise}.npz",
    output:
        eps=temp("<results>/mapper/{model}/seed{seed}/{sampling}{noise}/layer{layer}.eps.npz"),
    log:
        "<results>/logs/choose_eps/{model}.seed{seed}.{sampling}{noise}.layer{layer}.log",
    benchmark:
        "<results>/benchmarks/choose_eps/{model}.seed{seed}.{sampling}{noise}.layer{layer}.tsv"
    conda:
        "../../envs/mapper.yaml"
    threads: 8
    resources:
        mem_mb=grows(16000),
        runtime=grows(240),
    params:
        clusterer=CLUSTERER,
        code=code_digest("choose_eps"),
    script:
        "../scripts/choose_eps.py"


rule cluster_intervals:
    input:
        points="<results>/points/{model}/seed{seed}/mapper.all.{sampling}{noise}.npz",
        eps="<results>/mapper/{model}/seed{seed}/{sampling}{noise}/layer{layer}.eps.npz",
    output:
        intervals=temp("<results>/mapper/{model}/seed{seed}/{sampling}{noise}/layer{layer}.part{part}.npz"),
    log:
        "<results>/logs/cluster_intervals/{model}.seed{seed}.{sampling}{noise}.layer{layer}.part{part}.log",
    benchmark:
        "<results>/benchmarks/cluster_intervals/{model}.seed{seed}.{sampling}{noise}.layer{layer}.part{part}.tsv"
    wildcard_constraints:
        part=r"\d+",
    conda:
        "../../envs/mapper.yaml"
    threads: 8
    resources:
        mem_mb=grows(16000),
        runtime=grows(240),
    params:
        cover=COVER,
        jobs=MAPPER["jobs"],
        code=code_digest("cluster_intervals"),
    script:
        "../scripts/cluster_intervals.py"


# All graphs of one network in two tables: one row a graph, one row a graph and class.
rule measure_purity:
    input:
        graphs=graph_files("json", GRAPHS + NOISY),
        memberships=graph_files("npz", GRAPHS + NOISY),
        meta=f"<results>/data/{IMAGES}/meta.json",
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
