"""Figure 6: distances within one network beside those to another, and how well they agree."""

import json

import pandas as pd
from actopo.figures.specificity import plot
from actopo.io import load_arrays
from actopo.job import save_figure, start_logging

start_logging(snakemake)

file, dimension = load_arrays(snakemake.input.matrix), f"h{snakemake.params.dimension}"
layers, seeds = file["layers"].tolist(), file["seeds"].tolist()
a, b = json.loads(snakemake.params.pair)["pair"]
blocks = file[dimension].reshape(len(seeds), len(layers), len(seeds), len(layers))
table = pd.read_csv(snakemake.input.table)
headline = "dimension == @dimension and models == 'fixed' and correlation == 'pearson' and own_layer == 'with'"
rho = table.query(headline).set_index("layer").rho[layers].to_numpy()
figure = plot(
    blocks[a, :, a],
    blocks[a, :, b],
    layers,
    snakemake.params.row,
    (seeds[a], seeds[b]),
    rho,
    float(rho.mean()),
)
save_figure(snakemake.output.figure, figure)
