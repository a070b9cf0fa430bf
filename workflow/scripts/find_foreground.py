"""Which pixels of every image are foreground, and how many images have none."""

import numpy as np
from actopo.files import save_array, save_json
from actopo.job import choose_device, settings, start_logging
from actopo.points.foreground import foreground_share, grabcut_masks

start_logging(snakemake)

choice, images = settings(snakemake).settings, np.load(snakemake.input.images, mmap_mode="r")
if choice["masks"] == "grabcut":
    masks = grabcut_masks(images, n_threads=snakemake.threads, seed=choice["seed"])
else:
    # PyTorch and torchvision take seconds to import.
    from actopo.points.segmentation import deeplab_masks

    masks = deeplab_masks(images, choice["weights"], device=choose_device(snakemake.resources.device))
save_array(snakemake.output.masks, masks)
save_json(snakemake.output.share, {"n_images": len(masks), **foreground_share(masks)})
