"""Distance of clouds to themselves without some of their principal components, by one measure of similarity."""

import json
from itertools import chain, islice

import numpy as np
from actopo.homology import diagrams
from actopo.io import load_arrays, save_table
from actopo.job import progress, start_logging
from actopo.rivals import rival_distances
from actopo.sensitivity import curve_table, deletion_clouds, deletion_index
from actopo.wasserstein import pairwise_distances

start_logging(snakemake)

removal, settings = json.loads(snakemake.params.removal), json.loads(snakemake.params.settings)
metric, layers, n_threads = snakemake.wildcards.metric, removal["layers"], snakemake.threads
file = load_arrays(snakemake.input.points[0])
clouds = {layer: file[f"layer{layer:02d}.points"] for layer in layers}
index = deletion_index({layer: cloud.shape[1] for layer, cloud in clouds.items()}, removal["components"])
reduced = deletion_clouds(clouds, removal["components"], removal["centered"], removal["seed"])
names = [f"sw_h{dimension}" for dimension in settings["dimensions"]] if metric == "sw" else [metric]
distances = {name: np.full(len(index), np.nan) for name in names}

for layer, rows in progress(list(index.groupby("layer", sort=False).indices.items()), "layer"):
    of_layer = islice(reduced, len(rows))
    if metric == "sw":
        whole, *found = diagrams(chain([clouds[layer]], of_layer), settings["dimensions"], n_threads)
        for dimension in settings["dimensions"]:
            distances[f"sw_h{dimension}"][rows] = pairwise_distances(
                [whole[dimension]],
                [diagram[dimension] for diagram in found],
                settings["directions"],
                n_threads=n_threads,
            )[0]
    else:
        # A few at a time: prepared clouds are as large as their matrices of distances.
        for some in np.array_split(rows, -(-len(rows) // 32)):
            found = list(islice(of_layer, len(some)))
            # Without all its components a cloud is a point, which rivals cannot compare.
            left = [index for index, cloud in zip(some, found, strict=True) if cloud.any()]
            distances[metric][left] = rival_distances(
                metric, [clouds[layer]], [cloud for cloud in found if cloud.any()], n_threads=n_threads, **settings
            )[0]
if len(names) > 1:
    distances["sw_sum"] = sum(distances.values())
save_table(snakemake.output.curves, curve_table(index, distances))
