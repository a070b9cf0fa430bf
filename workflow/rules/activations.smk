# All layers of a study in one forward pass: a folder with one array (N, n, m, c) a layer, removed once sampled.
rule dump_activations:
    input:
        weights="<results>/models/{model}/seed{seed}.safetensors",
        images=lambda wildcards: f"<results>/data/{DATASET}/{config[wildcards.study]['part']}/images.npy",
        meta=f"<results>/data/{DATASET}/meta.json",
    output:
        activations=temp(directory("<results>/activations/{model}/seed{seed}/{study}.{subset}.{tap}")),
    log:
        "<results>/logs/dump_activations/{model}.seed{seed}.{study}.{subset}.{tap}.log",
    benchmark:
        "<results>/benchmarks/dump_activations/{model}.seed{seed}.{study}.{subset}.{tap}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 8
    resources:
        gpu=gpu_count(),
        device=config["device"],
        mem_mb=8000,
        runtime=120,
    params:
        network=lambda wildcards: network(wildcards.model),
        layers=lambda wildcards: as_json(layers=study_layers(wildcards.study)),
        batches=lambda wildcards: (
            as_json(batch_size=HOMOLOGY["batch_size"], seed=HOMOLOGY["seed"]) if wildcards.study == "homology" else ""
        ),
        code=code_digest("dump_activations"),
    script:
        "../scripts/dump_activations.py"
