"""Figure 3: mapper, from points over a lens and a cover to a graph."""

from actopo.figures.nested_circles import nested_circles, plot
from actopo.figures.style import save_figure
from actopo.job import start_logging

start_logging(snakemake)

save_figure(snakemake.output, plot(*nested_circles()))
