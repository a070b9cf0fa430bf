"""Distances between every two layers of every two networks on one batch of images, or of every two batches."""

import logging

import numpy as np
from actopo.files import by_folder, save_arrays
from actopo.homology.diagram_files import load_diagrams
from actopo.homology.scale import mean_distances
from actopo.job import choose_device, progress, settings, start_logging
from actopo.points.clouds import load_clouds
from actopo.similarity.dimensions import with_sum
from actopo.similarity.equal_scale import equal_scale_distances

start_logging(snakemake)

params = settings(snakemake)
if params.distance["method"] != "exact":
    params.distance["device"] = choose_device(snakemake.resources.device)
layers, dimensions = params.order["layers"], params.order["dimensions"]


# Mean distances between points, with which births and deaths scale, where clouds are compared at equal scale.
points, networks = by_folder(snakemake.input.points), by_folder(snakemake.input.diagrams)
clouds = (cloud for paths in points for cloud in load_clouds(paths, layers))
units = mean_distances(clouds, [f"layer {layer} of {paths[0]}" for paths in points for layer in layers])

matrices = {}
with progress(len(dimensions), "matrix") as bar:
    for dimension in dimensions:
        name = f"h{dimension}"
        diagrams = [diagram for paths in networks for diagram in load_diagrams(paths, layers, dimension)]
        matrices[name], bound = equal_scale_distances(
            diagrams,
            units if len(units) else np.ones(len(diagrams)),
            **params.distance,
            n_threads=snakemake.threads,
            return_bound=True,
        )
        if bound.any():
            relative = np.max(bound / np.where(bound > 0, matrices[name], 1))
            logging.info("H%d: distances are too small by at most %.2g of themselves", dimension, relative)
        bar.update()
# Seeds of networks, or batches of one network.
axis = {name: params.order[name] for name in ("seeds", "batches") if name in params.order}
save_arrays(snakemake.output.matrix, layers=layers, **axis, **with_sum(matrices))
