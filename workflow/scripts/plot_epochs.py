"""Distances of layers to themselves at the end of training, specificity and accuracy by epoch."""

from actopo.figures.epochs import plot
from actopo.figures.style import save_figure
from actopo.files import load_table
from actopo.job import settings, start_logging

start_logging(snakemake)

save_figure(snakemake.output, plot(load_table(snakemake.input.table), **settings(snakemake).choice))
