"""Two networks, layer by layer: distances by every measure of similarity, as matrices and as a table."""

import numpy as np
from actopo.files import by_folder, save_arrays, save_table
from actopo.homology.diagram_files import load_diagrams
from actopo.job import progress, settings, start_logging
from actopo.points.clouds import load_clouds
from actopo.similarity.network_pairs import pair_table, paired_distances, topological_distances

start_logging(snakemake)

params = settings(snakemake)
networks, dimensions = params.networks, params.order["dimensions"]
layers = [networks[f"layers_{side}"] for side in "ab"]
names = [[dict(networks[f"names_{side}"])[layer] for layer in networks[f"layers_{side}"]] for side in "ab"]
called = [[f"{name} of {networks[f'model_{side}']}" for name in own] for side, own in zip("ab", names, strict=True)]
own, pooled = (
    [load_clouds(paths, chosen) for paths, chosen in zip(by_folder(files), layers, strict=True)]
    for files in (snakemake.input.points, snakemake.input.pooled)
)
diagrams = [
    {dimension: load_diagrams(paths, chosen, dimension) for dimension in dimensions}
    for paths, chosen in zip(by_folder(snakemake.input.diagrams), layers, strict=True)
]
found = topological_distances(diagrams, own, called, **params.distance, n_threads=snakemake.threads)
distances = {name: (matrix, np.full_like(matrix, np.nan)) for name, matrix in found.items()}
for metric, options in progress(params.metrics["metrics"].items(), "measure"):
    distances[metric] = paired_distances(metric, pooled, called, snakemake.threads, **options)
arrays = {name: matrix for name, (matrix, _) in distances.items()}
arrays |= {f"{name}_chance": chance for name, (_, chance) in distances.items() if np.isfinite(chance).any()}
save_arrays(snakemake.output.matrices, layers_a=layers[0], layers_b=layers[1], **arrays)
save_table(snakemake.output.table, pair_table(distances, layers, names))
