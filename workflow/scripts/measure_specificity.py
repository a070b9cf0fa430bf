"""Correlation between the distances of a layer to the layers of its own and of other networks."""

from actopo.io import load_arrays, save_table
from actopo.job import start_logging
from actopo.similarity import specificity_table

start_logging(snakemake)

models = load_arrays(snakemake.input.matrix)
matrices = {name: models[name] for name in models.files if name not in ("layers", "seeds")}
save_table(snakemake.output.table, specificity_table(matrices, models["layers"], len(models["seeds"])))
