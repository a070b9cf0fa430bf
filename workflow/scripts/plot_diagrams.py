"""Persistence diagrams of every layer of the first network."""

import json

from actopo.figures.diagrams import plot
from actopo.io import load_arrays
from actopo.job import save_figure, start_logging

start_logging(snakemake)

order, file = json.loads(snakemake.params.order), load_arrays(snakemake.input.diagrams)
layers = order["layers"]
diagrams = [{dim: file[f"layer{layer:02d}.h{dim}"] for dim in order["dimensions"]} for layer in layers]
save_figure(snakemake.output, plot(diagrams, layers))
