"""Mapper graph of one layer's point cloud, in one job or joined from intervals that others clustered."""

import json

from actopo.clusterers import describe_clusterer, make_clusterer
from actopo.covers import IntervalCover
from actopo.io import load_arrays, load_intervals, load_json, save_arrays, save_json
from actopo.job import limit_threads, progress, start_logging
from actopo.mapper import join, mapper_graph, node_link

start_logging(snakemake)
limit_threads(snakemake.threads)

file, layer = load_arrays(snakemake.input.points), f"layer{int(snakemake.wildcards.layer):02d}"
lens, labels, images = (file[f"{layer}.{name}"] for name in ("norm", "label", "image"))
settings, choice = json.loads(snakemake.params.cover), json.loads(snakemake.params.clusterer)
if snakemake.input.parts:
    chosen = load_arrays(snakemake.input.eps[0])
    described = json.loads(str(chosen["description"]))
    nearest = {name: chosen[name] for name in chosen.files if name != "description"}
    graph = join(len(lens), settings["intervals"], map(load_intervals, snakemake.input.parts))
else:
    points = file[f"{layer}.points"]
    described, nearest = describe_clusterer(points, **choice)
    cover = IntervalCover(settings["intervals"], settings["overlap"], settings["convention"])
    clusterer, min_points = make_clusterer(described)
    steps = {"progress": lambda steps: progress(steps, "interval"), "min_points": min_points}
    graph = mapper_graph(points, lens, cover, clusterer, **steps)

document = node_link(graph, labels, lens, load_json(snakemake.input.meta)["class_names"])
document["graph"] |= {"layer": int(snakemake.wildcards.layer), "sampling": snakemake.wildcards.sampling}
document["graph"] |= {**described, **settings}
save_json(snakemake.output.graph, document)
incidence = graph.incidence
save_arrays(
    snakemake.output.membership,
    indptr=incidence.indptr,
    indices=incidence.indices,
    shape=incidence.shape,
    label=labels,
    image=images,
    interval=graph.interval,
    edges=graph.edges,
    shared=graph.shared,
    jaccard=graph.jaccard,
    **nearest,
)
