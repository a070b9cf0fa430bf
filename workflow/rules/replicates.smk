# Stage 9: graphs of several networks, draws and parts of the images: tables with intervals, and how sure a graph is.
# With several networks or draws, tables over all of them; those that figures show are there in any case.
if HAS_BRANCHING and (len(MAPPER_SEEDS) > 1 or REPEATED):
    TABLES += [f"{MAPPED}/{name}.csv" for name in ("branching", "branching_agreement")]
show_figure_if(COMPARISONS, "graph_comparisons", "mapper.comparisons names nothing that the run has twice")
AGAINST = " and ".join(filter(None, [", ".join(COMPARISONS[:-1]), *COMPARISONS[-1:]]))


# Over networks and draws: means of the tables of each network, with intervals.
rule average_tables:
    input:
        graphs=network_tables("purity"),
        classes=network_tables("class_purity"),
    output:
        graphs=report(
            "<results>/mapper/{model}/purity.csv",
            caption="../report/table.rst",
            category="Mapper, purity (Fig. 12)",
            labels={"figure": "table of purity"},
        ),
        classes=report(
            "<results>/mapper/{model}/class_purity.csv",
            caption="../report/table.rst",
            category="Mapper, purity (Fig. 12)",
            labels={"figure": "table of purity by class"},
        ),
    log:
        "<results>/logs/average_tables/{model}.log",
    benchmark:
        "<results>/benchmarks/average_tables/{model}.tsv"
    conda:
        "../../envs/mapper.yaml"
    params:
        outputs=MAPPER_OUTPUTS,
        columns=as_json(graphs=["sampling", "sigma", "layer"], classes=["sampling", "sigma", "layer", "class"]),
        env=env_digest("mapper"),
        code=code_digest("average_tables"),
    script:
        "../scripts/average_tables.py"


use rule average_tables as average_branching with:
    input:
        table=network_tables("branching"),
        agreement=network_tables("branching_agreement"),
    output:
        table=report(
            "<results>/mapper/{model}/branching.csv",
            caption="../report/table.rst",
            category="Mapper, from layer to layer",
            labels={"figure": "table of branching"},
        ),
        agreement="<results>/mapper/{model}/branching_agreement.csv",
    log:
        "<results>/logs/average_branching/{model}.log",
    benchmark:
        "<results>/benchmarks/average_branching/{model}.tsv"
    params:
        outputs=MAPPER_OUTPUTS,
        columns=as_json(
            table=["sampling", "layer", "class_a", "class_b"],
            agreement=["sampling_a", "layer_a", "sampling_b", "layer_b"],
        ),
        # Two classes merge in some graphs only.
        conditional=as_json(table={"level": "merge_share"}),
        env=env_digest("mapper"),
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
        outputs=MAPPER_OUTPUTS,
        columns=as_json(table=["sampling", "layer_a", "layer_b"]),
        env=env_digest("mapper"),
        code=code_digest("average_tables"),


