"""Images of the data set: arrays, labels, the file of each image, and what is known of the whole."""

import pandas as pd
from actopo.files import save_array, save_json, save_table
from actopo.images.choices import PARTS
from actopo.images.datasets import load_images
from actopo.job import settings, start_logging

start_logging(snakemake)

params = settings(snakemake)
source = params.source
dataset = load_images(root=params.root, **source, limits=params.limits, n_workers=snakemake.threads)
for part in PARTS:
    images = getattr(dataset, part)
    save_array(snakemake.output[f"{part}_images"], images.images)
    save_array(snakemake.output[f"{part}_labels"], images.labels)
    files = images.files or [""] * len(images.labels)
    table = pd.DataFrame({"image": range(len(files)), "label": images.labels, "file": files})
    table.insert(2, "class", [dataset.class_names[label] for label in images.labels])
    save_table(snakemake.output[f"{part}_files"], table)
meta = {
    "dataset": source["dataset"],
    "class_names": dataset.class_names,
    "n_train": len(dataset.train.labels),
    "n_test": len(dataset.test.labels),
    "image_shape": dataset.train.images.shape[1:],
    "mean": dataset.mean,
    "std": dataset.std,
    "provenance": dataset.provenance,
}
save_json(snakemake.output.meta, meta)
