"""Clusters of some intervals of one mapper graph."""

from actopo.job import choose_device, limit_threads, log_device, progress, settings, start_logging
from actopo.mapper.clusterers import make_clusterer
from actopo.mapper.covers import make_cover
from actopo.mapper.graph import cluster_intervals
from actopo.mapper.intermediate import load_choice, load_lens, save_intervals
from actopo.points.clouds import load_columns

start_logging(snakemake)
limit_threads(snakemake.threads)

params = settings(snakemake)
points, lens = load_columns(snakemake.input.points, int(snakemake.wildcards.layer), "points", "norm")
lens = load_lens(snakemake.input.lens, lens)
described, _ = load_choice(snakemake.input.eps)
device = choose_device(snakemake.resources.device)
log_device(device, snakemake.threads)
clusterer, min_points = make_clusterer(described, device=device)
# Neighbouring intervals hold about equally many points: dealing them out gives every job its share.
cover = make_cover(lens, **params.cover)
indices = range(int(snakemake.wildcards.part), cover.n_intervals, params.jobs)
intervals = cluster_intervals(
    points,
    lens,
    cover,
    clusterer,
    indices,
    progress=lambda steps: progress(steps, "interval"),
    min_points=min_points,
)
save_intervals(snakemake.output.intervals, intervals)
