"""Distances from the first network on every batch of images to every network on the first batch, between all layers."""

import numpy as np
from actopo.files import by_folder, save_arrays
from actopo.homology.diagram_files import load_diagrams
from actopo.homology.scale import mean_distances
from actopo.job import choose_device, progress, settings, start_logging
from actopo.points.clouds import load_clouds
from actopo.similarity.dimensions import with_sum
from actopo.similarity.equal_scale import equal_scale_distances

start_logging(snakemake)

params, files = settings(snakemake), snakemake.input
if params.distance["method"] != "exact":
    params.distance["device"] = choose_device(snakemake.resources.device)
layers, dimensions = params.order["layers"], params.order["dimensions"]
batches, networks = by_folder(files.batches), by_folder(files.networks)
n_layers, n_batches, n_seeds = len(layers), len(batches), len(networks)
# Births and deaths scale with the cloud. Files of clouds are in the order of those of diagrams.
points = by_folder(files.batch_points) + by_folder(files.network_points)
units = mean_distances(
    (cloud for paths in points for cloud in load_clouds(paths, layers)),
    [f"layer {layer} of {paths[0]}" for paths in points for layer in layers],
)
units = units if points else np.ones((n_batches + n_seeds) * n_layers)

matrices = {}
with progress(len(dimensions), "matrix") as bar:
    for dimension in dimensions:
        found = [diagram for paths in batches + networks for diagram in load_diagrams(paths, layers, dimension)]
        n_rows = n_batches * n_layers
        matrix = equal_scale_distances(
            found[:n_rows],
            units[:n_rows],
            found[n_rows:],
            units[n_rows:],
            **params.distance,
            n_threads=snakemake.threads,
        )
        matrices[f"h{dimension}"] = matrix.reshape(n_batches, n_layers, n_seeds, n_layers)
        bar.update()
axes = {"batches": params.order["batches"], "seeds": params.order["seeds"]}
units = units.reshape(-1, n_layers)
save_arrays(snakemake.output.matrix, layers=layers, **axes, units=units, **with_sum(matrices))
