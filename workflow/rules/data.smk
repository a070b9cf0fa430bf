# Stage 1: images of the data set, 8-bit and of one size, in a train and a test part; and their foreground.


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
    # Compute nodes often have no internet.
    localrule: DATASETS[DATASET].is_downloaded
    conda:
        "../../envs/torch.yaml"
    threads: 8
    resources:
        mem_mb=grows(8000),
        runtime=grows(30),
    params:
        source=lambda wildcards: as_json(**image_source(wildcards.dataset)),
        content=lambda wildcards: images_in(config["data"]["root"]) if DATASET == "image_folder" else "",
        # Not tracked, since they name `output`: what lies there decides, and not where it is; a limit refuses images,
        # and changes none.
        root=lambda wildcards, output: config["data"]["root"],
        limits=lambda wildcards, output: as_json(**config["data"]["limits"]),
        env=env_digest("torch"),
        code=code_digest("prepare_images"),
    script:
        "../scripts/prepare_images.py"


# Once for all networks and layers, on the images as they are: noise comes later.
rule find_foreground:
    input:
        images="<results>/data/{dataset}/{part}/images.npy",
        # Masks of one's own are found by the names of the images.
        files=[] if MASK_FOLDER is None else "<results>/data/{dataset}/{part}/files.csv",
    output:
        masks="<results>/data/{dataset}/{part}/foreground.npy",
        share="<results>/data/{dataset}/{part}/foreground.json",
    log:
        "<results>/logs/find_foreground/{dataset}.{part}.log",
    benchmark:
        "<results>/benchmarks/find_foreground/{dataset}.{part}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 8
    resources:
        gpu=gpu_count() if MAPPER["foreground"]["masks"] == "deeplab" else 0,
        device=config["device"],
        mem_mb=grows(8000),
        runtime=grows(60),
    params:
        settings=foreground_settings,
        content=lambda wildcards: "" if MASK_FOLDER is None else images_in(MASK_FOLDER),
        # Not tracked, as above.
        places=lambda wildcards, output: as_json(
            masks=MASK_FOLDER, images=config["data"]["root"], weights=MAPPER["foreground"]["weights"]
        ),
        limits=lambda wildcards, output: as_json(**config["data"]["limits"]),
        env=env_digest("torch"),
        code=code_digest("find_foreground"),
    script:
        "../scripts/find_foreground.py"
