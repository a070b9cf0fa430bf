"""Every headline number of the run in one file, beside the paper's where it states one."""

import json

import pandas as pd
from actopo.io import load_json, save_json
from actopo.job import start_logging
from actopo.summary import homology_summary, mapper_summary

start_logging(snakemake)

studies = json.loads(snakemake.params.studies)
meta = load_json(snakemake.input.meta)
trained = [load_json(path) for path in snakemake.input.homology_metrics]
specificity = pd.read_csv(snakemake.input.specificity) if snakemake.input.specificity else None
distances = pd.read_csv(snakemake.input.layers)
mapped = load_json(snakemake.input.mapper_metrics)
graphs, classes = (
    pd.read_csv(snakemake.input.graphs),
    pd.read_csv(snakemake.input.classes, dtype={"class": str}),
)
summary = {
    "run": studies["run"],
    "data": {key: meta[key] for key in ("dataset", "class_names", "n_train", "n_test", "image_shape", "mean", "std")},
    "homology": {**studies["homology"], **homology_summary(trained, distances, specificity)},
    "mapper": {**studies["mapper"], **mapper_summary(mapped, graphs, classes)},
}
save_json(snakemake.output.summary, summary)
