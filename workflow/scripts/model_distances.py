"""Distances between every two layers of every two networks, on one batch of images."""

import json

from actopo.io import load_arrays, save_arrays
from actopo.job import progress, start_logging
from actopo.similarity import with_sum
from actopo.wasserstein import pairwise_distances

start_logging(snakemake)

order = json.loads(snakemake.params.order)
models = [load_arrays(path) for path in snakemake.input.diagrams]
matrices = {}
with progress(len(order["dimensions"]), "matrix") as bar:
    for dimension in order["dimensions"]:
        diagrams = [model[f"layer{layer:02d}.h{dimension}"] for model in models for layer in order["layers"]]
        matrices[f"h{dimension}"] = pairwise_distances(
            diagrams, n_directions=snakemake.params.directions, n_threads=snakemake.threads
        )
        bar.update()
save_arrays(snakemake.output.matrix, layers=order["layers"], seeds=order["seeds"], **with_sum(matrices))
