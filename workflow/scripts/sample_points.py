"""Point clouds of all layers of a study, with the image, position, label and norm of every point."""

import json

import numpy as np
from actopo.activations import activation_shapes, sample_activations
from actopo.errors import InputError
from actopo.forward import study_of
from actopo.io import PointSpool, load_arrays
from actopo.job import progress, start_logging
from actopo.receptive_field import position_weights
from actopo.sampling import Stream

start_logging(snakemake)

study, index = study_of(snakemake)
settings = json.loads(snakemake.params.sampling)
method = settings.pop("method")
del settings["tap"]
subset = snakemake.wildcards.subset
batch = 0 if subset == "all" else int(subset.removeprefix("batch"))
labels = np.load(snakemake.input.labels)[index]
by_foreground = method in ("foreground", "background")
if by_foreground:
    choice, fields = json.loads(snakemake.params.foreground), load_arrays(snakemake.input.fields)
    seen = np.load(snakemake.input.masks)[index] ^ (method == "background")
    method, settings["policy"], settings["has_foreground"] = "top_weight", choice["without"], seen.any(axis=(1, 2))

streams = {}
for layer, shape in activation_shapes(study["model"], study["layers"], study["images"].shape[1:]).items():
    # Positions are drawn anew for every network, batch and layer.
    settings["seed"] = [snakemake.params.seed, int(snakemake.wildcards.seed), batch, layer]
    if by_foreground:
        settings["weights"] = position_weights(seen, fields[f"layer{layer:02d}"], choice["weight"])
    try:
        streams[layer] = Stream(method, (len(index), *shape), labels, **settings)
    except InputError as error:
        raise InputError(f"layer {layer}: {error}") from error
del settings

with PointSpool(snakemake.output.points) as spool:
    with progress(len(index), "image") as bar:
        sample_activations(**study, streams=streams, write=spool.append, progress=bar.update)
    spool.save(streams, index)
