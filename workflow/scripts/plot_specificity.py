"""Figure 6: distances within one network beside those to another, and how well they agree."""

import numpy as np
from actopo.figures.specificity import plot
from actopo.figures.style import save_figure
from actopo.files import load_arrays
from actopo.job import settings, start_logging
from actopo.similarity.specificity import blocks, specificity

start_logging(snakemake)

choice, file = settings(snakemake).choice, load_arrays(snakemake.input.matrix)
layers, seeds, distances = file["layers"].tolist(), file["seeds"].tolist(), file[f"h{choice['dimension']}"]
a, b = choice["pair"]
matrix = blocks(distances, len(seeds), len(layers))
# Over the other networks: a row is nan where network a meets itself.
rho = np.nanmean(np.delete(specificity(matrix)[a], a, axis=0), axis=0)
save_figure(snakemake.output, plot(matrix[a, a], matrix[a, b], layers, choice["row"], (seeds[a], seeds[b]), rho))
