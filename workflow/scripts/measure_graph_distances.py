"""Distances of mapper graphs of neighbouring layers, and the flow of images between their nodes."""

import json

import pandas as pd
from actopo.graph_distance import chance, flow, membership_distance
from actopo.io import load_arrays, load_incidence, save_arrays, save_table
from actopo.job import progress, start_logging

start_logging(snakemake)

graphs, settings = json.loads(snakemake.params.order)["graphs"], json.loads(snakemake.params.null)
files = {
    (sampling, layer): path for (sampling, _, layer), path in zip(graphs, snakemake.input.memberships, strict=True)
}
pairs = [(a, b) for a, b in zip(files, list(files)[1:], strict=False) if a[0] == b[0]]
rows, flows = [], {}
for a, b in progress(pairs, "pair"):
    first, second = (load_arrays(files[key]) for key in (a, b))
    graph = load_incidence(first), load_incidence(second), first["image"], second["image"]
    found = chance(membership_distance, *graph, **settings)
    numbers = {"distance": found["observed"], **{f"chance_{name}": found[name] for name in ("mean", "low", "high")}}
    rows.append({"sampling": a[0], "layer_a": a[1], "layer_b": b[1], **numbers})
    flows[f"{a[0]}.layer{a[1]:02d}.layer{b[1]:02d}"] = flow(*graph)
columns = ["sampling", "layer_a", "layer_b", "distance", "chance_mean", "chance_low", "chance_high"]
save_table(snakemake.output.table, pd.DataFrame(rows, columns=columns))
save_arrays(snakemake.output.flows, **flows)
