"""Radius of DBSCAN for one layer's point cloud, once for all jobs that cluster its intervals."""

from actopo.job import limit_threads, settings, start_logging
from actopo.mapper.clusterers import describe_clusterer
from actopo.mapper.covers import IntervalCover
from actopo.mapper.intermediate import save_choice
from actopo.points.clouds import load_columns

start_logging(snakemake)
limit_threads(snakemake.threads)

params = settings(snakemake)
points, lens = load_columns(snakemake.input.points, int(snakemake.wildcards.layer), "points", "norm")
# Only a rule that looks at the graph has a cover.
cover = params.cover and IntervalCover(params.cover["intervals"], params.cover["overlap"], params.cover["convention"])
save_choice(snakemake.output.eps, *describe_clusterer(points, **params.clusterer, lens=lens, cover=cover))
