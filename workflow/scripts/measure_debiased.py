"""Distances between the layers of one network without the part that the choice of images adds."""

from actopo.files import load_arrays, save_table
from actopo.job import settings, start_logging
from actopo.similarity.debiased import debiased_table
from actopo.similarity.layer_names import with_names

start_logging(snakemake)

file = load_arrays(snakemake.input.matrix)
matrices = {name: file[name] for name in file.files if name not in ("layers", "batches")}
params = settings(snakemake)
table = debiased_table(matrices, file["layers"], len(file["batches"]), params.level)
save_table(snakemake.output.table, with_names(table, params.outputs["names"]))
