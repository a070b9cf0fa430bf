"""Measures of similarity side by side: distances, sensitivity and specificity."""

import pandas as pd
from actopo.figures.metrics import plot
from actopo.figures.style import save_figure
from actopo.files import load_arrays, load_table
from actopo.job import settings, start_logging
from actopo.similarity.comparison import all_measures, baselines
from actopo.similarity.detection import KEYS, detection_table

start_logging(snakemake)

params, models = settings(snakemake), load_arrays(snakemake.input.models)
layers, files = models["layers"].tolist(), zip(params.rivals["files"], snakemake.input.rivals, strict=True)
rivals = ((clouds, load_arrays(path)) for (clouds, _), path in files)
found, _ = all_measures(models, load_arrays(snakemake.input.scaled), rivals)
# From the layers of the first network to those of the second.
distances = {metric: D[0, 1] for metric, D in found.items() if not metric.startswith("sw_sum")}
curves = [load_table(path) for path in snakemake.input.curves]
curves = pd.concat(curves or [pd.DataFrame(columns=KEYS)])
curves = curves[curves.metric.isin(list(distances))]
detection = detection_table(curves, baselines(found, layers))
specificity, names = load_table(snakemake.input.specificity), dict(params.outputs["names"])
save_figure(snakemake.output, plot(distances, specificity, curves, detection, layers, layer_names=names))
