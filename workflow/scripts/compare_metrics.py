"""Every measure of similarity through the same tests, on the same clouds and networks."""

import pandas as pd
from actopo.files import load_arrays, load_table, save_table
from actopo.job import progress, settings, start_logging
from actopo.points.clouds import load_clouds
from actopo.similarity.comparison import baselines, by_metric, metric_table, unpaired
from actopo.similarity.detection import detection_table
from actopo.similarity.layer_names import with_names
from actopo.similarity.metrics.choices import suffix
from actopo.similarity.specificity_table import specificity_table

start_logging(snakemake)

params, models = settings(snakemake), load_arrays(snakemake.input.models)
layers, n_models = models["layers"].tolist(), len(models["seeds"])
widths = [cloud.shape[1] for cloud in load_clouds(snakemake.input.points, layers)]
# The first network to itself and the others; the other measures, which are slow, may have fewer others.
whole, chance = unpaired(models, load_arrays(snakemake.input.scaled), n_models, len(layers)), {}
for (clouds, _), path in zip(params.rivals["files"], snakemake.input.rivals, strict=True):
    found, by_chance = by_metric(load_arrays(path), clouds)
    whole, chance = whole | found, chance | by_chance
compared = min(D.shape[1] for D in whole.values())
distances = {metric: D[:, :compared] for metric, D in whole.items()}
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
curves = pd.concat(curves)
# What a removal is compared with, of the networks that all measures saw.
detection = detection_table(curves[curves.metric.isin(list(distances))], baselines(distances, layers))
chance = {metric: D[:, :compared] for metric, D in chance.items()}
save_table(snakemake.output.specificity, with_names(table, params.outputs["names"]))
save_table(snakemake.output.metrics, metric_table(table, detection, distances, chance))
