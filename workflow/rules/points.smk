# Point clouds: of every layer the sampled spatial activations, with image, position, label and norm of each.
rule sample_points:
    input:
        activations="<results>/activations/{model}{control}/seed{seed}/{study}.{subset}.{sampling}",
        labels=lambda wildcards: f"<results>/data/{DATASET}/{config[wildcards.study]['part']}/labels.npy",
    output:
        points="<results>/points/{model}{control}/seed{seed}/{study}.{subset}.{sampling}.npz",
    log:
        "<results>/logs/sample_points/{model}{control}.seed{seed}.{study}.{subset}.{sampling}.log",
    benchmark:
        "<results>/benchmarks/sample_points/{model}{control}.seed{seed}.{study}.{subset}.{sampling}.tsv"
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
        layers=lambda wildcards: as_json(layers=study_layers(wildcards.study)),
        seed=lambda wildcards: HOMOLOGY["seed"] if wildcards.study == "homology" else MAPPER["sampling_seed"],
        code=code_digest("sample_points"),
    script:
        "../scripts/sample_points.py"
