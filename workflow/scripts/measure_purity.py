"""Purity of every mapper graph of one network, over its nodes, its points and its classes."""

from actopo.files import load_arrays, load_json, save_table
from actopo.graphs.purity_tables import LabelledGraph, purity_tables
from actopo.job import progress, settings, start_logging
from actopo.mapper.intermediate import load_incidence

start_logging(snakemake)

params, seed = settings(snakemake), int(snakemake.wildcards.seed)


def read_graphs():
    """Each graph with what tells it from the others."""
    order = progress(params.order["graphs"], "graph")
    for key, path, description in zip(order, snakemake.input.memberships, snakemake.input.graphs, strict=True):
        file, facts = load_arrays(path), load_json(description)["graph"]
        graph = LabelledGraph(load_incidence(file), file["label"], file["image"], len(file["edges"]), facts)
        yield {"seed": seed, **key}, graph


class_names = load_json(snakemake.input.meta)["class_names"]
graphs, classes = purity_tables(read_graphs(), class_names, params.uncovered, **params.null)
save_table(snakemake.output.graphs, graphs)
save_table(snakemake.output.classes, classes)
