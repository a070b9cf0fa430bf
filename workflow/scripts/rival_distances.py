"""Distances from the layers of the first network to those of itself and of others, by one measure of similarity."""

import json

from actopo.io import load_arrays, save_arrays
from actopo.job import progress, start_logging
from actopo.rivals import rival_distances

start_logging(snakemake)

order = json.loads(snakemake.params.order)
layers, n_layers = order["layers"], len(order["layers"])
clouds = []
for path in snakemake.input.points:
    with load_arrays(path) as file:
        clouds += [file[f"layer{layer:02d}.points"] for layer in layers]
with progress(n_layers * len(clouds), "pair") as bar:
    distances = rival_distances(
        snakemake.wildcards.metric,
        clouds[:n_layers],
        clouds,
        n_threads=snakemake.threads,
        progress=bar.update,
        **json.loads(snakemake.params.settings),
    )
blocks = distances.reshape(n_layers, -1, n_layers).swapaxes(0, 1)
save_arrays(snakemake.output.matrix, layers=layers, seeds=order["seeds"], distances=blocks)
