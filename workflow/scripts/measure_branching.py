"""Where on the lens the classes of every graph part, and how far graphs of one draw agree on it."""

import numpy as np
import pandas as pd
from actopo.files import load_arrays, load_json, save_arrays, save_table
from actopo.graphs.branching import agreement, merge_levels, place_classes
from actopo.graphs.replicates import pairs_of_draws
from actopo.job import settings, start_logging
from actopo.keys import layer_key
from actopo.mapper.composition import composition
from actopo.mapper.intermediate import load_incidence

start_logging(snakemake)

params, seed = settings(snakemake), int(snakemake.wildcards.seed)
graphs, classes = params.order["graphs"], params.placing["classes"]
class_names = load_json(snakemake.input.meta)["class_names"]
matrices, tables = [], []
for graph, path, description in zip(graphs, snakemake.input.memberships, snakemake.input.graphs, strict=True):
    file = load_arrays(path)
    counts = composition(load_incidence(file), file["label"], len(class_names))
    placed = place_classes(counts, None if classes == "majority" else classes)
    lens = np.array([node["lens_mean"] for node in load_json(description)["nodes"]])
    matrix = merge_levels(file["edges"], lens, placed)
    matrices.append(matrix)
    first, second = np.triu_indices(len(class_names))
    names = {"class_a": np.take(class_names, first), "class_b": np.take(class_names, second)}
    columns = {name: graph[name] for name in ("sampling", "draw", "layer")}
    tables.append(pd.DataFrame({"seed": seed, **columns, **names, "level": matrix[first, second]}))

rows = []
for draw, a, b in pairs_of_draws(graphs):
    names = [graphs[place][name] for place in (a, b) for name in ("sampling", "layer")]
    rows.append((seed, draw, *names, *agreement(matrices[a], matrices[b], seed=params.seed)))
columns = ["seed", "draw", "sampling_a", "layer_a", "sampling_b", "layer_b", "rho", "p", "n_classes"]
save_arrays(
    snakemake.output.levels,
    **{
        f"{graph['sampling']}.{layer_key(graph['layer'])}": matrix
        for graph, matrix in zip(graphs, matrices, strict=True)
        if graph["draw"] == 0
    },
)
save_table(snakemake.output.table, pd.concat(tables))
save_table(snakemake.output.agreement, pd.DataFrame(rows, columns=columns))
