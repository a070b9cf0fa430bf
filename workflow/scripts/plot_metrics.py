"""Measures of similarity side by side: distances, sensitivity and specificity."""

import pandas as pd
from actopo.figures.metrics import plot
from actopo.figures.style import save_figure
from actopo.files import load_arrays, load_table
from actopo.job import settings, start_logging
from actopo.similarity.comparison import baselines, by_metric, unpaired
from actopo.similarity.detection import detection_table

start_logging(snakemake)

models = load_arrays(snakemake.input.models)
layers, n_models = models["layers"].tolist(), len(models["seeds"])
found = unpaired(models, load_arrays(snakemake.input.scaled), n_models, len(layers))
params = settings(snakemake)
for (clouds, _), path in zip(params.rivals["files"], snakemake.input.rivals, strict=True):
    found |= by_metric(load_arrays(path), clouds)[0]
compared = min(D.shape[1] for D in found.values())
found = {metric: D[:, :compared] for metric, D in found.items()}
# From the layers of the first network to those of the second.
distances = {metric: D[0, 1] for metric, D in found.items() if not metric.startswith("sw_sum")}
curves = pd.concat([load_table(path) for path in snakemake.input.curves])
curves = curves[curves.metric.isin(list(distances))]
detection = detection_table(curves, baselines(found, layers))
specificity, names = load_table(snakemake.input.specificity), dict(params.outputs["names"])
save_figure(snakemake.output, plot(distances, specificity, curves, detection, layers, layer_names=names))
