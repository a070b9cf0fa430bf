"""Distance of clouds to themselves without some of their principal components, by one measure of similarity."""

import logging
from itertools import chain

import numpy as np
from actopo.files import save_table
from actopo.homology.diagrams import diagrams
from actopo.homology.scale import is_flat, mean_distance
from actopo.job import progress, settings, start_logging
from actopo.points.clouds import load_clouds
from actopo.similarity.dimensions import with_sum
from actopo.similarity.metrics.pairwise import distances_to
from actopo.similarity.sensitivity import deletion_curves

start_logging(snakemake)

params = settings(snakemake)
removal, metric, n_threads = params.removal, snakemake.wildcards.metric, snakemake.threads


def sliced_wasserstein(cloud, reduced):
    """Distances by homology dimension, and their sum."""
    # Numba takes half a second to import.
    from actopo.similarity.wasserstein import pairwise_distances

    dimensions, n_directions = params.settings["dimensions"], params.settings["directions"]
    whole, *found = diagrams(chain([cloud], reduced), dimensions, n_threads)
    distances = {
        f"sw_h{dimension}": pairwise_distances(
            [whole[dimension]], [diagram[dimension] for diagram in found], n_directions, n_threads=n_threads
        )[0]
        for dimension in dimensions
    }
    return with_sum(distances, "sw_sum")


def scaled(cloud, reduced):
    """Distances by homology dimension of the clouds divided by their mean distances, and of these means."""
    from actopo.similarity.wasserstein import pairwise_distances

    units = []

    def measured():
        for each in chain([cloud], reduced):
            units.append(0.0 if is_flat(each) else mean_distance(each))
            yield each

    dimensions, n_directions = params.settings["dimensions"], params.settings["directions"]
    found = list(diagrams(measured(), dimensions, n_threads))
    distances = {"scale": np.abs(np.array(units[1:]) - units[0])}
    for dimension in dimensions:
        whole, *others = [each[dimension] / (unit or 1) for each, unit in zip(found, units, strict=True)]
        of_dimension = pairwise_distances([whole], others, n_directions, n_threads=n_threads)[0]
        # A single point has no scale.
        distances[f"sw_h{dimension}_scaled"] = np.where(units[1:], of_dimension, np.nan)
    return distances


def other_metric(cloud, reduced):
    """Distances by the measure of similarity."""
    return {metric: distances_to(cloud, reduced, metric, n_threads=n_threads, **params.settings)}


layers = removal.pop("layers")
clouds = dict(zip(layers, load_clouds(snakemake.input.points, layers), strict=True))
curves = deletion_curves(
    clouds,
    {"sw": sliced_wasserstein, "sw_scaled": scaled}.get(metric, other_metric),
    progress=lambda steps: progress(steps, "layer"),
    **removal,
)
if missing := [layer for layer in layers if layer not in set(curves.layer)]:
    logging.info("layers %s have no curve: all their points are equal, or they have one channel", missing)
save_table(snakemake.output.curves, curves)
