"""Persistence diagrams of all layers of one network on one batch of images."""

from actopo.homology.controls import gaussian_like
from actopo.homology.diagram_files import save_diagrams
from actopo.homology.diagrams import diagrams
from actopo.job import settings, start_logging
from actopo.points.clouds import load_clouds

start_logging(snakemake)

params = settings(snakemake)
layers = params.layers["layers"]
clouds = load_clouds(snakemake.input.points, layers)
if params.gaussian:
    seed = [params.gaussian["seed"], int(snakemake.wildcards.seed)]
    clouds = [gaussian_like(cloud, [*seed, layer]) for layer, cloud in zip(layers, clouds, strict=True)]
computed = diagrams(clouds, dimensions=params.dimensions["dimensions"], n_jobs=snakemake.threads)
save_diagrams(snakemake.output.diagrams, layers, computed)
