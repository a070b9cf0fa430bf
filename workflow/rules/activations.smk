# All layers of a study in one forward pass: a folder with one array (N, n, m, c) a layer, removed once sampled.
# Every sampling has its own, so that a new sampling does not run the others again. An untrained network has no
# weights: its seed makes it.
rule dump_activations:
    input:
        weights=lambda wildcards: (
            [] if wildcards.control else f"<results>/models/{wildcards.model}/seed{wildcards.seed}.safetensors"
        ),
        images=images_of("{part}/images.npy"),
        meta=images_of("meta.json"),
    output:
        activations=temp(
            directory("<results>/activations/{model}{control}/seed{seed}/{study}.{subset}.{sampling}{noise}")
        ),
    log:
        "<results>/logs/dump_activations/{model}{control}.seed{seed}.{study}.{subset}.{sampling}{noise}.log",
    benchmark:
        "<results>/benchmarks/dump_activations/{model}{control}.seed{seed}.{study}.{subset}.{sampling}{noise}.tsv"
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
        source=lambda wildcards: network_source(wildcards.model),
        layers=lambda wildcards: as_json(layers=study_layers(wildcards.study, wildcards.model, wildcards.noise)),
        tap=lambda wildcards: sampling_of(wildcards.study, wildcards.sampling)["tap"],
        batches=lambda wildcards: (
            as_json(batch_size=HOMOLOGY["batch_size"], seed=HOMOLOGY["seed"]) if wildcards.study == "homology" else ""
        ),
        noise=lambda wildcards: (
            as_json(sigma=float(wildcards.noise[6:]), units=NOISE["units"], seed=MAPPER["sampling_seed"])
            if wildcards.noise
            else ""
        ),
        code=code_digest("dump_activations"),
    script:
        "../scripts/dump_activations.py"


# Of the network's structure, whatever its weights: what each position of the mapper study sees of an image.
rule find_receptive_fields:
    input:
        meta=images_of("meta.json"),
    output:
        fields="<results>/models/{model}/receptive_fields.{tap}.npz",
    log:
        "<results>/logs/find_receptive_fields/{model}.{tap}.log",
    benchmark:
        "<results>/benchmarks/find_receptive_fields/{model}.{tap}.tsv"
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
        source=lambda wildcards: network_source(wildcards.model),
        layers=lambda wildcards: as_json(layers=study_layers("mapper", wildcards.model)),
        code=code_digest("find_receptive_fields"),
    script:
        "../scripts/find_receptive_fields.py"
