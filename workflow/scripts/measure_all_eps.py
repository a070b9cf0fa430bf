"""One mapper graph at every eps: its invariants, some of the graphs, the persistent clusters and their branches."""

import numpy as np
from actopo.files import load_json, save_table
from actopo.graphs.eps_profile import persistent_segments, profile
from actopo.job import limit_threads, progress, settings, start_logging
from actopo.mapper.all_eps import AllEps, eps_range, longest_plateau
from actopo.mapper.covers import make_cover
from actopo.mapper.eps_graphs import kept_places, writing_graphs
from actopo.mapper.intermediate import load_lens
from actopo.points.clouds import load_columns

start_logging(snakemake)
limit_threads(snakemake.threads)

params = settings(snakemake)
varied = params.all_eps
points, lens, labels, images = load_columns(
    snakemake.input.points, int(snakemake.wildcards.layer), "points", "norm", "label", "image"
)
lens = load_lens(snakemake.input.lens, lens)
every = AllEps(
    points,
    lens,
    make_cover(lens, **params.cover),
    params.min_samples,
    progress=lambda steps: progress(steps, "interval"),
)
eps_values = eps_range(every.core_distances(), every.merge_heights(), varied["values"], varied["quantiles"])
kept = kept_places(len(eps_values))
with writing_graphs(snakemake.output.graphs, eps_values[kept], lens, labels, images) as keep:
    table = profile(
        every,
        eps_values,
        labels,
        progress=lambda steps: progress(steps, "graph"),
        visit=lambda place, graph: keep(graph) if place in kept else None,
    )
plateau = longest_plateau(eps_values, table.n_components.to_numpy(), table.n_cycles.to_numpy())
first, last = plateau or (1, 0)
table["in_plateau"] = (np.arange(len(table)) >= first) & (np.arange(len(table)) <= last)
class_names = load_json(snakemake.input.meta)["class_names"]
# Over two lenses there is no order of the intervals along which branches could go on.
segments, branches = persistent_segments(
    every, labels, class_names, prominence=varied["prominence"], in_order=lens.ndim == 1
)
save_table(snakemake.output.profile, table)
save_table(snakemake.output.segments, segments)
save_table(snakemake.output.branches, branches)
