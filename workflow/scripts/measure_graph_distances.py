"""Distances of mapper graphs of neighbouring layers, and the flow of images between their nodes."""

from itertools import pairwise

import pandas as pd
from actopo.files import load_arrays, save_arrays, save_table
from actopo.graphs.distances import chance, flow, membership_distance
from actopo.job import progress, settings, start_logging
from actopo.keys import layer_key
from actopo.mapper.intermediate import load_incidence

start_logging(snakemake)

params, seed = settings(snakemake), int(snakemake.wildcards.seed)
files = {
    (graph["sampling"], graph["draw"], graph["layer"]): path
    for graph, path in zip(params.order["graphs"], snakemake.input.memberships, strict=True)
}
pairs = [(a, b) for a, b in pairwise(files) if a[:2] == b[:2]]
rows, flows = [], {}
for a, b in progress(pairs, "pair"):
    first, second = (load_arrays(files[key]) for key in (a, b))
    graph = load_incidence(first), load_incidence(second), first["image"], second["image"]
    found = chance(membership_distance, *graph, **params.null)
    numbers = {"distance": found["observed"], **{f"chance_{name}": found[name] for name in ("mean", "low", "high")}}
    numbers["p"] = found["p"]
    rows.append({"seed": seed, "sampling": a[0], "draw": a[1], "layer_a": a[2], "layer_b": b[2], **numbers})
    if a[1] == 0:
        flows[f"{a[0]}.{layer_key(a[2])}.{layer_key(b[2])}"] = flow(*graph)
columns = [
    "seed",
    "sampling",
    "draw",
    "layer_a",
    "layer_b",
    "distance",
    "chance_mean",
    "chance_low",
    "chance_high",
    "p",
]
save_table(snakemake.output.table, pd.DataFrame(rows, columns=columns))
save_arrays(snakemake.output.flows, **flows)
