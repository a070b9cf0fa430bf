# Stage 3: activations, and the point clouds that are sampled from them. Fig. 4 shows the first sampling that goes by the
# foreground.
FOREGROUND_NAME = next((name for name in SAMPLINGS if SAMPLINGS[name]["method"] == "foreground"), None)
FOREGROUND_SAMPLING = SAMPLINGS.get(FOREGROUND_NAME)
MASKED = any(METHODS[sampling["method"]].by_mask for sampling in SAMPLINGS.values())
show_figure_if(NOISY, "noise", NO_NOISE)
show_figure_if(FOREGROUND_SAMPLING, "foreground", "no sampling goes by the foreground; add one to mapper.samplings")
TABLES += [f"{REFERENCE}/{name}.csv" for name in ("coinciding_positions", "foreground_in_fields") if MASKED]


# Point clouds: of every layer the sampled spatial activations, with image, position, label and norm of each. All layers
# of a file are read in one forward pass, and activations that are no points are never stored. An untrained network has
# no weights: its seed makes it, and training images give the statistics of its batch norms.
rule sample_points:
    input:
        unpack(network_inputs),
        unpack(drawing_inputs),
        activations=[],
    output:
        points="<results>/points/{model}{control}/seed{seed}/{study}.{subset}.{sampling}{draw}{noise}/layers{layers}.npz",
    log:
        "<results>/logs/sample_points/{model}{control}.seed{seed}.{study}.{subset}.{sampling}{draw}{noise}.layers{layers}.log",
    benchmark:
        "<results>/benchmarks/sample_points/{model}{control}.seed{seed}.{study}.{subset}.{sampling}{draw}{noise}.layers{layers}.tsv"
    wildcard_constraints:
        control=IN_TRAINING,
        study=one_of(study for study in STUDIES if study not in KEPT),
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
        layers=lambda wildcards: own_layers(wildcards, noise=wildcards.noise),
        sampling=drawing,
        tap=tap_of,
        batches=batches_of,
        noise=noise_of,
        seed=drawing_seed,
        foreground=drawing_by_masks,
        env=env_digest("torch"),
        code=code_digest("sample_points"),
    script:
        "../scripts/sample_points.py"


# The same points, of a study whose activations are kept: from these, without the network and without a GPU.
use rule sample_points as sample_kept_points with:
    input:
        unpack(drawing_inputs),
        # Snakemake compares folders by their times, and the check sums of their files by what they are.
        activations=ancient(kept_activations),
        sums=kept_sums,
    log:
        "<results>/logs/sample_kept_points/{model}{control}.seed{seed}.{study}.{subset}.{sampling}{draw}{noise}.layers{layers}.log",
    benchmark:
        "<results>/benchmarks/sample_kept_points/{model}{control}.seed{seed}.{study}.{subset}.{sampling}{draw}{noise}.layers{layers}.tsv"
    wildcard_constraints:
        control=IN_TRAINING,
        study=one_of(KEPT),
    threads: 1
    resources:
        # As of others in its group.
        device=config["device"],
        mem_mb=grows(8000),
        runtime=grows(30),
    params:
        layers=lambda wildcards: own_layers(wildcards, noise=wildcards.noise),
        sampling=drawing,
        seed=drawing_seed,
        foreground=drawing_by_masks,
        env=env_digest("torch"),
        code=code_digest("sample_points"),


# One array (N, n, m, c) a layer, and its norms, in one forward pass: of the studies whose activations are kept, and for
# whoever asks for a folder of them.
rule dump_activations:
    input:
        unpack(network_inputs),
    output:
        activations=directory(
            "<results>/activations/{model}{control}/seed{seed}/{study}.{subset}.{tap}{noise}/layers{layers}"
        ),
        sums="<results>/activations/{model}{control}/seed{seed}/{study}.{subset}.{tap}{noise}/layers{layers}.json",
    log:
        "<results>/logs/dump_activations/{model}{control}.seed{seed}.{study}.{subset}.{tap}{noise}.layers{layers}.log",
    benchmark:
        "<results>/benchmarks/dump_activations/{model}{control}.seed{seed}.{study}.{subset}.{tap}{noise}.layers{layers}.tsv"
    wildcard_constraints:
        control=IN_TRAINING,
    conda:
        "../../envs/torch.yaml"
    threads: 8
    resources:
        gpu=gpu_count(),
        device=config["device"],
        mem_mb=grows(8000),
        runtime=grows(60),
    params:
        network=lambda wildcards, output: network(wildcards.model),
        structure=lambda wildcards: structure(wildcards.model),
        batch_norm=batch_norm_of,
        layers=lambda wildcards: own_layers(wildcards, noise=wildcards.noise),
        tap=lambda wildcards: wildcards.tap,
        batches=batches_of,
        noise=noise_of,
        precision=config["activations"]["precision"],
        env=env_digest("torch"),
        code=code_digest("dump_activations"),
    script:
        "../scripts/dump_activations.py"


