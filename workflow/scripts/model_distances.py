"""Distances between every two layers of every two networks, on one batch of images."""

import json

from actopo.controls import mean_distance
from actopo.io import load_arrays, save_arrays
from actopo.job import choose_device, progress, start_logging
from actopo.similarity import with_sum
from actopo.wasserstein import pairwise_distances

start_logging(snakemake)

order, settings = json.loads(snakemake.params.order), json.loads(snakemake.params.distance)
if settings["method"] != "exact":
    settings["device"] = choose_device(snakemake.resources.device)
layers, dimensions = order["layers"], order["dimensions"]
models = [load_arrays(path) for path in snakemake.input.diagrams]
# Births and deaths scale with the cloud.
clouds = [load_arrays(path) for path in snakemake.input.points]
units = [mean_distance(cloud[f"layer{layer:02d}.points"]) for cloud in clouds for layer in layers]

matrices = {}
with progress(len(dimensions), "matrix") as bar:
    for dimension in dimensions:
        diagrams = [model[f"layer{layer:02d}.h{dimension}"] for model in models for layer in layers]
        if units:
            diagrams = [diagram / unit for diagram, unit in zip(diagrams, units, strict=True)]
        matrices[f"h{dimension}"] = pairwise_distances(diagrams, **settings, n_threads=snakemake.threads)
        bar.update()
save_arrays(snakemake.output.matrix, layers=layers, seeds=order["seeds"], **with_sum(matrices))
