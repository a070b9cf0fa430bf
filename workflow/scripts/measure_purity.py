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
for (sampling, layer), path, link_path in zip(names, snakemake.input.memberships, snakemake.input.graphs, strict=True):
    file, described = load_arrays(path), load_json(link_path)["graph"]
    ones = np.ones(len(file["indices"]), dtype=bool)
    incidence = csr_array((ones, file["indices"], file["indptr"]), shape=file["shape"])
    labels = file["label"]
    alpha = node_purity(incidence, labels)
    covered, covered_by_class = coverage(incidence, labels, len(class_names))
    gamma = class_purity(incidence, labels, len(class_names), uncovered=snakemake.params.uncovered)
    key = {"sampling": sampling, "layer": layer}
    graphs.append(
        {
            **key,
            **{name: described[name] for name in ("eps", "points", "nodes", "edges", "components", "cycles")},
            "node_purity": alpha.mean() if len(alpha) else np.nan,
            "class_purity": np.nan if np.isnan(gamma).all() else np.nanmean(gamma),
            "coverage": covered,
        }
    )
    columns = zip(class_names, gamma, covered_by_class, strict=True)
    classes += [{**key, "class": name, "purity": purity, "coverage": share} for name, purity, share in columns]
save_table(snakemake.output.graphs, pd.DataFrame(graphs))
save_table(snakemake.output.classes, pd.DataFrame(classes))
