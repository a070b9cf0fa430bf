"""Distances between the layers of one network against those of surrogates of the same second moments."""

import logging

import numpy as np
from actopo.errors import InputError
from actopo.files import save_table
from actopo.homology.diagram_files import load_diagrams
from actopo.homology.diagrams import diagrams
from actopo.homology.scale import is_flat
from actopo.homology.surrogates import rms_distance, surrogates
from actopo.job import progress, settings, start_logging
from actopo.points.clouds import load_clouds, load_columns
from actopo.similarity.calibration import calibration_tables
from actopo.similarity.dimensions import with_sum
from actopo.similarity.layer_names import with_names
from actopo.similarity.wasserstein import pairwise_distances

start_logging(snakemake)

params, points = settings(snakemake), snakemake.input.points
layers, dimensions = params.order["layers"], params.order["dimensions"]
clouds = dict(zip(layers, load_clouds(points, layers), strict=True))
if flat := [layer for layer in layers if is_flat(clouds[layer])]:
    logging.warning("all points of layers %s are equal: they have no surrogates and are left out", flat)
layers = [layer for layer in layers if layer not in flat]
if not layers:
    raise InputError(f"all points of every layer of {points[0]} are equal; there is nothing to compare.")
clouds = [clouds[layer] for layer in layers]
# The unit of a layer is the same for all its draws.
units = [rms_distance(cloud) for cloud in clouds]
by_class = snakemake.wildcards.surrogates == "class_gaussian"
labels = [load_columns(points, layer, "label")[0] for layer in layers] if by_class else None
draws = surrogates(clouds, params.draws["draws"], [params.draws["seed"]], labels)
flat = (cloud for draw in progress(draws, "draw", "surrogates") for cloud in draw)
computed = diagrams(flat, dimensions, snakemake.threads)

between, within = {"own": {}, "equal": {}}, {}
with progress(len(dimensions), "dimension") as bar:
    for dimension in dimensions:
        own = load_diagrams(snakemake.input.diagrams, layers, dimension)
        drawn = [own] + [
            [found[dimension] for found in computed[start : start + len(layers)]]
            for start in range(0, len(computed), len(layers))
        ]
        distance = {**params.distance, "n_threads": snakemake.threads}
        name = f"h{dimension}"
        within[name] = np.stack([pairwise_distances(draw, **distance) for draw in zip(*drawn, strict=True)])
        between["own"][name] = np.stack([pairwise_distances(draw, **distance) for draw in drawn])
        scaled = [[diagram / unit for diagram, unit in zip(draw, units, strict=True)] for draw in drawn]
        between["equal"][name] = np.stack([pairwise_distances(draw, **distance) for draw in scaled])
        bar.update()
tables = calibration_tables({scale: with_sum(own) for scale, own in between.items()}, with_sum(within), units, layers)
save_table(snakemake.output.table, with_names(tables, params.outputs["names"]))
