"""Persistence diagrams of all layers of one network on one batch of images."""

import json

from actopo.controls import gaussian_like
from actopo.homology import diagrams
from actopo.io import load_arrays, save_arrays
from actopo.job import start_logging

start_logging(snakemake)

layers = json.loads(snakemake.params.layers)["layers"]
dimensions = json.loads(snakemake.params.dimensions)["dimensions"]
points = load_arrays(snakemake.input.points)
clouds = [points[f"layer{layer:02d}.points"] for layer in layers]
if snakemake.params.gaussian:
    seed = [json.loads(snakemake.params.gaussian)["seed"], int(snakemake.wildcards.seed)]
    clouds = [gaussian_like(cloud, [*seed, layer]) for layer, cloud in zip(layers, clouds, strict=True)]
computed = diagrams(clouds, dimensions=dimensions, n_jobs=snakemake.threads)
save_arrays(
    snakemake.output.diagrams,
    **{
        f"layer{layer:02d}.h{dimension}": diagram[dimension]
        for layer, diagram in zip(layers, computed, strict=True)
        for dimension in dimensions
    },
)
