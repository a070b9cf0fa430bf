"""Purity of every mapper graph of one network, over its nodes, its points and its classes."""

import json

import numpy as np
import pandas as pd
from actopo.io import load_arrays, load_incidence, load_json, save_table
from actopo.job import progress, start_logging
from actopo.purity import (
    class_purity,
    coverage,
    majority_share,
    node_entropy,
    node_purity,
    permutation_null,
    weighted_mean,
)

start_logging(snakemake)

order, null_settings = json.loads(snakemake.params.order)["graphs"], json.loads(snakemake.params.null)
class_names = load_json(snakemake.input.meta)["class_names"]
n_classes = len(class_names)
graphs, classes = [], []
for (sampling, noise, layer), path, description in zip(
    progress(order, "graph"), snakemake.input.memberships, snakemake.input.graphs, strict=True
):
    file, described = load_arrays(path), load_json(description)["graph"]
    incidence, labels = load_incidence(file), file["label"]
    alpha, sizes = node_purity(incidence, labels), np.diff(incidence.tocsc().indptr)
    uncovered = snakemake.params.uncovered
    gamma = class_purity(incidence, labels, n_classes, uncovered=uncovered)
    # Points of one image share its label, also in the null.
    settings = {**null_settings, "groups": file["image"], "uncovered": uncovered}
    null = permutation_null(incidence, labels, n_classes, **settings)
    key = {"sampling": sampling, "sigma": float(noise.removeprefix(".noise") or 0), "layer": layer}
    graphs.append(
        {
            **key,
            # Clusterers other than DBSCAN have none.
            "eps": described.get("eps", np.nan),
            "n_nodes": incidence.shape[1],
            "n_edges": len(file["edges"]),
            **{name: described[name] for name in ("n_points", "n_components", "n_cycles")},
            "node_purity": alpha.mean() if len(alpha) else np.nan,
            **{f"node_purity_null_{name}": null["node_purity"][name] for name in ("mean", "low", "high")},
            "node_purity_by_size": weighted_mean(alpha, sizes),
            "majority_share": weighted_mean(majority_share(incidence, labels), sizes),
            **{f"majority_share_null_{name}": null["majority_share"][name] for name in ("mean", "low", "high")},
            "entropy": weighted_mean(node_entropy(incidence, labels, n_classes, normalised=True), sizes),
            "class_purity": np.nan if np.isnan(gamma).all() else np.nanmean(gamma),
            "coverage": coverage(incidence),
        }
    )
    by_class = {
        "class": class_names,
        "purity": gamma,
        **{f"purity_null_{name}": null["class_purity"][name] for name in ("mean", "low", "high")},
        "coverage": coverage(incidence, labels, n_classes),
    }
    classes.append(pd.DataFrame({**key, **by_class}))
save_table(snakemake.output.graphs, pd.DataFrame(graphs))
save_table(snakemake.output.classes, pd.concat(classes))
