"""How a mapper graph depends on its parameters and on its points."""

import numpy as np
from actopo.files import load_json, save_table
from actopo.graphs.stability import grid, resample
from actopo.job import limit_threads, progress, settings, start_logging
from actopo.mapper.covers import make_cover
from actopo.mapper.dbscan import DBSCAN
from actopo.points.clouds import load_columns

start_logging(snakemake)
limit_threads(snakemake.threads)

params = settings(snakemake)
varied, used, min_samples = params.settings, params.cover, params.min_samples
columns = ("points", "norm", "label", "image")
points, lens, labels, images = load_columns(snakemake.input.points, int(snakemake.wildcards.layer), *columns)
if snakemake.input.lens:
    lens = np.load(snakemake.input.lens)
eps = load_json(snakemake.input.graph)["graph"]["eps"]

table = grid(
    points,
    lens,
    labels,
    varied["intervals"],
    varied["overlaps"],
    [factor * eps for factor in varied["eps"]],
    min_samples,
    used["convention"],
    progress=lambda steps: progress(steps, "graph"),
)
table.insert(3, "eps_factor", varied["eps"] * (len(table) // len(varied["eps"])))
samples = resample(
    points,
    lens,
    labels,
    make_cover(lens, **used),
    lambda part: DBSCAN(eps, min_samples),
    varied["samples"],
    varied["share"],
    varied["seed"],
    images,
    progress=lambda steps: progress(steps, "part"),
)
for place, rows in ((snakemake.output.grid, table), (snakemake.output.samples, samples)):
    rows.insert(0, "seed", int(snakemake.wildcards.seed))
    rows.insert(1, "draw", int(snakemake.wildcards.draw.removeprefix(".draw") or 0))
    save_table(place, rows)
