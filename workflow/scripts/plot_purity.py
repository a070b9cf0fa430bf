"""Figure 12: purity of the mapper graphs by layer."""

import json

from actopo.errors import InputError
from actopo.figures.purity import plot
from actopo.io import load_json, load_table
from actopo.job import save_figure, start_logging

start_logging(snakemake)

class_names = load_json(snakemake.input.meta)["class_names"]
name = json.loads(snakemake.params.purity_class)["name"]
if name is None:
    name = "deer" if "deer" in class_names else class_names[0]
if name not in class_names:
    raise InputError(f"figures.purity_class: there is no class {name!r}; choose one of {', '.join(class_names)}")
graphs, classes = (load_table(snakemake.input[table]).query("sigma == 0") for table in ("graphs", "classes"))
columns = ["sampling", "layer", "purity", "purity_null_low", "purity_null_high"]
of_class = classes.loc[classes["class"] == name, columns]
table = {}
for sampling, rows in graphs.merge(of_class, on=["sampling", "layer"]).groupby("sampling", sort=False):
    table[sampling] = {
        "layers": rows.layer.tolist(),
        "node_purity": rows.node_purity.tolist(),
        "node_purity_low": rows.node_purity_null_low.tolist(),
        "node_purity_high": rows.node_purity_null_high.tolist(),
        "class_purity": rows.purity.tolist(),
        "class_purity_low": rows.purity_null_low.tolist(),
        "class_purity_high": rows.purity_null_high.tolist(),
        "majority_share": rows.majority_share.tolist(),
        "majority_share_low": rows.majority_share_null_low.tolist(),
        "majority_share_high": rows.majority_share_null_high.tolist(),
        "entropy": rows.entropy.tolist(),
        "coverage": rows.coverage.tolist(),
    }
save_figure(snakemake.output, plot(table, name, len(class_names)))
