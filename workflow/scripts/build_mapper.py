"""Mapper graph of one layer's point cloud."""

import json

from actopo.dbscan import DBSCAN
from actopo.io import load_arrays, load_json, save_arrays, save_json
from actopo.job import limit_threads, progress, start_logging
from actopo.mapper import IntervalCover, mapper_graph, node_link
from actopo.neighbours import choose_eps, nearest_neighbour_distances

start_logging(snakemake)
limit_threads(snakemake.threads)

file, layer = load_arrays(snakemake.input.points), f"layer{int(snakemake.wildcards.layer):02d}"
points, lens, labels = (file[f"{layer}.{name}"] for name in ("points", "norm", "label"))
settings, clusterer = json.loads(snakemake.params.cover), json.loads(snakemake.params.clusterer)
cover = IntervalCover(settings["intervals"], settings["overlap"], settings["convention"])
eps, choice = clusterer["eps"], {"rule": "fixed"}
nearest = {}
if eps == "knee":
    nearest["nearest_neighbour_distance"] = nearest_neighbour_distances(points)
    eps, choice = choose_eps(nearest["nearest_neighbour_distance"])

clusters = DBSCAN(eps, clusterer["min_samples"])
graph = mapper_graph(points, lens, cover, clusters, progress=lambda steps: progress(steps, "interval"))
described = node_link(graph, labels, lens, load_json(snakemake.input.meta)["class_names"])
described["graph"] |= {"layer": int(snakemake.wildcards.layer), "sampling": snakemake.wildcards.sampling}
described["graph"] |= {"eps": eps, "eps_choice": choice, "min_samples": clusterer["min_samples"], **settings}
save_json(snakemake.output.graph, described)
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
