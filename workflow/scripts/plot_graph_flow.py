"""How far the graphs of neighbouring layers are apart, and the flow of images between two of them."""

from actopo.figures.graph_flow import in_order, plot
from actopo.figures.style import save_figure
from actopo.figures.texts import layer_title
from actopo.files import load_arrays, load_json, load_table
from actopo.graphs.distances import flow_table
from actopo.job import settings, start_logging
from actopo.keys import layer_key

start_logging(snakemake)

order, meta = settings(snakemake).order, load_json(snakemake.input.meta)
names, pair = dict(order["names"]), order["layers"]
flows = load_arrays(snakemake.input.flows)[".".join([order["sampling"], *map(layer_key, pair)])]
table, flows = in_order(load_table(snakemake.input.table), flows, pair, order["axis"])
graphs = dict(zip(pair, map(load_json, snakemake.input.graphs), strict=True))
pair = sorted(pair, key=order["axis"].index)
figure = plot(
    table,
    flow_table(flows, 40),
    [graphs[layer] for layer in pair],
    [f"{order['sampling']}, {layer_title(layer, names)}" for layer in pair],
    meta["class_names"],
    "distance of memberships",
    names,
    order["classes"],
)
save_figure(snakemake.output, figure)
