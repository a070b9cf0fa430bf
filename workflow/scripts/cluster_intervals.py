"""Clusters of some intervals of one mapper graph."""

from actopo.job import limit_threads, progress, settings, start_logging
from actopo.mapper.clusterers import make_clusterer
from actopo.mapper.covers import IntervalCover
from actopo.mapper.graph import cluster_intervals
from actopo.mapper.intermediate import load_choice, save_intervals
from actopo.points.clouds import load_columns

start_logging(snakemake)
limit_threads(snakemake.threads)

params = settings(snakemake)
points, lens = load_columns(snakemake.input.points, int(snakemake.wildcards.layer), "points", "norm")
described, _ = load_choice(snakemake.input.eps)
clusterer, min_points = make_clusterer(described)
# Neighbouring intervals hold about equally many points: dealing them out gives every job its share.
indices = range(int(snakemake.wildcards.part), params.cover["intervals"], params.jobs)
intervals = cluster_intervals(
    points,
    lens,
    IntervalCover(params.cover["intervals"], params.cover["overlap"], params.cover["convention"]),
    clusterer,
    indices,
    progress=lambda steps: progress(steps, "interval"),
    min_points=min_points,
)
save_intervals(snakemake.output.intervals, intervals)
