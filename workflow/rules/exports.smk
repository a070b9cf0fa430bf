# Stage 8, continued: mapper graphs in the formats of other programs, those of a network by one job for each format.
EXPORTS = [path for kind in MAPPER["exports"] for path in exported_files(kind, REFERENCE)]


# For networkx and Gephi.
rule export_graphs:
    input:
        points=exported_points,
        lens=graph_files("lens.npy", EXPORTED) if LENS_FILE else [],
        descriptions=graph_files("json", EXPORTED),
        memberships=graph_files("npz", EXPORTED),
        meta=f"<results>/data/{IMAGES}/meta.json",
    output:
        graphs=exported_files("graphml"),
    log:
        "<results>/logs/export_graphs/{model}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/export_graphs/{model}.seed{seed}.tsv"
    conda:
        "../../envs/mapper.yaml"
    resources:
        mem_mb=grows(8000),
        runtime=grows(30),
    params:
        order=as_json(graphs=graph_columns(EXPORTED)),
        format="graphml",
        env=env_digest("mapper"),
        code=code_digest("export_graphs"),
    script:
        "../scripts/export_graphs.py"


use rule export_graphs as export_to_keplermapper with:
    output:
        graphs=exported_files("keplermapper"),
    log:
        "<results>/logs/export_to_keplermapper/{model}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/export_to_keplermapper/{model}.seed{seed}.tsv"
    params:
        order=as_json(graphs=graph_columns(EXPORTED)),
        format="keplermapper",
        env=env_digest("mapper"),
        code=code_digest("export_graphs"),


# A folder to be copied under MapperInteractive's uploads: it lists the files of one folder by their names.
use rule export_graphs as export_to_mapper_interactive with:
    output:
        graphs=exported_files("mapper_interactive"),
    log:
        "<results>/logs/export_to_mapper_interactive/{model}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/export_to_mapper_interactive/{model}.seed{seed}.tsv"
    params:
        order=as_json(graphs=graph_columns(EXPORTED)),
        format="mapper_interactive",
        env=env_digest("mapper"),
        code=code_digest("export_graphs"),
