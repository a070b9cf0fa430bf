# Stage 8: what mapper graphs say. Dendrograms of the classes are drawn of random positions where there are some.
FIGURE_SAMPLING = next((name for name in SAMPLINGS if SAMPLINGS[name]["method"] == "random"), next(iter(SAMPLINGS)))
# Images without labels have no classes: their tables of purity have the sizes of graphs alone.
HAS_BRANCHING = LABELLED and MAPPER["branching"] is not None
show_figure_if(LABELLED, "purity", UNLABELLED)
show_figure_if(HAS_BRANCHING, "branching", "mapper.branching is null; give its keys" if LABELLED else UNLABELLED)
show_figure_if(len(MAPPER_LAYERS) > 1, "graph_flow", "mapper.layers is one layer; give two")
for name, layers in dict(MAPPER["stability"]["graphs"]).items():
    if name in SAMPLINGS:
        show_figures(*(f"stability.{name}.layer{layer}" for layer in layers))


# All graphs of one network, of every draw, in two tables: one row a graph, one row a graph and class.
rule measure_purity:
    input:
        graphs=graph_files("json", ALL_GRAPHS),
        memberships=graph_files("npz", ALL_GRAPHS),
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
        runtime=grows(30),
    params:
        order=as_json(graphs=graph_columns(ALL_GRAPHS)),
        null=as_json(n_permutations=MAPPER["permutations"], seed=MAPPER["sampling_seed"]),
        uncovered=MAPPER["uncovered"],
        env=env_digest("mapper"),
        code=code_digest("measure_purity"),
    script:
        "../scripts/measure_purity.py"


# Where on the lens the classes part, in every graph, and whether graphs agree on it.
rule measure_branching:
    input:
        graphs=graph_files("json", GRAPHS + REPEATED),
        memberships=graph_files("npz", GRAPHS + REPEATED),
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
        runtime=grows(30),
    params:
        order=as_json(graphs=graph_columns(GRAPHS + REPEATED)),
        placing=as_json(**MAPPER["branching"] or {}),
        seed=MAPPER["sampling_seed"],
        env=env_digest("mapper"),
        code=code_digest("measure_branching"),
    script:
        "../scripts/measure_branching.py"


# Distances of graphs of neighbouring layers of the list, by the images that their nodes share.
rule measure_graph_distances:
    input:
        memberships=graph_files("npz", GRAPHS + REPEATED),
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
        runtime=grows(60),
    params:
        order=as_json(graphs=graph_columns(GRAPHS + REPEATED)),
        null=as_json(n_permutations=MAPPER["permutations"], seed=MAPPER["sampling_seed"]),
        env=env_digest("mapper"),
        code=code_digest("measure_graph_distances"),
    script:
        "../scripts/measure_graph_distances.py"


# The same graph with other parameters, and on random parts of the images.
rule measure_stability:
    input:
        points=graph_points,
        lens=LENS_FILE and LENS_FILE.replace("{noise}", ""),
        graph="<results>/mapper/{model}/seed{seed}/{sampling}{draw}/layer{layer}.json",
    output:
        grid="<results>/mapper/{model}/seed{seed}/{sampling}{draw}/layer{layer}.grid.csv",
        samples="<results>/mapper/{model}/seed{seed}/{sampling}{draw}/layer{layer}.samples.csv",
    log:
        "<results>/logs/measure_stability/{model}.seed{seed}.{sampling}{draw}.layer{layer}.log",
    benchmark:
        "<results>/benchmarks/measure_stability/{model}.seed{seed}.{sampling}{draw}.layer{layer}.tsv"
    conda:
        "../../envs/mapper.yaml"
    threads: 8
    resources:
        mem_mb=grows(16000),
        runtime=grows(240),
    params:
        settings=as_json(
            **{key: MAPPER["stability"][key] for key in ("intervals", "overlaps", "eps", "samples", "share")},
            seed=MAPPER["sampling_seed"],
        ),
        cover=COVER,
        clusterer=CLUSTERER,
        env=env_digest("mapper"),
        code=code_digest("measure_stability"),
    script:
        "../scripts/measure_stability.py"


