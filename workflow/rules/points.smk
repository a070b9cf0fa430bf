# Point clouds: of every layer the sampled spatial activations, with image, position, label and norm of each. All layers
# of a study are read in one forward pass, and activations that are no points are never stored. An untrained network has
# no weights: its seed makes it.
rule sample_points:
    input:
        weights=weights_of,
        images=images_of("{part}/images.npy"),
        labels=images_of("{part}/labels.npy"),
        meta=images_of("meta.json"),
        masks=lambda wildcards: (images_of("{part}/foreground.npy")(wildcards) if sees_foreground(wildcards) else []),
        fields=lambda wildcards: (
            f"<results>/models/{wildcards.model}/receptive_fields.{SAMPLINGS[wildcards.sampling]['tap']}.npz"
            if sees_foreground(wildcards)
            else []
        ),
    output:
        points="<results>/points/{model}{control}/seed{seed}/{study}.{subset}.{sampling}{noise}.npz",
    log:
        "<results>/logs/sample_points/{model}{control}.seed{seed}.{study}.{subset}.{sampling}{noise}.log",
    benchmark:
        "<results>/benchmarks/sample_points/{model}{control}.seed{seed}.{study}.{subset}.{sampling}{noise}.tsv"
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
        sampling=lambda wildcards: as_json(**sampling_of(wildcards.study, wildcards.sampling)),
        tap=lambda wildcards: sampling_of(wildcards.study, wildcards.sampling)["tap"],
        batches=batches_of,
        noise=noise_of,
        seed=lambda wildcards: HOMOLOGY["seed"] if wildcards.study == "homology" else MAPPER["sampling_seed"],
        foreground=lambda wildcards: (
            as_json(**{key: MAPPER["foreground"][key] for key in ("weight", "without")})
            if sees_foreground(wildcards)
            else ""
        ),
        code=code_digest("sample_points"),
    script:
        "../scripts/sample_points.py"


# Nothing of a study needs them whole: for whoever asks for a folder with one array (N, n, m, c) a layer.
rule dump_activations:
    input:
        weights=weights_of,
        images=images_of("{part}/images.npy"),
        meta=images_of("meta.json"),
    output:
        activations=directory("<results>/activations/{model}{control}/seed{seed}/{study}.{subset}.{tap}{noise}"),
    log:
        "<results>/logs/dump_activations/{model}{control}.seed{seed}.{study}.{subset}.{tap}{noise}.log",
    benchmark:
        "<results>/benchmarks/dump_activations/{model}{control}.seed{seed}.{study}.{subset}.{tap}{noise}.tsv"
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
        tap=lambda wildcards: wildcards.tap,
        batches=batches_of,
        noise=noise_of,
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
