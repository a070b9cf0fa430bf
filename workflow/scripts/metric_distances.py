"""Distances from the layers of the first network to those of itself and of others, by one measure of similarity."""

import logging

import numpy as np
from actopo.files import by_folder, save_arrays
from actopo.homology.scale import is_flat, mean_distances
from actopo.job import progress, settings, start_logging
from actopo.points.clouds import load_clouds
from actopo.similarity.dimensions import with_sum
from actopo.similarity.metrics.pairwise import metric_distances

start_logging(snakemake)

params = settings(snakemake)
metric, n_threads = snakemake.wildcards.metric, snakemake.threads
layers, n_layers = params.order["layers"], len(params.order["layers"])
clouds = [cloud for paths in by_folder(snakemake.input.points) for cloud in load_clouds(paths, layers)]
names = [f"layer {layer} of seed {seed}" for seed in params.order["seeds"] for layer in layers]


def sliced_wasserstein():
    """Distances by homology dimension, of the clouds as they are and divided by their mean distances."""
    # Numba takes half a second to import.
    from actopo.homology.diagrams import diagrams
    from actopo.similarity.equal_scale import equal_scale_distances

    dimensions, n_directions = params.settings["dimensions"], params.settings["directions"]
    units = mean_distances(clouds, names)
    found = diagrams(clouds, dimensions, n_jobs=n_threads)

    def compare(dimension, units):
        own = [diagram[dimension] for diagram in found]
        options = {"n_directions": n_directions, "n_threads": n_threads}
        return equal_scale_distances(own[:n_layers], units[:n_layers], own, units, **options)

    plain = {f"sw_h{dimension}": compare(dimension, np.ones(len(units))) for dimension in dimensions}
    scaled = {f"sw_h{dimension}_scaled": compare(dimension, units) for dimension in dimensions}
    return with_sum(plain, "sw_sum") | scaled


def scale():
    """Absolute differences of the mean distances between points, which are 0 where all points are equal."""
    units = np.nan_to_num(mean_distances(clouds, names))
    return {metric: np.abs(np.subtract.outer(units[:n_layers], units))}


def other_metric():
    """Distances by the measure of similarity, and those by chance if it has them; nan for equal points."""
    spread = np.array([not is_flat(cloud) for cloud in clouds])
    for name in np.array(names)[~spread]:
        logging.warning("all points of %s are equal: its distances are nan", name)
    rows, columns = np.flatnonzero(spread[:n_layers]), np.flatnonzero(spread)
    found, chance = np.full((2, n_layers, len(clouds)), np.nan)
    if len(rows):
        with progress(len(rows) * len(columns), "pair") as bar:
            found[np.ix_(rows, columns)], chance[np.ix_(rows, columns)] = metric_distances(
                metric,
                [clouds[place] for place in rows],
                [clouds[place] for place in columns],
                n_threads=n_threads,
                progress=bar.update,
                return_chance=True,
                names=[names[place] for place in columns],
                **params.settings,
            )
    return {metric: found, **({f"{metric}_chance": chance} if np.isfinite(chance).any() else {})}


matrices = {"sw": sliced_wasserstein, "scale": scale}.get(metric, other_metric)()
blocks = {name: D.reshape(n_layers, -1, n_layers).swapaxes(0, 1) for name, D in matrices.items()}
save_arrays(snakemake.output.matrix, layers=layers, seeds=params.order["seeds"], **blocks)
