"""Effective receptive fields of every position of some layers."""

from actopo.files import load_json, save_arrays
from actopo.job import choose_device, log_device, settings, start_logging
from actopo.keys import layer_key
from actopo.networks.build import build
from actopo.points.receptive_field import coarsest_block, receptive_fields

start_logging(snakemake)
device = choose_device(snakemake.resources.device)
log_device(device, snakemake.threads)

params, meta = settings(snakemake), load_json(snakemake.input.meta)
sizes = {"n_classes": max(len(meta["class_names"]), 2), "n_channels": meta["image_shape"][-1]}
# The field is that of the network's structure: the weights do not matter.
model = build(**params.network, **sizes, seed=0, pretrained=True)
fields = receptive_fields(
    model,
    params.layers["layers"],
    snakemake.wildcards.tap,
    meta["image_shape"],
    block=coarsest_block(meta["image_shape"]),
    device=device,
    given=params.layers.get("layout"),
)
save_arrays(snakemake.output.fields, **{layer_key(layer): field for layer, field in fields.items()})