# Of every graph that there are others of: how sure its nodes, branches and cycles are.
rule measure_confidence:
    input:
        graphs=lambda wildcards: other_graphs(wildcards, "json")[0],
        memberships=lambda wildcards: other_graphs(wildcards, "npz")[0],
        # For graphs of parts of the images.
        points=lambda wildcards: graph_points(wildcards) if parts_of(wildcards.sampling) else [],
        lens=lambda wildcards: (
            LENS_FILE.replace("{draw}{noise}", "") if LENS_FILE and parts_of(wildcards.sampling) else []
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
        runtime=grows(240),
    params:
        sources=lambda wildcards: as_json(sources=other_graphs(wildcards, "npz")[1]),
        settings=lambda wildcards: as_json(
            **{key: MAPPER["confidence"][key] for key in ("jaccard", "branch")},
            **({"share": MAPPER["confidence"]["share"]} if parts_of(wildcards.sampling) else {}),
            parts=parts_of(wildcards.sampling),
            seed=MAPPER["sampling_seed"],
        ),
        cover=lambda wildcards: COVER if parts_of(wildcards.sampling) else "",
        clusterer=lambda wildcards: CLUSTERER if parts_of(wildcards.sampling) else "",
        env=env_digest("mapper"),
        code=code_digest("measure_confidence"),
    script:
        "../scripts/measure_confidence.py"


# Graphs of clean and noisy images, of two samplings, of two draws, and of a network and the first.
rule compare_graphs:
    input:
        graphs=lambda wildcards: compared_graphs(wildcards, "json"),
        memberships=lambda wildcards: compared_graphs(wildcards, "npz"),
        accuracy=lambda wildcards: (
            "<results>/mapper/{model}/seed{seed}/noisy_accuracy.csv" if has_noisy_accuracy(wildcards.model) else []
        ),
    output:
        table="<results>/mapper/{model}/seed{seed}/graph_comparisons.csv",
    log:
        "<results>/logs/compare_graphs/{model}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/compare_graphs/{model}.seed{seed}.tsv"
    conda:
        "../../envs/mapper.yaml"
    resources:
        mem_mb=grows(16000),
        runtime=grows(240),
    params:
        order=lambda wildcards: as_json(
            graphs=graph_columns(COMPARED), others=graph_columns(GRAPHS) if is_compared_with_first(wildcards) else []
        ),
        settings=as_json(
            kinds=COMPARISONS,
            jaccard=MAPPER["confidence"]["jaccard"][0],
            branch=MAPPER["confidence"]["branch"],
            permutations=MAPPER["permutations"],
            seed=MAPPER["sampling_seed"],
        ),
        env=env_digest("mapper"),
        code=code_digest("compare_graphs"),
    script:
        "../scripts/compare_graphs.py"


use rule average_tables as average_comparisons with:
    input:
        table=network_tables("graph_comparisons"),
    output:
        table=report(
            "<results>/mapper/{model}/graph_comparisons.csv",
            caption="../report/table.rst",
            category="Mapper, graphs compared",
            labels={"figure": "table of comparisons"},
        ),
    log:
        "<results>/logs/average_comparisons/{model}.log",
    benchmark:
        "<results>/benchmarks/average_comparisons/{model}.tsv"
    params:
        outputs=MAPPER_OUTPUTS,
        columns=as_json(table=["kind", "sampling_a", "sampling_b", "layer", "sigma"]),
        env=env_digest("mapper"),
        code=code_digest("average_tables"),


# The noise of the mapper study, on test images.
rule measure_noisy_accuracy:
    input:
        weights="<results>/models/{model}/seed{seed}.safetensors",
        images=f"<results>/data/{IMAGES}/test/images.npy",
        labels=f"<results>/data/{IMAGES}/test/labels.npy",
        meta=f"<results>/data/{IMAGES}/meta.json",
    output:
        table="<results>/mapper/{model}/seed{seed}/noisy_accuracy.csv",
    log:
        "<results>/logs/measure_noisy_accuracy/{model}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/measure_noisy_accuracy/{model}.seed{seed}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 8
    resources:
        gpu=gpu_count(),
        device=config["device"],
        mem_mb=grows(8000),
        runtime=grows(60),
    params:
        network=lambda wildcards, output: network(wildcards.model),
        structure=lambda wildcards: structure(wildcards.model),
        noise=as_json(sigmas=NOISE["sigmas"], units=NOISE["units"], seed=MAPPER["sampling_seed"]),
        env=env_digest("torch"),
        code=code_digest("measure_noisy_accuracy"),
    script:
        "../scripts/measure_noisy_accuracy.py"


rule plot_graph_comparisons:
    input:
        table=for_figure("graph_comparisons", f"{MAPPED}/graph_comparisons.csv"),
    output:
        png=report(
            "<results>/figures/graph_comparisons.png",
            caption="../report/graph_comparisons.rst",
            category="Mapper, graphs compared",
            labels={"figure": f"graphs against {AGAINST}"},
        ),
        svg="<results>/figures/graph_comparisons.svg",
    log:
        "<results>/logs/plot_graph_comparisons.log",
    benchmark:
        "<results>/benchmarks/plot_graph_comparisons.tsv"
    conda:
        "../../envs/plot.yaml"
    params:
        layers=as_json(order=LAYER_AXIS, names=list(OUTPUT_NAMES.items())),
        env=env_digest("plot"),
        code=code_digest("plot_graph_comparisons"),
    script:
        "../scripts/plot_graph_comparisons.py"
