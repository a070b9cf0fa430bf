"""How far the graphs of neighbouring layers are apart, and the flow of images between the last two."""

from actopo.figures.graph_flow import plot
from actopo.figures.style import layer_title, save_figure
from actopo.files import load_arrays, load_json, load_table
from actopo.graphs.distances import flow_table
from actopo.job import settings, start_logging
from actopo.keys import layer_key

start_logging(snakemake)

order, meta = settings(snakemake).order, load_json(snakemake.input.meta)
names = dict(order["names"])
flows = load_arrays(snakemake.input.flows)[".".join([order["sampling"], *map(layer_key, order["layers"])])]
figure = plot(
    load_table(snakemake.input.table),
    flow_table(flows, 40),
    [load_json(path) for path in snakemake.input.graphs],
    [f"{order['sampling']}, {layer_title(layer, names)}" for layer in order["layers"]],
    meta["class_names"],
    "distance of memberships",
    names,
)
save_figure(snakemake.output, figure)
