"""Distances from the layers of the first network to those of itself and of others, by one measure of similarity."""

from actopo.files import save_arrays
from actopo.job import progress, settings, start_logging
from actopo.points.clouds import load_clouds
from actopo.similarity.metrics.pairwise import metric_distances

start_logging(snakemake)

params = settings(snakemake)
layers, n_layers = params.order["layers"], len(params.order["layers"])
clouds = [cloud for path in snakemake.input.points for cloud in load_clouds(path, layers)]
with progress(n_layers * len(clouds), "pair") as bar:
    distances = metric_distances(
        snakemake.wildcards.metric,
        clouds[:n_layers],
        clouds,
        n_threads=snakemake.threads,
        progress=bar.update,
        **params.settings,
    )
blocks = distances.reshape(n_layers, -1, n_layers).swapaxes(0, 1)
save_arrays(snakemake.output.matrix, layers=layers, seeds=params.order["seeds"], distances=blocks)
