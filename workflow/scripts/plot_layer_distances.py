"""Figure 5: distances between layers, and their coefficient of variation over batches."""

from actopo.figures.layer_distances import plot
from actopo.figures.style import save_figure
from actopo.files import load_arrays
from actopo.job import settings, start_logging
from actopo.similarity.layer_distances import layer_statistics

start_logging(snakemake)

file, params = load_arrays(snakemake.input.matrix), settings(snakemake)
dimension, names = params.dimension, dict(params.outputs["names"])
matrices = file[f"h{dimension}"]
mean, _, cv = layer_statistics(matrices)
save_figure(snakemake.output, plot(mean, cv, file["layers"].tolist(), f"H{dimension}", len(matrices), names))
