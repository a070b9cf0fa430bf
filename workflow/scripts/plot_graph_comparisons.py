"""How far mapper graphs are from those of noisy images, other samplings, draws and networks."""

from actopo.figures.graph_comparisons import plot
from actopo.figures.style import save_figure
from actopo.graphs.pair_tables import load_pair_table
from actopo.job import settings, start_logging

start_logging(snakemake)

layers = settings(snakemake).layers
save_figure(snakemake.output, plot(load_pair_table(snakemake.input.table), layers["order"], dict(layers["names"])))
