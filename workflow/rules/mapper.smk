# Stage 7: mapper graphs of point clouds.
COVER = as_json(**{key: MAPPER[key] for key in ("intervals", "overlap", "convention")})
# Only an eps that is looked for has a sensitivity and a curve.
HAS_EPS_RULE = MAPPER["eps"] in EPS_RULES and MAPPER["clusterer"] == DBSCAN_NAME
# The rule that looks at graphs, and so at their cover too.
STABLE = HAS_EPS_RULE and MAPPER["eps"] == "stable"
CLUSTERER = as_json(**clusterer_keys(MAPPER))
# Clusterers of the user's find their device themselves.
MAPPER_DEVICE = MAPPER["device"] if MAPPER["clusterer"] == DBSCAN_NAME else "cpu"
show_figures("nested_circles", "mapper_graphs")
show_figure_if(NOISY, "noisy_graphs", NO_NOISE)
show_figure_if(NETWORKS, "networks", "mapper.networks has no model; name some there")
show_figure_if(HAS_EPS_RULE, "eps_choice", "no eps is looked for; set mapper.eps to knee or stable, with dbscan")


rule build_mapper:
    input:
        points=graph_points,
        lens=GRAPH_LENS,
        # Of a graph in one job neither: it chooses eps and clusters all intervals itself.
        eps=interval_jobs("eps"),
        parts=interval_jobs(*(f"part{part}" for part in range(MAPPER["jobs"]))),
        meta=images_of("meta.json"),
    output:
        graph="<results>/mapper/{model}{control}/seed{seed}/{sampling}{draw}{noise}/layer{layer}.json",
        membership="<results>/mapper/{model}{control}/seed{seed}/{sampling}{draw}{noise}/layer{layer}.npz",
    log:
        "<results>/logs/build_mapper/{model}{control}.seed{seed}.{sampling}{draw}{noise}.layer{layer}.log",
    benchmark:
        "<results>/benchmarks/build_mapper/{model}{control}.seed{seed}.{sampling}{draw}{noise}.layer{layer}.tsv"
    conda:
        "../../envs/mapper.yaml"
    threads: 8
    resources:
        gpu=gpu_count(MAPPER_DEVICE if MAPPER["jobs"] == 1 else "cpu"),
        device=MAPPER_DEVICE,
        mem_mb=grows(16000),
        runtime=grows(60),
    params:
        cover=COVER,
        clusterer=CLUSTERER,
        lens=LENS_LABEL,
        env=env_digest("mapper"),
        code=code_digest("build_mapper"),
    script:
        "../scripts/build_mapper.py"


# A large graph in jobs that a cluster runs side by side: eps, then the intervals in parts. Joined, they are the graph
# that one job makes, bit for bit.
rule choose_eps:
    input:
        points=graph_points,
        lens=GRAPH_LENS if STABLE else [],
    output:
        eps=temp("<results>/mapper/{model}{control}/seed{seed}/{sampling}{draw}{noise}/layer{layer}.eps.npz"),
    log:
        "<results>/logs/choose_eps/{model}{control}.seed{seed}.{sampling}{draw}{noise}.layer{layer}.log",
    benchmark:
        "<results>/benchmarks/choose_eps/{model}{control}.seed{seed}.{sampling}{draw}{noise}.layer{layer}.tsv"
    conda:
        "../../envs/mapper.yaml"
    threads: 8
    resources:
        gpu=gpu_count(MAPPER_DEVICE),
        device=MAPPER_DEVICE,
        mem_mb=grows(16000),
        runtime=grows(60),
    params:
        clusterer=CLUSTERER,
        cover=COVER if STABLE else "",
        env=env_digest("mapper"),
        code=code_digest("choose_eps"),
    script:
        "../scripts/choose_eps.py"


rule cluster_intervals:
    input:
        points=graph_points,
        lens=GRAPH_LENS,
        eps="<results>/mapper/{model}{control}/seed{seed}/{sampling}{draw}{noise}/layer{layer}.eps.npz",
    output:
        intervals=temp(
            "<results>/mapper/{model}{control}/seed{seed}/{sampling}{draw}{noise}/layer{layer}.part{part}.npz"
        ),
    log:
        "<results>/logs/cluster_intervals/{model}{control}.seed{seed}.{sampling}{draw}{noise}.layer{layer}.part{part}.log",
    benchmark:
        "<results>/benchmarks/cluster_intervals/{model}{control}.seed{seed}.{sampling}{draw}{noise}.layer{layer}.part{part}.tsv"
    wildcard_constraints:
        part=r"\d+",
    conda:
        "../../envs/mapper.yaml"
    threads: 8
    resources:
        gpu=gpu_count(MAPPER_DEVICE),
        device=MAPPER_DEVICE,
        mem_mb=grows(16000),
        runtime=grows(60),
    params:
        cover=COVER,
        jobs=MAPPER["jobs"],
        env=env_digest("mapper"),
        code=code_digest("cluster_intervals"),
    script:
        "../scripts/cluster_intervals.py"


