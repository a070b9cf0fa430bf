"""Radius of DBSCAN for one layer's point cloud, once for all jobs that cluster its intervals."""

from actopo.job import choose_device, limit_threads, log_device, settings, start_logging
from actopo.mapper.clusterers import describe_clusterer
from actopo.mapper.covers import make_cover
from actopo.mapper.intermediate import load_lens, save_choice
from actopo.points.clouds import load_columns

start_logging(snakemake)
limit_threads(snakemake.threads)

params = settings(snakemake)
points, lens = load_columns(snakemake.input.points, int(snakemake.wildcards.layer), "points", "norm")
lens = load_lens(snakemake.input.lens, lens)
# Only a rule that looks at the graph has a cover.
cover = params.cover and make_cover(lens, **params.cover)
device = choose_device(snakemake.resources.device)
log_device(device, snakemake.threads)
choice = describe_clusterer(points, **params.clusterer, lens=lens, cover=cover, device=device)
save_choice(snakemake.output.eps, *choice)
