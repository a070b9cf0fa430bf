"""Gaussian clouds with the means and covariances of the clouds of one network on one batch of images."""

from actopo.files import save_arrays
from actopo.homology.controls import gaussian_like
from actopo.job import settings, start_logging
from actopo.keys import layer_key
from actopo.points.clouds import load_clouds

start_logging(snakemake)

params = settings(snakemake)
layers, wildcards = params.layers["layers"], snakemake.wildcards
clouds = zip(layers, load_clouds(snakemake.input.points, layers), strict=True)
# Batches of one network have draws of their own: they stand for clouds of other images.
drawn = {
    layer_key(layer, "points"): gaussian_like(cloud, [params.seed, int(wildcards.seed), layer, int(wildcards.batch)])
    for layer, cloud in clouds
}
save_arrays(snakemake.output.points, **drawn)
