"""Distances from the layers of the first network to those of itself and of others, by one measure of similarity."""

import numpy as np
from actopo.errors import InputError
from actopo.files import save_arrays
from actopo.homology.controls import mean_distance
from actopo.homology.diagrams import diagrams
from actopo.job import progress, settings, start_logging
from actopo.points.clouds import load_clouds
from actopo.similarity.dimensions import with_sum
from actopo.similarity.metrics.choices import CHANCE
from actopo.similarity.metrics.pairwise import metric_distances
from actopo.similarity.wasserstein import pairwise_distances

start_logging(snakemake)

params = settings(snakemake)
metric, n_threads = snakemake.wildcards.metric, snakemake.threads
layers, n_layers = params.order["layers"], len(params.order["layers"])
clouds = [cloud for path in snakemake.input.points for cloud in load_clouds(path, layers)]
names = [f"layer {layer} of seed {seed}" for seed in params.order["seeds"] for layer in layers]


def mean_distances():
    """Mean distance between the points of every cloud."""
    units = []
    for name, cloud in zip(names, clouds, strict=True):
        try:
            units.append(mean_distance(cloud))
        except InputError as error:
            raise InputError(f"{name}: {error}") from error
    return np.array(units)


def sliced_wasserstein():
    """Distances by homology dimension, of the clouds as they are and divided by their mean distances."""
    dimensions, n_directions = params.settings["dimensions"], params.settings["directions"]
    units = mean_distances()
    found = diagrams(clouds, dimensions, n_jobs=n_threads)

    def compare(dimension, units):
        own = [diagram[dimension] / unit for diagram, unit in zip(found, units, strict=True)]
        return pairwise_distances(own[:n_layers], own, n_directions, n_threads=n_threads)

    plain = {f"sw_h{dimension}": compare(dimension, np.ones(len(units))) for dimension in dimensions}
    scaled = {f"sw_h{dimension}_scaled": compare(dimension, units) for dimension in dimensions}
    return with_sum(plain, "sw_sum") | scaled


def other_metric():
    """Distances by the measure of similarity, and those by chance if it has them."""
    with progress(n_layers * len(clouds), "pair") as bar:
        found, chance = metric_distances(
            metric,
            clouds[:n_layers],
            clouds,
            n_threads=n_threads,
            progress=bar.update,
            return_chance=True,
            names=names,
            **params.settings,
        )
    return {metric: found, **({f"{metric}_chance": chance} if metric in CHANCE else {})}


if metric == "scale":
    units = mean_distances()
    matrices = {metric: np.abs(np.subtract.outer(units[:n_layers], units))}
else:
    matrices = sliced_wasserstein() if metric == "sw" else other_metric()
blocks = {name: D.reshape(n_layers, -1, n_layers).swapaxes(0, 1) for name, D in matrices.items()}
save_arrays(snakemake.output.matrix, layers=layers, seeds=params.order["seeds"], **blocks)
