"""Figure 4: images, their foreground, what each position sees of it, and the positions that become points."""

import json

import numpy as np
from actopo.figures.foreground import plot
from actopo.io import load_arrays, load_json
from actopo.job import save_figure, start_logging
from actopo.receptive_field import position_weights

start_logging(snakemake)

choice = json.loads(snakemake.params.choice)
images, masks = (np.load(snakemake.input[name], mmap_mode="r") for name in ("images", "masks"))
labels, class_names = np.load(snakemake.input.labels), load_json(snakemake.input.meta)["class_names"]
fields, points = load_arrays(snakemake.input.fields), load_arrays(snakemake.input.points)
# Of some classes the image whose foreground fills a third of it best: neither all nor nothing. Images without
# foreground may have been dropped.
unclear = np.abs(masks.mean(axis=(1, 2)) - 1 / 3)
sampled = np.unique(points[f"layer{choice['layers'][0]:02d}.image"])
classes = np.unique(labels[sampled])[: choice["n_images"]]
shown = [min(sampled[labels[sampled] == label], key=lambda image: unclear[image]) for label in classes]
weights, chosen = {}, {}
for layer in choice["layers"]:
    weights[layer] = position_weights(masks[shown], fields[f"layer{layer:02d}"], choice["weight"])
    image, place = (
        points[f"layer{layer:02d}.image"],
        np.stack([points[f"layer{layer:02d}.{axis}"] for axis in ("row", "col")]),
    )
    chosen[layer] = np.stack([place[:, image == number].T for number in shown])
names = [class_names[label] for label in labels[shown]]
save_figure(snakemake.output, plot(images[shown], masks[shown], weights, chosen, names))
