"""Distances of the mapper graphs of two networks, layer by layer, by the images that their nodes share."""

from itertools import product

import pandas as pd
from actopo.files import load_arrays, save_table
from actopo.graphs.distances import chance, membership_distance
from actopo.job import progress, settings, start_logging
from actopo.mapper.intermediate import load_incidence

start_logging(snakemake)

params = settings(snakemake)
networks = params.networks
layers = [
    [(layer, dict(networks[f"names_{side}"])[layer]) for layer in networks[f"graph_layers_{side}"]] for side in "ab"
]
files = list(map(load_arrays, snakemake.input.memberships))
sides = [list(zip(layers[0], files, strict=False)), list(zip(layers[1], files[len(layers[0]) :], strict=True))]
rows = []
for ((layer_a, name_a), first), ((layer_b, name_b), second) in progress(list(product(*sides)), "pair"):
    graphs = load_incidence(first), load_incidence(second), first["image"], second["image"]
    found = chance(membership_distance, *graphs, **params.null)
    row = {"measure": "graphs", "layer_a": layer_a, "name_a": name_a, "layer_b": layer_b, "name_b": name_b}
    row |= {"distance": found["observed"], "chance": found["mean"]}
    rows.append(row | {f"chance_{end}": found[end] for end in ("low", "high")} | {"p": found["p"]})
save_table(snakemake.output.table, pd.DataFrame(rows))
