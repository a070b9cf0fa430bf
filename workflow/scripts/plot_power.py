"""Figure of power: rho, floor and detection against the points, the directions and the networks."""

from actopo.figures.power import plot
from actopo.figures.style import save_figure
from actopo.files import load_table
from actopo.job import start_logging

start_logging(snakemake)

save_figure(snakemake.output, plot(load_table(snakemake.input.table)))
