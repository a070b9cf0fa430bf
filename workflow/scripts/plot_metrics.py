"""Measures of similarity side by side: distances, sensitivity and specificity."""

import pandas as pd
from actopo.figures.metrics import plot
from actopo.figures.style import save_figure
from actopo.files import load_arrays, load_table
from actopo.job import settings, start_logging
from actopo.similarity.specificity import blocks

start_logging(snakemake)

models = load_arrays(snakemake.input.models)
layers, n_models = models["layers"].tolist(), len(models["seeds"])
names = [name for name in models.files if name not in ("layers", "seeds", "sum")]
# From the layers of the first network to those of the second.
distances = {f"sw_{name}": blocks(models[name], n_models, len(layers))[0, 1] for name in names}
for metric, path in zip(settings(snakemake).rivals["metrics"], snakemake.input.rivals, strict=True):
    distances[metric] = load_arrays(path)["distances"][1]
curves = pd.concat([load_table(path) for path in snakemake.input.curves])
specificity, detection = load_table(snakemake.input.specificity), load_table(snakemake.input.sensitivity)
save_figure(snakemake.output, plot(distances, specificity, curves, detection, layers))
