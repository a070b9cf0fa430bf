"""Whether layers of other networks look as those of one's own: correlations, with intervals and nulls."""

import json

from actopo.io import load_arrays, save_table
from actopo.job import start_logging
from actopo.similarity import blocks, specificity_table

start_logging(snakemake)

tests, models = json.loads(snakemake.params.tests), load_arrays(snakemake.input.matrix)
layers, n_models = models["layers"], len(models["seeds"])
names = [name for name in models.files if name not in ("layers", "seeds")]
[points] = map(load_arrays, snakemake.input.points)
table = specificity_table(
    {f"sw_{name}": blocks(models[name], n_models, len(layers)) for name in names},
    layers,
    widths=[points[f"layer{layer:02d}.points"].shape[1] for layer in layers],
    **tests,
)
save_table(snakemake.output.table, table)
