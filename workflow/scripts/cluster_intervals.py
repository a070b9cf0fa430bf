"""Clusters of some intervals of one mapper graph."""

import json

from actopo.clusterers import make_clusterer
from actopo.covers import IntervalCover
from actopo.io import load_arrays, save_intervals
from actopo.job import limit_threads, progress, start_logging
from actopo.mapper import cluster_intervals

start_logging(snakemake)
limit_threads(snakemake.threads)

file, layer = load_arrays(snakemake.input.points), f"layer{int(snakemake.wildcards.layer):02d}"
settings = json.loads(snakemake.params.cover)
clusterer, min_points = make_clusterer(json.loads(str(load_arrays(snakemake.input.eps)["description"])))
# Neighbouring intervals hold about equally many points: dealing them out gives every job its share.
indices = range(int(snakemake.wildcards.part), settings["intervals"], snakemake.params.jobs)
intervals = cluster_intervals(
    file[f"{layer}.points"],
    file[f"{layer}.norm"],
    IntervalCover(settings["intervals"], settings["overlap"], settings["convention"]),
    clusterer,
    indices,
    progress=lambda steps: progress(steps, "interval"),
    min_points=min_points,
)
save_intervals(snakemake.output.intervals, intervals)
