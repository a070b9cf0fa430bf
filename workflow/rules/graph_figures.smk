# Figures of what is measured on mapper graphs, each as PNG and SVG.


rule plot_branching:
    input:
        levels=f"{REFERENCE}/branching.npz",
        agreement=f"{REFERENCE}/branching_agreement.csv",
        meta=f"<results>/data/{IMAGES}/meta.json",
    output:
        png=report(
            "<results>/figures/branching.png",
            caption="../report/branching.rst",
            category="Mapper",
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
        order=as_json(sampling=FIGURE_SAMPLING, layers=MAPPER_LAYERS),
        code=code_digest("plot_branching"),
    script:
        "../scripts/plot_branching.py"


rule plot_eps_choice:
    input:
        graphs=reference_graphs("json", GRAPHS),
        memberships=reference_graphs("npz", GRAPHS),
    output:
        png=report(
            "<results>/figures/eps_choice.png",
            caption="../report/eps_choice.rst",
            category="Mapper",
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
        order=as_json(graphs=GRAPHS),
        code=code_digest("plot_eps_choice"),
    script:
        "../scripts/plot_eps_choice.py"


rule plot_graph_flow:
    input:
        table=f"{REFERENCE}/graph_distances.csv",
        flows=f"{REFERENCE}/graph_flows.npz",
        graphs=reference_graphs("json", [(FIGURE_SAMPLING, "", layer) for layer in MAPPER_LAYERS[:2]]),
        meta=f"<results>/data/{IMAGES}/meta.json",
    output:
        png=report(
            "<results>/figures/graph_flow.png",
            caption="../report/graph_flow.rst",
            category="Mapper",
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
        order=as_json(sampling=FIGURE_SAMPLING, layers=MAPPER_LAYERS[:2]),
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
            category="Mapper",
            labels={"figure": "stability of a graph", "graph": "{sampling}, layer {layer}"},
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
        code=code_digest("plot_stability"),
    script:
        "../scripts/plot_stability.py"
