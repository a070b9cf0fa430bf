"""Which pixels of every image are foreground, and how many images have none, or have it at all borders."""

from pathlib import Path

from actopo.files import load_array, load_table, save_array, save_json
from actopo.images.limits import Limits
from actopo.images.mask_folder import read_masks
from actopo.job import choose_device, log_device, settings, start_logging
from actopo.points.foreground import foreground_share, grabcut_masks, whole_rectangle

start_logging(snakemake)

params, images = settings(snakemake), load_array(snakemake.input.images, mapped=True)
choice = params.settings
rectangle, facts = None, {}
if choice["masks"] == "grabcut":
    rectangle = whole_rectangle(*images.shape[1:3])
    masks = grabcut_masks(images, n_threads=snakemake.threads, seed=choice["seed"])
elif choice["masks"] == "deeplab":
    # PyTorch and torchvision take seconds to import.
    from actopo.points.segmentation import deeplab_masks

    device = choose_device(snakemake.resources.device)
    log_device(device, snakemake.threads)
    masks = deeplab_masks(images, params.places["weights"], device=device)
else:
    folder, root = (Path(params.places[key]).expanduser() for key in ("masks", "images"))
    files, fit = load_table(snakemake.input.files).file.tolist(), {key: choice[key] for key in ("size", "resize")}
    limits = Limits(**params.limits)
    masks, facts["unknown_masks"] = read_masks(folder, root, files, **fit, n_workers=snakemake.threads, limits=limits)
share = foreground_share(masks, rectangle)
print(f"{len(masks)} images: {', '.join(f'{value:.3f} {name}' for name, value in share.items())}")
save_array(snakemake.output.masks, masks)
save_json(snakemake.output.share, {"n_images": len(masks), "masks": choice["masks"], **share, **facts})
