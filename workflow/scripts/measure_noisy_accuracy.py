"""Accuracy of a network on test images with noise of each strength, and without."""

import pandas as pd
import torch
from actopo.files import load_array, load_json, save_table
from actopo.job import choose_device, log_device, progress, settings, start_logging
from actopo.networks.build import build
from actopo.networks.weights import load_tensors, load_weights
from actopo.points.noisy_accuracy import noisy_accuracy

start_logging(snakemake)
device = choose_device(snakemake.resources.device)
torch.set_num_threads(snakemake.threads)
log_device(device, snakemake.threads)

params, meta = settings(snakemake), load_json(snakemake.input.meta)
images, labels = load_array(snakemake.input.images, mapped=True), load_array(snakemake.input.labels)
shape = {"n_channels": meta["image_shape"][-1], "n_classes": len(meta["class_names"])}
model = build(**params.network, **shape, seed=int(snakemake.wildcards.seed))
model = load_weights(model, load_tensors(snakemake.input.weights)[0])
noise, sigmas = params.noise, [0, *params.noise["sigmas"]]
rows = []
with progress(len(sigmas) * len(images), "image") as bar:
    for sigma in sigmas:
        arguments = (meta["mean"], meta["std"], sigma, noise["units"], noise["seed"], device, bar.update)
        rows.append({"sigma": float(sigma), "test_accuracy": noisy_accuracy(model, images, labels, *arguments)})
save_table(snakemake.output.table, pd.DataFrame(rows))
