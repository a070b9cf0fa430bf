"""Persistence diagrams of some layers of one network, or of one control, on one batch of images."""

from actopo.homology.diagram_files import save_diagrams
from actopo.homology.diagrams import diagrams
from actopo.job import settings, start_logging
from actopo.points.clouds import load_clouds

start_logging(snakemake)

params = settings(snakemake)
layers = params.layers["layers"]
clouds = load_clouds(snakemake.input.points, layers)
# Components come along with cycles.
computed = diagrams(clouds, dimensions=range(params.max_dimension + 1), n_jobs=snakemake.threads)
save_diagrams(snakemake.output.diagrams, layers, computed)
