# Figures of the mapper study's images and of its method, each as PNG and SVG.


rule plot_nested_circles:
    output:
        png=report(
            "<results>/figures/nested_circles.png",
            caption="../report/nested_circles.rst",
            category="Mapper",
            labels={"figure": "from points to a graph (Fig. 3)"},
        ),
        svg="<results>/figures/nested_circles.svg",
    log:
        "<results>/logs/plot_nested_circles.log",
    benchmark:
        "<results>/benchmarks/plot_nested_circles.tsv"
    conda:
        "../../envs/mapper.yaml"
    params:
        code=code_digest("plot_nested_circles"),
    script:
        "../scripts/plot_nested_circles.py"


rule plot_foreground:
    input:
        images=f"<results>/data/{IMAGES}/{MAPPER['part']}/images.npy",
        labels=f"<results>/data/{IMAGES}/{MAPPER['part']}/labels.npy",
        meta=f"<results>/data/{IMAGES}/meta.json",
        masks=f"<results>/data/{IMAGES}/{MAPPER['part']}/foreground.npy",
        fields=f"<results>/models/{MAPPER['model']}/receptive_fields.{SEEING['tap']}.npz" if SEEING else [],
        points=f"<results>/points/{MAPPER['model']}/seed{MAPPER['seed']}/mapper.all.{SEEING_NAME}.npz",
    output:
        png=report(
            "<results>/figures/foreground.png",
            caption="../report/foreground.rst",
            category="Mapper",
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
        choice=as_json(n_images=4, layers=MAPPER_LAYERS[:3], weight=MAPPER["foreground"]["weight"]),
        code=code_digest("plot_foreground"),
    script:
        "../scripts/plot_foreground.py"


rule plot_noise:
    input:
        images=f"<results>/data/{IMAGES}/{MAPPER['part']}/images.npy",
        labels=f"<results>/data/{IMAGES}/{MAPPER['part']}/labels.npy",
        meta=f"<results>/data/{IMAGES}/meta.json",
    output:
        png=report(
            "<results>/figures/noise.png",
            caption="../report/noise.rst",
            category="Mapper",
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
        code=code_digest("plot_noise"),
    script:
        "../scripts/plot_noise.py"
