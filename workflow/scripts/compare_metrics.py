"""Every measure of similarity through the same tests, on the same clouds and networks."""

import pandas as pd
from actopo.files import load_arrays, load_table, save_table
from actopo.job import settings, start_logging
from actopo.points.clouds import load_clouds
from actopo.similarity.comparison import metric_table
from actopo.similarity.detection import detection_table
from actopo.similarity.specificity import blocks, specificity_table

start_logging(snakemake)

params, models = settings(snakemake), load_arrays(snakemake.input.models)
layers, n_models = models["layers"].tolist(), len(models["seeds"])
widths = [cloud.shape[1] for cloud in load_clouds(snakemake.input.points[0], layers)]
# The first network to itself and the others; the other measures, which are slow, may have fewer others.
names = [name for name in models.files if name not in ("layers", "seeds")]
whole = {f"sw_{name}": blocks(models[name], n_models, len(layers))[:1] for name in names}
others = {
    metric: load_arrays(path)["distances"][None]
    for metric, path in zip(params.rivals["metrics"], snakemake.input.rivals, strict=True)
}
compared = min([n_models, *(D.shape[1] for D in others.values())])
distances = {metric: D[:, :compared] for metric, D in (whole | others).items()}
table = specificity_table(distances, layers, widths, **params.tests)

curves = pd.concat([load_table(path) for path in snakemake.input.curves])
# What a removal is compared with, of the networks that all measures saw.
baselines = {
    metric: {layer: D[0, 1:, place, place] for place, layer in enumerate(layers)} for metric, D in distances.items()
}
save_table(snakemake.output.specificity, table)
save_table(snakemake.output.metrics, metric_table(table, detection_table(curves, baselines)))
