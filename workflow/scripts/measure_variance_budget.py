"""Variance budget: how much of the distance between layers is seed, images, scale, second moments, and what is left."""

import pandas as pd
from actopo.files import load_arrays, save_table
from actopo.job import settings, start_logging
from actopo.similarity.layer_names import with_names
from actopo.similarity.variance_budget import budget_table

start_logging(snakemake)

params = settings(snakemake)
files = {name: load_arrays(path) for name, path in zip(params.clouds["clouds"], snakemake.input.matrices, strict=True)}
trained, options = files["trained"], {"position": params.clouds["position"], "level": params.clouds["level"]}
# JSON has no nan.
options["position"] = float("nan") if options["position"] is None else options["position"]
if "scaled" in files:
    options["units"] = files["scaled"]["units"]
dimensions = [name for name in trained.files if name not in ("layers", "batches", "seeds", "units")]
tables = []
for dimension in dimensions:
    table = budget_table({name: file[dimension] for name, file in files.items()}, trained["layers"], **options)
    table.insert(0, "dimension", dimension)
    tables.append(table)
save_table(snakemake.output.table, with_names(pd.concat(tables, ignore_index=True), params.outputs["names"]))
