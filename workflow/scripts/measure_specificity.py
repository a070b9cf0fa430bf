"""Whether layers of other networks look as those of one's own: correlations, with intervals and nulls."""

import numpy as np
from actopo.files import load_arrays, save_table
from actopo.job import progress, settings, start_logging
from actopo.points.clouds import load_clouds
from actopo.similarity.layer_names import with_names
from actopo.similarity.specificity import blocks
from actopo.similarity.specificity_table import specificity_table

start_logging(snakemake)

params, models = settings(snakemake), load_arrays(snakemake.input.matrix)
layers, n_models = models["layers"], len(models["seeds"])
place = {seed: place for place, seed in enumerate(models["seeds"].tolist())}
chosen = [place[seed] for seed in params.networks["seeds"]]
names = [name for name in models.files if name not in ("layers", "seeds")]
table = specificity_table(
    {f"sw_{name}": blocks(models[name], n_models, len(layers))[np.ix_(chosen, chosen)] for name in names},
    layers,
    widths=[cloud.shape[1] for cloud in load_clouds(snakemake.input.points, layers)],
    **params.tests,
    n_threads=snakemake.threads,
    progress=lambda steps: progress(steps, "test"),
)
save_table(snakemake.output.table, with_names(table, params.outputs["names"]))
