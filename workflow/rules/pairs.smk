# Stages 6 and 8 for two networks: every layer of one against every layer of the other, whatever their architectures. Both
# see the first batch of the homology study.
show_figure_if(PAIR, "network_pair", "comparison is null; give two networks there")
PAIR_NAMES = as_json(
    **{f"{key}_{side}": value for side, item in zip("ab", PAIR) for key, value in pair_params(item).items()}
)


# By the sliced-Wasserstein distance of the networks' own clouds, and by other measures on means over all positions.
rule compare_networks:
    input:
        points=lambda wildcards: pair_points(""),
        pooled=lambda wildcards: pair_points(".pooled"),
        diagrams=lambda wildcards: pair_diagrams(),
    output:
        matrices="<results>/similarity/network_pair.npz",
        table=report(
            "<results>/similarity/network_pair.csv",
            caption="../report/table.rst",
            category="Two networks",
            labels={"figure": "table of distances between layers"},
        ),
    log:
        "<results>/logs/compare_networks.log",
    benchmark:
        "<results>/benchmarks/compare_networks.tsv"
    conda:
        "../../envs/topology.yaml"
    threads: 8
    resources:
        mem_mb=grows(8000),
        runtime=grows(240),
    params:
        networks=PAIR_NAMES,
        order=as_json(dimensions=HOMOLOGY["dimensions"]),
        distance=DISTANCE,
        metrics=as_json(metrics={name: paired_settings(name) for name in SIMILARITY["rivals"]["metrics"]}),
        env=env_digest("topology"),
        code=code_digest("compare_networks"),
    script:
        "../scripts/compare_networks.py"


# By the images that nodes of their graphs share.
rule compare_network_graphs:
    input:
        memberships=[graph for item in PAIR for graph in pair_graphs(item)],
    output:
        table=report(
            "<results>/mapper/network_pair.csv",
            caption="../report/table.rst",
            category="Two networks",
            labels={"figure": "table of distances between graphs"},
        ),
    log:
        "<results>/logs/compare_network_graphs.log",
    benchmark:
        "<results>/benchmarks/compare_network_graphs.tsv"
    conda:
        "../../envs/mapper.yaml"
    resources:
        mem_mb=grows(8000),
        runtime=grows(120),
    params:
        networks=PAIR_NAMES,
        null=as_json(n_permutations=MAPPER["permutations"], seed=MAPPER["sampling_seed"]),
        env=env_digest("mapper"),
        code=code_digest("compare_network_graphs"),
    script:
        "../scripts/compare_network_graphs.py"


rule plot_network_pair:
    input:
        tables=for_figure("network_pair", pair_tables()),
    output:
        png=report(
            "<results>/figures/network_pair.png",
            caption="../report/network_pair.rst",
            category="Two networks",
            labels={"figure": "two networks, layer by layer"},
        ),
        svg="<results>/figures/network_pair.svg",
    log:
        "<results>/logs/plot_network_pair.log",
    benchmark:
        "<results>/benchmarks/plot_network_pair.tsv"
    conda:
        "../../envs/plot.yaml"
    params:
        names=as_json(names=[item["model"] for item in PAIR]),
        env=env_digest("plot"),
        code=code_digest("plot_network_pair"),
    script:
        "../scripts/plot_network_pair.py"
