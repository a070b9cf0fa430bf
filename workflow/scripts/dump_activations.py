"""Activations of every layer of a study, one array (N, n, m, c) a layer, in one forward pass."""

import json
from contextlib import ExitStack

import numpy as np
import torch
from actopo.activations import activation_shapes, dump_activations
from actopo.data import batches
from actopo.io import load_json, replacing
from actopo.job import choose_device, progress, start_logging
from actopo.models import load_weights
from actopo.networks import build
from actopo.noise import gaussian_noise
from actopo.weights import load_tensors

start_logging(snakemake)

device = choose_device(snakemake.resources.device)
torch.set_num_threads(snakemake.threads)
meta = load_json(snakemake.input.meta)
network = {**json.loads(snakemake.params.network), "n_channels": meta["image_shape"][-1]}
state, facts = load_tensors(snakemake.input.weights) if snakemake.input.weights else (None, {})
# Weights that were not trained here may be for other classes than the images'.
network |= {"pretrained": "n_classes" in facts, "n_classes": int(facts.get("n_classes", len(meta["class_names"])))}
model = build(**network, seed=int(snakemake.wildcards.seed))
if state is not None:
    model = load_weights(model, state)
layers = json.loads(snakemake.params.layers)["layers"]
images, subset = np.load(snakemake.input.images, mmap_mode="r"), snakemake.wildcards.subset
index = np.arange(len(images))
if subset != "all":
    batch = int(subset.removeprefix("batch"))
    index = batches(len(images), n_batches=batch + 1, **json.loads(snakemake.params.batches))[batch]
    images = images[index]

perturb = None
if snakemake.params.noise:
    noise = {"image_shape": images.shape[1:], "std": meta["std"], **json.loads(snakemake.params.noise)}

    def perturb(places):
        return gaussian_noise(index[places], **noise)


with replacing(snakemake.output.activations) as folder, progress(len(images), "image") as bar, ExitStack() as stack:
    folder.mkdir()
    np.save(folder / "images.npy", index)
    files = {}
    for layer, shape in activation_shapes(model, layers, images.shape[1:]).items():
        files[layer] = stack.enter_context(open(folder / f"layer{layer:02d}.npy", "wb"))
        header = {"descr": "<f4", "fortran_order": False, "shape": (len(images), *shape)}
        np.lib.format.write_array_header_1_0(files[layer], header)
    dump_activations(
        model,
        images,
        meta["mean"],
        meta["std"],
        layers,
        snakemake.params.tap,
        lambda layer, batch: files[layer].write(batch),
        device=device,
        progress=bar.update,
        perturb=perturb,
    )
