"""Point clouds of all layers of a study, with the image, position, label and norm of every point."""

import json
from pathlib import Path

import numpy as np
from actopo import sampling
from actopo.errors import InputError
from actopo.io import writing_arrays
from actopo.job import progress, start_logging

start_logging(snakemake)

layers = json.loads(snakemake.params.layers)["layers"]
settings = json.loads(snakemake.params.sampling)
sample = getattr(sampling, settings.pop("method"))
del settings["tap"]
folder = Path(snakemake.input.activations)
subset = snakemake.wildcards.subset
batch = 0 if subset == "all" else int(subset.removeprefix("batch"))
images = np.load(folder / "images.npy")
labels = np.load(snakemake.input.labels)[images]

with writing_arrays(snakemake.output.points) as add, progress(len(layers), "layer") as bar:
    for layer in layers:
        activations = np.load(folder / f"layer{layer:02d}.npy", mmap_mode="r")
        # Positions are drawn anew for every network, batch and layer.
        seed = [snakemake.params.seed, int(snakemake.wildcards.seed), batch, layer]
        try:
            cloud = sample(activations, labels, seed=seed, **settings)
        except InputError as error:
            raise InputError(f"layer {layer}: {error}") from error
        add(f"layer{layer:02d}.points", cloud.points)
        add(f"layer{layer:02d}.image", images[cloud.image])
        for name in ("row", "col", "label", "norm"):
            add(f"layer{layer:02d}.{name}", getattr(cloud, name))
        bar.update()
