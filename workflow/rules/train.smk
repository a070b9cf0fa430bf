# One network per seed. With seeds_per_job the first of some jobs trains the networks of all, and the others take what
# they find: no change of seeds or of seeds_per_job touches a network that is there. A killed job goes on from its
# checkpoint.
rule train_model:
    input:
        train_images=f"<results>/data/{DATASET}/train/images.npy",
        train_labels=f"<results>/data/{DATASET}/train/labels.npy",
        test_images=f"<results>/data/{DATASET}/test/images.npy",
        test_labels=f"<results>/data/{DATASET}/test/labels.npy",
        meta=f"<results>/data/{DATASET}/meta.json",
    output:
        weights="<results>/models/{model}/seed{seed}.safetensors",
        metrics="<results>/models/{model}/seed{seed}.json",
    log:
        "<results>/logs/train_model/{model}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/train_model/{model}.seed{seed}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 8
    resources:
        gpu=gpu_count(),
        device=config["device"],
        mem_mb=grows(8000),
        runtime=lambda wildcards, attempt: 720 * attempt * (1 + len(seeds_sharing_job(wildcards))),
    params:
        network=lambda wildcards: network(wildcards.model),
        recipe=lambda wildcards: as_json(**config["models"][wildcards.model]["training"]),
        # Not tracked, since it names `output`.
        others=lambda wildcards, output: seeds_sharing_job(wildcards),
        code=code_digest("train_model"),
    script:
        "../scripts/train_model.py"
