"""Distances between every two layers of every two networks, on one batch of images."""

import json
import logging

import numpy as np
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
models, units = [], []
for path in snakemake.input.diagrams:
    with load_arrays(path) as file:
        models.append({name: file[name] for name in file.files})
# Births and deaths scale with the cloud.
for path in snakemake.input.points:
    with load_arrays(path) as file:
        units += [mean_distance(file[f"layer{layer:02d}.points"]) for layer in layers]

matrices = {}
with progress(len(dimensions), "matrix") as bar:
    for dimension in dimensions:
        diagrams = [model[f"layer{layer:02d}.h{dimension}"] for model in models for layer in layers]
        if units:
            diagrams = [diagram / unit for diagram, unit in zip(diagrams, units, strict=True)]
        matrices[f"h{dimension}"], bound = pairwise_distances(
            diagrams, **settings, n_threads=snakemake.threads, return_bound=True
        )
        if bound.any():
            relative = np.max(bound / np.where(bound > 0, matrices[f"h{dimension}"], 1))
            logging.info("H%d: distances are too small by at most %.2g of themselves", dimension, relative)
        bar.update()
save_arrays(snakemake.output.matrix, layers=layers, seeds=order["seeds"], **with_sum(matrices))
