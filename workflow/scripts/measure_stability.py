"""How a mapper graph depends on its parameters and on its points."""

import json

from actopo.covers import IntervalCover
from actopo.dbscan import DBSCAN
from actopo.io import load_arrays, load_json, save_table
from actopo.job import limit_threads, progress, start_logging
from actopo.stability import grid, resample

start_logging(snakemake)
limit_threads(snakemake.threads)

settings, used = json.loads(snakemake.params.settings), json.loads(snakemake.params.cover)
file, layer = load_arrays(snakemake.input.points), f"layer{int(snakemake.wildcards.layer):02d}"
points, lens, labels, images = (file[f"{layer}.{name}"] for name in ("points", "norm", "label", "image"))
eps, min_samples = load_json(snakemake.input.graph)["graph"]["eps"], snakemake.params.min_samples

table = grid(
    points,
    lens,
    labels,
    settings["intervals"],
    settings["overlaps"],
    [factor * eps for factor in settings["eps"]],
    min_samples,
    used["convention"],
    progress=lambda steps: progress(steps, "graph"),
)
table.insert(3, "eps_factor", settings["eps"] * (len(table) // len(settings["eps"])))
samples = resample(
    points,
    lens,
    labels,
    IntervalCover(used["intervals"], used["overlap"], used["convention"]),
    lambda part: DBSCAN(eps, min_samples),
    settings["samples"],
    settings["share"],
    settings["seed"],
    images,
    progress=lambda steps: progress(steps, "part"),
)
save_table(snakemake.output.grid, table)
save_table(snakemake.output.samples, samples)
