"""Figure 6: distances within one network beside those to another, and how well they agree."""

import json

from actopo.figures.specificity import plot
from actopo.io import load_arrays
from actopo.job import save_figure, start_logging
from actopo.similarity import mean_specificity, specificity

start_logging(snakemake)

choice, file = json.loads(snakemake.params.choice), load_arrays(snakemake.input.matrix)
layers, seeds, distances = file["layers"].tolist(), file["seeds"].tolist(), file[f"h{choice['dimension']}"]
a, b = choice["pair"]
blocks = distances.reshape(len(seeds), len(layers), len(seeds), len(layers))
rho, rho_mean = mean_specificity(specificity(distances, len(seeds), len(layers), reference=a))
pair = (seeds[a], seeds[b])
save_figure(snakemake.output, plot(blocks[a, :, a], blocks[a, :, b], layers, choice["row"], pair, rho, rho_mean))
