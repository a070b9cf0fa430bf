"""Distances of layers to themselves at the end of training, specificity and accuracy by epoch."""

from actopo.figures.epochs import plot
from actopo.figures.style import save_figure
from actopo.files import load_table
from actopo.job import settings, start_logging

start_logging(snakemake)

params = settings(snakemake)
choice = params.choice
table, names = load_table(snakemake.input.table), dict(params.outputs["names"])
save_figure(snakemake.output, plot(table, choice["layers"], choice["dimension"], names))
