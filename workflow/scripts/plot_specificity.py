"""Figure 6: distances within one network beside those to another, and how well they agree."""

import numpy as np
from actopo.figures.specificity import plot
from actopo.figures.style import save_figure
from actopo.files import load_arrays
from actopo.job import settings, start_logging
from actopo.similarity.specificity import blocks, specificity

start_logging(snakemake)

params, file = settings(snakemake), load_arrays(snakemake.input.matrix)
choice = params.choice
layers, seeds, distances = file["layers"].tolist(), file["seeds"].tolist(), file[f"h{choice['dimension']}"]
a, b = choice["pair"]
matrix = blocks(distances, len(seeds), len(layers))
# Over the networks with a value: it is nan where network a meets itself, and where a row is constant.
rho = np.ma.masked_invalid(specificity(matrix)[a]).mean(axis=0).filled(np.nan)
pair, names = (seeds[a], seeds[b]), dict(params.outputs["names"])
figure = plot(matrix[a, a], matrix[a, b], layers, choice["row"], pair, rho, layer_names=names)
save_figure(snakemake.output, figure)
