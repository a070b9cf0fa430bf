"""Effective receptive fields of every position of the layers that mapper reads."""

import json

from actopo.io import load_json, save_arrays
from actopo.job import choose_device, start_logging
from actopo.networks import build
from actopo.receptive_field import coarsest_block, receptive_fields

start_logging(snakemake)

meta = load_json(snakemake.input.meta)
sizes = {"n_classes": len(meta["class_names"]), "n_channels": meta["image_shape"][-1]}
# The field is that of the network's structure: the weights do not matter.
model = build(**json.loads(snakemake.params.network), **sizes, seed=0, pretrained=True)
fields = receptive_fields(
    model,
    json.loads(snakemake.params.layers)["layers"],
    snakemake.wildcards.tap,
    meta["image_shape"],
    block=coarsest_block(meta["image_shape"]),
    device=choose_device(snakemake.resources.device),
)
save_arrays(snakemake.output.fields, **{f"layer{layer:02d}": field for layer, field in fields.items()})
