"""Purity of every mapper graph of one network, over its nodes, its points and its classes."""

import json

import numpy as np
import pandas as pd
from actopo.io import load_arrays, load_json, save_table
from actopo.job import start_logging
from actopo.purity import class_purity, coverage, node_purity
from scipy.sparse import csr_array

start_logging(snakemake)

order = json.loads(snakemake.params.order)
class_names = load_json(snakemake.input.meta)["class_names"]
names = [(sampling, layer) for sampling in order["samplings"] for layer in order["layers"]]
graphs, classes = [], []
for (sampling, layer), path, description in zip(
    names, snakemake.input.memberships, snakemake.input.graphs, strict=True
):
    file, described = load_arrays(path), load_json(description)["graph"]
    ones = np.ones(len(file["indices"]), dtype=bool)
    incidence = csr_array((ones, file["indices"], file["indptr"]), shape=file["shape"])
    labels = file["label"]
    alpha = node_purity(incidence, labels)
    gamma = class_purity(incidence, labels, len(class_names), uncovered=snakemake.params.uncovered)
    key = {"sampling": sampling, "layer": layer}
    graphs.append(
        {
            **key,
            "eps": described["eps"],
            "n_nodes": incidence.shape[1],
            "n_edges": len(file["edges"]),
            **{name: described[name] for name in ("n_points", "n_components", "n_cycles")},
            "node_purity": alpha.mean() if len(alpha) else np.nan,
            "class_purity": np.nan if np.isnan(gamma).all() else np.nanmean(gamma),
            "coverage": coverage(incidence),
        }
    )
    by_class = {
        "class": class_names,
        "purity": gamma,
        "coverage": coverage(incidence, labels, len(class_names)),
    }
    classes.append(pd.DataFrame({**key, **by_class}))
save_table(snakemake.output.graphs, pd.DataFrame(graphs))
save_table(snakemake.output.classes, pd.concat(classes))
