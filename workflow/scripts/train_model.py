"""One network from one seed: weights, accuracy, loss curve and timing."""

import json

import numpy as np
import torch
from actopo.errors import InputError
from actopo.io import load_json, save_json
from actopo.job import choose_device, progress, start_logging
from actopo.networks import build, count_outputs
from actopo.training import PRECISIONS, Recipe, accuracy, train
from actopo.weights import Checkpoint, save_tensors

start_logging(snakemake)

device = choose_device(snakemake.resources.device)
torch.set_num_threads(snakemake.threads)
meta = load_json(snakemake.input.meta)
images, labels = np.load(snakemake.input.train_images), np.load(snakemake.input.train_labels)
seed, normalisation = int(snakemake.wildcards.seed), (meta["mean"], meta["std"])
recipe = Recipe(**json.loads(snakemake.params.recipe))
sizes = {"n_classes": len(meta["class_names"]), "n_channels": meta["image_shape"][-1]}
model = build(**json.loads(snakemake.params.network), **sizes, seed=seed)
n_outputs = count_outputs(model, meta["image_shape"])
if n_outputs != sizes["n_classes"]:
    raise InputError(
        f"the network tells {n_outputs} classes apart, and the images have {sizes['n_classes']}; let its function take "
        "n_classes, or set data.classes"
    )

run = (snakemake.params.network, snakemake.params.recipe, snakemake.params.code, meta["provenance"], device)
checkpoint = Checkpoint(f"{snakemake.output.weights}.checkpoint", run)
with progress(recipe.epochs, "epoch", f"seed {seed}") as bar:
    metrics = train(
        model,
        images,
        labels,
        *normalisation,
        recipe,
        seed,
        device,
        checkpoint.load(),
        checkpoint.save,
        bar.update,
    )

precision = PRECISIONS[metrics["precision"]]
for part in ("train", "test"):
    images, labels = np.load(snakemake.input[f"{part}_images"]), np.load(snakemake.input[f"{part}_labels"])
    metrics[f"{part}_accuracy"] = accuracy(model, images, labels, *normalisation, device, precision)
save_tensors(snakemake.output.weights, model.state_dict())
save_json(snakemake.output.metrics, {"seed": seed, "device": device, "threads": snakemake.threads, **metrics})
checkpoint.remove()
