# Images of the data set, 8-bit and of one size, in a train and a test part.
rule prepare_images:
    output:
        train_images="<results>/data/{dataset}/train/images.npy",
        train_labels="<results>/data/{dataset}/train/labels.npy",
        train_files="<results>/data/{dataset}/train/files.csv",
        test_images="<results>/data/{dataset}/test/images.npy",
        test_labels="<results>/data/{dataset}/test/labels.npy",
        test_files="<results>/data/{dataset}/test/files.csv",
        meta="<results>/data/{dataset}/meta.json",
    log:
        "<results>/logs/prepare_images/{dataset}.log",
    benchmark:
        "<results>/benchmarks/prepare_images/{dataset}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 8
    resources:
        mem_mb=grows(8000),
        runtime=grows(60),
    params:
        source=as_json(**config["data"]),
        content=lambda wildcards: image_listing(DATASET, config["data"]["root"]),
        code=code_digest("prepare_images"),
    script:
        "../scripts/prepare_images.py"