# Of the network's structure, whatever its weights: what each position of the mapper study sees of an image.
rule find_receptive_fields:
    input:
        meta=images_of("meta.json"),
    output:
        fields="<results>/models/{model}/receptive_fields.{tap}/layers{layers}.npz",
    log:
        "<results>/logs/find_receptive_fields/{model}.{tap}.layers{layers}.log",
    benchmark:
        "<results>/benchmarks/find_receptive_fields/{model}.{tap}.layers{layers}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 8
    resources:
        gpu=gpu_count(),
        device=config["device"],
        mem_mb=grows(8000),
        runtime=grows(60),
    params:
        network=lambda wildcards, output: network(wildcards.model),
        structure=lambda wildcards: structure(wildcards.model),
        layers=lambda wildcards: own_layers(wildcards, "mapper"),
        env=env_digest("torch"),
        code=code_digest("find_receptive_fields"),
    script:
        "../scripts/find_receptive_fields.py"


# Which positions the samplings of a layer share, and how much foreground these see: what a sampling by masks owes to the
# masks, and what to positions alone.
rule measure_positions:
    input:
        masks=f"<results>/data/{IMAGES}/{MAPPER['part']}/foreground.npy",
        fields=lambda wildcards: [
            path for tap in samplings_by_fields() for path in receptive_fields(wildcards.model, tap, MAPPER_LAYERS)
        ],
        points=sampled_points,
    output:
        coinciding="<results>/mapper/{model}/seed{seed}/coinciding_positions.csv",
        seen="<results>/mapper/{model}/seed{seed}/foreground_in_fields.csv",
    log:
        "<results>/logs/measure_positions/{model}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/measure_positions/{model}.seed{seed}.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=grows(8000),
        runtime=grows(20),
    params:
        order=as_json(layers=MAPPER_LAYERS, samplings=list(SAMPLINGS), taps=samplings_by_fields()),
        env=env_digest("torch"),
        code=code_digest("measure_positions"),
    script:
        "../scripts/measure_positions.py"


rule plot_foreground:
    input:
        images=for_figure("foreground", f"<results>/data/{IMAGES}/{MAPPER['part']}/images.npy"),
        labels=f"<results>/data/{IMAGES}/{MAPPER['part']}/labels.npy",
        meta=f"<results>/data/{IMAGES}/meta.json",
        masks=f"<results>/data/{IMAGES}/{MAPPER['part']}/foreground.npy",
        fields=lambda wildcards: receptive_fields(MAPPER["model"], FOREGROUND_SAMPLING["tap"], MAPPER_LAYERS[:3]),
        points=lambda wildcards: mapper_files(MAPPER["model"], MAPPER_SEEDS[0], FOREGROUND_NAME, "", MAPPER_LAYERS[:3]),
    output:
        png=report(
            "<results>/figures/foreground.png",
            caption="../report/foreground.rst",
            category="Mapper, foreground (Fig. 4)",
            labels={"figure": "foreground and what positions see of it (Fig. 4)"},
        ),
        svg="<results>/figures/foreground.svg",
    log:
        "<results>/logs/plot_foreground.log",
    benchmark:
        "<results>/benchmarks/plot_foreground.tsv"
    conda:
        "../../envs/topology.yaml"
    params:
        choice=as_json(
            n_images=4,
            layers=MAPPER_LAYERS[:3],
            weight=MAPPER["foreground"]["weight"],
            names=list(OUTPUT_NAMES.items()),
        ),
        env=env_digest("topology"),
        code=code_digest("plot_foreground"),
    script:
        "../scripts/plot_foreground.py"


rule plot_noise:
    input:
        images=for_figure("noise", f"<results>/data/{IMAGES}/{MAPPER['part']}/images.npy"),
        labels=f"<results>/data/{IMAGES}/{MAPPER['part']}/labels.npy",
        meta=f"<results>/data/{IMAGES}/meta.json",
    output:
        png=report(
            "<results>/figures/noise.png",
            caption="../report/noise.rst",
            category="Mapper, noise (Figs. 10 and 11)",
            labels={"figure": "images with noise (Fig. 10)"},
        ),
        svg="<results>/figures/noise.svg",
    log:
        "<results>/logs/plot_noise.log",
    benchmark:
        "<results>/benchmarks/plot_noise.tsv"
    conda:
        "../../envs/plot.yaml"
    params:
        noise=as_json(n_images=6, seed=MAPPER["sampling_seed"], **{key: NOISE[key] for key in ("sigmas", "units")}),
        env=env_digest("plot"),
        code=code_digest("plot_noise"),
    script:
        "../scripts/plot_noise.py"
