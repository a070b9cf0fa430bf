"""Figure: loss by epoch and accuracy of the networks of one name."""

from actopo.figures.training import plot
from actopo.io import load_json
from actopo.job import save_figure, start_logging

start_logging(snakemake)

curves = [load_json(path) for path in snakemake.input.metrics]
save_figure(snakemake.output, plot(curves, title=snakemake.wildcards.model))
