"""Distances between networks, batches and reduced clouds again, for parts of the points and numbers of directions."""

from itertools import chain

import numpy as np
import pandas as pd
from actopo.files import by_folder, save_arrays
from actopo.homology.diagram_files import load_diagrams
from actopo.homology.diagrams import diagrams
from actopo.job import progress, settings, start_logging
from actopo.points.clouds import load_clouds
from actopo.similarity.sensitivity import deletion_curves, deletion_index
from actopo.similarity.subsamples import batch_distances, draw_points, reference_distances
from actopo.similarity.wasserstein import pairwise_distances

start_logging(snakemake)

params, n_threads = settings(snakemake), snakemake.threads
files = {name: by_folder(paths) for name, paths in snakemake.input.items()}
layers, dimensions, power = params.order["layers"], params.order["dimensions"], params.power
first = dict(zip(layers, load_clouds(files["points"][0], layers), strict=True))
n_points = max(map(len, first.values()))
removal = params.removal
index = deletion_index({layer: first[layer].shape[1] for layer in removal["layers"]}, ["smallest"])
removed = pd.MultiIndex.from_frame(index[["layer", "removed"]])


def parts(paths, wanted, size, draw):
    """Parts of the clouds of a network on a batch, of the same images of every batch."""
    return [cloud[draw_points(len(cloud), size, draw, power["seed"])] for cloud in load_clouds(paths, wanted)]


def diagrams_of(points, whole, size, draw):
    """Diagrams of all layers of some networks or batches, by dimension. Those of whole clouds are there."""
    if size == n_points:
        return {h: [each for paths in whole for each in load_diagrams(paths, layers, h)] for h in dimensions}
    clouds = (cloud for paths in points for cloud in parts(paths, layers, size, draw))
    found = diagrams(clouds, dimensions, n_threads)
    return {h: [each[h] for each in found] for h in dimensions}


def deletions(size, draw, directions):
    """Distances of the first network's clouds to themselves without components, in the order of `index`."""

    def compare(cloud, reduced):
        whole, *others = diagrams(chain([cloud], reduced), dimensions, n_threads)
        return {
            f"h{h}.{n}": pairwise_distances([whole[h]], [each[h] for each in others], n, n_threads=n_threads)[0]
            for h in dimensions
            for n in directions
        }

    clouds = dict(zip(removal["layers"], parts(files["points"][0], removal["layers"], size, draw), strict=True))
    curves = deletion_curves(clouds, compare, ["smallest"], removal["centred"])
    curves = curves.set_index(["metric", "layer", "removed"]).distance
    # A part whose points are all equal has no curve.
    places = {(h, n): [(f"h{h}.{n}", *place) for place in removed] for h in dimensions for n in directions}
    return {key: curves.reindex(own).to_numpy(float) for key, own in places.items()}


usual = power["usual_directions"]
draws = [(size, draw, [usual]) for size in sorted(power["points"]) if size < n_points for draw in range(power["draws"])]
draws.append((n_points, 0, sorted({usual, *power["directions"]})))
arrays = {f"h{h}.{name}": [] for h in dimensions for name in ("networks", "batches", "curves")}
for size, draw, directions in progress(draws, "part"):
    networks = diagrams_of(files["points"], files["diagrams"], size, draw)
    batches = diagrams_of(files["batch_points"], files["batch_diagrams"], size, draw)
    curves = deletions(size, draw, directions)
    for h in dimensions:
        for n in directions:
            arrays[f"h{h}.networks"].append(reference_distances(networks[h], len(layers), n, n_threads))
            arrays[f"h{h}.batches"].append(batch_distances(batches[h], len(layers), n, n_threads))
            arrays[f"h{h}.curves"].append(curves[h, n])
numbers = np.array([(size, n) for size, _, directions in draws for n in directions])
save_arrays(
    snakemake.output.distances,
    layers=layers,
    points=numbers[:, 0],
    directions=numbers[:, 1],
    curve_layer=index.layer.astype(int),
    curve_fraction=index.fraction.astype(float),
    **{name: np.stack(values) for name, values in arrays.items()},
)
