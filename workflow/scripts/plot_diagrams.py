"""Persistence diagrams of every layer of the first network."""

from actopo.figures.diagrams import plot
from actopo.figures.style import save_figure
from actopo.homology.diagram_files import load_diagrams
from actopo.job import settings, start_logging

start_logging(snakemake)

params = settings(snakemake)
order = params.order
layers, dimensions = order["layers"], order["dimensions"]
by_dimension = [load_diagrams(snakemake.input.diagrams, layers, dimension) for dimension in dimensions]
diagrams = [dict(zip(dimensions, of_layer, strict=True)) for of_layer in zip(*by_dimension, strict=True)]
save_figure(snakemake.output, plot(diagrams, layers, dict(params.outputs["names"])))
