"""Point clouds of all layers of a study, with the image, position, label and norm of every point."""

import json
from pathlib import Path

import numpy as np
from actopo import sampling
from actopo.errors import InputError
from actopo.io import load_arrays, writing_arrays
from actopo.job import progress, start_logging
from actopo.receptive_field import position_weights

start_logging(snakemake)

layers = json.loads(snakemake.params.layers)["layers"]
settings = json.loads(snakemake.params.sampling)
method = settings.pop("method")
del settings["tap"]
folder = Path(snakemake.input.activations)
subset = snakemake.wildcards.subset
batch = 0 if subset == "all" else int(subset.removeprefix("batch"))
images = np.load(folder / "images.npy")
labels = np.load(snakemake.input.labels)[images]
if method in ("foreground", "background"):
    choice, fields = json.loads(snakemake.params.foreground), load_arrays(snakemake.input.fields)
    seen = np.load(snakemake.input.masks)[images] ^ (method == "background")


def sample(activations, labels, layer, **settings):
    """One layer's cloud, by the method of the config."""
    if method not in ("foreground", "background"):
        return getattr(sampling, method)(activations, labels, **settings)
    weights = position_weights(seen, fields[f"layer{layer:02d}"], choice["weight"])
    policy, has_any = choice["without"], seen.any(axis=(1, 2))
    return sampling.top_weight(activations, labels, weights, has_foreground=has_any, policy=policy, **settings)


with writing_arrays(snakemake.output.points) as add, progress(len(layers), "layer") as bar:
    for layer in layers:
        activations = np.load(folder / f"layer{layer:02d}.npy", mmap_mode="r")
        # Positions are drawn anew for every network, batch and layer.
        seed = [snakemake.params.seed, int(snakemake.wildcards.seed), batch, layer]
        try:
            cloud = sample(activations, labels, layer, seed=seed, **settings)
        except InputError as error:
            raise InputError(f"layer {layer}: {error}") from error
        add(f"layer{layer:02d}.points", cloud.points)
        add(f"layer{layer:02d}.image", images[cloud.image])
        for name in ("row", "col", "label", "norm"):
            add(f"layer{layer:02d}.{name}", getattr(cloud, name))
        bar.update()
