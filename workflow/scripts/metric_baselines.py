"""Distances between the same layer of every two networks, by another measure of similarity."""

import numpy as np
from actopo.files import by_folder, save_arrays
from actopo.homology.scale import is_flat
from actopo.job import progress, settings, start_logging
from actopo.points.clouds import load_clouds
from actopo.similarity.metrics.pairwise import metric_distances

start_logging(snakemake)

params, networks = settings(snakemake), by_folder(snakemake.input.points)
layers, metric = params.order["layers"], snakemake.wildcards.metric
# Between a cloud of equal points and any other there is no distance.
distances = np.full((len(layers), len(networks), len(networks)), np.nan)
for matrix, layer in zip(distances, progress(layers, "layer"), strict=True):
    clouds = [cloud for paths in networks for cloud in load_clouds(paths, [layer])]
    spread = [place for place, cloud in enumerate(clouds) if not is_flat(cloud)]
    if len(spread) > 1:
        matrix[np.ix_(spread, spread)] = metric_distances(
            metric, [clouds[place] for place in spread], n_threads=snakemake.threads, **params.settings
        )
save_arrays(snakemake.output.matrix, layers=layers, seeds=params.order["seeds"], distances=distances)
