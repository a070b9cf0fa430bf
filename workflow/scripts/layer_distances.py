"""Distances between the layers of one network on every batch, and how much they vary over batches."""

import json

import numpy as np
from actopo.io import load_arrays, save_arrays, save_table
from actopo.job import progress, start_logging
from actopo.similarity import layer_table, with_sum
from actopo.wasserstein import pairwise_distances

start_logging(snakemake)

order, settings = json.loads(snakemake.params.order), json.loads(snakemake.params.distance)
layers, dimensions = order["layers"], order["dimensions"]
batches = [load_arrays(path) for path in snakemake.input.diagrams]
matrices = {}
with progress(len(dimensions) * len(batches), "matrix") as bar:
    for dimension in dimensions:
        matrices[f"h{dimension}"] = np.empty((len(batches), len(layers), len(layers)))
        for matrix, batch in zip(matrices[f"h{dimension}"], batches, strict=True):
            diagrams = [batch[f"layer{layer:02d}.h{dimension}"] for layer in layers]
            matrix[:] = pairwise_distances(diagrams, **settings, n_threads=snakemake.threads)
            bar.update()

matrices = with_sum(matrices)
save_arrays(snakemake.output.matrix, layers=layers, batches=order["batches"], **matrices)
save_table(snakemake.output.table, layer_table(matrices, layers))
