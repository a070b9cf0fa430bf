# Sliced-Wasserstein distances. Both axes are ordered as the config orders layers and seeds.


# Between the layers of the first seed, batch by batch.
rule layer_distances:
    input:
        diagrams=batch_diagrams,
    output:
        matrix="<results>/similarity/{model}/layers.npz",
        table="<results>/similarity/{model}/layers.csv",
    log:
        "<results>/logs/layer_distances/{model}.log",
    benchmark:
        "<results>/benchmarks/layer_distances/{model}.tsv"
    conda:
        "../../envs/topology.yaml"
    threads: 8
    resources:
        mem_mb=grows(4000),
        runtime=grows(60),
    params:
        order=as_json(layers=LAYERS, batches=BATCHES, dimensions=HOMOLOGY["dimensions"]),
        directions=config["similarity"]["directions"],
        code=code_digest("layer_distances"),
    script:
        "../scripts/layer_distances.py"


# Between all layers of all seeds, on the first batch.
rule model_distances:
    input:
        diagrams=collect("<results>/diagrams/{{model}}/seed{seed}.batch0.npz", seed=SEEDS),
    output:
        matrix="<results>/similarity/{model}/models.npz",
    log:
        "<results>/logs/model_distances/{model}.log",
    benchmark:
        "<results>/benchmarks/model_distances/{model}.tsv"
    conda:
        "../../envs/topology.yaml"
    threads: 8
    resources:
        mem_mb=grows(8000),
        runtime=grows(240),
    params:
        order=as_json(layers=LAYERS, seeds=SEEDS, dimensions=HOMOLOGY["dimensions"]),
        directions=config["similarity"]["directions"],
        code=code_digest("model_distances"),
    script:
        "../scripts/model_distances.py"


# How well one network's distances between layers foretell another's.
rule measure_specificity:
    input:
        matrix="<results>/similarity/{model}/models.npz",
    output:
        table="<results>/similarity/{model}/specificity.csv",
    log:
        "<results>/logs/measure_specificity/{model}.log",
    benchmark:
        "<results>/benchmarks/measure_specificity/{model}.tsv"
    conda:
        "../../envs/topology.yaml"
    resources:
        mem_mb=grows(4000),
        runtime=grows(30),
    params:
        code=code_digest("measure_specificity"),
    script:
        "../scripts/measure_specificity.py"
