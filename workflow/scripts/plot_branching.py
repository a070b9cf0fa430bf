"""Where on the lens classes part: a dendrogram for every layer of one sampling, and the agreement of graphs."""

import json

from actopo.figures.branching import plot
from actopo.io import load_arrays, load_json, load_table
from actopo.job import save_figure, start_logging

start_logging(snakemake)

order, levels = json.loads(snakemake.params.order), load_arrays(snakemake.input.levels)
matrices = {layer: levels[f"{order['sampling']}.layer{layer:02d}"] for layer in order["layers"]}
agreement = load_table(snakemake.input.agreement)
class_names = load_json(snakemake.input.meta)["class_names"]
save_figure(snakemake.output, plot(matrices, class_names, agreement if len(agreement) else None))
