"""How far the graphs of neighbouring layers are apart, and the flow of images between the last two."""

import json

from actopo.figures.graph_flow import plot
from actopo.graph_distance import flow_table
from actopo.io import load_arrays, load_json, load_table
from actopo.job import save_figure, start_logging

start_logging(snakemake)

order, meta = json.loads(snakemake.params.order), load_json(snakemake.input.meta)
flows = load_arrays(snakemake.input.flows)[
    f"{order['sampling']}.layer{order['layers'][0]:02d}.layer{order['layers'][1]:02d}"
]
figure = plot(
    load_table(snakemake.input.table),
    flow_table(flows, 40),
    [load_json(path) for path in snakemake.input.graphs],
    [f"{order['sampling']}, layer {layer}" for layer in order["layers"]],
    meta["class_names"],
    "distance of memberships",
)
save_figure(snakemake.output, figure)
