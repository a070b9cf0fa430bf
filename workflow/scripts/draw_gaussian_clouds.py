"""Gaussian clouds with the means and covariances of the clouds of one network on one batch of images."""

from actopo.files import save_arrays
from actopo.homology.controls import gaussian_like
from actopo.job import settings, start_logging
from actopo.keys import layer_key
from actopo.points.clouds import load_clouds

start_logging(snakemake)

params = settings(snakemake)
layers, seed = params.layers["layers"], [params.seed, int(snakemake.wildcards.seed)]
clouds = zip(layers, load_clouds(snakemake.input.points, layers), strict=True)
drawn = {layer_key(layer, "points"): gaussian_like(cloud, [*seed, layer]) for layer, cloud in clouds}
save_arrays(snakemake.output.points, **drawn)
