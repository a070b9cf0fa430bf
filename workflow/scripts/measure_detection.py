"""From how many removed components on each measure of similarity detects it, against other networks and batches."""

import logging

import numpy as np
import pandas as pd
from actopo.files import load_arrays, load_table, save_table
from actopo.job import settings, start_logging
from actopo.similarity.detection import same_layer, sensitivity_tables
from actopo.similarity.intervals import FEWEST_NETWORKS
from actopo.similarity.layer_names import with_names

start_logging(snakemake)

params, files = settings(snakemake), snakemake.input


def by_layer(path, axis):
    """Distances of the sliced-Wasserstein metrics between the same layer of networks or batches."""
    arrays = load_arrays(path)
    layers = arrays["layers"].tolist()
    names = [name for name in arrays.files if name not in ("layers", axis)]
    return {f"sw_{name}": dict(zip(layers, same_layer(arrays[name], len(layers)), strict=True)) for name in names}


pairs = floors = None
if files.models:
    pairs = by_layer(files.models, "seeds")
    for metric, path in zip(params.rivals["metrics"], files.baselines, strict=True):
        arrays = load_arrays(path)
        pairs[metric] = dict(zip(arrays["layers"].tolist(), arrays["distances"], strict=True))
else:
    logging.info("a single network has no baseline")
if files.batches:
    found = by_layer(files.batches, "batches")
    floors = {
        metric: {layer: matrix[np.triu_indices(len(matrix), 1)] for layer, matrix in layers.items()}
        for metric, layers in found.items()
    }
else:
    logging.info("a single batch has no floor")
by_reference = {}
for place, path in zip(params.references["curves"], files.curves, strict=True):
    by_reference.setdefault(place, []).append(load_table(path))
if len(by_reference) < FEWEST_NETWORKS:
    logging.info("%d networks have no interval; give %d or more", len(by_reference), FEWEST_NETWORKS)
curves = {place: pd.concat(tables) for place, tables in by_reference.items()}
sensitivity, by_network = sensitivity_tables(curves, pairs, floors, **params.levels)
by_network["network"] = by_network.network.map(dict(enumerate(params.references["seeds"])))
save_table(snakemake.output.sensitivity, with_names(sensitivity, params.outputs["names"]))
save_table(snakemake.output.by_network, with_names(by_network, params.outputs["names"]))
