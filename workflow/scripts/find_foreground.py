"""Which pixels of every image are foreground, and how many images have none."""

import json

import numpy as np
from actopo.foreground import deeplab_masks, foreground_share, grabcut_masks
from actopo.io import save_array, save_json
from actopo.job import choose_device, start_logging

start_logging(snakemake)

settings = json.loads(snakemake.params.settings)
images = np.load(snakemake.input.images, mmap_mode="r")
if settings["masks"] == "grabcut":
    masks = grabcut_masks(images, n_threads=snakemake.threads, seed=settings["seed"])
else:
    masks = deeplab_masks(images, settings["weights"], device=choose_device(snakemake.resources.device))
save_array(snakemake.output.masks, masks)
save_json(snakemake.output.share, {"n_images": len(masks), **foreground_share(masks)})
