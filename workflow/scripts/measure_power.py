"""How specificity, floor and detection change with the points of a cloud, the directions and the networks."""

from itertools import chain

from actopo.files import load_arrays, save_table
from actopo.homology.diagram_files import load_diagrams
from actopo.homology.diagrams import diagrams
from actopo.job import progress, settings, start_logging
from actopo.points.clouds import load_clouds
from actopo.similarity import power
from actopo.similarity.sensitivity import deletion_distances
from actopo.similarity.specificity import blocks
from actopo.similarity.wasserstein import pairwise_distances

start_logging(snakemake)

params, files, n_threads = settings(snakemake), snakemake.input, snakemake.threads
layers, dimensions, removal = params.order["layers"], params.order["dimensions"], params.removal
usual, seed, models = params.power["usual"], params.power["seed"], load_arrays(files.models)
n_layers, n_models = len(layers), len(models["seeds"])
n_points = max(map(len, load_clouds(files.points[0], layers)))


def parts(path, wanted, size, draw):
    """Parts of the clouds of a file, of the same images in every file."""
    return [cloud[power.draw_points(len(cloud), size, draw, seed)] for cloud in load_clouds(path, wanted)]


def diagrams_of(points, whole, size, draw):
    """Diagrams of all layers of some files, by dimension. Those of whole clouds are there."""
    if size == n_points:
        return {h: [each for path in whole for each in load_diagrams(path, layers, h)] for h in dimensions}
    clouds = (cloud for path in points for cloud in parts(path, layers, size, draw))
    found = diagrams(clouds, dimensions, n_threads)
    return {h: [each[h] for each in found] for h in dimensions}


def measured(size, draw, directions):
    """Arguments of `power.statistics` by dimension and number of directions."""

    def compare(cloud, reduced):
        whole, *others = diagrams(chain([cloud], reduced), dimensions, n_threads)
        return {
            (h, n): pairwise_distances([whole[h]], [each[h] for each in others], n, n_threads=n_threads)[0]
            for h in dimensions
            for n in directions
        }

    networks = diagrams_of(files.points, files.diagrams, size, draw)
    batches = diagrams_of(files.batch_points, files.batch_diagrams, size, draw)
    clouds = dict(zip(removal["layers"], parts(files.points[0], removal["layers"], size, draw), strict=True))
    index, curves = deletion_distances(clouds, compare, ["smallest"], removal["centered"])
    return {
        (h, n): (
            power.reference_distances(networks[h], n_layers, n, n_threads),
            power.batch_distances(batches[h], n_layers, n, n_threads),
            (index, curves[h, n]),
        )
        for h, n in curves
    }


tables = []


def add(varied, h, table, points=n_points, directions=usual, networks=n_models):
    numbers = {"points": points, "directions": directions, "networks": networks}
    tables.append(table.assign(varied=varied, metric=f"sw_h{h}", **numbers))


smaller = [size for size in sorted(params.power["points"]) if size < n_points]
draws = [(size, draw) for size in smaller for draw in range(params.power["draws"])]
for size, draw in progress(draws, "draw"):
    for (h, _), found in measured(size, draw, [usual]).items():
        add("points", h, power.statistics(*found, layers), points=size)
for (h, n), found in measured(n_points, 0, sorted({usual, *params.power["directions"]})).items():
    add("directions", h, power.statistics(*found, layers), directions=n)
    if n == usual:
        add("points", h, power.statistics(*found, layers))
        D = blocks(models[f"h{h}"], n_models, n_layers)
        for count, table in power.over_networks(D, *found[1:], layers, params.power["subsets"], seed):
            add("networks", h, table, networks=count)
save_table(snakemake.output.table, power.power_table(tables, params.power["level"]))
