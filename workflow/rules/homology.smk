# Persistence diagrams of all layers of one network on one batch of images.
rule compute_diagrams:
    input:
        points=f"<results>/points/{{model}}/seed{{seed}}/homology.batch{{batch}}.{HOMOLOGY['sampling']}.npz",
    output:
        diagrams="<results>/diagrams/{model}/seed{seed}.batch{batch}.npz",
    log:
        "<results>/logs/compute_diagrams/{model}.seed{seed}.batch{batch}.log",
    benchmark:
        "<results>/benchmarks/compute_diagrams/{model}.seed{seed}.batch{batch}.tsv"
    conda:
        "../../envs/topology.yaml"
    threads: 8
    resources:
        mem_mb=grows(8000),
        runtime=grows(60),
    params:
        layers=as_json(layers=study_layers("homology")),
        dimensions=as_json(dimensions=HOMOLOGY["dimensions"]),
        code=code_digest("compute_diagrams"),
    script:
        "../scripts/compute_diagrams.py"
