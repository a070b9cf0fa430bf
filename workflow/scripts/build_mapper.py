"""Mapper graph of one layer's point cloud, in one job or joined from intervals that others clustered."""

from actopo.checksums import sum_file
from actopo.files import load_json, save_json
from actopo.job import choose_device, limit_threads, log_device, progress, settings, start_logging
from actopo.keys import draw_number
from actopo.mapper.clusterers import describe_clusterer, make_clusterer
from actopo.mapper.covers import make_cover
from actopo.mapper.graph import join, mapper_graph
from actopo.mapper.intermediate import load_choice, load_intervals, load_lens, save_membership
from actopo.mapper.node_link import node_link
from actopo.points.clouds import load_columns

start_logging(snakemake)
limit_threads(snakemake.threads)

params, layer = settings(snakemake), int(snakemake.wildcards.layer)
lens, labels, images = load_columns(snakemake.input.points, layer, "norm", "label", "image")
lens = load_lens(snakemake.input.lens, lens)
cover = make_cover(lens, **params.cover)
if snakemake.input.parts:
    described, nearest = load_choice(snakemake.input.eps[0])
    graph = join(len(lens), cover.n_intervals, map(load_intervals, snakemake.input.parts))
else:
    [points] = load_columns(snakemake.input.points, layer, "points")
    device = choose_device(snakemake.resources.device)
    log_device(device, snakemake.threads)
    described, nearest = describe_clusterer(points, **params.clusterer, lens=lens, cover=cover, device=device)
    clusterer, min_points = make_clusterer(described, device=device)
    steps = {"progress": lambda steps: progress(steps, "interval"), "min_points": min_points}
    graph = mapper_graph(points, lens, cover, clusterer, **steps)

document = node_link(graph, labels, lens, load_json(snakemake.input.meta)["class_names"])
wildcards = snakemake.wildcards
document["graph"] |= {
    "model": wildcards.model,
    "seed": int(wildcards.seed),
    "sampling": wildcards.sampling,
    "layer": layer,
    "draw": draw_number(wildcards.draw),
    "noise": float(wildcards.noise.removeprefix(".noise") or 0),
    **described,
    **params.cover,
}
if params.lens:
    document["graph"]["lens"] = params.lens
save_json(snakemake.output.graph, document, compact=True)
save_membership(snakemake.output.membership, graph, labels, images, **nearest)
# Snakemake removes these files now, but not what lies beside them.
for path in [*snakemake.input.eps, *snakemake.input.parts]:
    sum_file(path).unlink(missing_ok=True)
