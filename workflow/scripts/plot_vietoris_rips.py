"""Figure 2: from points over Vietoris-Rips complexes to a persistence diagram."""

from actopo.figures.style import save_figure
from actopo.figures.vietoris_rips import noisy_circle, plot
from actopo.homology.diagrams import diagrams
from actopo.job import start_logging

start_logging(snakemake)

points = noisy_circle()
save_figure(snakemake.output, plot(points, diagrams([points])[0]))
