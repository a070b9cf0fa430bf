# Point clouds: of every layer the sampled spatial activations, with image, position, label and norm of each.
rule sample_points:
    input:
        activations="<results>/activations/{model}{control}/seed{seed}/{study}.{subset}.{sampling}{noise}",
        labels=images_of("{part}/labels.npy"),
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
    # Activations are the largest files of a run: what frees them goes first.
    priority: 10
    conda:
        "../../envs/topology.yaml"
    resources:
        mem_mb=grows(8000),
        runtime=grows(60),
    params:
        sampling=lambda wildcards: as_json(**sampling_of(wildcards.study, wildcards.sampling)),
        layers=lambda wildcards: as_json(layers=study_layers(wildcards.study, wildcards.model, wildcards.noise)),
        seed=lambda wildcards: HOMOLOGY["seed"] if wildcards.study == "homology" else MAPPER["sampling_seed"],
        foreground=lambda wildcards: (
            as_json(**{key: MAPPER["foreground"][key] for key in ("weight", "without")})
            if sees_foreground(wildcards)
            else ""
        ),
        code=code_digest("sample_points"),
    script:
        "../scripts/sample_points.py"
