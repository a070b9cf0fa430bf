# Stage 8, continued: images that a graph was not made of, on the nodes of the graph.
NEW = MAPPER["new_images"] or {"part": MAPPER["part"], "shifts": [], "graphs": {}}
NEW_GRAPHS = [(name, layer) for name, layers in NEW["graphs"].items() for layer in layers]
TABLES += [f"{REFERENCE}/{name}/layer{layer}.new_summary.csv" for name, layer in NEW_GRAPHS]


# Of the other part points are drawn; of the graph's own images they are read at the positions of the graph's points.
rule sample_new_points:
    input:
        weights="<results>/models/{model}/seed{seed}.safetensors",
        images=f"<results>/data/{IMAGES}/{NEW['part']}/images.npy",
        labels=f"<results>/data/{IMAGES}/{NEW['part']}/labels.npy",
        meta=f"<results>/data/{IMAGES}/meta.json",
        points=lambda wildcards: (
            mapper_files(wildcards.model, wildcards.seed, wildcards.sampling, "", layers_of_set(wildcards.layers))
            if NEW["part"] == MAPPER["part"]
            else []
        ),
    output:
        points="<results>/points/{model}/seed{seed}/new.{subset}.shift{shift}.{sampling}/layers{layers}.npz",
        predictions="<results>/predictions/{model}/seed{seed}/new.{subset}.shift{shift}.{sampling}/layers{layers}.npz",
    log:
        "<results>/logs/sample_new_points/{model}.seed{seed}.{subset}.shift{shift}.{sampling}.layers{layers}.log",
    benchmark:
        "<results>/benchmarks/sample_new_points/{model}.seed{seed}.{subset}.shift{shift}.{sampling}.layers{layers}.tsv"
    wildcard_constraints:
        shift=r"-?\d+",
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
        batch_norm="",
        batches="",
        noise="",
        layers=layers_to_read,
        sampling=lambda wildcards: as_json(**sampling_keys(SAMPLINGS[wildcards.sampling])),
        tap=lambda wildcards: SAMPLINGS[wildcards.sampling]["tap"],
        seed=MAPPER["sampling_seed"],
        # Those of the graph may come from activations on disk.
        precision=config["activations"]["precision"] if "mapper" in KEPT else "single",
        env=env_digest("torch"),
        code=code_digest("sample_new_points"),
    script:
        "../scripts/sample_new_points.py"


rule place_images:
    input:
        points=graph_points,
        lens=LENS_FILE and LENS_FILE.replace("{draw}{noise}", ""),
        graph="<results>/mapper/{model}/seed{seed}/{sampling}/layer{layer}.json",
        membership="<results>/mapper/{model}/seed{seed}/{sampling}/layer{layer}.npz",
        meta=f"<results>/data/{IMAGES}/meta.json",
        new_points=lambda wildcards: new_image_files("points", wildcards),
        predictions=lambda wildcards: new_image_files("predictions", wildcards),
    output:
        points="<results>/mapper/{model}/seed{seed}/{sampling}/layer{layer}.new_points.csv",
        summary="<results>/mapper/{model}/seed{seed}/{sampling}/layer{layer}.new_summary.csv",
    log:
        "<results>/logs/place_images/{model}.seed{seed}.{sampling}.layer{layer}.log",
    benchmark:
        "<results>/benchmarks/place_images/{model}.seed{seed}.{sampling}.layer{layer}.tsv"
    wildcard_constraints:
        sampling=one_of(NEW["graphs"]),
    conda:
        "../../envs/mapper.yaml"
    threads: 8
    resources:
        mem_mb=grows(16000),
        runtime=grows(60),
    params:
        cover=COVER,
        new=as_json(shifts=NEW["shifts"], lenses=lens_keys(LENSES), own_images=NEW["part"] == MAPPER["part"]),
        # Not tracked, since it may hold the path of a file.
        lens=lambda wildcards, output: as_json(lenses=LENSES),
        env=env_digest("mapper"),
        code=code_digest("place_images"),
    script:
        "../scripts/place_images.py"
