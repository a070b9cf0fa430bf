"""Figure 5: distances between layers, and their coefficient of variation over batches."""

from actopo.figures.layer_distances import plot
from actopo.io import load_arrays
from actopo.job import save_figure, start_logging
from actopo.similarity import layer_statistics

start_logging(snakemake)

file, dimension = load_arrays(snakemake.input.matrix), snakemake.params.dimension
mean, _, cv = layer_statistics(file[f"h{dimension}"])
save_figure(snakemake.output, plot(mean, cv, file["layers"].tolist(), f"H{dimension}"))
