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
        points=(
            "<results>/points/{model}/seed{seed}/mapper.{subset}.{sampling}.npz"
            if NEW["part"] == MAPPER["part"]
            else []
        ),
    output:
        points="<results>/points/{model}/seed{seed}/new.{subset}.shift{shift}.{sampling}.npz",
        predictions="<results>/predictions/{model}/seed{seed}/new.{subset}.shift{shift}.{sampling}.npz",
    log:
        "<results>/logs/sample_new_points/{model}.seed{seed}.{subset}.shift{shift}.{sampling}.log",
    benchmark:
        "<results>/benchmarks/sample_new_points/{model}.seed{seed}.{subset}.shift{shift}.{sampling}.tsv"
    wildcard_constraints:
        shift=r"-?\d+",
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
        batch_norm="",
        batches="",
        noise="",
        layers=lambda wildcards: as_json(layers=sorted(NEW["graphs"][wildcards.sampling])),
        sampling=lambda wildcards: as_json(**sampling_keys(SAMPLINGS[wildcards.sampling])),
        tap=lambda wildcards: SAMPLINGS[wildcards.sampling]["tap"],
        seed=MAPPER["sampling_seed"],
        env=env_digest("torch"),
        code=code_digest("sample_new_points"),
    script:
        "../scripts/sample_new_points.py"


rule place_images:
    input:
        points="<results>/points/{model}/seed{seed}/mapper.all.{sampling}.npz",
        lens=LENS_FILE and LENS_FILE.replace("{draw}{noise}", ""),
        graph="<results>/mapper/{model}/seed{seed}/{sampling}/layer{layer}.json",
        membership="<results>/mapper/{model}/seed{seed}/{sampling}/layer{layer}.npz",
        meta=f"<results>/data/{IMAGES}/meta.json",
        new_points=[
            f"<results>/points/{{model}}/seed{{seed}}/new.all.shift{shift}.{{sampling}}.npz" for shift in NEW["shifts"]
        ],
        predictions=[
            f"<results>/predictions/{{model}}/seed{{seed}}/new.all.shift{shift}.{{sampling}}.npz"
            for shift in NEW["shifts"]
        ],
    output:
        points="<results>/mapper/{model}/seed{seed}/{sampling}/layer{layer}.new_points.csv",
        summary="<results>/mapper/{model}/seed{seed}/{sampling}/layer{layer}.new_summary.csv",
    log:
        "<results>/logs/place_images/{model}.seed{seed}.{sampling}.layer{layer}.log",
    benchmark:
        "<results>/benchmarks/place_images/{model}.seed{seed}.{sampling}.layer{layer}.tsv"
    conda:
        "../../envs/mapper.yaml"
    threads: 8
    resources:
        mem_mb=grows(16000),
        runtime=grows(240),
    params:
        cover=COVER,
        new=as_json(shifts=NEW["shifts"], lenses=LENSES, own_images=NEW["part"] == MAPPER["part"]),
        source=LENS_SOURCE,
        env=env_digest("mapper"),
        code=code_digest("place_images"),
    script:
        "../scripts/place_images.py"
