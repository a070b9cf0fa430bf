"""Figure: loss by epoch and accuracy of the networks of one name."""

from actopo.figures.style import save_figure
from actopo.figures.training import plot
from actopo.files import load_json
from actopo.job import start_logging

start_logging(snakemake)

curves = [load_json(path) for path in snakemake.input.metrics]
save_figure(snakemake.output, plot(curves, title=snakemake.wildcards.model))
