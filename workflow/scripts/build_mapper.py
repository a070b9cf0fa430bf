"""Mapper graph of one layer's point cloud."""

import json

from actopo.clusterers import make_clusterer
from actopo.covers import IntervalCover
from actopo.io import load_arrays, load_json, save_arrays, save_json
from actopo.job import limit_threads, progress, start_logging
from actopo.mapper import mapper_graph, node_link
from actopo.neighbours import choose_eps, nearest_neighbour_distances

start_logging(snakemake)
limit_threads(snakemake.threads)

file, layer = load_arrays(snakemake.input.points), f"layer{int(snakemake.wildcards.layer):02d}"
points, lens, labels = (file[f"{layer}.{name}"] for name in ("points", "norm", "label"))
settings, choice = json.loads(snakemake.params.cover), json.loads(snakemake.params.clusterer)
cover = IntervalCover(settings["intervals"], settings["overlap"], settings["convention"])
described, nearest, min_points = {"clusterer": choice["clusterer"]}, {}, 1
if choice["clusterer"] == "dbscan":
    eps, rule = choice["eps"], {"rule": "fixed"}
    if eps == "knee":
        nearest["nearest_neighbour_distance"] = nearest_neighbour_distances(points)
        eps, rule = choose_eps(nearest["nearest_neighbour_distance"])
    described |= {"eps": eps, "eps_choice": rule, "min_samples": choice["min_samples"]}
else:
    min_points = choice["clusterer"].get("min_points", 1)

clusters = make_clusterer(choice["clusterer"], described.get("eps"), choice["min_samples"])
steps = {"progress": lambda steps: progress(steps, "interval"), "min_points": min_points}
graph = mapper_graph(points, lens, cover, clusters, **steps)
names = load_json(snakemake.input.meta)["class_names"]
document = node_link(graph, labels, lens, names)
document["graph"] |= {"layer": int(snakemake.wildcards.layer), "sampling": snakemake.wildcards.sampling}
save_json(snakemake.output.graph, {**document, "graph": {**document["graph"], **described, **settings}})
incidence = graph.incidence
save_arrays(
    snakemake.output.membership,
    indptr=incidence.indptr,
    indices=incidence.indices,
    shape=incidence.shape,
    label=labels,
    image=file[f"{layer}.image"],
    interval=graph.interval,
    edges=graph.edges,
    shared=graph.shared,
    jaccard=graph.jaccard,
    **nearest,
)
