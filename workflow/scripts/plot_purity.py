"""Figure 12: purity of the mapper graphs by layer."""

from actopo.figures.choices import choose_class
from actopo.figures.purity import by_sampling, plot
from actopo.figures.style import save_figure
from actopo.files import load_json, load_table
from actopo.job import settings, start_logging

start_logging(snakemake)

class_names = load_json(snakemake.input.meta)["class_names"]
params = settings(snakemake)
name = choose_class(params.purity_class["name"], class_names)
graphs, classes = (load_table(snakemake.input[table]).query("sigma == 0") for table in ("graphs", "classes"))
layers = {"order": params.layers["order"], "layer_names": dict(params.layers["names"])}
save_figure(snakemake.output, plot(by_sampling(graphs, classes, name), name, len(class_names), **layers))
