"""Every measure of similarity through the same tests, on the same clouds and networks."""

import json

import pandas as pd
from actopo.comparison import metric_table
from actopo.io import load_arrays, load_table, save_table
from actopo.job import start_logging
from actopo.sensitivity import detection_table
from actopo.similarity import blocks, specificity_table

start_logging(snakemake)

tests, quantile = json.loads(snakemake.params.tests), json.loads(snakemake.params.quantile)["quantile"]
models, points = load_arrays(snakemake.input.models), load_arrays(snakemake.input.points[0])
layers, n_models = models["layers"].tolist(), len(models["seeds"])
widths = [points[f"layer{layer:02d}.points"].shape[1] for layer in layers]
# The first network to itself and the others; the rivals, which are slow, may have fewer others.
names = [name for name in models.files if name not in ("layers", "seeds")]
whole = {f"sw_{name}": blocks(models[name], n_models, len(layers))[:1] for name in names}
rivals = {
    metric: load_arrays(path)["distances"][None]
    for metric, path in zip(json.loads(snakemake.params.rivals)["metrics"], snakemake.input.rivals, strict=True)
}
compared = min([n_models, *(D.shape[1] for D in rivals.values())])
table = specificity_table({metric: D[:, :compared] for metric, D in (whole | rivals).items()}, layers, widths, **tests)

curves = pd.concat([load_table(path) for path in snakemake.input.curves])
baselines = {
    metric: {layer: D[0, 1:, place, place] for place, layer in enumerate(layers)}
    for metric, D in (whole | rivals).items()
}
detection = detection_table(curves, baselines, quantile)
save_table(snakemake.output.specificity, table)
save_table(snakemake.output.sensitivity, detection)
# The table of all metrics has the baseline of the networks that all of them saw.
common = {metric: {layer: values[: compared - 1] for layer, values in by.items()} for metric, by in baselines.items()}
save_table(snakemake.output.metrics, metric_table(table, detection_table(curves, common, quantile)))