rule plot_nested_circles:
    output:
        png=report(
            "<results>/figures/nested_circles.png",
            caption="../report/nested_circles.rst",
            category="Mapper, graphs (Figs. 3 and 8)",
            labels={"figure": "from points to a graph (Fig. 3)"},
        ),
        svg="<results>/figures/nested_circles.svg",
    log:
        "<results>/logs/plot_nested_circles.log",
    benchmark:
        "<results>/benchmarks/plot_nested_circles.tsv"
    conda:
        "../../envs/mapper.yaml"
    params:
        env=env_digest("mapper"),
        code=code_digest("plot_nested_circles"),
    script:
        "../scripts/plot_nested_circles.py"


rule plot_mapper_graphs:
    input:
        unpack(coloured(reference_graphs("json", GRAPHS))),
        confidence=reference_graphs("confidence.json", CONFIDENT),
        meta=f"<results>/data/{IMAGES}/meta.json",
    output:
        png=report(
            "<results>/figures/mapper_graphs.png",
            caption="../report/mapper_graphs.rst",
            category="Mapper, graphs (Figs. 3 and 8)",
            labels={"figure": "graphs by layer (Fig. 8)"},
        ),
        svg="<results>/figures/mapper_graphs.svg",
    log:
        "<results>/logs/plot_mapper_graphs.log",
    benchmark:
        "<results>/benchmarks/plot_mapper_graphs.tsv"
    conda:
        "../../envs/plot.yaml"
    params:
        order=as_json(
            rows=list(SAMPLINGS),
            columns=[OUTPUT_NAMES.get(layer, layer) for layer in MAPPER_LAYERS],
            confident=[GRAPHS.index(graph) for graph in CONFIDENT],
        ),
        colouring=COLOURING,
        place=colouring_table,
        env=env_digest("plot"),
        code=code_digest("plot_mapper_graphs"),
    script:
        "../scripts/plot_mapper_graphs.py"


# Of one or more layers, clean and with growing noise.
use rule plot_mapper_graphs as plot_noisy_graphs with:
    input:
        unpack(coloured(reference_graphs("json", NOISY_GRID))),
        meta=for_figure("noisy_graphs", f"<results>/data/{IMAGES}/meta.json"),
    output:
        png=report(
            "<results>/figures/noisy_graphs.png",
            caption="../report/noisy_graphs.rst",
            category="Mapper, noise (Figs. 10 and 11)",
            labels={"figure": "graphs of noisy images (Fig. 11)"},
        ),
        svg="<results>/figures/noisy_graphs.svg",
    log:
        "<results>/logs/plot_noisy_graphs.log",
    benchmark:
        "<results>/benchmarks/plot_noisy_graphs.tsv"
    params:
        order=as_json(
            rows=[f"{name}, {layer_label(layer)}" for name in NOISY_SAMPLINGS for layer in NOISE["layers"]],
            columns=["clean", *(f"σ = {float(sigma):g}" for sigma in GROWING)],
        ),
        colouring=COLOURING,
        place=colouring_table,
        env=env_digest("plot"),
        code=code_digest("plot_mapper_graphs"),


# A layer of each of several networks, such as the last (Fig. 13).
use rule plot_mapper_graphs as plot_networks with:
    input:
        unpack(
            coloured(
                f"<results>/mapper/{model}/seed{first_seed(model)}/{sampling}/layer{layer}.json"
                for sampling in SAMPLINGS
                for model, layer in NETWORKS.items()
            )
        ),
        meta=for_figure("networks", f"<results>/data/{IMAGES}/meta.json"),
    output:
        png=report(
            "<results>/figures/networks.png",
            caption="../report/networks.rst",
            category="Mapper, networks (Fig. 13)",
            labels={"figure": "last layers of networks (Fig. 13)"},
        ),
        svg="<results>/figures/networks.svg",
    log:
        "<results>/logs/plot_networks.log",
    benchmark:
        "<results>/benchmarks/plot_networks.tsv"
    params:
        order=as_json(
            rows=list(SAMPLINGS),
            columns=[f"{model}\n{layer_name(model, layer)}" for model, layer in NETWORKS.items()],
        ),
        colouring=COLOURING,
        place=colouring_table,
        env=env_digest("plot"),
        code=code_digest("plot_mapper_graphs"),


rule plot_eps_choice:
    input:
        graphs=for_figure("eps_choice", reference_graphs("json", GRAPHS)),
        memberships=reference_graphs("npz", GRAPHS),
    output:
        png=report(
            "<results>/figures/eps_choice.png",
            caption="../report/eps_choice.rst",
            category="Mapper, choice of parameters",
            labels={"figure": "choice of eps"},
        ),
        svg="<results>/figures/eps_choice.svg",
    log:
        "<results>/logs/plot_eps_choice.log",
    benchmark:
        "<results>/benchmarks/plot_eps_choice.tsv"
    conda:
        "../../envs/plot.yaml"
    params:
        order=as_json(graphs=GRAPHS, names=list(OUTPUT_NAMES.items())),
        env=env_digest("plot"),
        code=code_digest("plot_eps_choice"),
    script:
        "../scripts/plot_eps_choice.py"
