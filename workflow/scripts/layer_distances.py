"""Distances between the layers of one network on every batch, and how much they vary over batches."""

import numpy as np
from actopo.files import by_folder, save_arrays, save_table
from actopo.homology.diagram_files import load_diagrams
from actopo.job import progress, settings, start_logging
from actopo.similarity.dimensions import with_sum
from actopo.similarity.layer_distances import layer_table
from actopo.similarity.layer_names import with_names
from actopo.similarity.wasserstein import pairwise_distances

start_logging(snakemake)

params, batches = settings(snakemake), by_folder(snakemake.input.diagrams)
layers, dimensions = params.order["layers"], params.order["dimensions"]
matrices = {}
with progress(len(dimensions) * len(batches), "matrix") as bar:
    for dimension in dimensions:
        matrices[f"h{dimension}"] = np.empty((len(batches), len(layers), len(layers)))
        for matrix, paths in zip(matrices[f"h{dimension}"], batches, strict=True):
            diagrams = load_diagrams(paths, layers, dimension)
            matrix[:] = pairwise_distances(diagrams, **params.distance, n_threads=snakemake.threads)
            bar.update()

matrices = with_sum(matrices)
save_arrays(snakemake.output.matrix, layers=layers, batches=params.order["batches"], **matrices)
save_table(snakemake.output.table, with_names(layer_table(matrices, layers), params.outputs["names"]))
