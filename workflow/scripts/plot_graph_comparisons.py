"""How far mapper graphs are from those of noisy images, other samplings, draws and networks."""

from actopo.figures.graph_comparisons import plot
from actopo.figures.style import save_figure
from actopo.files import load_table
from actopo.job import settings, start_logging

start_logging(snakemake)

layers = settings(snakemake).layers
save_figure(snakemake.output, plot(load_table(snakemake.input.table), layers["order"], dict(layers["names"])))
