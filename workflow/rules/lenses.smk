# Stage 7, before the graphs: what they are drawn over. The l2 norm is stored with the points.
LENS_LABELS = [lens_label(name, of) for name, of in LENSES]
LENS_LABEL = "" if LENSES == [("l2", None)] else ", ".join(LENS_LABELS)
LENS_FILE = "<results>/mapper/{model}/seed{seed}/{sampling}{draw}{noise}/layer{layer}.lens.npy" if LENS_LABEL else []
# Of networks at any epoch of their training.
GRAPH_LENS = LENS_FILE and LENS_FILE.replace("{model}", "{model}{control}")


rule compute_lens:
    input:
        points=graph_points,
        predictions=(
            "<results>/predictions/{model}{control}/seed{seed}/mapper.all{noise}.npz" if needs_network(LENSES) else []
        ),
        meta=images_of("meta.json"),
    output:
        lens="<results>/mapper/{model}{control}/seed{seed}/{sampling}{draw}{noise}/layer{layer}.lens.npy",
    log:
        "<results>/logs/compute_lens/{model}{control}.seed{seed}.{sampling}{draw}{noise}.layer{layer}.log",
    benchmark:
        "<results>/benchmarks/compute_lens/{model}{control}.seed{seed}.{sampling}{draw}{noise}.layer{layer}.tsv"
    conda:
        "../../envs/mapper.yaml"
    threads: 8
    resources:
        mem_mb=grows(16000),
        runtime=grows(60),
    params:
        # Not tracked, since it may hold the path of a file.
        lens=lambda wildcards, output: as_json(lenses=LENSES),
        content=as_json(lenses=lens_keys(LENSES)),
        env=env_digest("mapper"),
        code=code_digest("compute_lens"),
    script:
        "../scripts/compute_lens.py"


# What a network says of every image of a study: its logits. They do not depend on what is sampled of the image.
rule predict_classes:
    input:
        unpack(network_inputs),
        labels=images_of("{part}/labels.npy"),
    output:
        predictions="<results>/predictions/{model}{control}/seed{seed}/{study}.{subset}{noise}.npz",
    log:
        "<results>/logs/predict_classes/{model}{control}.seed{seed}.{study}.{subset}{noise}.log",
    benchmark:
        "<results>/benchmarks/predict_classes/{model}{control}.seed{seed}.{study}.{subset}{noise}.tsv"
    wildcard_constraints:
        control=IN_TRAINING,
    conda:
        "../../envs/torch.yaml"
    threads: 8
    resources:
        gpu=gpu_count(),
        device=config["device"],
        mem_mb=grows(8000),
        runtime=grows(30),
    params:
        network=lambda wildcards, output: network(wildcards.model),
        structure=lambda wildcards: structure(wildcards.model),
        batch_norm=batch_norm_of,
        batches=batches_of,
        noise=noise_of,
        env=env_digest("torch"),
        code=code_digest("predict_classes"),
    script:
        "../scripts/predict_classes.py"
