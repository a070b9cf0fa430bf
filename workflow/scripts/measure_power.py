"""How specificity, floor and detection change with the points of a cloud, the directions and the networks."""

import pandas as pd
from actopo.files import load_arrays, save_table
from actopo.job import settings, start_logging
from actopo.similarity.layer_names import with_names
from actopo.similarity.power import over_networks, power_table, statistics
from actopo.similarity.specificity import blocks

start_logging(snakemake)

params = settings(snakemake)
draw = params.draw
found, models = load_arrays(snakemake.input.distances), load_arrays(snakemake.input.models)
layers, points, directions = (found[name].tolist() for name in ("layers", "points", "directions"))
index = pd.DataFrame({name: found[f"curve_{name}"] for name in ("layer", "fraction")})
n_points, n_models, usual = max(points), len(models["seeds"]), draw["usual_directions"]
tables = []
for name in dict.fromkeys(key.split(".")[0] for key in found.files if "." in key):
    networks, batches, curves = (found[f"{name}.{kind}"] for kind in ("networks", "batches", "curves"))
    for place, (size, n) in enumerate(zip(points, directions, strict=True)):
        of_part = batches[place], (index, curves[place]), layers
        numbers = {"metric": f"sw_{name}", "points": size, "directions": n, "networks": n_models}
        table = statistics(networks[place], *of_part).assign(**numbers)
        if n == usual:
            tables.append(table.assign(varied="points"))
        if size == n_points:
            tables.append(table.assign(varied="directions"))
        if n == usual and size == n_points:
            D = blocks(models[name], n_models, len(layers))
            for count, table in over_networks(D, *of_part, draw["subsets"], draw["seed"]):
                tables.append(table.assign(varied="networks", **{**numbers, "networks": count}))
save_table(snakemake.output.table, with_names(power_table(tables, draw["level"]), params.outputs["names"]))
