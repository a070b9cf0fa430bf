"""Distances between mapper graphs of one network, and to those of the first: noise, samplings, draws, networks."""

from functools import cache

import pandas as pd
from actopo.files import load_arrays, load_json, load_table, save_table
from actopo.graphs.comparisons import MEASURES, ComparedGraph, compare, pairs
from actopo.job import progress, settings, start_logging
from actopo.mapper.intermediate import load_incidence

start_logging(snakemake)

params, seed = settings(snakemake), int(snakemake.wildcards.seed)
own, others, chosen = params.order["graphs"], params.order["others"], params.settings
graphs = [*own, *others]
accuracy = {}
if snakemake.input.accuracy:
    accuracy = dict(load_table(snakemake.input.accuracy)[["sigma", "test_accuracy"]].itertuples(index=False))


@cache
def read_graph(place):
    """A graph of this network, or after all of these one of the first."""
    file, description = load_arrays(snakemake.input.memberships[place]), load_json(snakemake.input.graphs[place])
    lens = [node["lens_mean"] for node in description["nodes"]]
    incidence, choices = load_incidence(file), (chosen["branch"], chosen["jaccard"])
    return ComparedGraph(incidence, file["image"], file["edges"], lens, *choices)


rows = []
for kind, first, second in progress(list(pairs(own, others, chosen["kinds"])), "pair"):
    place = first + len(own) * (kind == "networks")
    a, b = graphs[place], graphs[second]
    found = compare(read_graph(place), read_graph(second), chosen["permutations"], chosen["seed"])
    names = {"sampling_a": a["sampling"], "sampling_b": b["sampling"], "layer": b["layer"], "sigma": float(b["sigma"])}
    of_noise = {"test_accuracy": accuracy.get(float(b["sigma"])), "clean_accuracy": accuracy.get(0.0)}
    of_noise = of_noise if kind == "noise" else dict.fromkeys(of_noise)
    # A graph that stands for all draws is of the first.
    draw = max(a["draw"], b["draw"])
    rows.append({"kind": kind, "seed": seed, "draw": draw, **names, **found, **of_noise})
# The first network has no row where networks alone are compared.
columns = ["kind", "seed", "draw", "sampling_a", "sampling_b", "layer", "sigma", *MEASURES]
save_table(snakemake.output.table, pd.DataFrame(rows, columns=[*columns, "test_accuracy", "clean_accuracy"]))
