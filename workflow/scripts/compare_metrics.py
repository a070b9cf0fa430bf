"""Every measure of similarity through the same tests, on the same clouds and networks."""

import pandas as pd
from actopo.files import load_arrays, load_table, save_table
from actopo.job import progress, settings, start_logging
from actopo.points.clouds import load_clouds
from actopo.similarity.comparison import all_measures, baselines, metric_table
from actopo.similarity.detection import KEYS, detection_table
from actopo.similarity.layer_names import with_names
from actopo.similarity.metrics.choices import suffix
from actopo.similarity.specificity_table import specificity_table

start_logging(snakemake)

params, models = settings(snakemake), load_arrays(snakemake.input.models)
layers, files = models["layers"].tolist(), zip(params.rivals["files"], snakemake.input.rivals, strict=True)
widths = [cloud.shape[1] for cloud in load_clouds(snakemake.input.points, layers)]
rivals = ((clouds, load_arrays(path)) for (clouds, _), path in files)
distances, chance = all_measures(models, load_arrays(snakemake.input.scaled), rivals)
table = specificity_table(
    distances,
    layers,
    widths,
    **params.tests,
    n_threads=snakemake.threads,
    progress=lambda steps: progress(steps, "test"),
)

curves = []
for clouds, path in zip(params.rivals["curves"], snakemake.input.curves, strict=True):
    curve = load_table(path)
    curves.append(curve.assign(metric=curve.metric + suffix(clouds)))
    if clouds == "own":
        # At the positions of the first network, its clouds are its own, and so are their curves.
        curves.append(curve.assign(metric=curve.metric + suffix("matched")))
curves = pd.concat(curves or [pd.DataFrame(columns=KEYS)])
# What a removal is compared with, of the networks that all measures saw.
detection = detection_table(curves[curves.metric.isin(list(distances))], baselines(distances, layers))
save_table(snakemake.output.specificity, with_names(table, params.outputs["names"]))
save_table(snakemake.output.metrics, metric_table(table, detection, distances, chance))
