"""How a mapper graph depends on its parameters and on its points."""

import pandas as pd
from actopo.files import load_json, save_table
from actopo.graphs.stability import grid, resample
from actopo.job import limit_threads, progress, settings, start_logging
from actopo.keys import draw_number
from actopo.mapper.choices import EPS_RULES
from actopo.mapper.clusterers import describe_clusterer
from actopo.mapper.covers import make_cover
from actopo.mapper.dbscan import DBSCAN
from actopo.mapper.intermediate import load_lens
from actopo.points.clouds import load_columns

start_logging(snakemake)
limit_threads(snakemake.threads)

params = settings(snakemake)
varied, used, min_samples = params.settings, params.cover, params.clusterer["min_samples"]
columns = ("points", "norm", "label", "image")
points, lens, labels, images = load_columns(snakemake.input.points, int(snakemake.wildcards.layer), *columns)
lens = load_lens(snakemake.input.lens, lens)
eps = load_json(snakemake.input.graph)["graph"]["eps"]
cover = make_cover(lens, **used)

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


def anew(part, part_lens):
    """Eps that the rule chooses for a part."""
    return describe_clusterer(part, **params.clusterer, lens=part_lens, cover=cover)[0]["eps"]


choices = {"fixed": lambda part, part_lens: eps}
if params.clusterer["eps"] in EPS_RULES:
    choices["anew"] = anew
samples = []
for name, choose in choices.items():
    chosen = []

    def make_clusterer(part, part_lens, choose=choose, chosen=chosen):
        chosen.append(choose(part, part_lens))
        return DBSCAN(chosen[-1], min_samples)

    drawn = varied["samples"], varied["share"], varied["seed"], images
    parts = resample(
        points, lens, labels, cover, make_clusterer, *drawn, progress=lambda steps: progress(steps, "part")
    )
    parts.insert(1, "eps_choice", name)
    parts.insert(2, "eps", chosen)
    samples.append(parts)
for place, rows in ((snakemake.output.grid, table), (snakemake.output.samples, pd.concat(samples))):
    rows.insert(0, "seed", int(snakemake.wildcards.seed))
    rows.insert(1, "draw", draw_number(snakemake.wildcards.draw))
    save_table(place, rows)
