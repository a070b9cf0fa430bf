# All layers of a study in one forward pass: a folder with one array (N, n, m, c) a layer, removed once sampled.
# Every sampling has its own, so that a new sampling does not run the others again. An untrained network has no
# weights: its seed makes it.
rule dump_activations:
    input:
        weights=lambda wildcards: (
            [] if wildcards.control else f"<results>/models/{wildcards.model}/seed{wildcards.seed}.safetensors"
        ),
        images=lambda wildcards: f"<results>/data/{DATASET}/{config[wildcards.study]['part']}/images.npy",
        meta=f"<results>/data/{DATASET}/meta.json",
    output:
        activations=temp(directory("<results>/activations/{model}{control}/seed{seed}/{study}.{subset}.{sampling}")),
    log:
        "<results>/logs/dump_activations/{model}{control}.seed{seed}.{study}.{subset}.{sampling}.log",
    benchmark:
        "<results>/benchmarks/dump_activations/{model}{control}.seed{seed}.{study}.{subset}.{sampling}.tsv"
    wildcard_constraints:
        control=r"|\.untrained",
    conda:
        "../../envs/torch.yaml"
    threads: 8
    resources:
        gpu=gpu_count(),
        device=config["device"],
        mem_mb=grows(8000),
        runtime=grows(120),
    params:
        network=lambda wildcards: network(wildcards.model),
        layers=lambda wildcards: as_json(layers=study_layers(wildcards.study)),
        tap=lambda wildcards: sampling_of(wildcards.study, wildcards.sampling)["tap"],
        batches=lambda wildcards: (
            as_json(batch_size=HOMOLOGY["batch_size"], seed=HOMOLOGY["seed"]) if wildcards.study == "homology" else ""
        ),
        code=code_digest("dump_activations"),
    script:
        "../scripts/dump_activations.py"
