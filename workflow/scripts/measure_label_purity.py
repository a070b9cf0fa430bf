"""Purity of every mapper graph of one network by a column of a user's table of images."""

import logging

from actopo.files import load_arrays, load_json, load_table, save_table
from actopo.graphs.image_labels import image_labels, read_label_table
from actopo.graphs.label_purity import label_table
from actopo.graphs.purity_tables import LabelledGraph
from actopo.job import progress, settings, start_logging
from actopo.mapper.intermediate import load_incidence

start_logging(snakemake)

params, seed = settings(snakemake), int(snakemake.wildcards.seed)
files = load_table(snakemake.input.files)["file"].tolist()
path, choice = params.place, params.labels
labels = image_labels(read_label_table(path), choice["column"], files, choice["kind"], source=path)
n_unlabelled = int((~labels.is_known).sum())
logging.info("%s: %d of %d images have no label", path, n_unlabelled, len(files))
logging.info("%s: %d rows name no image of this part", path, labels.n_unknown)


def read_graphs():
    """Each graph with what tells it from the others."""
    order = progress(params.order["graphs"], "graph")
    for key, path, description in zip(order, snakemake.input.memberships, snakemake.input.graphs, strict=True):
        file, facts = load_arrays(path), load_json(description)["graph"]
        graph = LabelledGraph(load_incidence(file), file["label"], file["image"], len(file["edges"]), facts)
        yield {"seed": seed, **key}, graph


save_table(snakemake.output.table, label_table(read_graphs(), labels, params.uncovered, **params.null))
