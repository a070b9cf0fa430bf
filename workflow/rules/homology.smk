# Persistence diagrams of all layers of one network on one batch of images; for the control, of Gaussian clouds with the
# means and covariances of the network's.
rule compute_diagrams:
    input:
        points=lambda wildcards: (
            f"<results>/points/{wildcards.model}{wildcards.control.removesuffix('.gaussian')}/seed{wildcards.seed}/"
            f"homology.batch{wildcards.batch}.{HOMOLOGY['sampling']}.npz"
        ),
    output:
        diagrams="<results>/diagrams/{model}{control}/seed{seed}.batch{batch}.npz",
    log:
        "<results>/logs/compute_diagrams/{model}{control}.seed{seed}.batch{batch}.log",
    benchmark:
        "<results>/benchmarks/compute_diagrams/{model}{control}.seed{seed}.batch{batch}.tsv"
    wildcard_constraints:
        control=r"|\.(untrained|gaussian)",
    conda:
        "../../envs/topology.yaml"
    threads: 8
    resources:
        mem_mb=grows(8000),
        runtime=grows(60),
    params:
        layers=as_json(layers=study_layers("homology", HOMOLOGY["model"])),
        dimensions=as_json(dimensions=HOMOLOGY["dimensions"]),
        gaussian=lambda wildcards: as_json(seed=SIMILARITY["seed"]) if wildcards.control == ".gaussian" else "",
        code=code_digest("compute_diagrams"),
    script:
        "../scripts/compute_diagrams.py"
