"""Where on the lens classes part: a dendrogram for every layer of one sampling, and the agreement of graphs."""

from actopo.figures.branching import plot
from actopo.figures.style import save_figure
from actopo.figures.texts import plain
from actopo.files import load_arrays, load_json
from actopo.graphs.pair_tables import load_pair_table
from actopo.job import settings, start_logging
from actopo.keys import layer_key

start_logging(snakemake)

params, levels = settings(snakemake), load_arrays(snakemake.input.levels)
order = params.order
matrices = {layer: levels[f"{order['sampling']}.{layer_key(layer)}"] for layer in order["layers"]}
agreement = load_pair_table(snakemake.input.agreement).query("draw == 0")
class_names = load_json(snakemake.input.meta)["class_names"]
agreement = agreement if len(agreement) else None
lens = {"lens": f"lens ({plain(params.lens)})"} if params.lens else {}
trees = {"layer_names": dict(order["names"]), "sampling": order["sampling"], "classes": order["classes"]}
save_figure(snakemake.output, plot(matrices, class_names, agreement, **lens, **trees))
