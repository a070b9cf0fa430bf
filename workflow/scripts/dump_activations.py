"""Activations of every layer of a study, one array (N, n, m, c) a layer, in one forward pass."""

import json

import numpy as np
import torch
from actopo.activations import activation_shapes, dump_activations
from actopo.data import batches
from actopo.io import load_json, replacing
from actopo.job import choose_device, progress, start_logging
from actopo.models import build, load_weights
from safetensors.torch import load_file

start_logging(snakemake)

device = choose_device(snakemake.resources.device)
torch.set_num_threads(snakemake.threads)
meta = load_json(snakemake.input.meta)
sizes = {"n_classes": len(meta["class_names"]), "n_channels": meta["image_shape"][-1]}
model = load_weights(build(**json.loads(snakemake.params.network), **sizes), load_file(snakemake.input.weights))
layers = json.loads(snakemake.params.layers)["layers"]
images, subset = np.load(snakemake.input.images, mmap_mode="r"), snakemake.wildcards.subset
index = np.arange(len(images))
if subset != "all":
    batch = int(subset.removeprefix("batch"))
    index = batches(len(images), n_batches=batch + 1, **json.loads(snakemake.params.batches))[batch]
    images = images[index]

with replacing(snakemake.output.activations) as folder, progress(len(images), "image") as bar:
    folder.mkdir()
    np.save(folder / "images.npy", index)
    shapes = activation_shapes(model, layers, images.shape[1:])
    arrays = {
        layer: np.lib.format.open_memmap(
            folder / f"layer{layer:02d}.npy", mode="w+", dtype=np.float32, shape=(len(images), *shapes[layer])
        )
        for layer in layers
    }
    normalisation = (meta["mean"], meta["std"])
    tap = snakemake.params.tap
    dump_activations(model, images, *normalisation, layers, tap, arrays, device=device, progress=bar.update)
    for array in arrays.values():
        array.flush()