rule plot_purity:
    input:
        graphs=for_figure("purity", f"{MAPPED}/purity.csv"),
        classes=f"{MAPPED}/class_purity.csv",
        meta=f"<results>/data/{IMAGES}/meta.json",
    output:
        png=report(
            "<results>/figures/purity.png",
            caption="../report/purity.rst",
            category="Mapper, purity (Fig. 12)",
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
        layers=as_json(order=LAYER_AXIS, names=list(OUTPUT_NAMES.items())),
        env=env_digest("plot"),
        code=code_digest("plot_purity"),
    script:
        "../scripts/plot_purity.py"


rule plot_branching:
    input:
        levels=for_figure("branching", f"{REFERENCE}/branching.npz"),
        agreement=f"{REFERENCE}/branching_agreement.csv",
        meta=f"<results>/data/{IMAGES}/meta.json",
    output:
        png=report(
            "<results>/figures/branching.png",
            caption="../report/branching.rst",
            category="Mapper, from layer to layer",
            labels={"figure": "where classes part"},
        ),
        svg="<results>/figures/branching.svg",
    log:
        "<results>/logs/plot_branching.log",
    benchmark:
        "<results>/benchmarks/plot_branching.tsv"
    conda:
        "../../envs/plot.yaml"
    params:
        order=as_json(
            sampling=FIGURE_SAMPLING,
            layers=MAPPER_LAYERS,
            names=list(OUTPUT_NAMES.items()),
            classes=config["figures"]["classes"],
        ),
        # With two lenses, levels are those of the first.
        lens=LENS_LABEL and LENS_LABELS[0],
        env=env_digest("plot"),
        code=code_digest("plot_branching"),
    script:
        "../scripts/plot_branching.py"


rule plot_graph_flow:
    input:
        table=for_figure("graph_flow", f"{MAPPED}/graph_distances.csv"),
        flows=f"{REFERENCE}/graph_flows.npz",
        graphs=reference_graphs("json", [(FIGURE_SAMPLING, "", layer) for layer in MAPPER_LAYERS[:2]]),
        meta=f"<results>/data/{IMAGES}/meta.json",
    output:
        png=report(
            "<results>/figures/graph_flow.png",
            caption="../report/graph_flow.rst",
            category="Mapper, from layer to layer",
            labels={"figure": "distances of graphs of neighbouring layers"},
        ),
        svg="<results>/figures/graph_flow.svg",
    log:
        "<results>/logs/plot_graph_flow.log",
    benchmark:
        "<results>/benchmarks/plot_graph_flow.tsv"
    conda:
        "../../envs/plot.yaml"
    params:
        order=as_json(
            sampling=FIGURE_SAMPLING,
            layers=MAPPER_LAYERS[:2],
            axis=LAYER_AXIS,
            names=list(OUTPUT_NAMES.items()),
            classes=config["figures"]["classes"],
        ),
        env=env_digest("plot"),
        code=code_digest("plot_graph_flow"),
    script:
        "../scripts/plot_graph_flow.py"


rule plot_stability:
    input:
        grid=f"{REFERENCE}/{{sampling}}/layer{{layer}}.grid.csv",
        samples=f"{REFERENCE}/{{sampling}}/layer{{layer}}.samples.csv",
    output:
        png=report(
            "<results>/figures/stability.{sampling}.layer{layer}.png",
            caption="../report/stability.rst",
            category="Mapper, choice of parameters",
            labels=graph_labels("stability of a graph"),
        ),
        svg="<results>/figures/stability.{sampling}.layer{layer}.svg",
    log:
        "<results>/logs/plot_stability/{sampling}.layer{layer}.log",
    benchmark:
        "<results>/benchmarks/plot_stability/{sampling}.layer{layer}.tsv"
    conda:
        "../../envs/plot.yaml"
    params:
        cover=as_json(**{key: MAPPER[key] for key in ("intervals", "overlap")}),
        data=as_json(labelled=LABELLED),
        env=env_digest("plot"),
        code=code_digest("plot_stability"),
    script:
        "../scripts/plot_stability.py"
