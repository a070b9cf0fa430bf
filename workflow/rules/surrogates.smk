# Stage 5, continued: what the distances between layers consist of. Distances are compared with those of surrogates of
# the same second moments, freed of the noise of the images, and divided into their sources.
SURROGATES = SIMILARITY["surrogates"]
# Without labels there are no classes to keep the moments of.
SURROGATE_KINDS = [kind for kind in (SURROGATES or {"kinds": []})["kinds"] if LABELLED or kind == "gaussian"]
show_figure_if(SURROGATE_KINDS, "calibration", "similarity.surrogates has no kinds; give some")
# The noise of images needs two batches, its sources two networks as well.
TABLES += [f"{SIMILARITY_FOLDER}/debiased.csv"] if len(BATCHES) > 1 else []
HAS_BUDGET = len(BATCHES) > 1 and len(SEEDS) > 1
show_figure_if(HAS_BUDGET, "variance_budget", "the run has one network or one batch; give two of both")
# Second moments are those at equal scale, if scale is among the controls.
MOMENTS = "gaussian.scaled" if "scaled" in CONTROLS else "gaussian"
BUDGET_CLOUDS = ["trained", *(name for name in ("scaled", MOMENTS) if name in CONTROLS)]


# Diagrams of surrogates of all layers of the first network are computed on the way.
rule calibrate_topology:
    input:
        points=first_batch_points(SEEDS[:1]),
        diagrams=lambda wildcards: homology_files("diagrams", wildcards.model, SEEDS[:1], [0]),
    output:
        table=report(
            "<results>/similarity/{model}/calibration.{surrogates}.csv",
            caption="../report/table.rst",
            category="Homology, what distances consist of",
            labels={"figure": "table of distances against surrogates, {surrogates}"},
        ),
    log:
        "<results>/logs/calibrate_topology/{model}.{surrogates}.log",
    benchmark:
        "<results>/benchmarks/calibrate_topology/{model}.{surrogates}.tsv"
    conda:
        "../../envs/topology.yaml"
    threads: 8
    resources:
        mem_mb=grows(8000),
        runtime=grows(120),
    params:
        order=as_json(layers=LAYERS, dimensions=HOMOLOGY["dimensions"]),
        distance=as_json(n_directions=SIMILARITY["directions"]),
        draws=as_json(draws=SURROGATES["draws"] if SURROGATES else 0, seed=SIMILARITY["seed"]),
        outputs=HOMOLOGY_OUTPUTS,
        env=env_digest("topology"),
        code=code_digest("calibrate_topology"),
    script:
        "../scripts/calibrate_topology.py"


# The first network on every batch against every network on the first batch.
rule crossed_distances:
    input:
        unpack(crossed_inputs),
    output:
        matrix="<results>/similarity/{model}{control}/crossed.npz",
    log:
        "<results>/logs/crossed_distances/{model}{control}.log",
    benchmark:
        "<results>/benchmarks/crossed_distances/{model}{control}.tsv"
    conda:
        "../../envs/topology.yaml"
    threads: 8
    resources:
        # A GPU compares grids alone.
        gpu=0 if SIMILARITY["method"] == "exact" else gpu_count(),
        device=config["device"],
        mem_mb=grows(8000),
        runtime=grows(60),
    params:
        order=as_json(layers=LAYERS, seeds=SEEDS, batches=BATCHES, dimensions=HOMOLOGY["dimensions"]),
        distance=DISTANCE,
        env=env_digest("topology"),
        code=code_digest("crossed_distances"),
    script:
        "../scripts/crossed_distances.py"


rule measure_variance_budget:
    input:
        matrices=collect(
            "<results>/similarity/{{model}}{control}/crossed.npz",
            control=["" if name == "trained" else f".{name}" for name in BUDGET_CLOUDS],
        ),
    output:
        table=report(
            "<results>/similarity/{model}/variance_budget.csv",
            caption="../report/table.rst",
            category="Homology, what distances consist of",
            labels={"figure": "table of sources of variance"},
        ),
    log:
        "<results>/logs/measure_variance_budget/{model}.log",
    benchmark:
        "<results>/benchmarks/measure_variance_budget/{model}.tsv"
    conda:
        "../../envs/topology.yaml"
    resources:
        mem_mb=grows(4000),
        runtime=grows(30),
    params:
        clouds=as_json(
            clouds=BUDGET_CLOUDS,
            # Drawn positions cannot be told from the interaction of seed and images; others follow from these.
            position=None if METHODS[HOMOLOGY["sampling"]].is_drawn else 0,
            level=SIMILARITY["level"],
        ),
        outputs=HOMOLOGY_OUTPUTS,
        env=env_digest("topology"),
        code=code_digest("measure_variance_budget"),
    script:
        "../scripts/measure_variance_budget.py"


rule measure_debiased:
    input:
        matrix="<results>/similarity/{model}/batches.npz",
    output:
        table="<results>/similarity/{model}/debiased.csv",
    log:
        "<results>/logs/measure_debiased/{model}.log",
    benchmark:
        "<results>/benchmarks/measure_debiased/{model}.tsv"
    conda:
        "../../envs/topology.yaml"
    resources:
        mem_mb=grows(4000),
        runtime=grows(20),
    params:
        level=SIMILARITY["level"],
        outputs=HOMOLOGY_OUTPUTS,
        env=env_digest("topology"),
        code=code_digest("measure_debiased"),
    script:
        "../scripts/measure_debiased.py"


rule plot_calibration:
    input:
        tables=for_figure("calibration", collect(f"{SIMILARITY_FOLDER}/calibration.{{kind}}.csv", kind=SURROGATE_KINDS)),
    output:
        png=report(
            "<results>/figures/calibration.png",
            caption="../report/calibration.rst",
            category="Homology, what distances consist of",
            labels={"figure": "distances against surrogates"},
        ),
        svg="<results>/figures/calibration.svg",
    log:
        "<results>/logs/plot_calibration.log",
    benchmark:
        "<results>/benchmarks/plot_calibration.tsv"
    conda:
        "../../envs/plot.yaml"
    params:
        choice=as_json(
            kinds=SURROGATE_KINDS,
            layers=LAYERS,
            dimension=config["figures"]["dimension"],
            level=SIMILARITY["level"],
        ),
        outputs=HOMOLOGY_OUTPUTS,
        env=env_digest("plot"),
        code=code_digest("plot_calibration"),
    script:
        "../scripts/plot_calibration.py"


rule plot_variance_budget:
    input:
        table=for_figure("variance_budget", f"{SIMILARITY_FOLDER}/variance_budget.csv"),
    output:
        png=report(
            "<results>/figures/variance_budget.png",
            caption="../report/variance_budget.rst",
            category="Homology, what distances consist of",
            labels={"figure": "what distances between layers consist of"},
        ),
        svg="<results>/figures/variance_budget.svg",
    log:
        "<results>/logs/plot_variance_budget.log",
    benchmark:
        "<results>/benchmarks/plot_variance_budget.tsv"
    conda:
        "../../envs/plot.yaml"
    params:
        choice=as_json(layers=LAYERS, dimension=config["figures"]["dimension"]),
        outputs=HOMOLOGY_OUTPUTS,
        env=env_digest("plot"),
        code=code_digest("plot_variance_budget"),
    script:
        "../scripts/plot_variance_budget.py"
