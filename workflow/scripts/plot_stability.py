"""How one mapper graph depends on its parameters and on its points."""

from actopo.figures.stability import plot
from actopo.figures.style import save_figure
from actopo.files import load_table
from actopo.job import settings, start_logging

start_logging(snakemake)

params, grid, samples = settings(snakemake), load_table(snakemake.input.grid), load_table(snakemake.input.samples)
grid["eps"] = grid.eps_factor
own = (params.cover["intervals"], params.cover["overlap"], 1)
there = ((grid.n_intervals == own[0]) & (grid.overlap == own[1]) & (grid.eps == own[2])).any()
has_classes = params.data["labelled"]
save_figure(snakemake.output, plot(grid, samples, own if there else None, "eps_choice", "relative ε", has_classes))
